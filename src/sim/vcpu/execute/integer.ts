/** Data processing on general-purpose registers. */
import type { IntegerInstruction } from "../decode/integer.ts";
import {
  carryAddition,
  compareOnly,
  extendedAddition,
  immediateAddition,
  shiftedAddition,
} from "./addition.ts";
import { crc32, divide64, multiplyHigh32, multiplyHigh64, shift32, shift64 } from "./arithmetic.ts";
import { bitfieldOp, extractOp, oneSourceOp } from "./bits.ts";
import { conditionMask } from "./condition.ts";
import { extremeOp } from "./extreme.ts";
import { immediateLogic, shiftedLogic } from "./logic.ts";
import { NEXT, type Op } from "./machine.ts";

type Of<Kind extends IntegerInstruction["kind"]> = Extract<IntegerInstruction, { readonly kind: Kind }>;

function moveOp({ low, high, d }: Of<"move">): Op {
  const at = 2 * d;
  return ({ x }) => {
    x[at] = low;
    x[at + 1] = high;
    return NEXT;
  };
}

function moveKeepOp({ wide, value, at: part, d }: Of<"move-keep">): Op {
  const at = 2 * d;
  const half = at + (part >> 1);
  const by = 16 * (part & 1);
  const keep = ~(0xffff << by);
  const bits = value << by;
  return wide
    ? ({ x }) => {
        x[half] = ((x[half] ?? 0) & keep) | bits;
        return NEXT;
      }
    : ({ x }) => {
        x[half] = ((x[half] ?? 0) & keep) | bits;
        x[at + 1] = 0;
        return NEXT;
      };
}

function compareIfOp({ wide, subtract, n, m, immediate, condition, otherwise }: Of<"compare-if">): Op {
  const mask = conditionMask(condition);
  const compare = compareOnly(wide, subtract, n, m, immediate);
  return (machine) => {
    const { state } = machine;
    if (((mask >> state.nzcv) & 1) === 0) state.nzcv = otherwise;
    else compare(machine);
    return NEXT;
  };
}

function selectOp({ wide, d, n, m, condition, increment, invert }: Of<"select">): Op {
  const mask = conditionMask(condition);
  const [at, first, second] = [2 * d, 2 * n, 2 * m];
  if (!increment && !invert)
    return wide
      ? ({ x, state }) => {
          const from = ((mask >> state.nzcv) & 1) === 1 ? first : second;
          const low = x[from] ?? 0;
          x[at + 1] = x[from + 1] ?? 0;
          x[at] = low;
          return NEXT;
        }
      : ({ x, state }) => {
          x[at] = x[((mask >> state.nzcv) & 1) === 1 ? first : second] ?? 0;
          x[at + 1] = 0;
          return NEXT;
        };
  const flip = invert ? -1 : 0;
  const more = increment ? 1 : 0;
  return ({ x, state }) => {
    if (((mask >> state.nzcv) & 1) === 1) {
      const low = x[first] ?? 0;
      x[at + 1] = wide ? (x[first + 1] ?? 0) : 0;
      x[at] = low;
    } else {
      const low = ((x[second] ?? 0) ^ flip) + more;
      const high = ((x[second + 1] ?? 0) ^ flip) + (more === 1 && (low | 0) === 0 ? 1 : 0);
      x[at] = low;
      x[at + 1] = wide ? high : 0;
    }
    return NEXT;
  };
}

function shiftOp({ wide, d, n, m, shift }: Of<"shift">): Op {
  const [at, from, by] = [2 * d, 2 * n, 2 * m];
  if (!wide)
    return ({ x }) => {
      x[at] = shift32(x[from] ?? 0, shift, (x[by] ?? 0) & 31);
      x[at + 1] = 0;
      return NEXT;
    };
  return (machine) => {
    const { x } = machine;
    shift64(x[from] ?? 0, x[from + 1] ?? 0, shift, (x[by] ?? 0) & 63, machine);
    x[at] = machine.low;
    x[at + 1] = machine.high;
    return NEXT;
  };
}

function divideOp({ wide, d, n, m, signed }: Of<"divide">): Op {
  const [at, first, second] = [2 * d, 2 * n, 2 * m];
  if (!wide)
    return ({ x }) => {
      const a = x[first] ?? 0;
      const b = x[second] ?? 0;
      x[at] = b === 0 ? 0 : signed ? (a / b) | 0 : ((a >>> 0) / (b >>> 0)) >>> 0;
      x[at + 1] = 0;
      return NEXT;
    };
  return (machine) => {
    const { x } = machine;
    divide64(x[first] ?? 0, x[first + 1] ?? 0, x[second] ?? 0, x[second + 1] ?? 0, signed, machine);
    x[at] = machine.low;
    x[at + 1] = machine.high;
    return NEXT;
  };
}

function crc32Op({ d, n, m, castagnoli, size }: Of<"crc32">): Op {
  const [at, first, second] = [2 * d, 2 * n, 2 * m];
  return ({ x }) => {
    const crc = crc32(x[first] ?? 0, x[second] ?? 0, Math.min(size, 4), castagnoli);
    x[at] = size === 8 ? crc32(crc, x[second + 1] ?? 0, 4, castagnoli) : crc;
    x[at + 1] = 0;
    return NEXT;
  };
}

