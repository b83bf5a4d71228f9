/** SVE: dot products, matrices, complex numbers. */

import type { SveShape } from "../decode/sve-shapes.ts";
import type { SveProduct } from "../decode/sve-widen.ts";
import { add, mul, mulAdd, neg } from "./fp-arithmetic.ts";
import { ignoresShortMatrices } from "./leniency.ts";
import { NEXT, type Op } from "./machine.ts";
import { dotAdd } from "./simd-fp-products.ts";
import { polynomialProduct } from "./simd-products.ts";
import { saturate } from "./sve-lanes.ts";
import { formatOfSize } from "./sve-map.ts";
import {
  elements,
  fromLength,
  isActive,
  overVectors,
  readElement,
  type Vectors,
  vectorLength,
  writeElement,
} from "./sve-state.ts";

type Product = Extract<SveShape, { kind: "product" }>;

/** First lane of the second source for lane `at`: its own, or the one that stands for all of its 128 bits. */
const laneOf = (at: number, size: number, index: number | undefined): number =>
  index === undefined ? at : (((at << size) >> 4) << (4 - size)) + index;

/** Whether the sources are signed. */
const signs: Readonly<Partial<Record<SveProduct, readonly [boolean, boolean]>>> = {
  sdot: [true, true],
  udot: [false, false],
  usdot: [false, true],
  sudot: [true, false],
  smmla: [true, true],
  ummla: [false, false],
  usmmla: [false, true],
};

type Lane = (v: Vectors, i: number) => bigint;

/** Four products of lanes a quarter as wide. */
function dotProduct({ op, size, d, n, m, index }: Product): Lane {
  const [first, second] = signs[op] ?? [true, true];
  return ({ r }, i) => {
    let sum = readElement(r, d, size, i, true);
    const other = laneOf(i, size, index);
    for (let k = 0; k < 4; k++)
      sum +=
        readElement(r, n, size - 2, 4 * i + k, first) * readElement(r, m, size - 2, 4 * other + k, second);
    return sum;
  };
}

/** Rows of eight bytes. */
function byteMatrix({ op, d, n, m }: Product): Lane {
  const [first, second] = signs[op] ?? [true, true];
  return ({ r }, i) => {
    const segment = i >> 2;
    let sum = readElement(r, d, 2, i, true);
    for (let k = 0; k < 8; k++)
      sum +=
        readElement(r, n, 0, 16 * segment + 8 * ((i >> 1) & 1) + k, first) *
        readElement(r, m, 0, 16 * segment + 8 * (i & 1) + k, second);
    return sum;
  };
}

/** Two rows and two columns; products are rounded before they are added. */
function fpMatrix({ size, d, n, m }: Product): Lane {
  const f = formatOfSize(size);
  return ({ r, state }, i) => {
    const base = i & ~3;
    const row = base + (i & 2);
    const column = base + 2 * (i & 1);
    const product = (k: number): bigint =>
      mul(f, readElement(r, n, size, row + k, false), readElement(r, m, size, column + k, false), state);
    const sum = add(f, product(0), product(1), state);
    return add(f, readElement(r, d, size, i, false), sum, state);
  };
}

function brainDot({ d, n, m, index }: Product): Lane {
  return ({ r, state }, i) => {
    const other = laneOf(i, 2, index);
    const pair = (z: number, at: number): readonly [bigint, bigint] => [
      readElement(r, z, 1, 2 * at, false),
      readElement(r, z, 1, 2 * at + 1, false),
    ];
    return dotAdd(readElement(r, d, 2, i, false), pair(n, i), pair(m, other), state);
  };
}

function brainMatrix({ d, n, m }: Product): Lane {
  return ({ r, state }, i) => {
    const base = (i >> 2) * 8;
    const pair = (z: number, at: number): readonly [bigint, bigint] => [
      readElement(r, z, 1, at, false),
      readElement(r, z, 1, at + 1, false),
    ];
    const first = base + 4 * ((i >> 1) & 1);
    const second = base + 4 * (i & 1);
    const half = dotAdd(readElement(r, d, 2, i, false), pair(n, first), pair(m, second), state);
    return dotAdd(half, pair(n, first + 2), pair(m, second + 2), state);
  };
}

/** Complex multiplication and addition: what lane `i` of a pair is multiplied with, and the sign. */
function complexParts(rotation: number, i: number): { readonly swaps: boolean; readonly negates: boolean } {
  const imaginary = (i & 1) === 1;
  const swaps = rotation === 90 || rotation === 270;
  return { swaps, negates: rotation === 180 || rotation === (imaginary ? 270 : 90) };
}

function complexMultiply({ op, size, d, n, m, index, rotation }: Product): Lane {
  const bits = 8 << size;
  return ({ r }, i) => {
    const { swaps, negates } = complexParts(rotation, i);
    const pair = i & ~1;
    const a = readElement(r, n, size, pair + (swaps ? 1 : 0), true);
    const from = index === undefined ? pair : 2 * laneOf(i >> 1, size + 1, index);
    const b = readElement(r, m, size, from + ((i & 1) ^ (swaps ? 1 : 0)), true);
    const c = readElement(r, d, size, i, true);
    const product = negates ? -(a * b) : a * b;
    if (op === "cmla") return c + product;
    const width = BigInt(bits);
    return saturate(((c << width) + 2n * product + (1n << (width - 1n))) >> width, bits, true);
  };
}

