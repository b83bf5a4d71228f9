/** ADD, SUB, ADC, SBC, CMP and CMN. Subtraction adds the complement with a carry, as the architecture defines it. */
import type { IntegerInstruction } from "../decode/integer.ts";
import { SINK } from "../state.ts";
import { addFlags32, addFlags64, carryOf, extend64, shift32, shift64 } from "./arithmetic.ts";
import { type Machine, NEXT, type Op } from "./machine.ts";

type Of<Kind extends IntegerInstruction["kind"]> = Extract<IntegerInstruction, { readonly kind: Kind }>;

/** Flags of the sum of a register and a value. @param carry 0 or 1 */
function flags64(machine: Machine, n: number, bLow: number, bHigh: number, carry: number, d: number): void {
  const { x, state } = machine;
  const aLow = x[n] ?? 0;
  const aHigh = x[n + 1] ?? 0;
  const low = (((aLow + bLow) | 0) + carry) | 0;
  const high = (((aHigh + bHigh) | 0) + carryOf(aLow, bLow, low)) | 0;
  state.nzcv = addFlags64(aHigh, bHigh, low, high);
  x[d] = low;
  x[d + 1] = high;
}

function flags32(machine: Machine, n: number, b: number, carry: number, d: number): void {
  const { x, state } = machine;
  const a = x[n] ?? 0;
  const sum = (((a + b) | 0) + carry) | 0;
  state.nzcv = addFlags32(a, b, sum);
  x[d] = sum;
  x[d + 1] = 0;
}

export function immediateAddition({ wide, subtract, flags, d, n, immediate }: Of<"add-immediate">): Op {
  const [at, from] = [2 * d, 2 * n];
  const b = subtract ? ~immediate : immediate;
  const carry = subtract ? 1 : 0;
  const high = subtract ? -1 : 0;
  if (flags)
    return wide
      ? (machine) => {
          flags64(machine, from, b, high, carry, at);
          return NEXT;
        }
      : (machine) => {
          flags32(machine, from, b, carry, at);
          return NEXT;
        };
  if (!wide) {
    const add = subtract ? -immediate : immediate;
    return ({ x }) => {
      x[at] = (x[from] ?? 0) + add;
      x[at + 1] = 0;
      return NEXT;
    };
  }
  if (subtract)
    return ({ x }) => {
      const low = x[from] ?? 0;
      x[at + 1] = (x[from + 1] ?? 0) - (low >>> 0 < immediate ? 1 : 0);
      x[at] = low - immediate;
      return NEXT;
    };
  return ({ x }) => {
    const low = ((x[from] ?? 0) + immediate) | 0;
    x[at + 1] = (x[from + 1] ?? 0) + (low >>> 0 < immediate ? 1 : 0);
    x[at] = low;
    return NEXT;
  };
}

export function shiftedAddition(instruction: Of<"add-shifted">): Op {
  const { wide, subtract, flags, d, n, m, shift, amount } = instruction;
  const [at, first, second] = [2 * d, 2 * n, 2 * m];
  const carry = subtract ? 1 : 0;
  const flip = subtract ? -1 : 0;
  if (amount === 0 && flags)
    return wide
      ? (machine) => {
          const { x } = machine;
          flags64(machine, first, (x[second] ?? 0) ^ flip, (x[second + 1] ?? 0) ^ flip, carry, at);
          return NEXT;
        }
      : (machine) => {
          flags32(machine, first, (machine.x[second] ?? 0) ^ flip, carry, at);
          return NEXT;
        };
  if (amount === 0 && wide)
    return subtract
      ? ({ x }) => {
          const a = x[first] ?? 0;
          const b = x[second] ?? 0;
          x[at + 1] = (x[first + 1] ?? 0) - (x[second + 1] ?? 0) - (a >>> 0 < b >>> 0 ? 1 : 0);
          x[at] = a - b;
          return NEXT;
        }
      : ({ x }) => {
          const b = x[second] ?? 0;
          const low = ((x[first] ?? 0) + b) | 0;
          x[at + 1] = (x[first + 1] ?? 0) + (x[second + 1] ?? 0) + (low >>> 0 < b >>> 0 ? 1 : 0);
          x[at] = low;
          return NEXT;
        };
  if (!wide)
    return (machine) => {
      const { x } = machine;
      const b = shift32(x[second] ?? 0, shift, amount) ^ flip;
      if (flags) flags32(machine, first, b, carry, at);
      else {
        x[at] = (x[first] ?? 0) + b + carry;
        x[at + 1] = 0;
      }
      return NEXT;
    };
  return (machine) => {
    const { x } = machine;
    shift64(x[second] ?? 0, x[second + 1] ?? 0, shift, amount, machine);
    if (flags) flags64(machine, first, machine.low ^ flip, machine.high ^ flip, carry, at);
    else sum64(machine, first, machine.low ^ flip, machine.high ^ flip, carry, at);
    return NEXT;
  };
}

