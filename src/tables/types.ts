/**
 * The shapes of the fact tables. Data lies in `data/*.json`, one subject a file, each row with its
 * source; this file says what a row means.
 */

/** `1.2`-like numbers compared part by part: kernel releases and architecture versions. */
export type Version = string;

/** How two different values of a field combine, as Linux does it (`arch/arm64/kernel/cpufeature.c`). */
export type SafeKind = "lower" | "higher" | "higher-or-zero" | "exact";

/**
 * Who decides a field's value in a guest.
 *
 * - `feature`: a FEAT_ name (or an architecture version) decides it.
 * - `facility`: the statement named in `facility` decides it (`sve`, `pmu`, `mte`, `pauth`, `el2`, `gic`).
 * - `size`: a count, size or code that no architecture version fixes (PARange, BRPs, cache lines).
 * - `host`: KVM shows the host's value and no known kernel lets user space change it.
 * - `hidden`: every known kernel (or every one from `hiddenSince`) shows zero, whatever the host has.
 * - `identity`: names the implementation (MIDR_EL1, REVIDR_EL1, AIDR_EL1).
 * - `aarch32`: part of an AArch32 ID register; meaningful when EL0 can use AArch32.
 */
export type FieldRole = "feature" | "facility" | "size" | "host" | "hidden" | "identity" | "aarch32";

export interface Field {
  readonly register: string;
  /** As the Arm ARM spells it. */
  readonly name: string;
  /** As Linux' sysreg table spells it, where that differs. */
  readonly linuxName?: string | undefined;
  readonly lsb: number;
  readonly width: number;
  /** Two's complement: 0b1111 of a four-bit field is -1 and orders below 0. */
  readonly signed: boolean;
  /** Names of values, keyed by the unsigned value. Absent for plain numbers. */
  readonly values?: Readonly<Record<number, string>> | undefined;
  /** How a value reads in words of a unit, e.g. PARange: unit "bits", 40 bits is code 2. */
  readonly unit?: { readonly name: string; readonly codes: Readonly<Record<number, number>> } | undefined;
  readonly safe?: SafeKind | undefined;
  readonly safeValue?: number | undefined;
  readonly role: FieldRole;
  readonly facility?: string | undefined;
  /**
   * For `hidden`, and for a facility's field that KVM shows as zero with the facility too: the first kernel
   * that hides it; before, the host's value shows. Absent from a `hidden` field: always hidden.
   */
  readonly hiddenSince?: Version | undefined;
  /** The value that means "nothing here" and that an architecture baseline starts from (0, or 0xF for most signed fields). */
  readonly absent: number;
  /**
   * First kernel whose table of host features (`arm64_ftr_bits`) names the field. Before it, and where it
   * is absent, KVM shows zero and accepts zero only, whatever the writable mask says.
   */
  readonly declared?: Version | undefined;
  /** The highest value that KVM shows to a guest, whatever the host has; absent: no limit. */
  readonly cap?: number | undefined;
  /** Key into `sources.json`. */
  readonly source: string;
}

export interface IdRegister {
  readonly name: string;
  readonly kind: "aarch64-id" | "aarch32-id" | "identification" | "extension-id";
  readonly op0: number;
  readonly op1: number;
  readonly crn: number;
  readonly crm: number;
  readonly op2: number;
  /** KVM ONE_REG id. */
  readonly id: bigint;
  /** From the highest bit to the lowest. */
  readonly fields: readonly Field[];
  /** Whether KVM keeps it per VM as part of the guest's CPU model, so that a contract decides it. */
  readonly contract: boolean;
  readonly source: string;
}

/** Boolean expressions over versions, features and fields. */
export type Expr =
  | { readonly arch: Version }
  | { readonly feat: string }
  | {
      readonly reg: string;
      readonly field: string;
      readonly op: ">=" | ">" | "<=" | "<" | "==" | "!=" | "in" | "notIn";
      readonly value: number | readonly number[];
      readonly signed?: boolean;
    }
  | { readonly all: readonly Expr[] }
  | { readonly any: readonly Expr[] }
  | { readonly not: Expr };

