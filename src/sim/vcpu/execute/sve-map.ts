/** SVE lane by lane: operations, comparisons, narrowing, neighbours. */
import type { SveCompare } from "../decode/sve-compare.ts";
import type { Operand, SveShape } from "../decode/sve-shapes.ts";
import { compare, EQUAL, GREATER, LESS, UNORDERED } from "./fp-convert.ts";
import { DOUBLE, type Format, type FpState, HALF, SINGLE } from "./fp-format.ts";
import type { Op } from "./machine.ts";
import { narrow } from "./simd-integer-lanes.ts";
import { type SveLane, saturate, sveLanes } from "./sve-lanes.ts";
import {
  elements,
  isActive,
  overVectors,
  readElement,
  readPredicate,
  storePredicate,
  testFlags,
  type Vectors,
  writeElement,
} from "./sve-state.ts";

type Of<Kind extends SveShape["kind"]> = Extract<SveShape, { kind: Kind }>;

/** An operand's lane for lane `i` of a result with lanes of `size`. */
function operandAt(
  { r }: Vectors,
  of: Operand | undefined,
  size: number,
  i: number,
  isSigned: boolean,
): bigint {
  if (of === undefined) return 0n;
  switch (of.pick) {
    case "constant":
      return of.value;
    case "same":
      return readElement(r, of.z, size, i, isSigned);
    case "bottom":
      return readElement(r, of.z, size - 1, 2 * i, isSigned);
    case "top":
      return readElement(r, of.z, size - 1, 2 * i + 1, isSigned);
    case "wide":
      return readElement(r, of.z, 3, i >> (3 - size), isSigned);
    case "index": {
      const segment = ((i << size) >> 4) << (4 - of.size);
      return readElement(r, of.z, of.size, segment + of.index, isSigned);
    }
  }
}

function compileMap({ op, size, d, sources, pg, zeroes }: Of<"map">): Op {
  const [first, second, third] = sources;
  if (op === "sel")
    return overVectors((v) => {
      for (let i = 0; i < elements(v, size); i++)
        writeElement(
          v.r,
          d,
          size,
          i,
          operandAt(v, isActive(v, pg, size, i) ? first : second, size, i, false),
        );
    });
  const { isSigned, f }: SveLane = sveLanes[op];
  const bits = 8 << size;
  return overVectors((v) => {
    const count = elements(v, size);
    const results: (bigint | undefined)[] = new Array(count);
    for (let i = 0; i < count; i++) {
      if (!isActive(v, pg, size, i)) {
        if (zeroes === true) results[i] = 0n;
        continue;
      }
      results[i] = f(
        operandAt(v, first, size, i, isSigned),
        operandAt(v, second, size, i, isSigned),
        operandAt(v, third, size, i, isSigned),
        bits,
        v.state,
      );
    }
    for (let i = 0; i < count; i++) {
      const result = results[i];
      if (result !== undefined) writeElement(v.r, d, size, i, result);
    }
  });
}

type Test = (a: bigint, b: bigint, f: Format, fp: FpState) => boolean;
interface Comparison {
  readonly isSigned: boolean;
  readonly holds: Test;
}

const integer = (isSigned: boolean, holds: (a: bigint, b: bigint) => boolean): Comparison => ({
  isSigned,
  holds,
});

const floating = (takes: readonly number[], signalling: boolean, absolute = false): Comparison => ({
  isSigned: false,
  holds: (a, b, f, fp) =>
    takes.includes(
      absolute ? compare(f, a & ~f.sign, b & ~f.sign, signalling, fp) : compare(f, a, b, signalling, fp),
    ),
});

