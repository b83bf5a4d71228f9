/** What a view of a register is. */
import { type Access, type Core, UNDEFINED } from "../world.ts";
import type { Behaviour } from "./behaviour.ts";

/** A row as it holds for one register of one guest. */
export interface Register {
  readonly key: number;
  readonly row: Behaviour;
  /** Bits that a write changes. */
  readonly keeps: bigint;
  readonly reset: bigint;
  /** The register behind it, for views of another. */
  readonly of: Register | undefined;
}

/** How a view reads and writes; an access that it does not name is UNDEFINED. */
export interface View {
  readonly read?: (core: Core, register: Register) => bigint | Access;
  readonly write?: (core: Core, value: bigint, register: Register) => undefined | Access;
}

export const undefinedAccess: Access = { kind: "trap", trap: UNDEFINED };

/** What a register holds of its own. */
export const heldIn = ({ state }: Core, { key, reset }: Register): bigint => state.system.get(key) ?? reset;

/** Keeps the bits that a write changes. */
export function keepIn({ state }: Core, { key, keeps }: Register, value: bigint): void {
  state.system.set(key, value & keeps);
}

/** What an ID register reads. */
export const idValue = (core: Core, key: number): bigint => core.hypervisor.idRegister(key) ?? 0n;