/** A rule of the architecture over features and fields (Arm's AARCHMRS Features.json unless `source` says otherwise). */
export interface Constraint {
  readonly id: string;
  /** The feature that the rule describes. */
  readonly owner: string;
  readonly kind: "implies" | "iff";
  /** implies: `if` → `then`. iff: `if` ↔ `then`, demanded only where `when` holds. */
  readonly if: Expr;
  readonly then: Expr;
  readonly when?: Expr | undefined;
  /**
   * `requires`: a feature needs, excludes or equals another, an error when broken.
   * `encoding`: ties a feature to its field; the compiler keeps it by construction.
   * `mandatory`: an architecture version demands a feature, or its absence: a lint.
   * `since`: a feature may not exist before a version: a lint.
   */
  readonly class: "requires" | "encoding" | "mandatory" | "since";
  readonly source: string;
}

/** A rule over fields alone (`FP` equals `AdvSIMD`, one PAuth cipher, BRPs ≥ 1 …). */
export interface FieldRule {
  readonly id: string;
  readonly rule:
    | { readonly sameField: readonly FieldRef[] }
    | { readonly atMostOneNonZero: readonly FieldRef[] }
    | { readonly iffAll: readonly (readonly Expr[])[] }
    | { readonly lessOrEqualField: readonly [FieldRef, FieldRef] }
    | { readonly if: Expr; readonly then: Expr | { readonly regIsZero: string } }
    | { readonly holds: Expr };
  readonly why: string;
  readonly source: string;
}

export interface FieldRef {
  readonly reg: string;
  readonly field: string;
}

/** One assignment that makes a feature present or absent. */
export interface FieldSetting extends FieldRef {
  readonly value: number;
  /**
   * `min`: to make present, at least this level; to make absent, any level below it, in the order of the
   * field's kind. `eq`: exactly this value, both ways.
   */
  readonly how: "min" | "eq";
}

/** Fields that repeat a feature elsewhere and must agree with it where a condition holds. */
export interface Twin {
  readonly when: Expr;
  readonly settings: readonly FieldSetting[];
}

export interface Feature {
  /** `FEAT_SVE2`. */
  readonly name: string;
  readonly title: string;
  readonly since: Version | null;
  readonly introducedIn: Version | null;
  readonly mandatoryFrom: Version | null;
  /** Settings that make it present; empty for a feature without a field that a contract decides. */
  readonly present: readonly FieldSetting[];
  /** Fields to lower, each below `value`, that make it absent; in order, the first is enough unless `absentAll`. */
  readonly absent: readonly FieldSetting[];
  readonly absentAll?: boolean | undefined;
  /** The same in the AArch32 ID registers, valid where EL0 can use AArch32. */
  readonly presentAArch32: readonly FieldSetting[];
  /** Further fields that follow it: ID_AA64ZFR0_EL1.BF16 repeats ID_AA64ISAR1_EL1.BF16 where SVE or SME exists. */
  readonly twins: readonly Twin[];
  /**
   * Where this does not hold its fields say nothing and it is absent; part of `advertisedBy`. `present`
   * does not establish it.
   */
  readonly when?: Expr | undefined;
  /** True in the AArch64 view exactly when this holds; absent for a feature without a field. */
  readonly advertisedBy?: Expr | undefined;
  /** Why `present` or `absent` is empty although a field shows it, or does not suffice. */
  readonly limits?: string | undefined;
  /** Direct, unconditional requirements (a subset of the constraints, for explanations and mends). */
  readonly requires: readonly string[];
  readonly excludes: readonly string[];
  /**
   * The architecture lets a CPU lack it, but no Armv8-A core that runs Linux does: where a version makes another
   * feature mandatory beside it, an architecture baseline takes it as given.
   */
  readonly assumed?: true;
  /** Statement of the language that decides it instead of `with`/`without` (FEAT_SVE: `sve`). */
  readonly facility?: string | undefined;
  readonly hwcap?: string | undefined;
  /** Its word in /proc/cpuinfo. */
  readonly cpuinfo?: string | undefined;
  readonly source: string;
}

