/** GC02xx: names, files and hosts that a program refers to. */
import type { DiagnosticRow } from "../registry.ts";
import { file, guest, onHost } from "../samples.ts";

export const names = {
  "unknown-name": {
    code: "GC0201",
    severity: "error",
    message: "no {kind} is called `{name}`",
    page: () => ({
      explain:
        "Hosts, fleets, CPU models and guests are declared at the top level of the file or of one that it imports.",
      wrong: file(
        "cpu portable {\n  baseline host\n}\n\nguest g {\n  cpu portabel\n}\n\nguest h {\n  cpu portable\n}",
      ),
      right: file("cpu portable {\n  baseline host\n}\n\nguest g {\n  cpu portable\n}"),
    }),
  },
  "duplicate-name": {
    code: "GC0202",
    severity: "error",
    message: "a second {kind} is called `{name}`",
    page: () => ({
      explain:
        "Names are unique over a file and all that it imports. Hosts and fleets share their names, because `runs-on` takes either.",
      wrong: file("cpu c {\n  baseline host\n}\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n}"),
      right: file("cpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n}"),
    }),
  },
  "dotted-name": {
    code: "GC0203",
    severity: "error",
    message: "the name `{name}` has a dot in it",
    page: () => ({
      explain:
        "A dot separates a register from its field; names of your own use letters, digits, `_` and `-`.",
      wrong: file("cpu c.1 {\n  baseline host\n}"),
      right: file("cpu c-1 {\n  baseline host\n}\n\nguest g {\n  cpu c-1\n}"),
    }),
  },
  "file-not-found": {
    code: "GC0204",
    severity: "error",
    message: "cannot read `{path}`",
    page: () => ({
      explain: "The path is relative to the file that mentions it, with `/` between its parts.",
      wrong: file('import "nowhere.guest"'),
      right: guest(""),
    }),
  },
  "path-outside": {
    code: "GC0205",
    severity: "error",
    message: "`{path}` does not lie inside the project",
    page: () => ({
      explain:
        "Imports and profiles are relative paths that stay inside the project, so that a contract means the same on every machine and a build can list all that it reads.",
      wrong: file('import "/etc/passwd"'),
      right: guest(""),
    }),
  },
  "host-without-source": {
    code: "GC0206",
    severity: "error",
    message: "host `{host}` is neither recorded nor described in full",
    page: () => ({
      explain:
        "A host has either a `profile` that was recorded on it, or a `cpu` and a `kernel` to derive one from.",
      wrong: file(
        "host h { cpu neoverse-n1 }\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  runs-on h\n}",
      ),
      right: file(
        "host h { cpu neoverse-n1; kernel linux 6.12 }\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  runs-on h\n}",
      ),
    }),
  },
  "host-two-sources": {
    code: "GC0207",
    severity: "error",
    message: "host `{host}` has a profile and a description as well",
    page: () => ({
      explain:
        "What was recorded on the machine and what the tables derive may differ; only one of them can be meant. `kernel`, and `cpu` with it, stand beside a `profile` only where that file does not say them.",
      wrong: file(
        'host h { profile "hosts/neoverse-n1.linux-6.12.json"; cpu neoverse-n1 }\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  runs-on h\n}',
      ),
      right: onHost("", ""),
    }),
  },
  "profile-invalid": {
    code: "GC0208",
    severity: "error",
    message: "`{path}` is not a host profile: {problem}",
    page: () => ({
      explain:
        "A host is described by JSON in the form of schemas/host-profile.schema.json, as the probe prints it, by a Firecracker fingerprint or CPU configuration, by KVM's debugfs file `idregs`, or by a dump of KVM's registers as text; docs/hosts.md has the forms.",
      wrong: file(
        'host h { profile "schemas/host-profile.schema.json" }\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  runs-on h\n}',
      ),
      right: onHost("", ""),
    }),
  },
  "host-underivable": {
    code: "GC0209",
    severity: "error",
    message: "host `{host}` cannot be derived: {problem}",
    page: () => ({
      explain:
        "A derived host needs a core whose ID register values are known and a kernel that the tables describe (linux 5.10, 5.15, 6.1 and later).",
      wrong: file(
        "host h { cpu neoverse-n1; kernel linux 4.19 }\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  runs-on h\n}",
      ),
      right: file(
        "host h { cpu neoverse-n1; kernel linux 6.12 }\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  runs-on h\n}",
      ),
    }),
  },
  "fleet-empty": {
    code: "GC0210",
    severity: "error",
    message: "fleet `{fleet}` has no hosts",
    page: () => ({
      explain: "A guest that runs on an empty fleet would be checked against nothing.",
      wrong: file("fleet f { }\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  runs-on f\n}"),
      right: file(
        'host n1 { profile "hosts/neoverse-n1.linux-6.12.json" }\nfleet f { hosts n1 }\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  runs-on f\n}',
      ),
    }),
  },
  "extends-cycle": {
    code: "GC0211",
    severity: "error",
    message: "CPU models extend each other in a circle: {chain}",
    page: () => ({
      explain: "A model's statements come from its parents; a circle has no beginning.",
      wrong: file("cpu a extends b {\n  pauth off\n}\n\ncpu b extends a {\n}\n\nguest g {\n  cpu a\n}"),
      right: file(
        "cpu b {\n  baseline host\n}\n\ncpu a extends b {\n  pauth off\n}\n\nguest g {\n  cpu a\n}",
      ),
    }),
  },
  "unused-cpu": {
    code: "GC0212",
    severity: "warning",
    message: "no guest uses the CPU model `{cpu}`",
    page: () => ({
      explain:
        "The model is neither a guest's CPU nor a parent of one. A file without guests (a library to import) is not warned about.",
      wrong: file("cpu c {\n  baseline host\n}\n\ncpu d {\n  baseline host\n}\n\nguest g {\n  cpu c\n}"),
      right: file("cpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n}"),
    }),
  },
  "guest-without-cpu": {
    code: "GC0213",
    severity: "error",
    message: "guest `{guest}` has no CPU",
    page: () => ({
      explain:
        "A guest names the CPU model that it sees. A model that takes everything from the host is `cpu any { baseline host }`.",
      wrong: file("guest g {\n  psci 1.1\n}"),
      right: guest("psci 1.1"),
    }),
  },
  "unknown-core": {
    code: "GC0214",
    severity: "error",
    message: "no core is called `{name}`",
    page: () => ({
      explain:
        "Cores are named as QEMU and GCC name them (`neoverse-n1`, `cortex-a76`); product names (`graviton3`) are known too.",
      wrong: file(
        "host h { cpu neoverse-n99; kernel linux 6.12 }\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  runs-on h\n}",
      ),
      right: file(
        "host h { cpu neoverse-n1; kernel linux 6.12 }\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  runs-on h\n}",
      ),
    }),
  },
  "profile-lacks-kernel": {
    code: "GC0215",
    severity: "error",
    message: "`{path}` does not say which kernel the host runs",
    page: () => ({
      explain:
        "What a host accepts depends on its kernel, and neither KVM's `idregs` nor a dump of registers names it. State it beside the profile, or once for all with `guestc host convert FILE --kernel VERSION`.",
      wrong: file(
        'host h { profile "test/hosts/inputs/samples/idregs" }\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  runs-on h\n}',
      ),
      right: file(
        'host h { profile "test/hosts/inputs/samples/idregs"; kernel linux 6.18 }\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  runs-on h\n}',
      ),
    }),
  },
} as const satisfies Readonly<Record<string, DiagnosticRow>>;
