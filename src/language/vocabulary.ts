/**
 * The statements of the language: what a name means where it stands, which arguments it takes, of what
 * type. Checker, formatter, highlighter, `explain` and the editor share this table; a new statement is a
 * row here and a handler in the checker.
 */

/** What an argument must be. `checker/slots.ts` says how each is read, and how it is called in messages. */
export type SlotType =
  | "new-name"
  | "cpu"
  | "host"
  | "host-or-fleet"
  | "fleet"
  | "guest"
  | "path"
  | "text"
  | "integer"
  | "bits"
  | "version"
  | "edition"
  | "baseline"
  | "core"
  | "core-revision"
  | "feature"
  | "field"
  | "register-or-field"
  | "field-value"
  | "register-value"
  | "service"
  | "capability"
  | "workaround"
  | "workaround-level"
  | "smccc-owner"
  | "smccc-convention"
  | "function-numbers"
  | "function-ids"
  | "events"
  | "address"
  | "call-result";

export type Part =
  /** Exactly this word. */
  | { readonly word: string }
  /** An argument, filed under `slot`; with `list`, one or more separated by commas. */
  | { readonly slot: string; readonly type: SlotType; readonly list?: true };

/** One way to write a statement. */
export interface Form {
  readonly args: readonly Part[];
  /** What must stand behind `=`. */
  readonly value?: readonly Part[];
  readonly block?: "required" | "optional";
}

export type Context = "file" | "host" | "fleet" | "cpu" | "pmu" | "mte" | "guest" | "smccc" | "test";

export interface StatementRow {
  readonly name: string;
  readonly in: Context;
  readonly forms: readonly Form[];
  /** The context of its block. */
  readonly opens?: Context;
  /** May stand more than once in one block. */
  readonly repeatable?: true;
  /** A block of it is printed on one line where it fits. */
  readonly inline?: true;
  /** Its words are the subject's own, so that an unknown one gets the statement's own message. */
  readonly title: string;
  /** What happens where it is absent. */
  readonly default?: string;
  readonly example: string;
}

const word = (text: string): Part => ({ word: text });
const slot = (name: string, type: SlotType): Part => ({ slot: name, type });
const list = (name: string, type: SlotType): Part => ({ slot: name, type, list: true });
const args = (...parts: Part[]): Form => ({ args: parts });

