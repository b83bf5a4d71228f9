/** What becomes of a load or store of one register that finds a device, or EL2 in between. */
import { WALK } from "./aborts.ts";
import type { Size } from "./access.ts";
import { type Answer, type Machine, RAISE, STOP, STOP_AFTER } from "./machine.ts";

const join = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

const scratch = new Uint8Array(8);
const scratchView = new DataView(scratch.buffer);

const SYNDROME_VALID = 1 << 24;
const SIZE_AT = 22;
const SIGN_EXTENDED = 1 << 21;
const REGISTER_AT = 16;
const SIXTY_FOUR = 1 << 15;
const ACQUIRE_RELEASE = 1 << 14;

/** What a syndrome says of a load or store of one register without writeback. */
export interface Transfer {
  readonly size: Size;
  readonly signed: 0 | 32 | 64;
  /** Index of the register; what is no general-purpose register is number 31. */
  readonly t: number;
  readonly ordered?: boolean;
}

/** The answer of an access that has failed, with the syndrome that stage 2 adds to an abort (ISV). */
export function described(machine: Machine, answer: Answer, { size, signed, t, ordered }: Transfer): Answer {
  const { trap } = machine;
  if (answer !== RAISE || trap.ipa === undefined || (trap.iss & WALK) !== 0) return answer;
  machine.trap = {
    ...trap,
    iss:
      trap.iss |
      SYNDROME_VALID |
      (Math.log2(size) << SIZE_AT) |
      (signed === 0 ? 0 : SIGN_EXTENDED) |
      (Math.min(t, 31) << REGISTER_AT) |
      (size === 8 || signed === 64 ? SIXTY_FOUR : 0) |
      (ordered === true ? ACQUIRE_RELEASE : 0),
  };
  return answer;
}

/** Whether a load or store has found no memory, and a device has to answer it. */
export const isDevice = (machine: Machine, answer: Answer): boolean =>
  answer === STOP && machine.missing !== undefined;

/** A load of one general-purpose register from a device: `put` ends it with the value. */
export function deviceLoad(machine: Machine, size: Size, put: (value: bigint) => void): Answer {
  const address = machine.missing ?? 0n;
  machine.stop = {
    kind: "mmio-read",
    address,
    length: size,
    answer: (value) => put(machine.little ? BigInt.asUintN(8 * size, value) : turned(value, size)),
  };
  return STOP_AFTER;
}

/** A store of one general-purpose register to a device. */
export function deviceStore(machine: Machine, size: Size, valueLow: number, valueHigh: number): Answer {
  const value = BigInt.asUintN(8 * size, join(valueLow, valueHigh));
  machine.stop = {
    kind: "mmio-write",
    address: machine.missing ?? 0n,
    length: size,
    value: machine.little ? value : turned(value, size),
  };
  return STOP_AFTER;
}

/** The bytes of a value in the other order. */
function turned(value: bigint, size: Size): bigint {
  scratchView.setBigUint64(0, value, true);
  scratch.subarray(0, size).reverse();
  scratch.fill(0, size, 8);
  return scratchView.getBigUint64(0, true);
}