export interface Architecture {
  /** `v8.2`; the language writes `armv8.2-a`. */
  readonly name: Version;
  /** Names of all versions that this one includes, itself among them. */
  readonly includes: readonly Version[];
  /** Features mandatory in this version and all it includes, unconditionally. */
  readonly mandatory: readonly string[];
  /** Features mandatory where the condition holds. */
  readonly mandatoryIf: readonly { readonly feature: string; readonly when: Expr }[];
  /** Features that may not exist in it. */
  readonly prohibits: readonly string[];
  readonly source: string;
}

/** A named core. */
export interface Cpu {
  readonly name: string;
  readonly vendor: string;
  readonly arch: Version;
  /** MIDR_EL1 with revision r0p0, or as seen. */
  readonly midr: bigint | null;
  readonly aarch32: "none" | "EL0" | "EL1" | "all" | "unknown";
  readonly features: readonly string[];
  /** Best known ID register values (hardware before manuals before models); null when nobody published them. */
  readonly registers: Readonly<Record<string, bigint>> | null;
  /** Where the values come from: "hardware", "trm", "trm-corrected", "qemu" … and its source line. */
  readonly registersFrom: { readonly kind: string; readonly source: string; readonly note?: string } | null;
  /** Registers that another kind of set filled in, by kind. */
  readonly filledFrom: Readonly<Record<string, readonly string[]>>;
  /** SVE vector lengths in bits, where known. */
  readonly sveLengths?: readonly number[];
  /** Constraints that the real core breaks; not reported against a baseline that names it. */
  readonly exceptions: readonly string[];
  /** Product names built on it (graviton2, altra). */
  readonly products: readonly string[];
  readonly aliases: readonly string[];
}

export interface VcpuFeature {
  readonly name: string;
  readonly index: number;
  /** Capability number that says the host has it. */
  readonly capability: number | null;
  readonly finalize: boolean;
  /** The statement of a `cpu` block that asks for it; with `word`, only in that form (`el2 nvhe`). */
  readonly statement?: { readonly name: string; readonly word?: string };
  /** Features that must be set together with it / must not be. */
  readonly needs: readonly string[];
  readonly excludes: readonly string[];
  /** Numbers of capabilities that must not be enabled on the VM. */
  readonly excludesCapabilities: readonly number[];
  /** Of every vCPU that guestc makes and of every recording: the language has no guest without it. */
  readonly always?: true;
  /** What KVM shows and lists is the same without it; any VMM may set it. */
  readonly unseen?: true;
  readonly since: Version;
  readonly effect: string;
  readonly source: string;
}

export interface Capability {
  /** `KVM_CAP_ARM_MTE`. */
  readonly name: string;
  readonly number: number;
  /** `check`: KVM_CHECK_EXTENSION only. `enable`: also KVM_ENABLE_CAP on the VM. */
  readonly kind: "check" | "enable";
  readonly since: Version;
  /** Must be enabled before the first vCPU exists. */
  readonly beforeVcpus: boolean;
  /** Statements of a `cpu` block that ask for it. */
  readonly statements?: readonly string[];
  /** A host may satisfy those statements without it: it is enabled where it is there. */
  readonly optional?: true;
  /** Once it is enabled, user space may write the registers that say which CPU it is. */
  readonly writesIdentity?: true;
  /** Name in the language's `capability` statement; absent where a statement of its own enables it. */
  readonly word?: string;
  readonly effect: string;
  readonly source: string;
}

/** A service in the sense of the language: a bit of a KVM firmware bitmap register. */
export interface Service {
  /** `trng`, `pv-time`, `kvm-features`, `ptp`, `discover-impl-ver`, `discover-impl-cpus`. */
  readonly name: string;
  readonly register: string;
  readonly bit: number;
  readonly kernelName: string;
  readonly functions: readonly number[];
  readonly since: Version;
  /** Services without which a guest cannot find or use this one. */
  readonly needs: readonly string[];
  /** The kernel has no handler of its own: useful only where a filter forwards the calls. */
  readonly forwardOnly?: boolean;
  readonly title: string;
  readonly source: string;
}

