/** Advanced SIMD: sums of products, matrices, polynomials. */
import type { IntegerShape } from "../decode/simd-shapes.ts";
import type { Op } from "./machine.ts";
import { int2 } from "./simd-integer-lanes.ts";
import { clearAbove, lanesOf, laneZero, over, V_BYTES } from "./simd-registers.ts";

type Of<Kind extends IntegerShape["kind"]> = Extract<IntegerShape, { kind: Kind }>;

export function compileDot({ op, bytes, d, n, m, index }: Of<"dot">): Op {
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

export function compileMatrix({ op, d, n, m }: Of<"matrix">): Op {
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

export function compilePmull({ size, high, d, n, m }: Of<"pmull">): Op {
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
