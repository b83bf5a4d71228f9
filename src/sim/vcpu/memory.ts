/** Guest-physical memory: KVM's slots. What is in none is MMIO. */

/** One slot. `bytes` has the guest's bytes in their order. */
export interface Region {
  readonly slot: number;
  readonly address: bigint;
  readonly bytes: Uint8Array;
  readonly readOnly: boolean;
}

/** Regions do not overlap. */
export interface Memory {
  regions: readonly Region[];
  /** Counts up with each change of `regions`, and whenever bytes are changed from outside the core. */
  generation: number;
}

export const emptyMemory = (): Memory => ({ regions: [], generation: 0 });
