/** Advanced SIMD on integer lanes. */
import type { IntegerShape } from "../decode/simd-shapes.ts";
import { recipEstimateOfInteger, rsqrtEstimateOfInteger } from "./fp-estimate.ts";
import { type Machine, NEXT, type Op } from "./machine.ts";
import {
  int1,
  int2,
  type Lane1,
  type Lane2,
  long,
  narrow,
  pairs,
  saturateSigned,
  saturateUnsigned,
  shift,
} from "./simd-integer-lanes.ts";
import {
  clearAbove,
  laneZero,
  type NarrowLanes,
  V_BYTES,
  type VectorRegisters,
  vectorsOf,
} from "./simd-registers.ts";

type Of<Kind extends IntegerShape["kind"]> = Extract<IntegerShape, { kind: Kind }>;

/** Lanes of up to 32 bits. */
export const lanesOf = (r: VectorRegisters, size: number, isSigned: boolean): NarrowLanes =>
  (isSigned ? r.signed : r.unsigned)[size] ?? r.words;

/** An op over a state's registers that goes on to the next instruction. */
export const over =
  (work: (r: VectorRegisters, machine: Machine) => void): Op =>
  (machine) => {
    work(vectorsOf(machine.state), machine);
    return NEXT;
  };

function compileInt2({ op, size, bytes, d, n, m, index }: Of<"int2">): Op {
  const lane: Lane2 = int2[op];
  const count = bytes >> size;
  const to = laneZero(d, size);
  const first = laneZero(n, size);
  const second = laneZero(m, size) + (index ?? 0);
  const step = index === undefined ? 1 : 0;
  const { isSigned } = lane;
  if (size === 3) {
    const { wide } = lane;
    if (wide === undefined) throw new Error(`${op} has no lanes of 64 bits`);
    return over((r, machine) => {
      const lanes = isSigned ? r.long : r.unsignedLong;
      for (let i = 0; i < count; i++)
        lanes[to + i] = wide(lanes[first + i] ?? 0n, lanes[second + i * step] ?? 0n, machine.state);
      clearAbove(machine, r, d, bytes);
    });
  }
  const bits = 8 << size;
  const { narrow: each } = lane;
  if (index !== undefined)
    return over((r, machine) => {
      const lanes = lanesOf(r, size, isSigned);
      const factor = lanes[second] ?? 0;
      for (let i = 0; i < count; i++)
        lanes[to + i] = each(lanes[first + i] ?? 0, factor, lanes[to + i] ?? 0, bits, machine.state);
      clearAbove(machine, r, d, bytes);
    });
  return over((r, machine) => {
    const lanes = lanesOf(r, size, isSigned);
    for (let i = 0; i < count; i++)
      lanes[to + i] = each(
        lanes[first + i] ?? 0,
        lanes[second + i] ?? 0,
        lanes[to + i] ?? 0,
        bits,
        machine.state,
      );
    clearAbove(machine, r, d, bytes);
  });
}

function compileInt1({ op, size, bytes, d, n }: Of<"int1">): Op {
  const count = bytes >> size;
  const to = laneZero(d, size);
  const from = laneZero(n, size);
  if (op === "urecpe" || op === "ursqrte") {
    const estimate = op === "urecpe" ? recipEstimateOfInteger : rsqrtEstimateOfInteger;
    return over((r, machine) => {
      for (let i = 0; i < count; i++) r.words[to + i] = estimate(r.words[from + i] ?? 0);
      clearAbove(machine, r, d, bytes);
    });
  }
  const lane: Lane1 = int1[op];
  const { isSigned } = lane;
  if (size === 3) {
    const { wide } = lane;
    if (wide === undefined) throw new Error(`${op} has no lanes of 64 bits`);
    return over((r, machine) => {
      const lanes = isSigned ? r.long : r.unsignedLong;
      for (let i = 0; i < count; i++)
        lanes[to + i] = wide(lanes[from + i] ?? 0n, lanes[to + i] ?? 0n, machine.state);
      clearAbove(machine, r, d, bytes);
    });
  }
  const bits = 8 << size;
  const { narrow: each } = lane;
  return over((r, machine) => {
    const lanes = lanesOf(r, size, isSigned);
    for (let i = 0; i < count; i++)
      lanes[to + i] = each(lanes[from + i] ?? 0, lanes[to + i] ?? 0, bits, machine.state);
    clearAbove(machine, r, d, bytes);
  });
}