export interface BitmapRegister {
  readonly name: string;
  readonly id: bigint;
  readonly since: Version;
  /** Value of a fresh VM on a kernel that knows all of today's bits. */
  readonly reset: bigint;
  readonly source: string;
}

export interface FirmwareRegister {
  readonly name: string;
  readonly id: bigint;
  /** A version of a specification, or how far a workaround goes. */
  readonly holds: "version" | "level";
  /** Value names to numbers: PSCI "1.1" → 0x10001, workaround "available" → 1. */
  readonly values: Readonly<Record<string, bigint>>;
  /** The kernel header's words for the values, by value name, where it has some. */
  readonly kernelValues: Readonly<Record<string, string>>;
  /** First kernel that accepts a value, by value name; absent: every kernel of the tables. */
  readonly valueSince: Readonly<Record<string, Version>>;
  readonly source: string;
}

export interface SmcccOwner {
  /** `arch`, `cpu`, `sip`, `oem`, `standard-secure`, `standard-hyp`, `vendor-hyp`, `trusted-app`, `trusted-os`. */
  readonly name: string;
  /** Owning entity numbers, bits 29:24 of a fast call. */
  readonly first: number;
  readonly last: number;
  readonly title: string;
  readonly source: string;
}

/** Bits 31:30 of a function id. */
export interface SmcccConvention {
  /** `fast32`, `fast64`, `yield32`, `yield64`. */
  readonly name: string;
  /** Function id of owner 0, number 0. */
  readonly base: number;
  readonly fast: boolean;
  readonly bits: 32 | 64;
  readonly title: string;
}

/** Inclusive range of function ids with what it is for. */
export interface SmcccRange {
  readonly first: number;
  readonly last: number;
  readonly why: string;
}

export interface SmcccFunction {
  /** `PSCI_CPU_ON`, `TRNG_VERSION`. Two ids where an SMC32 and an SMC64 form exist. */
  readonly name: string;
  readonly ids: readonly number[];
  /** `service NAME`, `default` (KVM answers unless filtered), `el2` (answered before the filter), `none`. */
  readonly gate: string;
  /** What x0 is where the gate lets the call through, in words. */
  readonly result: string;
  /** First kernel that answers it; absent: every kernel of the tables. */
  readonly since?: Version;
  /** First PSCI version, as set in the firmware register, that has it. */
  readonly psci?: Version;
  /** Last PSCI version that has it. */
  readonly psciUntil?: Version;
  /** Name of the capability that must be enabled on the VM. */
  readonly capability?: string;
  /** Name of the service that a filter and user space give by it. */
  readonly forwardFor?: string;
  /** Arguments, X1 and on, that tell its answers apart; `functions`: in X1 every function id that the table has. */
  readonly tries: readonly (readonly bigint[])[] | "functions";
  /** How much of X1 to X3 KVM looks at; `of-call`: 32 bits of an SMC32 call. Absent: all 64. */
  readonly argumentBits?: 32 | "of-call";
  /** What comes of it where the gate lets it through: the first row that fits. Empty: X0 is -1. */
  readonly answers: readonly SmcccAnswer[];
  readonly source: string;
}

/** Words that stand for a number that the guest's configuration decides, `any` for one that nothing decides. */
export type SmcccValue = bigint | "any" | "psci-version" | "stolen-time" | { readonly register: string };

/** One row of a function's answers; it fits where all its conditions hold. */
export interface SmcccAnswer {
  /** First kernel that answers so. */
  readonly since?: Version;
  readonly ids?: readonly number[];
  /** X1 is one of these, or at least `from`. */
  readonly x1?: readonly (bigint | { readonly from: bigint })[];
  readonly x2?: readonly bigint[];
  /** PSCI version of the guest, at least. */
  readonly psci?: Version;
  /** Capability that is enabled on the VM. */
  readonly capability?: string;
  /** Service that the guest may use. */
  readonly service?: string;
  /** The vCPU has a record of stolen time. */
  readonly stolenTime?: true;
  /** X1 names a vCPU by its affinity: one that runs (the caller), or one that is switched off. */
  readonly target?: "running" | "off";
  /** It names all that share the affinity from the level in X2 on. */
  readonly atLevel?: true;
  /** The guest's ID registers: where this holds, the row does not. */
  readonly unlessGuest?: Expr;
  /** The host's CPU: the row holds only where this does. */
  readonly where?: Expr;

