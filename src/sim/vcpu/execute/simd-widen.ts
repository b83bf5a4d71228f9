/** Advanced SIMD between widths. */
import type { IntegerShape } from "../decode/simd-shapes.ts";
import type { Machine, Op } from "./machine.ts";
import { long, narrow, saturateSigned, saturateUnsigned } from "./simd-integer-lanes.ts";
import { clearAbove, lanesOf, laneZero, over, V_BYTES, type VectorRegisters } from "./simd-registers.ts";

type Of<Kind extends IntegerShape["kind"]> = Extract<IntegerShape, { kind: Kind }>;

export function compileLong({ op, size, bytes, high, d, n, m, index }: Of<"long">): Op {
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

export function compileWide({ op, size, bytes, high, d, n, m }: Of<"wide">): Op {
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

export function compileHighNarrow({ op, size, high, d, n, m }: Of<"high-narrow">): Op {
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

export function compileNarrow({ op, size, bytes, shift: by, high, d, n }: Of<"narrow">): Op {
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

export function compileShiftLong({ op, size, shift: by, high, d, n }: Of<"shift-long">): Op {
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

export function compilePairLong({ isSigned, accumulates, size, bytes, d, n }: Of<"pair-long">): Op {
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