function compilePair({ op, size, bytes, d, n, m }: Of<"int-pair">): Op {
  const lane = pairs[op];
  const count = bytes >> size;
  const to = laneZero(d, size);
  const sources = [laneZero(n, size), laneZero(m, size)];
  // The scalar form has one result from one register.
  const half = Math.max(1, count >> 1);
  if (size === 3) {
    const { wide } = lane;
    if (wide === undefined) throw new Error(`${op} has no lanes of 64 bits`);
    return over((r, machine) => {
      const results: bigint[] = [];
      for (const from of count === 1 ? sources.slice(0, 1) : sources)
        results.push(wide(r.long[from] ?? 0n, r.long[from + 1] ?? 0n, machine.state));
      r.long.set(
        results.map((value) => BigInt.asIntN(64, value)),
        to,
      );
      clearAbove(machine, r, d, bytes);
    });
  }
  const { narrow: each, isSigned } = lane;
  const bits = 8 << size;
  const results = new Array<number>(count).fill(0);
  return over((r, machine) => {
    const lanes = lanesOf(r, size, isSigned);
    let at = 0;
    for (const from of sources)
      for (let i = 0; i < half; i++)
        results[at++] = each(lanes[from + 2 * i] ?? 0, lanes[from + 2 * i + 1] ?? 0, 0, bits, machine.state);
    lanes.set(results, to);
    clearAbove(machine, r, d, bytes);
  });
}

function compileAcross({ op, size, bytes, d, n }: Of<"int-across">): Op {
  const isSigned = op === "saddlv" || op === "smaxv" || op === "sminv" || op === "addv";
  const count = bytes >> size;
  const from = laneZero(n, size);
  const long = op === "saddlv" || op === "uaddlv";
  const written = long ? 2 << size : 1 << size;
  const join =
    op === "smaxv" || op === "umaxv"
      ? Math.max
      : op === "sminv" || op === "uminv"
        ? Math.min
        : (a: number, b: number) => a + b;
  return over((r, machine) => {
    const lanes = lanesOf(r, size, isSigned);
    let result = lanes[from] ?? 0;
    for (let i = 1; i < count; i++) result = join(result, lanes[from + i] ?? 0);
    if (long && size === 2) r.long[laneZero(d, 3)] = BigInt(result);
    else {
      const outSize = long ? size + 1 : size;
      lanesOf(r, outSize, isSigned)[laneZero(d, outSize)] = result;
    }
    clearAbove(machine, r, d, written);
  });
}

const bitwise: Readonly<Record<Of<"bits">["op"], (a: number, b: number, acc: number) => number>> = {
  and: (a, b) => a & b,
  bic: (a, b) => a & ~b,
  orr: (a, b) => a | b,
  orn: (a, b) => a | ~b,
  eor: (a, b) => a ^ b,
  bsl: (a, b, acc) => b ^ ((b ^ a) & acc),
  bit: (a, b, acc) => acc ^ ((acc ^ a) & b),
  bif: (a, b, acc) => acc ^ ((acc ^ a) & ~b),
};

function compileBits({ op, bytes, d, n, m }: Of<"bits">): Op {
  const each = bitwise[op];
  const count = bytes >> 2;
  const to = laneZero(d, 2);
  const first = laneZero(n, 2);
  const second = laneZero(m, 2);
  return over((r, machine) => {
    const { words } = r;
    for (let i = 0; i < count; i++)
      words[to + i] = each(words[first + i] ?? 0, words[second + i] ?? 0, words[to + i] ?? 0);
    clearAbove(machine, r, d, bytes);
  });
}

