/**
 * A host profile: what one machine with one kernel said of itself. The JSON form is published in
 * `schemas/host-profile.schema.json`; this is the same after reading, with numbers as `bigint`.
 */

/**
 * vCPU configurations in which the registers were read. A configuration that the host refused holds
 * the errno and nothing else.
 */
export interface Configuration {
  /** `base`, `pmu`, `sve`, `pauth`, `all`, `el2`, `el1-32`, `impid`. */
  readonly name: string;
  /** vCPU features requested, by table name (PSCI_0_2 is always among them). */
  readonly features: readonly string[];
  /** Capabilities enabled on the VM beforehand, by number. */
  readonly capabilities: readonly number[];
  /** Errno of KVM_ENABLE_CAP, KVM_ARM_VCPU_INIT or FINALIZE, whichever failed first; undefined: it works. */
  readonly refused: { readonly step: "enable-cap" | "init" | "finalize"; readonly errno: string } | undefined;
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
}

/**
 * For each of the 16 nibbles from bit 0 up, a string of 16 characters: the answer when that nibble alone
 * was set to 0, 1 … 15: `.` accepted, `x` accepted but reads back otherwise, `I` EINVAL, `N` ENOENT,
 * `B` EBUSY, `P` EPERM.
 */
export type Sweep = readonly string[];

export interface HostProfile {
  readonly name: string;
  /** How and where it was made, for people; empty where nobody said. */
  readonly description?: string;
  /** `recorded`: read on the machine; `derived`: computed from tables. */
  readonly origin: "recorded" | "derived";
  readonly kernel: {
    /** `uname -r`; for a derived host the series. */
    readonly release: string;
    /** The leading `major.minor[.patch]`. */
    readonly version: string;
  };
  readonly cpu: {
    /** A name from the CPU table where known. */
    readonly name: string;
    /** What ran it: "QEMU TCG", a product, "". */
    readonly platform: string;
  };
  /** KVM_CHECK_EXTENSION on the VM: number → answer; capabilities that answer 0 are left out. */
  readonly capabilities: ReadonlyMap<number, number>;
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
