/** The commands, as data: reading the command line, help and docs/cli.md follow it. */
import type { CommandRow, OptionRow } from "./options.ts";

export const globalOptions: readonly OptionRow[] = [
  {
    name: "color",
    value: "WHEN",
    choices: ["auto", "always", "never"],
    title: "colours: on a terminal only (auto), always, never; NO_COLOR and FORCE_COLOR are heeded",
  },
  { name: "help", short: "h", title: "show this help" },
  { name: "version", short: "V", title: "show the version" },
];

const host: OptionRow = {
  name: "host",
  value: "PROFILE",
  repeatable: true,
  title: "check every guest against this host too: a host's file, or the name of a shipped one",
};
const deny: OptionRow = {
  name: "deny",
  value: "WHAT",
  choices: ["warnings"],
  title: "exit 1 for warnings too",
};
const root: OptionRow = {
  name: "root",
  value: "DIR",
  title: "imports and profiles stay inside this folder; default: the repository or package around the file",
};
const oneGuest: OptionRow = {
  name: "guest",
  value: "NAME",
  title: "the guest; may be left out where the file has one",
};
const oneHost: OptionRow = {
  name: "host",
  value: "HOST",
  title:
    "a host of the file, a host's file, or the name of a shipped one; may be left out where the guest runs on one",
};
const textOrJson = (title: string): OptionRow => ({
  name: "format",
  value: "FORMAT",
  choices: ["text", "json"],
  title,
});

