/** What a host profile answers, and what says so. */
import type { Verdict } from "./profile.ts";

export interface Answer<Value> {
  readonly value: Value;
  /** `sweep` and `reading` are facts of the profile; `rule` is a table row by kernel version. */
  readonly by: Verdict["by"];
  /** The fact in words, for a diagnostic's note. */
  readonly fact: string;
}

/** `0x2a`; the registers' own form with `digits`. */
export function hex(value: bigint | number, digits = 1): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}

/** A ONE_REG id as KVM's documents and this project's JSON write it. */
export function hexId(id: bigint): string {
  return hex(id, 16);
}