export const vocabulary: readonly StatementRow[] = [
  // ---------------------------------------------------------------- file
  {
    name: "edition",
    in: "file",
    forms: [args(slot("year", "edition"))],
    title: "the edition of the language that the file is written in; its first statement",
    example: "edition 2026",
  },
  {
    name: "import",
    in: "file",
    repeatable: true,
    forms: [args(slot("path", "path"))],
    title:
      "makes the declarations of another file known; the path is relative to this file and stays inside the project",
    example: 'import "cpus/portable.guest"',
  },
  {
    name: "host",
    in: "file",
    repeatable: true,
    inline: true,
    opens: "host",
    forms: [{ args: [slot("name", "new-name")], block: "required" }],
    title: "a machine that guests may run on: a recorded profile, or a core and a kernel to derive one from",
    example: 'host n1-lts { profile "hosts/neoverse-n1.linux-6.12.json" }',
  },
  {
    name: "fleet",
    in: "file",
    repeatable: true,
    inline: true,
    opens: "fleet",
    forms: [{ args: [slot("name", "new-name")], block: "required" }],
    title: "a set of hosts between which a guest may be moved",
    example: "fleet prod { hosts n1-lts, v1-new }",
  },
  {
    name: "cpu",
    in: "file",
    repeatable: true,
    opens: "cpu",
    forms: [
      { args: [slot("name", "new-name")], block: "required" },
      { args: [slot("name", "new-name"), word("extends"), slot("parent", "cpu")], block: "required" },
    ],
    title: "a CPU model: what the guest's ID registers say, and the vCPU facilities behind them",
    example: "cpu portable {\n  baseline armv8.2-a\n  with FEAT_LSE\n}",
  },
  {
    name: "guest",
    in: "file",
    repeatable: true,
    opens: "guest",
    forms: [{ args: [slot("name", "new-name")], block: "required" }],
    title: "a guest: its CPU, the hosts it runs on, its hypercalls",
    example: "guest web {\n  cpu portable\n  runs-on prod\n}",
  },
  {
    name: "test",
    in: "file",
    repeatable: true,
    opens: "test",
    forms: [{ args: [slot("guest", "guest"), slot("title", "text")], block: "required" }],
    title: "what a guest must see on its hosts; `guestc test` runs it",
    example: 'test web "no SVE" {\n  read ID_AA64PFR0_EL1.SVE = 0\n}',
  },

  // ---------------------------------------------------------------- host
  {
    name: "profile",
    in: "host",
    forms: [args(slot("path", "path"))],
    title:
      "a host profile recorded on the machine: a path relative to this file, or the name of one that comes with guestc",
    example: 'profile "hosts/neoverse-n1.linux-6.12.json"',
  },
  {
    name: "cpu",
    in: "host",
    forms: [args(slot("core", "core"))],
    title: "the core of a derived host, by its name in the CPU table",
    example: "cpu neoverse-v1",
  },
  {
    name: "kernel",
    in: "host",
    forms: [args(word("linux"), slot("version", "version"))],
    title: "the kernel of a derived host",
    example: "kernel linux 6.18",
  },

  // ---------------------------------------------------------------- fleet
  {
    name: "hosts",
    in: "fleet",
    forms: [args(list("hosts", "host"))],
    title: "the hosts of the fleet",
    example: "hosts n1-lts, v1-new",
  },

  // ---------------------------------------------------------------- cpu
  {
    name: "baseline",
    in: "cpu",
    forms: [
      args(word("host")),
      args(word("common"), word("of"), slot("fleet", "fleet")),
      args(slot("of", "baseline")),
    ],
    title:
      "what decides every field that no other statement decides: an architecture version (what it makes mandatory, nothing optional), a named core, what the hosts of a fleet have in common, or the host",
    example: "baseline armv8.2-a",
  },
  {
    name: "with",
    in: "cpu",
    repeatable: true,
    forms: [args(list("features", "feature"))],
    title: "features that the guest sees",
    example: "with FEAT_LSE, FEAT_DotProd",
  },
  {
    name: "without",
    in: "cpu",
    repeatable: true,
    forms: [args(list("features", "feature"))],
    title: "features that the guest does not see",
    example: "without FEAT_RNG",
  },
  {
    name: "field",
    in: "cpu",
    repeatable: true,
    forms: [{ args: [slot("field", "field")], value: [slot("value", "field-value")] }],
    title:
      "one field of an ID register: a named value, a number, a quantity with its unit, or `host` to leave it open",
    example: "field ID_AA64MMFR0_EL1.PARange = 40 bits",
  },
  {
    name: "sve",
    in: "cpu",
    forms: [args(word("off")), args(word("host")), args(word("lengths"), list("lengths", "integer"))],
    title:
      "the scalable vector extension: absent, with every length of the host, or with exactly these lengths in bits",
    default: "off",
    example: "sve lengths 128, 256",
  },
  {
    name: "pauth",
    in: "cpu",
    forms: [args(word("off")), args(word("on"))],
    title: "pointer authentication, address and generic; the cipher is the host's",
    default: "off",
    example: "pauth on",
  },
  {
    name: "pmu",
    in: "cpu",
    opens: "pmu",
    forms: [args(word("off")), { args: [word("on")], block: "optional" }],
    title: "the performance monitors",
    default: "off",
    example: "pmu on {\n  version FEAT_PMUv3p4\n  counters 6\n}",
  },
  {
    name: "mte",
    in: "cpu",
    opens: "mte",
    forms: [args(word("off")), { args: [word("on")], block: "optional" }],
    title: "memory tagging",
    default: "off",
    example: "mte on { level FEAT_MTE2 }",
    inline: true,
  },
  {
    name: "el1",
    in: "cpu",
    forms: [args(word("aarch64")), args(word("aarch32"))],
    title: "the execution state that the guest's kernel starts in",
    default: "aarch64",
    example: "el1 aarch64",
  },
  {
    name: "el2",
    in: "cpu",
    forms: [args(word("off")), args(word("vhe")), args(word("nvhe"))],
    title:
      "whether the guest has an EL2 of its own for nested virtualization: none, one with E2H fixed to 1 (`vhe`), or one with E2H fixed to 0 (`nvhe`)",
    default: "off",
    example: "el2 vhe",
  },
  {
    name: "midr",
    in: "cpu",
    forms: [
      args(word("host")),
      args(slot("value", "register-value")),
      args(slot("core", "core"), slot("revision", "core-revision")),
    ],
    title: "MIDR_EL1: a core with its revision, the number itself, or the host's",
    default: "host",
    example: "midr neoverse-n1 r3p1",
  },
  {
    name: "revidr",
    in: "cpu",
    forms: [args(word("host")), args(slot("value", "register-value"))],
    title: "REVIDR_EL1: the number, or the host's",
    default: "host",
    example: "revidr 0x0",
  },
  {
    name: "aidr",
    in: "cpu",
    forms: [args(word("host")), args(slot("value", "register-value"))],
    title: "AIDR_EL1: the number, or the host's",
    default: "host",
    example: "aidr 0x0",
  },

  // ---------------------------------------------------------------- pmu
  {
    name: "version",
    in: "pmu",
    forms: [args(slot("feature", "feature")), args(word("host"))],
    title: "the PMU version that ID_AA64DFR0_EL1.PMUVer shows",
    default: "host",
    example: "version FEAT_PMUv3p4",
  },
  {
    name: "counters",
    in: "pmu",
    forms: [args(slot("count", "integer"))],
    title: "number of event counters",
    default: "as many as the host has",
    example: "counters 6",
  },
  {
    name: "intid",
    in: "pmu",
    forms: [args(slot("intid", "integer"))],
    title: "GIC INTID of the overflow interrupt: a PPI (16 to 31)",
    default: "left to the VMM",
    example: "intid 23",
  },
  {
    name: "allow",
    in: "pmu",
    repeatable: true,
    forms: [args(word("events"), list("events", "events"))],
    title: "events that may be counted; once one is allowed, all others are not",
    default: "all events",
    example: "allow events 0x00 ..= 0x1f",
  },
  {
    name: "deny",
    in: "pmu",
    repeatable: true,
    forms: [args(word("events"), list("events", "events"))],
    title: "events that may not be counted",
    example: "deny events 0x13",
  },

  // ---------------------------------------------------------------- mte
  {
    name: "level",
    in: "mte",
    forms: [args(slot("feature", "feature"))],
    title: "the level of memory tagging that the guest must see",
    default: "host",
    example: "level FEAT_MTE2",
  },

  // ---------------------------------------------------------------- guest
  {
    name: "cpu",
    in: "guest",
    forms: [args(slot("cpu", "cpu"))],
    title: "the guest's CPU model",
    example: "cpu portable",
  },
  {
    name: "runs-on",
    in: "guest",
    forms: [args(list("hosts", "host-or-fleet"))],
    title: "hosts and fleets that the guest is checked against",
    default: "no host: checked against the architecture alone",
    example: "runs-on prod",
  },
  {
    name: "vcpus",
    in: "guest",
    forms: [args(slot("count", "integer"))],
    title: "number of vCPUs",
    default: "unknown, thus perhaps more than one",
    example: "vcpus 4",
  },
  {
    name: "psci",
    in: "guest",
    forms: [args(slot("version", "version")), args(word("host"))],
    title: "the PSCI version that the guest is told",
    default: "host",
    example: "psci 1.1",
  },
  {
    name: "services",
    in: "guest",
    forms: [args(word("none")), args(list("services", "service"))],
    title: "hypercall services that KVM may answer; all others are denied, also what newer kernels add",
    default: "none",
    example: "services trng, pv-time",
  },
  {
    name: "smccc",
    in: "guest",
    opens: "smccc",
    forms: [{ args: [], block: "required" }],
    title: "the SMCCC filter: calls that are denied or handed to user space before KVM looks at them",
    default: "no filter",
    example: "smccc {\n  deny oem fast64\n}",
  },
  {
    name: "workaround",
    in: "guest",
    repeatable: true,
    forms: [{ args: [slot("register", "workaround")], value: [slot("level", "workaround-level")] }],
    title: "what the guest is told of the firmware's mitigation: the host must be at this level",
    default: "host",
    example: "workaround SMCCC_ARCH_WORKAROUND_1 = not-required",
  },
  {
    name: "capability",
    in: "guest",
    repeatable: true,
    forms: [args(list("capabilities", "capability"))],
    title: "VM capabilities to enable",
    example: "capability system-suspend",
  },
  {
    name: "timer",
    in: "guest",
    repeatable: true,
    forms: [
      args(word("virtual"), word("intid"), slot("intid", "integer")),
      args(word("physical"), word("intid"), slot("intid", "integer")),
      args(word("hyp-virtual"), word("intid"), slot("intid", "integer")),
      args(word("hyp-physical"), word("intid"), slot("intid", "integer")),
    ],
    title: "GIC INTID (a PPI, 16 to 31) of a generic timer",
    default: "KVM's: virtual 27, physical 30, hyp-virtual 28, hyp-physical 26",
    example: "timer virtual intid 27",
  },
  {
    name: "stolen-time",
    in: "guest",
    forms: [args(word("at"), slot("address", "address"))],
    title: "guest-physical address of vCPU 0's stolen-time record; each further vCPU's lies 64 bytes above",
    default: "no stolen time",
    example: "stolen-time at 0x4800_0000",
  },
  {
    name: "counter-offset",
    in: "guest",
    forms: [args(slot("offset", "address"))],
    title: "what is subtracted from the host's counter, virtual and physical alike",
    default: "KVM's: the virtual counter starts near zero",
    example: "counter-offset 0",
  },
  {
    name: "ipa",
    in: "guest",
    forms: [args(slot("bits", "bits"))],
    title: "size of the guest-physical address space, given to KVM_CREATE_VM",
    default: "left to the VMM",
    example: "ipa 40 bits",
  },
  {
    name: "gic",
    in: "guest",
    forms: [args(word("v3")), args(word("v2")), args(word("none"))],
    title:
      "the interrupt controller that the VMM gives the guest; decides the GIC fields of the ID registers",
    default: "left to the VMM",
    example: "gic v3",
  },
  {
    name: "sealed",
    in: "guest",
    forms: [args()],
    title: "nothing that the guest sees may be left to the host",
    default: "fields and choices may be left open",
    example: "sealed",
  },

  // ---------------------------------------------------------------- smccc
  ...(["deny", "forward", "handle"] as const).map(
    (action): StatementRow => ({
      name: action,
      in: "smccc",
      repeatable: true,
      forms: [
        args(slot("owner", "smccc-owner")),
        args(slot("owner", "smccc-owner"), slot("convention", "smccc-convention")),
        args(
          slot("owner", "smccc-owner"),
          slot("convention", "smccc-convention"),
          list("numbers", "function-numbers"),
        ),
        args(list("ids", "function-ids")),
      ],
      title: {
        deny: "calls that get -1 (NOT_SUPPORTED)",
        forward: "calls that exit to user space with KVM_EXIT_HYPERCALL",
        handle: "calls that KVM treats as if there were no filter; grants nothing",
      }[action],
      example: {
        deny: "deny oem fast64",
        forward: "forward vendor-hyp fast64 0x40 ..= 0x5f",
        handle: "handle 0xC500_0020",
      }[action],
    }),
  ),

  // ---------------------------------------------------------------- test
  {
    name: "read",
    in: "test",
    repeatable: true,
    forms: [{ args: [slot("subject", "register-or-field")], value: [slot("value", "field-value")] }],
    title: "what MRS gives",
    example: "read ID_AA64PFR0_EL1.SVE = 0",
  },
  {
    name: "execute",
    in: "test",
    repeatable: true,
    forms: ["undefined", "works", "trapped"].map((fate) => ({
      args: [slot("feature", "feature")],
      value: [word(fate)],
    })),
    title:
      "whether the instructions that need the feature execute, are UNDEFINED, or take another exception to the guest",
    example: "execute FEAT_SVE = undefined",
  },
  ...(["hvc", "smc"] as const).map(
    (verb): StatementRow => ({
      name: verb,
      in: "test",
      repeatable: true,
      forms: [[], [word("with"), list("arguments", "address")]].flatMap((given): Form[] =>
        [
          word("forwarded"),
          word("denied"),
          word("waits"),
          word("system-event"),
          slot("result", "call-result"),
        ].map((result) => ({ args: [slot("function", "function-ids"), ...given], value: [result] })),
      ),
      title: `what comes of the call by ${verb.toUpperCase()}: x0, \`denied\` (-1), \`forwarded\` (to user space), \`waits\` (the vCPU waits or is switched off) or \`system-event\`; \`with\` gives x1 and on`,
      example: `${verb} TRNG_VERSION = 0x1_0000`,
    }),
  ),
  {
    name: "vectors",
    in: "test",
    repeatable: true,
    forms: [
      { args: [], value: [word("none")] },
      { args: [], value: [list("lengths", "integer")] },
    ],
    title: "the SVE vector lengths that the guest can choose, in bits",
    example: "vectors = 128, 256",
  },
  {
    name: "migrate",
    in: "test",
    repeatable: true,
    forms: [
      { args: [slot("from", "host"), word("to"), slot("to", "host")], value: [word("safe")] },
      { args: [slot("from", "host"), word("to"), slot("to", "host")], value: [word("unsafe")] },
    ],
    title: "whether the guest can be moved from one host to another and goes on as before",
    example: "migrate n1-lts to v1-new = safe",
  },
];