/** Two complex products of lanes a quarter as wide; only the real, or only the imaginary part. */
function complexDot({ size, d, n, m, index, rotation }: Product): Lane {
  const imaginary = rotation === 90 || rotation === 270;
  const sign = rotation === 0 || rotation === 270 ? -1n : 1n;
  return ({ r }, i) => {
    const other = laneOf(i, size, index);
    let sum = readElement(r, d, size, i, true);
    for (let k = 0; k < 4; k += 2) {
      const real = readElement(r, n, size - 2, 4 * i + k, true);
      const imaginaryPart = readElement(r, n, size - 2, 4 * i + k + 1, true);
      const second = (part: number): bigint => readElement(r, m, size - 2, 4 * other + k + part, true);
      const [same, crossed] = imaginary ? [second(1), second(0)] : [second(0), second(1)];
      sum += real * same + sign * imaginaryPart * crossed;
    }
    return sum;
  };
}

function complexAdd({ op, size, n, m, rotation }: Product): Lane {
  const bits = 8 << size;
  return ({ r }, i) => {
    const a = readElement(r, n, size, i, true);
    const b = readElement(r, m, size, i ^ 1, true);
    const negates = (i & 1) === (rotation === 90 ? 0 : 1);
    const sum = negates ? a - b : a + b;
    return op === "sqcadd" ? saturate(sum, bits, true) : sum;
  };
}

function fpComplexAdd({ size, n, m, rotation }: Product): Lane {
  const f = formatOfSize(size);
  return ({ r, state }, i) => {
    const b = readElement(r, m, size, i ^ 1, false);
    const negates = (i & 1) === (rotation === 90 ? 0 : 1);
    return add(f, readElement(r, n, size, i, false), negates ? neg(f, b) : b, state);
  };
}

function fpComplexMultiply({ size, d, n, m, index, rotation }: Product): Lane {
  const f = formatOfSize(size);
  return ({ r, state }, i) => {
    const { swaps, negates } = complexParts(rotation, i);
    const pair = i & ~1;
    const a = readElement(r, n, size, pair + (swaps ? 1 : 0), false);
    const from = index === undefined ? pair : 2 * laneOf(i >> 1, size + 1, index);
    const b = readElement(r, m, size, from + ((i & 1) ^ (swaps ? 1 : 0)), false);
    return mulAdd(f, readElement(r, d, size, i, false), a, negates ? neg(f, b) : b, state);
  };
}

/** PMULLB, PMULLT of 64 bits: `index` is 1 for the top. */
function longPolynomial({ n, m, index }: Product): Lane {
  return ({ r }, i) => {
    const at = (i & ~1) + (index ?? 0);
    const product = polynomialProduct(readElement(r, n, 3, at, false), readElement(r, m, 3, at, false));
    return (i & 1) === 0 ? product : product >> 64n;
  };
}

const lanes: Readonly<Record<SveProduct, (shape: Product) => Lane>> = {
  sdot: dotProduct,
  udot: dotProduct,
  usdot: dotProduct,
  sudot: dotProduct,
  smmla: byteMatrix,
  ummla: byteMatrix,
  usmmla: byteMatrix,
  fmmla: fpMatrix,
  bfmmla: brainMatrix,
  bfdot: brainDot,
  cdot: complexDot,
  cmla: complexMultiply,
  sqrdcmlah: complexMultiply,
  cadd: complexAdd,
  sqcadd: complexAdd,
  fcadd: fpComplexAdd,
  fcmla: fpComplexMultiply,
  pmull128: longPolynomial,
};

/** Four doubles. */
const QUAD_BYTES = 32;

export function compileSveProduct(shape: Product): Op {
  const { op, size, d, pg } = shape;
  const lane = lanes[op](shape);
  // FMMLA of doubles works on 256 bits at a time; what is left over becomes 0.
  const unit = op === "fmmla" && size === 3 ? 4 : 1;
  const work = overVectors((v, { core }) => {
    const count = elements(v, size);
    const whole = count - (count % unit);
    const results = Array.from({ length: whole }, (_, i) =>
      isActive(v, pg, size, i) ? lane(v, i) : undefined,
    );
    for (const [i, value] of results.entries()) if (value !== undefined) writeElement(v.r, d, size, i, value);
    if (whole === count || ignoresShortMatrices(core)) return;
    for (let i = whole; i < count; i++) writeElement(v.r, d, size, i, 0n);
  });
  if (unit === 1) return work;
  const long = fromLength(QUAD_BYTES, work);
  return (machine) =>
    vectorLength(machine) < QUAD_BYTES && ignoresShortMatrices(machine.core) ? NEXT : long(machine);
}