function sum64({ x }: Machine, n: number, bLow: number, bHigh: number, carry: number, d: number): void {
  const aLow = x[n] ?? 0;
  const low = (((aLow + bLow) | 0) + carry) | 0;
  x[d + 1] = (x[n + 1] ?? 0) + bHigh + carryOf(aLow, bLow, low);
  x[d] = low;
}

export function extendedAddition(instruction: Of<"add-extended">): Op {
  const { wide, subtract, flags, d, n, m, extend, amount } = instruction;
  const [at, first, second] = [2 * d, 2 * n, 2 * m];
  const carry = subtract ? 1 : 0;
  const flip = subtract ? -1 : 0;
  return (machine) => {
    const { x } = machine;
    extend64(x[second] ?? 0, x[second + 1] ?? 0, extend, amount, machine);
    const low = machine.low ^ flip;
    if (wide) {
      if (flags) flags64(machine, first, low, machine.high ^ flip, carry, at);
      else sum64(machine, first, low, machine.high ^ flip, carry, at);
    } else if (flags) flags32(machine, first, low, carry, at);
    else {
      x[at] = (x[first] ?? 0) + low + carry;
      x[at + 1] = 0;
    }
    return NEXT;
  };
}

export function carryAddition({ wide, subtract, flags, d, n, m }: Of<"add-carry">): Op {
  const [at, first, second] = [2 * d, 2 * n, 2 * m];
  const flip = subtract ? -1 : 0;
  return (machine) => {
    const { x, state } = machine;
    const carry = (state.nzcv >> 1) & 1;
    const low = (x[second] ?? 0) ^ flip;
    if (wide) {
      const high = (x[second + 1] ?? 0) ^ flip;
      if (flags) flags64(machine, first, low, high, carry, at);
      else sum64(machine, first, low, high, carry, at);
    } else if (flags) flags32(machine, first, low, carry, at);
    else {
      x[at] = (x[first] ?? 0) + low + carry;
      x[at + 1] = 0;
    }
    return NEXT;
  };
}

/** CMP or CMN of registers, or of a register and an immediate. @param m undefined: the immediate */
export function compareOnly(
  wide: boolean,
  subtract: boolean,
  n: number,
  m: number | undefined,
  immediate: number,
): (machine: Machine) => void {
  const [first, second] = [2 * n, 2 * (m ?? 0)];
  const carry = subtract ? 1 : 0;
  const flip = subtract ? -1 : 0;
  return (machine) => {
    const { x } = machine;
    const low = (m === undefined ? immediate : (x[second] ?? 0)) ^ flip;
    const high = (m === undefined ? 0 : (x[second + 1] ?? 0)) ^ flip;
    if (wide) flags64(machine, first, low, high, carry, 2 * SINK);
    else flags32(machine, first, low, carry, 2 * SINK);
  };
}
