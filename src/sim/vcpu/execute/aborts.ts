/** Aborts and other exceptions of accesses to memory, as their syndromes say them. */
import type { Trap } from "../world.ts";
import { type Answer, type Machine, raise } from "./machine.ts";
import type { StageTwoFault, Translated } from "./translate.ts";

const join = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

/** Exception classes of aborts, from a lower level; one more is from the same. */
const DATA_ABORT = 0x24;
const INSTRUCTION_ABORT = 0x20;
const STACK_ALIGNMENT = 0x26;

const WRITE = 1 << 6;
const CACHE_MAINTENANCE = 1 << 8;

/** The abort of a data access. @param code DFSC */
export function dataAbort(machine: Machine, low: number, high: number, code: number, write: boolean): Trap {
  return {
    ec: machine.context.el === 0 ? DATA_ABORT : DATA_ABORT + 1,
    iss: code | (write ? WRITE : 0),
    far: join(low, high),
  };
}

/** ESR_ELx.S1PTW. */
export const WALK = 1 << 7;

/** What EL2 is told of a fault of its stage 2, beside what the abort says anyway. */
const toEl2 = (trap: Trap, ec: number, { ipa, walk }: StageTwoFault): Trap => ({
  ...trap,
  level: 2,
  ec,
  iss: trap.iss | (walk ? WALK : 0),
  ipa,
});

/** The abort of a data access whose translation faults. */
export function translationAbort(
  machine: Machine,
  low: number,
  high: number,
  { code, stageTwo }: Extract<Translated, { readonly kind: "fault" }>,
  write: boolean,
): Trap {
  const trap = dataAbort(machine, low, high, code, write);
  return stageTwo === undefined ? trap : toEl2(trap, DATA_ABORT, stageTwo);
}

/** The abort of DC, IC and the like: told from a store's by CM. */
export const maintenanceAbort = (machine: Machine, low: number, high: number, code: number): Trap => {
  const trap = dataAbort(machine, low, high, code, true);
  return { ...trap, iss: trap.iss | CACHE_MAINTENANCE };
};

export function instructionAbort(
  machine: Machine,
  address: bigint,
  code: number,
  stageTwo?: StageTwoFault,
): Trap {
  const ec = machine.context.el === 0 ? INSTRUCTION_ABORT : INSTRUCTION_ABORT + 1;
  const trap = { ec, iss: code, far: address };
  return stageTwo === undefined ? trap : toEl2(trap, INSTRUCTION_ABORT, stageTwo);
}

/** SP is a base and not aligned to 16 bytes. */
export const stackAlignment = (machine: Machine): Answer => raise(machine, { ec: STACK_ALIGNMENT, iss: 0 });
