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
  readonly linuxName?: string;
  readonly lsb: number;
  readonly width: number;
  /** Two's complement: 0b1111 of a four-bit field is -1 and orders below 0. */
  readonly signed: boolean;
  /** Names of values, keyed by the unsigned value. Absent for plain numbers. */
  readonly values?: Readonly<Record<number, string>>;
  /** How a value reads in words of a unit, e.g. PARange: unit "bits", 40 bits is code 2. */
  readonly unit?: { readonly name: string; readonly codes: Readonly<Record<number, number>> };
  readonly safe?: SafeKind;
  readonly safeValue?: number;
  readonly role: FieldRole;
  readonly facility?: string;
  /** For `hidden`: the first kernel that hides it; before, the host's value shows. Absent: always hidden. */
  readonly hiddenSince?: Version;
  /** The value that means "nothing here" and that an architecture baseline starts from (0, or 0xF for most signed fields). */
  readonly absent: number;
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
  readonly when?: Expr;
  /**
   * `requires`: a feature needs, excludes or equals another, an error when broken.
   * `encoding`: ties a feature to its field; the compiler keeps it by construction.
   * `mandatory`: an architecture version demands a feature: a lint.
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

/** One assignment that makes a feature present: the field is raised to `value` in the order of its kind. */
export interface FieldSetting extends FieldRef {
  readonly value: number;
  /** `min`: at least this level. `eq`: exactly this value. */
  readonly how: "min" | "eq";
}

export interface Feature {
  /** `FEAT_SVE2`. */
  readonly name: string;
  readonly title: string;
  readonly since: Version | null;
  readonly introducedIn: Version | null;
  readonly mandatoryFrom: Version | null;
  /** Settings that make it present; empty for a feature without a field. */
  readonly present: readonly FieldSetting[];
  /** Fields to lower, each below `value`, that make it absent; in order, the first is enough unless `absentAll`. */
  readonly absent: readonly FieldSetting[];
  readonly absentAll?: boolean;
  /** The same in the AArch32 ID registers, valid where EL0 can use AArch32. */
  readonly presentAArch32: readonly FieldSetting[];
  /** True in the AArch64 view exactly when this holds; absent for a feature without a field. */
  readonly advertisedBy?: Expr;
  /** Direct, unconditional requirements (a subset of the constraints, for explanations and mends). */
  readonly requires: readonly string[];
  readonly excludes: readonly string[];
  /** Statement of the language that decides it instead of `with`/`without` (FEAT_SVE: `sve`). */
  readonly facility?: string;
  readonly hwcap?: string;
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
  readonly registersFrom: { readonly kind: string; readonly source: string } | null;
  /** SVE vector lengths in bits, where known. */
  readonly sveLengths?: readonly number[];
  /** Constraints that the real core breaks; not reported against a baseline that names it. */
  readonly exceptions: readonly string[];
  /** Product names built on it (graviton2, altra). */
  readonly products: readonly string[];
}

export interface VcpuFeature {
  readonly name: string;
  readonly index: number;
  /** Capability number that says the host has it. */
  readonly capability: number | null;
  readonly finalize: boolean;
  /** Features that must be set together with it / must not be. */
  readonly needs: readonly string[];
  readonly excludes: readonly string[];
  readonly since: Version;
  readonly effect: string;
  readonly source: string;
}

export interface Capability {
  readonly name: string;
  readonly number: number;
  /** `check`: KVM_CHECK_EXTENSION only. `enable`: also KVM_ENABLE_CAP on the VM. */
  readonly kind: "check" | "enable";
  readonly since: Version;
  /** Must be enabled before the first vCPU exists. */
  readonly beforeVcpus: boolean;
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
  readonly source: string;
}

export interface FirmwareRegister {
  readonly name: string;
  readonly id: bigint;
  /** Value names to numbers: PSCI "1.1" → 0x10001, workaround "available" → 1. */
  readonly values: Readonly<Record<string, bigint>>;
  /** First kernel that accepts a value, by value name; absent: every kernel from 6.1. */
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

export interface SmcccFunction {
  /** `PSCI_CPU_ON`, `TRNG_VERSION`. Two ids where an SMC32 and an SMC64 form exist. */
  readonly name: string;
  readonly ids: readonly number[];
  /** `service NAME`, `default` (KVM answers unless filtered), `el2` (answered before the filter), `none`. */
  readonly gate: string;
  readonly result: string;
  readonly source: string;
}

export interface Ioctl {
  readonly name: string;
  readonly nr: number;
  readonly fd: "kvm" | "vm" | "vcpu" | "any";
  readonly since?: Version;
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
  readonly source: string;
}

/** What KVM lets user space write, by kernel. */
export interface KernelRules {
  /** Series this row describes: "6.12", "6.12.y", "7.2". */
  readonly series: Version;
  /** `measured`: read from a running kernel; `source`: from its text; `interpolated`: between two such. */
  readonly basis: "measured" | "source" | "interpolated";
  /** Register name → mask of KVM_ARM_GET_REG_WRITABLE_MASKS (or of the table, where the ioctl is missing). */
  readonly writable: Readonly<Record<string, bigint>>;
  readonly source: string;
}
