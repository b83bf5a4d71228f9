/** Bitfields, EXTR, and operations on the bits of one register. */
import type { IntegerInstruction, OneSource } from "../decode/integer.ts";
import { countOnes, reverseBits, reverseBytes, shift64 } from "./arithmetic.ts";
import { type Machine, NEXT, type Op } from "./machine.ts";

type Of<Kind extends IntegerInstruction["kind"]> = Extract<IntegerInstruction, { readonly kind: Kind }>;

/** Halves of a mask of `count` ones, 1 to 64. */
const maskLow = (count: number): number => (count >= 32 ? -1 : (1 << count) - 1);
const maskHigh = (count: number): number => (count <= 32 ? 0 : count === 64 ? -1 : (1 << (count - 32)) - 1);

/**
 * A field of `count` bits moves from bit `from` to bit `to`; one of the two is 0. Above it come copies of its sign,
 * zeroes or, as below it, what the destination has.
 */
export function bitfieldOp(instruction: Of<"bitfield">): Op {
  const { wide, rotate, last, n, d, how } = instruction;
  const size = wide ? 64 : 32;
  const extract = last >= rotate;
  const count = extract ? last - rotate + 1 : last + 1;
  const from = extract ? rotate : 0;
  const to = extract ? 0 : size - rotate;
  const [at, source] = [2 * d, 2 * n];
  if (how === "insert") return insertOp(at, source, wide, from, to, count);
  if (!wide) {
    const left = 32 - from - count;
    const right = 32 - count;
    return how === "signed"
      ? ({ x }) => {
          x[at] = (((x[source] ?? 0) << left) >> right) << to;
          x[at + 1] = 0;
          return NEXT;
        }
      : ({ x }) => {
          x[at] = (((x[source] ?? 0) << left) >>> right) << to;
          x[at + 1] = 0;
          return NEXT;
        };
  }
  const arithmetic = how === "signed" ? 2 : 1;
  if (count + from === 64 && to === 0)
    return (machine) => {
      const { x } = machine;
      shift64(x[source] ?? 0, x[source + 1] ?? 0, arithmetic, from, machine);
      x[at] = machine.low;
      x[at + 1] = machine.high;
      return NEXT;
    };
  if (count + to === 64 && from === 0)
    return (machine) => {
      const { x } = machine;
      shift64(x[source] ?? 0, x[source + 1] ?? 0, 0, to, machine);
      x[at] = machine.low;
      x[at + 1] = machine.high;
      return NEXT;
    };
  if (how === "signed" && from === 0 && to === 0 && count === 32)
    return ({ x }) => {
      const low = x[source] ?? 0;
      x[at] = low;
      x[at + 1] = low >> 31;
      return NEXT;
    };
  const left = 64 - from - count;
  const right = 64 - count;
  return (machine) => {
    const { x } = machine;
    shift64(x[source] ?? 0, x[source + 1] ?? 0, 0, left, machine);
    shift64(machine.low, machine.high, arithmetic, right, machine);
    shift64(machine.low, machine.high, 0, to, machine);
    x[at] = machine.low;
    x[at + 1] = machine.high;
    return NEXT;
  };
}

function insertOp(at: number, source: number, wide: boolean, from: number, to: number, count: number): Op {
  const mask = { low: 0, high: 0 };
  shift64(maskLow(count), maskHigh(count), 0, to, mask);
  const { low, high } = mask;
  const by = to === 0 ? from : to;
  const how = to === 0 ? 1 : 0;
  return (machine) => {
    const { x } = machine;
    shift64(x[source] ?? 0, wide ? (x[source + 1] ?? 0) : 0, how, by, machine);
    x[at] = ((x[at] ?? 0) & ~low) | (machine.low & low);
    x[at + 1] = wide ? ((x[at + 1] ?? 0) & ~high) | (machine.high & high) : 0;
    return NEXT;
  };
}

export function extractOp({ wide, d, n, m, amount }: Of<"extract">): Op {
  const [at, upper, lower] = [2 * d, 2 * n, 2 * m];
  if (!wide)
    return ({ x }) => {
      const low = x[lower] ?? 0;
      x[at] = amount === 0 ? low : (low >>> amount) | ((x[upper] ?? 0) << (32 - amount));
      x[at + 1] = 0;
      return NEXT;
    };
  return (machine) => {
    const { x } = machine;
    shift64(x[lower] ?? 0, x[lower + 1] ?? 0, 1, amount, machine);
    let { low, high } = machine;
    if (amount !== 0) {
      shift64(x[upper] ?? 0, x[upper + 1] ?? 0, 0, 64 - amount, machine);
      low |= machine.low;
      high |= machine.high;
    }
    x[at] = low;
    x[at + 1] = high;
    return NEXT;
  };
}

const reversePairs = (value: number): number => ((value & 0x00ff_00ff) << 8) | ((value >>> 8) & 0x00ff_00ff);

/** Leading zeroes of 64 bits. */
const leading = (low: number, high: number): number => (high === 0 ? 32 + Math.clz32(low) : Math.clz32(high));

const trailing32 = (value: number): number => (value === 0 ? 32 : 31 - Math.clz32(value & -value));

type Halves = (low: number, high: number, into: Machine) => void;

const put = (into: Machine, low: number, high: number): void => {
  into.low = low;
  into.high = high;
};

const WIDE: Readonly<Record<OneSource, Halves>> = {
  rbit: (low, high, into) => put(into, reverseBits(high), reverseBits(low)),
  rev16: (low, high, into) => put(into, reversePairs(low), reversePairs(high)),
  rev32: (low, high, into) => put(into, reverseBytes(low), reverseBytes(high)),
  rev: (low, high, into) => put(into, reverseBytes(high), reverseBytes(low)),
  clz: (low, high, into) => put(into, leading(low, high), 0),
  cls: (low, high, into) => {
    const sign = high >> 31;
    put(into, leading(low ^ sign, high ^ sign) - 1, 0);
  },
  ctz: (low, high, into) => put(into, low === 0 ? 32 + trailing32(high) : trailing32(low), 0),
  cnt: (low, high, into) => put(into, countOnes(low) + countOnes(high), 0),
  abs: (low, high, into) =>
    high < 0 ? put(into, -low | 0, (~high + (low === 0 ? 1 : 0)) | 0) : put(into, low, high),
};

const NARROW: Readonly<Record<OneSource, (value: number) => number>> = {
  rbit: reverseBits,
  rev16: reversePairs,
  rev32: reverseBytes,
  rev: reverseBytes,
  clz: Math.clz32,
  cls: (value) => Math.clz32(value ^ (value >> 31)) - 1,
  ctz: trailing32,
  cnt: countOnes,
  abs: (value) => (value < 0 ? -value : value),
};

export function oneSourceOp({ wide, operation, d, n }: Of<"one-source">): Op {
  const [at, from] = [2 * d, 2 * n];
  if (wide) {
    const of = WIDE[operation];
    return (machine) => {
      const { x } = machine;
      of(x[from] ?? 0, x[from + 1] ?? 0, machine);
      x[at] = machine.low;
      x[at + 1] = machine.high;
      return NEXT;
    };
  }
  const of = NARROW[operation];
  return ({ x }) => {
    x[at] = of(x[from] ?? 0);
    x[at + 1] = 0;
    return NEXT;
  };
}
