/**
 * What a host, or every host of a fleet, may show a guest: for each field the values that KVM lets it hold, and
 * what else a guest's CPU is made of. A normal form: offers of equal meaning are equal, `meet.ts` combines them.
 */
import type { ValueSet } from "./values.ts";

/** Parts of a CPU that a guest may be given or not, by the statement that asks for them. */
export const facilityNames = ["sve", "pauth", "pmu", "mte", "el2"] as const;
export type FacilityName = (typeof facilityNames)[number];

export const isFacilityName = (name: string): name is FacilityName =>
  facilityNames.some((one) => one === name);

/**
 * What of an offer may rest on guestc's tables rather than on what was read from the host: what ID registers show, what
 * may be written into them, which registers are listed, KVM's capabilities and devices, a facility.
 */
export const assumptions = ["values", "writes", "list", "capabilities", ...facilityNames] as const;
export type Assumption = (typeof assumptions)[number];

export const isAssumption = (name: string): name is Assumption => assumptions.some((one) => one === name);

/** What is otherwise with a facility than without it. */
export interface FacilityOffer {
  /** By `REGISTER.FIELD`; a field that is not named may hold what it may hold without the facility. */
  readonly fields: ReadonlyMap<string, ValueSet>;
  /** ONE_REG ids that KVM_GET_REG_LIST has more; those up to 64 bits wide. */
  readonly registers: ReadonlySet<bigint>;
}

export interface Offer {
  /** By `REGISTER.FIELD`: what all hosts take that tell it; missing where none does. An empty set is a conflict. */
  readonly fields: ReadonlyMap<string, ValueSet>;
  /** Fields whose value some host does not tell. */
  readonly untold: ReadonlySet<string>;
  /**
   * By register, the values that the hosts show a guest without facilities before anything is written. Where fields
   * have no order (MIDR_EL1, CLIDR_EL1 …) and any value may be written, one of these is chosen.
   */
  readonly shown: ReadonlyMap<string, ValueSet>;
  readonly facilities: ReadonlyMap<FacilityName, FacilityOffer>;
  /** ONE_REG ids in KVM_GET_REG_LIST of a vCPU without facilities. */
  readonly registers: ReadonlySet<bigint>;
  /**
   * SVE vector lengths in bits, ascending, up to the longest that every host can be cut down to: KVM takes all
   * of a CPU's lengths up to a maximum and no other choice. Empty: no SVE.
   */
  readonly vectorLengths: readonly number[];
  /** Table names of the vCPU features that KVM_ARM_VCPU_INIT takes. */
  readonly vcpuFeatures: ReadonlySet<string>;
  /** Number → the least answer of KVM_CHECK_EXTENSION, never 0. */
  readonly capabilities: ReadonlyMap<number, bigint>;
  /** PSCI versions by the names that the tables give them. */
  readonly psci: ReadonlySet<string>;
  /** Bits that may be set in each hypercall bitmap register, by its table name. */
  readonly bitmaps: ReadonlyMap<string, bigint>;
  /** Levels of each firmware workaround register that a guest may rely on, by its table name. */
  readonly workarounds: ReadonlyMap<string, ValueSet>;
  /** Device types that KVM_CREATE_DEVICE takes; undefined: not recorded, so that it limits nobody. */
  readonly devices: ReadonlySet<number> | undefined;
  /** The oldest kernel's `major.minor[.patch]`. */
  readonly kernel: string;
  /** Event counters of a guest's PMU, least and most; undefined: no PMU, or not told. */
  readonly counters: { readonly least: number; readonly most: number } | undefined;
  /** What rests on guestc's tables, on this host or on any of the fleet. */
  readonly assumed: ReadonlySet<Assumption>;
}