function compileLong({ op, size, bytes, high, d, n, m, index }: Of<"long">): Op {
  const lane = long[op];
  const { isSigned } = lane;
  const count = bytes >> size;
  const from = laneZero(n, size) + (high ? count : 0);
  const second = laneZero(m, size) + (index ?? (high ? count : 0));
  const step = index === undefined ? 1 : 0;
  const to = laneZero(d, size + 1);
  const written = bytes * 2;
  if (size === 2) {
    const results = new Array<bigint>(count).fill(0n);
    return over((r, machine) => {
      const source = lanesOf(r, 2, isSigned);
      const lanes = isSigned ? r.long : r.unsignedLong;
      for (let i = 0; i < count; i++)
        results[i] = lane.wide(
          BigInt(source[from + i] ?? 0),
          BigInt(source[second + i * step] ?? 0),
          lanes[to + i] ?? 0n,
          machine.state,
        );
      for (let i = 0; i < count; i++) lanes[to + i] = results[i] ?? 0n;
      clearAbove(machine, r, d, written);
    });
  }
  const bits = 16 << size;
  const results = new Array<number>(count).fill(0);
  return over((r, machine) => {
    const source = lanesOf(r, size, isSigned);
    const lanes = lanesOf(r, size + 1, isSigned);
    for (let i = 0; i < count; i++)
      results[i] = lane.narrow(
        source[from + i] ?? 0,
        source[second + i * step] ?? 0,
        lanes[to + i] ?? 0,
        bits,
        machine.state,
      );
    lanes.set(results, to);
    clearAbove(machine, r, d, written);
  });
}

function compileWide({ op, size, bytes, high, d, n, m }: Of<"wide">): Op {
  const isSigned = op === "saddw" || op === "ssubw";
  const sign = op === "saddw" || op === "uaddw" ? 1 : -1;
  const count = bytes >> size;
  const first = laneZero(n, size + 1);
  const second = laneZero(m, size) + (high ? count : 0);
  const to = laneZero(d, size + 1);
  const values = new Array<number>(count).fill(0);
  return over((r, machine) => {
    const source = lanesOf(r, size, isSigned);
    for (let i = 0; i < count; i++) values[i] = sign * (source[second + i] ?? 0);
    if (size === 2)
      for (let i = 0; i < count; i++) r.long[to + i] = (r.long[first + i] ?? 0n) + BigInt(values[i] ?? 0);
    else {
      const lanes = lanesOf(r, size + 1, isSigned);
      for (let i = 0; i < count; i++) lanes[to + i] = (lanes[first + i] ?? 0) + (values[i] ?? 0);
    }
    clearAbove(machine, r, d, V_BYTES);
  });
}

/** Stores narrow results in the lower half, or in the upper one beside what is in the lower. */
function storeNarrow(
  machine: Machine,
  r: VectorRegisters,
  d: number,
  size: number,
  high: boolean,
  results: readonly number[],
  bytes: number,
): void {
  const to = laneZero(d, size) + (high ? results.length : 0);
  lanesOf(r, size, false).set(results, to);
  clearAbove(machine, r, d, high ? V_BYTES : bytes);
}

function compileHighNarrow({ op, size, high, d, n, m }: Of<"high-narrow">): Op {
  const sign = op === "addhn" || op === "raddhn" ? 1 : -1;
  const rounding = op === "raddhn" || op === "rsubhn";
  const count = 8 >> size;
  const first = laneZero(n, size + 1);
  const second = laneZero(m, size + 1);
  const bits = 8 << size;
  const results = new Array<number>(count).fill(0);
  return over((r, machine) => {
    if (size === 2) {
      for (let i = 0; i < count; i++) {
        const sum =
          (r.unsignedLong[first + i] ?? 0n) +
          BigInt(sign) * (r.unsignedLong[second + i] ?? 0n) +
          (rounding ? 0x80000000n : 0n);
        results[i] = Number(BigInt.asIntN(32, sum >> 32n));
      }
    } else {
      const lanes = lanesOf(r, size + 1, false);
      for (let i = 0; i < count; i++) {
        const sum =
          (lanes[first + i] ?? 0) + sign * (lanes[second + i] ?? 0) + (rounding ? 2 ** (bits - 1) : 0);
        results[i] = Math.floor(sum / 2 ** bits);
      }
    }
    storeNarrow(machine, r, d, size, high, results, V_BYTES / 2);
  });
}