  /** X0 and on; those that are not given are 0. */
  readonly x?: readonly SmcccValue[];
  /** X0 follows from a firmware workaround register as the host shows it, by its level. */
  readonly firmware?: string;
  readonly levels?: Readonly<Record<number, bigint>>;
  readonly exit?: "system-event";
  readonly waits?: true;
  /** Why nothing can be said. */
  readonly open?: string;
}

export interface Ioctl {
  readonly name: string;
  readonly nr: number;
  readonly fd: "kvm" | "vm" | "vcpu" | "any";
  readonly since?: Version;
  readonly source: string;
}

export interface DeviceAttribute {
  readonly name: string;
  readonly groupName: string;
  readonly fd: "vm" | "vcpu";
  readonly group: number;
  readonly attr: number;
  /** Payload shape. */
  readonly type: "int" | "u32" | "u64" | "none" | "smccc-filter" | "pmu-event-filter";
  readonly since: Version;
  readonly default?: number;
  /** For a timer's interrupt: its word in the language. */
  readonly timer?: string;
  /** `REGISTER.FIELD` that it sets, to at most what the host shows there: else EINVAL. */
  readonly field?: string;
  /** EINVAL without an in-kernel interrupt controller. */
  readonly needsGic?: true;
  readonly source: string;
}

/** What KVM lets user space write, by kernel. */
export interface KernelRules {
  /** Series this row describes: "6.12", "7.2"; "6.12.y" for the stable releases where they differ from 6.12. */
  readonly series: Version;
  /** Nobody read the series between this row and the next: they have no rules. */
  readonly alone?: true;
  /** For `measured`: the release that was read. */
  readonly release?: Version;
  /** `measured`: read from a running kernel; `source`: from its text; `interpolated`: between two such. */
  readonly basis: "measured" | "source" | "interpolated";
  /**
   * Register name → mask of KVM_ARM_GET_REG_WRITABLE_MASKS (or of the table, where the ioctl is missing).
   * On a host whose EL0 cannot use AArch32, the AArch32 registers are zero and not writable all the same.
   */
  readonly writable: Readonly<Record<string, bigint>>;
  readonly source: string;
}

/** A system register by its MRS/MSR encoding. */
export interface SystemRegister {
  readonly name: string;
  readonly op0: number;
  readonly op1: number;
  readonly crn: number;
  readonly crm: number;
  readonly op2: number;
  readonly access: "rw" | "ro" | "wo";
  /** Lowest exception level at which an access can ever succeed. */
  readonly minEL: "EL0" | "EL1" | "EL2" | "EL3";
  /** It exists where this holds; absent: in every Armv8.0 PE. */
  readonly gate?: Expr;
  readonly source: string;
}

/** A SYS instruction (`TLBI VAE1`, `DC CVAP`, `AT S1E1R`) by its encoding. */
export interface SysInstruction {
  readonly name: string;
  readonly op0: number;
  readonly op1: number;
  readonly crn: number;
  readonly crm: number;
  readonly op2: number;
  readonly takesRegister: boolean;
  readonly gate?: Expr;
  readonly source: string;
}