export const commands: readonly CommandRow[] = [
  {
    name: "check",
    title: "check files and say what is wrong",
    operands: "FILE…",
    least: 1,
    most: Number.POSITIVE_INFINITY,
    options: [
      host,
      deny,
      {
        name: "format",
        value: "FORMAT",
        choices: ["text", "json", "sarif"],
        title: "messages for people on stderr (text), or a document on stdout",
      },
      root,
    ],
    description: ["Says nothing when all is well. `-` reads from standard input."],
    examples: [
      { line: "guestc check web.guest", title: "one file and all that it imports" },
      { line: "guestc check guests/*.guest --deny warnings", title: "in a pipeline" },
      { line: "guestc check web.guest --host neoverse-n1.linux-6.12", title: "against a further host" },
      { line: "guestc check web.guest --format sarif > guestc.sarif", title: "for a code host" },
    ],
  },
  {
    name: "build",
    title: "compile guests into KVM calls, C headers, QEMU properties",
    operands: "FILE",
    least: 1,
    most: 1,
    options: [
      {
        name: "guest",
        value: "NAME",
        repeatable: true,
        title: "only this guest; default: every guest of the file",
      },
      {
        name: "target",
        value: "TARGET[:FORMAT],…",
        repeatable: true,
        title: "what to make; default: one-reg. `guestc build --help` lists the targets",
      },
      { name: "format", value: "FORMAT", title: "format of every target; default: each target's first" },
      {
        name: "out",
        short: "o",
        value: "DIR",
        title: "folder to write into; without it a single file goes to stdout",
      },
      host,
      deny,
      {
        name: "messages",
        value: "FORMAT",
        choices: ["text", "json"],
        title: "messages for people on stderr (text), or a report on stdout; the latter needs --out",
      },
      root,
    ],
    description: [
      "Nothing is written when any guest has an error, or when a target cannot carry what is declared.",
      "A file is written beside its old self and put in its place; one that would not change is left alone.",
    ],
    examples: [
      { line: "guestc build web.guest", title: "the plan of KVM calls as JSON" },
      { line: "guestc build web.guest --format table", title: "the same for people" },
      { line: "guestc build web.guest --target c-header --out include", title: "a C header per guest" },
      {
        line: "guestc build web.guest --guest web --target one-reg:yaml,qemu --out build",
        title: "several targets of one guest",
      },
      { line: "guestc build web.guest --host hosts/a76.json", title: "refuse what this host cannot do" },
    ],
  },
  {
    name: "view",
    title: "show what a guest sees on a host, and who decided it",
    operands: "FILE",
    least: 1,
    most: 1,
    options: [
      oneGuest,
      oneHost,
      {
        name: "all",
        title: "every register, field, call and instruction; default: what is decided or there",
      },
      {
        name: "format",
        value: "FORMAT",
        choices: ["table", "json"],
        title: "a table for people (table), or a complete document for programs (json)",
      },
      { name: "out", short: "o", value: "FILE", title: "write into this file" },
      root,
    ],
    description: [
      "Applies the guest's plan to the simulated KVM of the host and asks what the guest asks: ID registers, hypercalls, instructions. Where KVM refuses the plan, says which call, errno and statement, and exits 1.",
    ],
    examples: [
      { line: "guestc view web.guest --guest web --host n1-lts", title: "on a host of the file" },
      {
        line: "guestc view web.guest --host neoverse-n1.linux-6.12 --all",
        title: "on a shipped host, in full",
      },
      {
        line: "guestc view web.guest --host my-host.json --format json",
        title: "on a recorded host, for a program",
      },
    ],
  },
  {
    name: "test",
    title: "run the tests of guests on simulated hosts",
    operands: "FILE…",
    least: 1,
    most: Number.POSITIVE_INFINITY,
    options: [
      {
        name: "host",
        value: "HOST",
        repeatable: true,
        title:
          "test on this host: one of the file, a host's file, or the name of a shipped one; default: all that the guest runs on",
      },
      {
        name: "guest",
        value: "NAME",
        repeatable: true,
        title: "only this guest's tests; default: every guest's",
      },
      {
        name: "format",
        value: "FORMAT",
        choices: ["text", "json", "junit"],
        title: "results for people (text), a document (json), or JUnit XML for a CI server (junit)",
      },
      { name: "out", short: "o", value: "FILE", title: "write the results into this file" },
      root,
    ],
    description: [
      "Applies each guest's plan to the simulated KVM of each host and holds what the guest sees there against its `test` blocks. A failure shows what was expected, what is seen, and the statement that decided it.",
      "Exits 0 when everything that was run holds, 1 when an expectation fails or nothing decides it, or when there are expectations and none was run.",
    ],
    examples: [
      { line: "guestc test web.guest", title: "on every host that the guests run on" },
      { line: "guestc test web.guest --host neoverse-n1.linux-6.12", title: "on another host" },
      { line: "guestc test guests/*.guest --format junit -o results.xml", title: "for a CI server" },
    ],
  },
  {
    name: "run",
    title: "run a guest image on a simulated host",
    operands: "FILE IMAGE",
    least: 2,
    most: 2,
    options: [
      oneGuest,
      oneHost,
      {
        name: "max-instructions",
        value: "N",
        title: "end after so many instructions, all vCPUs together; default: 1000000000",
      },
      {
        name: "memory",
        value: "SIZE",
        title: "RAM from 0x40000000 on, such as 64M or 1G; default: 128M",
      },
      {
        name: "load",
        value: "ADDRESS",
        title: "where a flat image is loaded and begins; default: 0x40080000",
      },
      { name: "input", value: "FILE", title: "what the guest reads from its console; `-` is standard input" },
      { name: "trace", title: "list instructions, exceptions, calls and devices on stderr" },
      { name: "trace-file", value: "FILE", title: "the same in a file" },
      root,
    ],
    description: [
      "Makes the virtual machine by the guest's plan on the simulated KVM of the host, loads an ELF program or a flat image and runs it. A PL011 serial port at 0x09000000 and semihosting (HLT #0xf000) are its console, on stdout.",
      "Exits with the guest's status: that of semihosting's SYS_EXIT, 0 for PSCI SYSTEM_OFF. Exits 124 when the instructions are used up, 125 when the simulator lacks an instruction, 126 when the guest wants something that nobody has or waits for ever; a message on stderr names the instruction and its address.",
    ],
    examples: [
      { line: "guestc run web.guest kernel.elf --host n1-lts", title: "on a host of the file" },
      { line: "guestc run web.guest boot.bin --load 0x40000000 --memory 16M", title: "a flat image" },
      { line: "guestc run web.guest kernel.elf --trace-file trace.txt", title: "with all that it executes" },
    ],
  },
  {
    name: "migrate",
    title: "judge migrations of a guest between hosts before they happen",
    operands: "FILE",
    least: 1,
    most: 1,
    options: [
      oneGuest,
      {
        name: "from",
        value: "HOST",
        title:
          "only from this host: one of the file, a host's file, or the name of a shipped one; default: from each",
      },
      { name: "to", value: "HOST", title: "only to this host; default: to each" },
      {
        name: "host",
        value: "HOST",
        repeatable: true,
        title: "a host of the matrix; default: all that the guest runs on",
      },
      {
        name: "vmm",
        value: "VMM",
        choices: ["kvm", "qemu", "qemu-11.1"],
        title: "whose rules hold beside KVM's: nobody's (kvm), or QEMU's of the register list (qemu)",
      },
      { name: "all", title: "remarks too, on which no verdict depends" },
      {
        name: "format",
        value: "FORMAT",
        choices: ["table", "json"],
        title: "a matrix with its reasons for people (table), or a complete document (json)",
      },
      { name: "exit-code", title: "exit 1 when a migration is unsafe" },
      { name: "out", short: "o", value: "FILE", title: "write into this file" },
      root,
    ],
    description: [
      "Carries each migration out on the simulated KVM of both hosts: makes the guest by its plan, runs it, saves it register by register, makes it by its plan on the other host, restores, runs on, and compares what the guest sees. Says of each whether it is safe, with the register and errno that refuse it and the statements that would help.",
    ],
    examples: [
      { line: "guestc migrate web.guest", title: "all hosts that the guest runs on, both directions" },
      { line: "guestc migrate web.guest --from n1-lts --to v1-new", title: "one migration" },
      {
        line: "guestc migrate web.guest --vmm qemu --exit-code",
        title: "by QEMU's rules, in a pipeline",
      },
    ],
  },
  {
    name: "report",
    title: "write an HTML page about a file's guests and hosts",
    operands: "FILE",
    least: 1,
    most: 1,
    options: [
      { name: "out", short: "o", value: "FILE", title: "write into this file; `-`, the default, is stdout" },
      {
        name: "guest",
        value: "NAME",
        repeatable: true,
        title: "only this guest; default: every guest of the file",
      },
      {
        name: "host",
        value: "HOST",
        repeatable: true,
        title:
          "look at the guests on this host: one of the file, a profile's path, or the name of a shipped one; default: all that the guest runs on",
      },
      {
        name: "vmm",
        value: "VMM",
        choices: ["kvm", "qemu"],
        title: "whose rules hold for migrations, beside KVM's: as in `guestc migrate`",
      },
      root,
    ],
    description: [
      "The page holds the matrix of migrations with what was found of each and what would help, the registers field by field with who decided each value, the space of hypercalls with what is denied, forwarded and answered, and the hosts in the order of what they can offer. It asks for nothing from anywhere: no font, no script of others; it works offline, in light and dark, by keyboard, without JavaScript and on paper.",
    ],
    examples: [
      { line: "guestc report web.guest --out report.html", title: "all guests on all their hosts" },
      {
        line: "guestc report web.guest --guest web --host n1.json --host v1.json -o web.html",
        title: "one guest on other hosts",
      },
    ],
  },
  {
    name: "diff",
    title: "say what two hosts, contracts or plans say differently",
    operands: "A B",
    least: 2,
    most: 2,
    options: [
      {
        name: "guest",
        value: "NAME",
        title: "the guest of files that have several; FILE:GUEST names it for one of the two",
      },
      { name: "exit-code", title: "exit 1 when there is a difference" },
      {
        name: "all",
        title: "every difference a line of its own, those that follow from others among them",
      },
      textOrJson("lines for people (text), or a complete document for programs (json)"),
      { name: "out", short: "o", value: "FILE", title: "write into this file" },
      root,
    ],
    description: [
      "A and B are both hosts (a file, or the name of a shipped one), both contracts (FILE.guest, FILE.guest:GUEST), or both plans (JSON or YAML of the target one-reg); what they are is told from their content. By field and meaning: what a guest sees, what a VMM may set, what KVM offers.",
      "Exits 0 whether they differ or not, unless --exit-code is given; 2 where they cannot be compared.",
    ],
    examples: [
      { line: "guestc diff before.json after.json --exit-code", title: "a host before and after an update" },
      { line: "guestc diff neoverse-n1.linux-6.12 neoverse-n1.linux-6.18", title: "two shipped hosts" },
      { line: "guestc diff old/web.guest:web web.guest:web", title: "a contract before and after an edit" },
      { line: "guestc diff old.plan.json new.plan.json --format json", title: "two plans, for a program" },
    ],
  },
  {
    name: "fmt",
    title: "write files in the canonical form",
    operands: "FILE…",
    least: 1,
    most: Number.POSITIVE_INFINITY,
    options: [
      { name: "check", title: "write nothing; list the files that would change and exit 1" },
      textOrJson("a report for people (text) or for programs (json)"),
    ],
    description: ["`-` reads from standard input and writes to standard output."],
    examples: [
      { line: "guestc fmt web.guest", title: "rewrite a file in place" },
      { line: "guestc fmt --check guests/*.guest", title: "in a pipeline" },
      { line: "guestc fmt - < web.guest", title: "in an editor" },
    ],
  },
  {
    name: "explain",
    title: "say what a code, feature, register, field, id or statement means",
    operands: "WHAT…",
    least: 1,
    most: Number.POSITIVE_INFINITY,
    options: [textOrJson("a page for people (text) or for programs (json)")],
    description: [
      "WHAT is a diagnostic's code, a feature, a register, a field, the id of a KVM register or of an SMCCC function, a service, a capability, a vCPU feature, a core, an architecture version or a statement of the language.",
    ],
    examples: [
      { line: "guestc explain GC0302", title: "a diagnostic" },
      { line: "guestc explain FEAT_SVE2", title: "a feature" },
      { line: "guestc explain ID_AA64PFR0_EL1.SVE", title: "a field" },
      { line: "guestc explain 0x603000000013c020", title: "a KVM register id" },
      { line: "guestc explain 0xc4000003", title: "an SMCCC function id" },
      { line: "guestc explain runs-on", title: "a statement" },
    ],
  },
  {
    name: "init",
    title: "write a commented file to start from",
    operands: "[DIR]",
    least: 0,
    most: 1,
    options: [textOrJson("a report for people (text) or for programs (json)")],
    description: [
      "Writes DIR/main.guest; DIR is made when it is missing. An existing file is never touched.",
    ],
    examples: [
      { line: "guestc init", title: "in this folder" },
      { line: "guestc init guests", title: "in a folder of its own" },
    ],
  },
  {
    name: "probe",
    title: "print the C program that records what a host can do",
    operands: "",
    least: 0,
    most: 0,
    options: [{ name: "out", short: "o", value: "FILE", title: "write the program into this file" }],
    description: [
      "One C file that needs libc alone. On the host it prints a host profile: it makes virtual machines, asks them and never runs one; it changes nothing and takes a few seconds at most.",
      "1. compile: guestc probe | aarch64-linux-gnu-gcc -O2 -static -x c - -o guestc-probe",
      "2. copy:    scp guestc-probe HOST:",
      "3. run:     ssh HOST ./guestc-probe > HOST.json",
      "Then `guestc host check HOST.json` says what it holds. The user on the host must be allowed to open /dev/kvm; `guestc-probe --help` lists the probe's options.",
    ],
    examples: [
      { line: "guestc probe --out guestc-probe.c", title: "to compile on the host itself" },
      {
        line: "guestc probe | aarch64-linux-gnu-gcc -O2 -static -x c - -o guestc-probe",
        title: "with a cross compiler",
      },
    ],
  },
  {
    name: "host",
    title: "check what files say of hosts, and make host profiles of them",
    operands: "check|convert FILE…",
    least: 2,
    most: Number.POSITIVE_INFINITY,
    options: [
      {
        name: "kernel",
        value: "VERSION",
        title: "the host's kernel, where the file does not say it: `6.18`, or what `uname -r` prints there",
      },
      {
        name: "cpu",
        value: "NAME",
        title: "the host's core, where the file has no MIDR_EL1: a name of the CPU table",
      },
      {
        name: "template",
        value: "FILE",
        title: "of convert: make the profile that guests of this Firecracker CPU template see",
      },
      { name: "out", short: "o", value: "FILE", title: "of convert: write the profile into this file" },
      textOrJson("of check: a page for each host (text) or a document (json)"),
    ],
    description: [
      "A host is described by a profile as the probe prints it, a Firecracker fingerprint or CPU configuration, the file `idregs` that KVM keeps in debugfs for each VM, a dump or trace of KVM's registers as text, or a capture of KVM's answers. Which one it is shows in the text; docs/hosts.md has the forms. `-` is standard input.",
      "`check`: a file that is wrong is told on stderr, with its line and column. Of one that is right: the kernel and the CPU, what KVM offers there, how much of each vCPU configuration was recorded, and what is missing with what that costs.",
      "`convert` makes a host profile of one file. What the file does not say is computed from guestc's tables, and the profile says of what. With `--template`, what KVM refuses of the template is told with its line; a write that a later kernel takes may be a backport's, and the profile is made all the same.",
    ],
    examples: [
      { line: "guestc host check my-host.json", title: "a profile that was just recorded" },
      { line: "guestc host check hosts/*.json --format json", title: "many, for a program" },
      { line: "guestc host convert fingerprint.json -o v1.json", title: "a Firecracker fingerprint" },
      { line: "guestc host convert idregs --kernel 6.18 -o mine.json", title: "what a VM shows" },
      {
        line: "guestc host convert v1.json --template V1N1.json -o v1-as-n1.json",
        title: "what guests of a CPU template see",
      },
    ],
  },
  {
    name: "replay",
    title: "put recordings of real KVM to the simulated one",
    operands: "RECORDING…",
    least: 1,
    most: Number.POSITIVE_INFINITY,
    options: [
      {
        name: "host",
        value: "PROFILE",
        title:
          "the machine: a host's file, or the name of a shipped one; default: what suits the recording best",
      },
      { name: "step", value: "KIND", title: "compare only the answers to steps of this kind" },
      { name: "limit", value: "N", title: "show so many differences of each recording; default: 20" },
      textOrJson("a report for people (text) or for programs (json)"),
    ],
    description: [
      "Carries out every step of a recording (docs/recordings.md), as text or packed by gzip, on the simulated KVM of its machine, and compares each answer. Exits 1 when one differs.",
      "The machine is the shipped profile of the recording's CPU, kernel series and nested mode; else one of that CPU with the nearest kernel; else one derived from the tables. The report says which it was.",
    ],
    examples: [
      { line: "guestc replay max.linux-7.3.txt.gz", title: "one recording on its machine" },
      { line: "guestc replay unseen.txt --host unseen.json --limit 5", title: "of a machine of one's own" },
      {
        line: "guestc replay *.txt.gz --step get --format json",
        title: "register reads alone, for a program",
      },
    ],
  },
  {
    name: "baseline",
    title: "find the common guest CPU of a fleet, and who limits it",
    operands: "FLEET…",
    least: 1,
    most: Number.POSITIVE_INFINITY,
    options: [
      {
        name: "format",
        value: "FORMAT",
        choices: ["table", "json", "guest"],
        title: "a table for people (table), a document that can be merged (json), a `cpu` block (guest)",
      },
      { name: "out", short: "o", value: "FILE", title: "write into this file" },
      {
        name: "with",
        value: "FACILITY,…",
        repeatable: true,
        title:
          "switch these on where every host has them: sve, pauth, pmu, mte, el2; none; default: sve,pauth,pmu",
      },
      { name: "open", title: "with `--format guest`: leave fields without a common value to each host" },
      {
        name: "fleet",
        value: "NAME",
        title: "the fleet of a .guest file; default: all hosts that it declares",
      },
      {
        name: "shard",
        value: "PART/PARTS",
        title: "take every PARTS-th line or file only, from the PART-th on",
      },
      {
        name: "merge",
        title: "the operands are documents of `--format json`: parts of one fleet, or fleets",
      },
      { name: "keep-going", title: "leave hosts that cannot be read out, and say how many" },
      { name: "no-progress", title: "draw no progress bar on a terminal" },
      root,
    ],
    description: [
      "FLEET is hosts by file or shipped name, folders or quoted patterns of such files, a .guest file that declares hosts, or an inventory: a file with one host a line (NDJSON), or `-` for one on standard input. docs/scale.md says what a line holds, and how a million hosts are read.",
      "For every field of every ID register, the values that KVM on each host takes are intersected and the richest is chosen; then fields are lowered until the architecture's rules hold.",
      "Exits 1 where the fleet has no common guest: the table then says which fields conflict, which hosts stand on which side, and the fewest hosts to leave out.",
    ],
    examples: [
      { line: "guestc baseline hosts/*.json", title: "profiles" },
      { line: "guestc baseline web.guest --fleet prod --format guest", title: "a `cpu` block to paste" },
      {
        line: "guestc baseline fleet/ --shard 1/2 --format json -o a.json",
        title: "the first of two parts, for another machine",
      },
      { line: "guestc baseline --merge a.json b.json", title: "both parts together" },
      { line: "guestc baseline - < hosts.ndjson", title: "an inventory, one host a line" },
    ],
  },
];