function compileNarrow({ op, size, bytes, shift: by, high, d, n }: Of<"narrow">): Op {
  const { isSigned, rounding, saturation } = narrow[op];
  const count = bytes >> size;
  const from = laneZero(n, size + 1);
  const bits = 8 << size;
  const results = new Array<number>(count).fill(0);
  const up = rounding ? 1n << BigInt(by - 1) : 0n;
  return over((r, machine) => {
    const { state } = machine;
    if (size === 2) {
      const lanes = isSigned ? r.long : r.unsignedLong;
      for (let i = 0; i < count; i++) {
        const value = ((lanes[from + i] ?? 0n) + up) >> BigInt(by);
        // What is cut off the precision of a number is beyond the limits anyhow.
        results[i] =
          saturation === "none"
            ? Number(BigInt.asIntN(32, value))
            : saturation === "signed"
              ? saturateSigned(Number(value), bits, state)
              : saturateUnsigned(Number(value), bits, state);
      }
    } else {
      const lanes = lanesOf(r, size + 1, isSigned);
      for (let i = 0; i < count; i++) {
        const value = Math.floor(((lanes[from + i] ?? 0) + Number(up)) / 2 ** by);
        results[i] =
          saturation === "none"
            ? value
            : saturation === "signed"
              ? saturateSigned(value, bits, state)
              : saturateUnsigned(value, bits, state);
      }
    }
    storeNarrow(machine, r, d, size, high, results, bytes);
  });
}

function compileShift({ op, size, bytes, shift: by, d, n }: Of<"shift">): Op {
  const lane = shift[op];
  const { isSigned } = lane;
  const count = bytes >> size;
  const to = laneZero(d, size);
  const from = laneZero(n, size);
  if (size === 3) {
    const amount = BigInt(by);
    return over((r, machine) => {
      const lanes = isSigned ? r.long : r.unsignedLong;
      for (let i = 0; i < count; i++)
        lanes[to + i] = lane.wide(lanes[from + i] ?? 0n, lanes[to + i] ?? 0n, amount, machine.state);
      clearAbove(machine, r, d, bytes);
    });
  }
  const bits = 8 << size;
  return over((r, machine) => {
    const lanes = lanesOf(r, size, isSigned);
    for (let i = 0; i < count; i++)
      lanes[to + i] = lane.narrow(lanes[from + i] ?? 0, lanes[to + i] ?? 0, by, bits, machine.state);
    clearAbove(machine, r, d, bytes);
  });
}

function compileShiftLong({ op, size, shift: by, high, d, n }: Of<"shift-long">): Op {
  const isSigned = op === "sshll";
  const count = 8 >> size;
  const from = laneZero(n, size) + (high ? count : 0);
  const to = laneZero(d, size + 1);
  const values = new Array<number>(count).fill(0);
  return over((r, machine) => {
    const source = lanesOf(r, size, isSigned);
    for (let i = 0; i < count; i++) values[i] = source[from + i] ?? 0;
    if (size === 2) for (let i = 0; i < count; i++) r.long[to + i] = BigInt(values[i] ?? 0) << BigInt(by);
    else {
      const lanes = lanesOf(r, size + 1, isSigned);
      for (let i = 0; i < count; i++) lanes[to + i] = (values[i] ?? 0) << by;
    }
    clearAbove(machine, r, d, V_BYTES);
  });
}

function compilePairLong({ isSigned, accumulates, size, bytes, d, n }: Of<"pair-long">): Op {
  const count = bytes >> (size + 1);
  const from = laneZero(n, size);
  const to = laneZero(d, size + 1);
  const sums = new Array<number>(count).fill(0);
  return over((r, machine) => {
    const source = lanesOf(r, size, isSigned);
    for (let i = 0; i < count; i++) sums[i] = (source[from + 2 * i] ?? 0) + (source[from + 2 * i + 1] ?? 0);
    if (size === 2)
      for (let i = 0; i < count; i++)
        r.long[to + i] = (accumulates ? (r.long[to + i] ?? 0n) : 0n) + BigInt(sums[i] ?? 0);
    else {
      const lanes = lanesOf(r, size + 1, isSigned);
      for (let i = 0; i < count; i++)
        lanes[to + i] = (accumulates ? (lanes[to + i] ?? 0) : 0) + (sums[i] ?? 0);
    }
    clearAbove(machine, r, d, bytes);
  });
}