/** One A64 instruction, executed by itself, that tells whether a feature is there. */
export interface Instruction {
  /** The mnemonic, with what tells it from others of that name: `ADD_Z`. No spaces. */
  readonly name: string;
  /** In the assembler's words. */
  readonly text: string;
  /** The encoding, 32 bits. */
  readonly word: number;
  /**
   * Exception levels at which executing it says something; at the others it is not to be tried, because the
   * architecture makes it UNDEFINED there or a control that EL1 sets traps it.
   */
  readonly levels: readonly (0 | 1)[];
  /** X0 and on before it; `scratch`: the address of writable memory, 64 bytes of it, aligned to 4 KiB. */
  readonly x: readonly (bigint | "scratch")[];
  /** It exists where this holds; absent: in every Armv8.0 PE, perhaps as a hint that does nothing. */
  readonly gate?: Expr;
  /** No PE executes it. */
  readonly undefined?: true;
  /** Names of instructions to be executed some time before: they make EL1 let it through. */
  readonly after: readonly string[];
  /** It is executed for its effect on what follows. */
  readonly preparation?: true;
  /** What it changes beside X0 to X3, the flags, V0 to V3, P0 and memory at `scratch`. */
  readonly effect?: string;
  readonly source: string;
}

/** From which kernel to which, both in; between `after` and `since` nobody has looked. */
export interface KernelRange {
  readonly since?: Version;
  readonly until?: Version;
  /** The last kernel that is known to do otherwise; absent: the one before `since`. */
  readonly after?: Version;
  /** The first kernel that is known to do otherwise; absent: the one behind `until`. */
  readonly before?: Version;
}

/** Where the guest's SMC is a call as its HVC is. */
export interface SmcCalls extends KernelRange {
  readonly why: string;
  readonly source: string;
}

/** What becomes of an instruction: `trapped` is an exception to the guest other than an UNDEFINED one. */
export type Fate = "executes" | "undefined" | "trapped";

/** What KVM does with an instruction or an access to a system register that the CPU has. */
export interface Trap extends KernelRange {
  /**
   * Names of instructions, of SYS instructions with `_` for each space, and of registers behind `MRS_`; `*`
   * stands for any characters.
   */
  readonly what: readonly string[];
  readonly matches: (name: string) => boolean;
  /** Where the guest begins; absent: at any level. */
  readonly at?: "EL1" | "EL2";
  /** The guest's ID registers: where this holds, the row does not. */
  readonly unlessGuest?: Expr;
  /** The host's CPU: the row holds only where this does. */
  readonly where?: Expr;
  /** It holds only for a vCPU without this feature, by table name. */
  readonly unlessFeature?: string;
  readonly withFeature?: string;
  readonly unlessCapability?: string;
  /** It holds only for a guest with this interrupt controller. */
  readonly gic?: "v3" | "none";
  /** It holds only where the host's platform says this: what an emulated CPU does and silicon would not. */
  readonly platform?: string;
  /** It holds where the CPU lacks what it is about; rows without this hold where the CPU has it. */
  readonly absent?: true;
  /** It holds for a counter whose number, the last in the name, the guest's PMU does not have. */
  readonly beyondCounters?: true;
  /** `open`: `why` says why nothing can be said. */
  readonly fate: Fate | "open";
  readonly why: string;
  readonly source: string;
}

interface ValueConditions extends KernelRange {
  readonly register: string;
  readonly at?: "EL1" | "EL2";
  /** As in `Trap`. */
  readonly where?: Expr;
  readonly unlessGuest?: Expr;
  readonly platform?: string;
  readonly gic?: "v3" | "none";
  /** Names of CPUs; absent: all. */
  readonly cpus?: readonly string[];
  readonly why: string;
  readonly source: string;
}

/** What a whole register reads where a reading of the vCPU does not tell. */
export interface RegisterValue extends ValueConditions {
  /** `cpu`: what the CPU has; `held`: what KVM_GET_ONE_REG reads; `any`: it differs. */
  readonly value: bigint | "any" | "cpu" | "held";
  /** Only where the plan leaves the register as the host shows it. */
  readonly unchanged?: true;
  /** Bits that read as zero. */
  readonly clear: bigint;
}

/** What the host's CPU has in a field, where its profile does not tell. */
export interface FieldValue extends ValueConditions {
  readonly field: string;
  readonly value: bigint;
  /** A lower value stays. */
  readonly atMost?: true;
  /** Not on a host that offers this capability. */
  readonly unlessOffered?: string;
}

/** Where rows come from. */
export interface Source {
  readonly what: string;
  readonly version?: string;
  readonly licence: string;
}
