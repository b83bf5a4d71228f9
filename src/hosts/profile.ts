/**
 * A host profile: what one machine with one kernel said of itself. The JSON form is published in
 * `schemas/host-profile.schema.json`; this is the same after reading, with numbers as `bigint`.
 */

/** The call that failed when a configuration was tried. */
export type RefusedStep = "enable-cap" | "create-device" | "init" | "finalize";

/**
 * vCPU configurations in which the registers were read. A configuration that the host refused holds
 * the errno and nothing else.
 */
export interface Configuration {
  /** `base`, `pmu`, `pmu-strict`, `sve`, `pauth`, `all`, `el2`, `el2-e2h0`, `el1-32`, `impid`, `mte`, `gic`. */
  readonly name: string;
  /** vCPU features requested, by table name (PSCI_0_2 is always among them). */
  readonly features: readonly string[];
  /** Capabilities enabled on the VM beforehand, by number. */
  readonly capabilities: readonly number[];
  /** Device types created beside the vCPU, by number; undefined: none. */
  readonly devices?: readonly number[];
  /** Errno of the call that failed first; undefined: it works. */
  readonly refused: { readonly step: RefusedStep; readonly errno: string } | undefined;
  /** Length of KVM_GET_REG_LIST, registers wider than 64 bits included; undefined: not recorded. */
  readonly listed?: number;
  /**
   * KVM_GET_REG_LIST with the values read, without registers wider than 64 bits (of SVE_VLS: its lowest 64).
   * null: no value is kept, because reading failed or the value says nothing about the host.
   */
  readonly registers: ReadonlyMap<bigint, bigint | null>;
  /**
   * KVM_ARM_GET_REG_WRITABLE_MASKS, where a feature-ID register that is absent has mask 0; undefined where
   * the kernel lacks the call (before 6.7).
   */
  readonly writable: ReadonlyMap<bigint, bigint> | undefined;
  /** What KVM_SET_ONE_REG answered per register, see `Sweep`. */
  readonly sweeps: ReadonlyMap<bigint, Sweep>;
  /** SVE vector lengths in bits, ascending; undefined: not recorded, or no SVE. */
  readonly vectorLengths?: readonly number[];
  /**
   * What KVM_SET_ONE_REG answered to whole values, by register and value: `accepted`, `altered` (it reads back
   * otherwise) or the name of the errno.
   */
  readonly tried?: ReadonlyMap<bigint, ReadonlyMap<bigint, string>>;
  /** Device attributes that KVM_HAS_DEVICE_ATTR knows, by file, group and number; undefined: not recorded. */
  readonly attributes?: Readonly<Partial<Record<AttributeFile, ReadonlyMap<number, readonly number[]>>>>;
}

/** Whose attributes: the VM's, the vCPU's, the interrupt controller's. */
export type AttributeFile = "vm" | "vcpu" | "gic";

/**
 * For each of the 16 nibbles from bit 0 up, a string of 16 characters: the answer when that nibble alone
 * was set to 0, 1 … 15: `.` accepted, `x` accepted but reads back otherwise, `I` EINVAL, `N` ENOENT,
 * `B` EBUSY, `P` EPERM, `O` another errno.
 */
export type Sweep = readonly string[];

export interface HostProfile {
  readonly name: string;
  /** How and where it was made, for people; empty where nobody said. */
  readonly description?: string;
  /** `recorded`: read on the machine; `derived`: computed from tables. */
  readonly origin: "recorded" | "derived";
  /** The program that recorded it, with its version. */
  readonly recorder?: string;
  readonly kernel: {
    /** `uname -r`; for a derived host the series. */
    readonly release: string;
    /** The leading `major.minor[.patch]`. */
    readonly version: string;
  };
  readonly cpu: {
    /** A name from the CPU table where known; else what the profile says, or `midr-` and eight digits. */
    readonly name: string;
    /** MIDR_EL1 of the core that it was recorded on; undefined: not recorded. */
    readonly midr?: bigint;
    /** What ran it: "QEMU TCG", a product, "". */
    readonly platform: string;
  };
  /** KVM_CHECK_EXTENSION on the VM: number → answer; capabilities that answer 0 are left out. */
  readonly capabilities: ReadonlyMap<number, number>;
  /** The highest number that was asked for; undefined: not recorded. */
  readonly highestCapability?: number;
  /** Device types that KVM_CREATE_DEVICE takes, by number; undefined: not recorded. */
  readonly devices?: readonly number[];
  /** What the host's kernel shows its own user space; undefined: not recorded. */
  readonly user?: {
    /** AT_HWCAP, AT_HWCAP2, AT_HWCAP3, AT_HWCAP4. */
    readonly hwcap: readonly bigint[];
    /** ID registers read by MRS at EL0, by ONE_REG id; one that is absent reads zero or is undefined. */
    readonly registers: ReadonlyMap<bigint, bigint>;
  };
  /**
   * What of a recorded profile was not read on the machine but comes from guestc's tables, because the file that
   * it was made of does not say it; undefined: nothing.
   */
  readonly assumed?: {
    /** The answers of KVM_CHECK_EXTENSION. */
    readonly capabilities: boolean;
    /** KVM_GET_REG_LIST: the registers are those that somebody chose to read. */
    readonly list: boolean;
    /** Configurations of which nothing was read. */
    readonly configurations: ReadonlySet<string>;
    /** Registers that were read in no configuration, by ONE_REG id. */
    readonly registers: ReadonlySet<bigint>;
  };
  readonly configurations: ReadonlyMap<string, Configuration>;
}

/** How sure an answer about a host is, and the fact it rests on, in words for a diagnostic. */
export interface Verdict {
  readonly accepted: boolean;
  /** `sweep` and `reading` are facts of the profile; `rule` is a table row by kernel version. */
  readonly by: "sweep" | "reading" | "rule";
  /** E.g. "KVM_SET_ONE_REG answered EINVAL for value 2 when this host was probed". */
  readonly fact: string;
  /** What the guest would see in the field without any write; undefined: unknown. */
  readonly shown: bigint | undefined;
}