/** The word in front of a `cpu` statement that replaces the parent's. */
export const overrideWord = "override";

const byContext = new Map<string, StatementRow>(vocabulary.map((row) => [`${row.in} ${row.name}`, row]));

export function statementRow(context: Context, name: string): StatementRow | undefined {
  return byContext.get(`${context} ${name}`);
}

export function statementsIn(context: Context): readonly StatementRow[] {
  return vocabulary.filter((row) => row.in === context);
}

/** Every statement name once, `override` among them, for the highlighter. */
export function statementWords(): readonly string[] {
  return [...new Set([...vocabulary.map((row) => row.name), overrideWord])].sort();
}

/** Words that forms fix (`off`, `extends`, `lengths` …), for the highlighter. */
export function fixedWords(): readonly string[] {
  const words = new Set<string>();
  for (const row of vocabulary)
    for (const form of row.forms)
      for (const part of [...form.args, ...(form.value ?? [])]) if ("word" in part) words.add(part.word);
  return [...words].sort();
}

/** Whether a statement at this chain of names is printed on one line where it fits. */
export function isInline(path: readonly string[]): boolean {
  let context: Context = "file";
  let row: StatementRow | undefined;
  for (const name of path) {
    row = statementRow(context, name);
    if (row === undefined) return false;
    context = row.opens ?? context;
  }
  return row?.inline === true;
}