const comparisons: Readonly<Record<SveCompare, Comparison>> = {
  eq: integer(true, (a, b) => a === b),
  ne: integer(true, (a, b) => a !== b),
  ge: integer(true, (a, b) => a >= b),
  gt: integer(true, (a, b) => a > b),
  lt: integer(true, (a, b) => a < b),
  le: integer(true, (a, b) => a <= b),
  hs: integer(false, (a, b) => a >= b),
  hi: integer(false, (a, b) => a > b),
  lo: integer(false, (a, b) => a < b),
  ls: integer(false, (a, b) => a <= b),
  feq: floating([EQUAL], false),
  fne: floating([LESS, GREATER, UNORDERED], false),
  fge: floating([EQUAL, GREATER], true),
  fgt: floating([GREATER], true),
  fle: floating([EQUAL, LESS], true),
  flt: floating([LESS], true),
  fuo: floating([UNORDERED], false),
  face: floating([EQUAL, GREATER], true, true),
  fact: floating([GREATER], true, true),
};

export const formatOfSize = (size: number): Format => (size === 1 ? HALF : size === 2 ? SINGLE : DOUBLE);

function compileCompare({ op, size, d, pg, sources, flags }: Of<"compare">): Op {
  const { isSigned, holds } = comparisons[op];
  const [first, second] = sources;
  const f = formatOfSize(size);
  return overVectors((v) => {
    const result = new Uint8Array(v.length);
    for (let i = 0; i < elements(v, size); i++) {
      if (!isActive(v, pg, size, i)) continue;
      const a = operandAt(v, first, size, i, isSigned);
      const b = operandAt(v, second, size, i, isSigned);
      if (holds(a, b, f, v.state)) result[i << size] = 1;
    }
    const mask = readPredicate(v, pg);
    storePredicate(v, d, result);
    if (flags) testFlags(v.state, mask, result, 1 << size);
  });
}

function compileNarrow({ op, size, top, shift, d, n, m }: Of<"narrow">): Op {
  const bits = 8 << size;
  const wide = size + 1;
  const work = ((): ((v: Vectors, i: number) => bigint) => {
    if (op === "addhn" || op === "raddhn" || op === "subhn" || op === "rsubhn") {
      const rounding = op.startsWith("r") ? 1n << BigInt(bits - 1) : 0n;
      const adds = op.endsWith("addhn");
      return ({ r }, i) => {
        const a = readElement(r, n, wide, i, false);
        const b = readElement(r, m, wide, i, false);
        return ((adds ? a + b : a - b) + rounding) >> BigInt(bits);
      };
    }
    const { isSigned, rounding, saturation } = narrow[op];
    const up = rounding ? 1n << BigInt(shift - 1) : 0n;
    return ({ r }, i) => {
      const value = (readElement(r, n, wide, i, isSigned) + up) >> BigInt(shift);
      return saturation === "none" ? value : saturate(value, bits, saturation === "signed");
    };
  })();
  return overVectors((v) => {
    const results = Array.from({ length: elements(v, wide) }, (_, i) => work(v, i));
    for (const [i, value] of results.entries()) {
      writeElement(v.r, d, size, 2 * i + (top ? 1 : 0), value);
      if (!top) writeElement(v.r, d, size, 2 * i + 1, 0n);
    }
  });
}

function compilePairwise({ op, size, d, m, pg }: Of<"pairwise">): Op {
  if (op === "sel") throw new Error("a selection has no neighbours");
  const { isSigned, f } = sveLanes[op];
  const bits = 8 << size;
  return overVectors((v) => {
    const count = elements(v, size);
    const results = Array.from({ length: count }, (_, i) => {
      if (!isActive(v, pg, size, i)) return undefined;
      const z = (i & 1) === 0 ? d : m;
      const a = readElement(v.r, z, size, i & ~1, isSigned);
      const b = readElement(v.r, z, size, i | 1, isSigned);
      return f(a, b, 0n, bits, v.state);
    });
    for (const [i, value] of results.entries()) if (value !== undefined) writeElement(v.r, d, size, i, value);
  });
}

type MapShape = Extract<SveShape, { kind: "map" | "compare" | "narrow" | "pairwise" }>;

export function compileSveMap(shape: MapShape): Op {
  switch (shape.kind) {
    case "map":
      return compileMap(shape);
    case "compare":
      return compileCompare(shape);
    case "narrow":
      return compileNarrow(shape);
    case "pairwise":
      return compilePairwise(shape);
  }
}
