/** A write of a CPU template to one register: what it is judged by, what it leaves behind, and a refusal of it. */
import type { Configuration, HostProfile } from "../profile.ts";
import type { Bitmap, Found } from "./firecracker-json.ts";

/** Something that KVM does not take. */
export interface Refusal extends Found {
  /** What might be so on the host and would let it through, behind the word "unless". */
  readonly unless?: string;
}

/** What decides a write of one register. */
export interface Ground {
  readonly profile: HostProfile;
  readonly configuration: Configuration;
}

export const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** What is held after a write under a filter. */
export const apply = (old: bigint, { filter, value }: Bitmap): bigint => (old & ~filter) | value;