function compileDot({ op, bytes, d, n, m, index }: Of<"dot">): Op {
  const firstSigned = op === "sdot" || op === "sudot";
  const secondSigned = op === "sdot" || op === "usdot";
  const to = laneZero(d, 2);
  const count = bytes >> 2;
  const from = laneZero(n, 0);
  const second = laneZero(m, 0) + 4 * (index ?? 0);
  const step = index === undefined ? 4 : 0;
  const results = new Array<number>(count).fill(0);
  return over((r, machine) => {
    const a = lanesOf(r, 0, firstSigned);
    const b = lanesOf(r, 0, secondSigned);
    for (let i = 0; i < count; i++) {
      let sum = r.words[to + i] ?? 0;
      for (let k = 0; k < 4; k++) sum += (a[from + 4 * i + k] ?? 0) * (b[second + step * i + k] ?? 0);
      results[i] = sum;
    }
    r.words.set(results, to);
    clearAbove(machine, r, d, bytes);
  });
}

function compileMatrix({ op, d, n, m }: Of<"matrix">): Op {
  const firstSigned = op === "smmla";
  const secondSigned = op !== "ummla";
  const results = [0, 0, 0, 0];
  return over((r, machine) => {
    const a = lanesOf(r, 0, firstSigned);
    const b = lanesOf(r, 0, secondSigned);
    for (let i = 0; i < 4; i++) {
      let sum = r.words[laneZero(d, 2) + i] ?? 0;
      for (let k = 0; k < 8; k++)
        sum += (a[laneZero(n, 0) + 8 * (i >> 1) + k] ?? 0) * (b[laneZero(m, 0) + 8 * (i & 1) + k] ?? 0);
      results[i] = sum;
    }
    r.words.set(results, laneZero(d, 2));
    clearAbove(machine, r, d, V_BYTES);
  });
}

/** Product of polynomials over {0, 1}. */
export function polynomialProduct(a: bigint, b: bigint): bigint {
  let result = 0n;
  let factor = a;
  for (let rest = b; rest !== 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result ^= factor;
    factor <<= 1n;
  }
  return result;
}

function compilePmull({ size, high, d, n, m }: Of<"pmull">): Op {
  if (size === 3) {
    const lane = high ? 1 : 0;
    return over((r, machine) => {
      const product = polynomialProduct(
        r.unsignedLong[laneZero(n, 3) + lane] ?? 0n,
        r.unsignedLong[laneZero(m, 3) + lane] ?? 0n,
      );
      r.unsignedLong[laneZero(d, 3)] = product;
      r.unsignedLong[laneZero(d, 3) + 1] = product >> 64n;
      clearAbove(machine, r, d, V_BYTES);
    });
  }
  const from = high ? 8 : 0;
  const results = new Array<number>(8).fill(0);
  const multiply = int2.pmul.narrow;
  return over((r, machine) => {
    for (let i = 0; i < 8; i++)
      results[i] = multiply(
        r.bytes[laneZero(n, 0) + from + i] ?? 0,
        r.bytes[laneZero(m, 0) + from + i] ?? 0,
        0,
        8,
        machine.state,
      );
    r.halves.set(results, laneZero(d, 1));
    clearAbove(machine, r, d, V_BYTES);
  });
}

export function compileSimdInteger(shape: IntegerShape): Op {
  switch (shape.kind) {
    case "int1":
      return compileInt1(shape);
    case "int2":
      return compileInt2(shape);
    case "int-pair":
      return compilePair(shape);
    case "int-across":
      return compileAcross(shape);
    case "bits":
      return compileBits(shape);
    case "long":
      return compileLong(shape);
    case "wide":
      return compileWide(shape);
    case "high-narrow":
      return compileHighNarrow(shape);
    case "narrow":
      return compileNarrow(shape);
    case "shift":
      return compileShift(shape);
    case "shift-long":
      return compileShiftLong(shape);
    case "pair-long":
      return compilePairLong(shape);
    case "dot":
      return compileDot(shape);
    case "matrix":
      return compileMatrix(shape);
    case "pmull":
      return compilePmull(shape);
  }
}