function multiplyAddOp({ wide, d, n, m, a, subtract }: Of<"multiply-add">): Op {
  const [at, first, second, third] = [2 * d, 2 * n, 2 * m, 2 * a];
  if (!wide)
    return ({ x }) => {
      const product = Math.imul(x[first] ?? 0, x[second] ?? 0);
      x[at] = subtract ? (x[third] ?? 0) - product : (x[third] ?? 0) + product;
      x[at + 1] = 0;
      return NEXT;
    };
  return ({ x }) => {
    const aLow = x[first] ?? 0;
    const bLow = x[second] ?? 0;
    const low = Math.imul(aLow, bLow);
    const high =
      (multiplyHigh32(aLow, bLow) +
        Math.imul(aLow, x[second + 1] ?? 0) +
        Math.imul(x[first + 1] ?? 0, bLow)) |
      0;
    accumulate(x, at, third, low, high, subtract);
    return NEXT;
  };
}

/** Adds a product to, or takes it from, what a register holds. */
function accumulate(
  x: Int32Array,
  at: number,
  third: number,
  low: number,
  high: number,
  subtract: boolean,
): void {
  const cLow = x[third] ?? 0;
  const cHigh = x[third + 1] ?? 0;
  if (subtract) {
    x[at] = cLow - low;
    x[at + 1] = cHigh - high - (cLow >>> 0 < low >>> 0 ? 1 : 0);
  } else {
    const sum = (cLow + low) | 0;
    x[at] = sum;
    x[at + 1] = cHigh + high + (sum >>> 0 < low >>> 0 ? 1 : 0);
  }
}

function multiplyAddLongOp({ d, n, m, a, subtract, signed }: Of<"multiply-add-long">): Op {
  const [at, first, second, third] = [2 * d, 2 * n, 2 * m, 2 * a];
  return ({ x }) => {
    const left = x[first] ?? 0;
    const right = x[second] ?? 0;
    let high = multiplyHigh32(left, right);
    if (signed) high = (high - (left < 0 ? right : 0) - (right < 0 ? left : 0)) | 0;
    accumulate(x, at, third, Math.imul(left, right), high, subtract);
    return NEXT;
  };
}

function multiplyHighOp({ d, n, m, signed }: Of<"multiply-high">): Op {
  const [at, first, second] = [2 * d, 2 * n, 2 * m];
  return (machine) => {
    const { x } = machine;
    multiplyHigh64(x[first] ?? 0, x[first + 1] ?? 0, x[second] ?? 0, x[second + 1] ?? 0, signed, machine);
    x[at] = machine.low;
    x[at + 1] = machine.high;
    return NEXT;
  };
}

function addressOp({ d, page, low, high }: Of<"address">, offset: number): Op {
  const at = 2 * d;
  return ({ x, state }) => {
    const here = (state.pcLow + offset) | 0;
    const above = (state.pcHigh + (here >>> 0 < state.pcLow >>> 0 ? 1 : 0)) | 0;
    const base = page ? here & ~0xfff : here;
    const sum = (base + low) | 0;
    x[at] = sum;
    x[at + 1] = above + high + (sum >>> 0 < base >>> 0 ? 1 : 0);
    return NEXT;
  };
}

function rotateIntoFlagsOp({ n, rotate, mask }: Of<"rotate-into-flags">): Op {
  const from = 2 * n;
  return (machine) => {
    const { x, state } = machine;
    shift64(x[from] ?? 0, x[from + 1] ?? 0, 3, rotate, machine);
    state.nzcv = (state.nzcv & ~mask) | (machine.low & mask);
    return NEXT;
  };
}

function setFlagsOp({ n, bits }: Of<"set-flags">): Op {
  const from = 2 * n;
  const by = 32 - bits;
  return ({ x, state }) => {
    const value = x[from] ?? 0;
    const top = (value << by) >> 31;
    const above = (value << (by - 1)) >> 31;
    state.nzcv = (state.nzcv & 2) | (top & 8) | (value << by === 0 ? 4 : 0) | ((top ^ above) & 1);
    return NEXT;
  };
}

/** @param at bytes from the beginning of the op's block */
export function compileInteger(instruction: Exclude<IntegerInstruction, { group: "none" }>, at: number): Op {
  switch (instruction.kind) {
    case "add-immediate":
      return immediateAddition(instruction);
    case "add-shifted":
      return shiftedAddition(instruction);
    case "add-extended":
      return extendedAddition(instruction);
    case "add-carry":
      return carryAddition(instruction);
    case "logic-immediate":
      return immediateLogic(instruction);
    case "logic-shifted":
      return shiftedLogic(instruction);
    case "move":
      return moveOp(instruction);
    case "move-keep":
      return moveKeepOp(instruction);
    case "bitfield":
      return bitfieldOp(instruction);
    case "extract":
      return extractOp(instruction);
    case "compare-if":
      return compareIfOp(instruction);
    case "select":
      return selectOp(instruction);
    case "shift":
      return shiftOp(instruction);
    case "divide":
      return divideOp(instruction);
    case "crc32":
      return crc32Op(instruction);
    case "one-source":
      return oneSourceOp(instruction);
    case "extreme":
      return extremeOp(instruction);
    case "multiply-add":
      return multiplyAddOp(instruction);
    case "multiply-add-long":
      return multiplyAddLongOp(instruction);
    case "multiply-high":
      return multiplyHighOp(instruction);
    case "address":
      return addressOp(instruction, at);
    case "rotate-into-flags":
      return rotateIntoFlagsOp(instruction);
    case "set-flags":
      return setFlagsOp(instruction);
  }
}
