/** Products across formats and lanes: complex numbers, long multiplications, brain floating point, matrices, FP8. */
import type { FpShape, FpSize } from "../decode/simd-shapes.ts";
import { keyOf } from "./context.ts";
import { add, mul, mulAdd, mulAddWide, neg } from "./fp-arithmetic.ts";
import {
  BFLOAT,
  CONVERTED_HALF,
  FPCR_DN,
  FPCR_EBF,
  FPCR_FZ,
  FPCR_RMODE,
  type FpState,
  HALF,
  round,
  SINGLE,
  TO_ODD_OR_INFINITY,
  unpack,
  zero,
} from "./fp-format.ts";
import type { Op } from "./machine.ts";
import { formatOf } from "./simd-fp-lanes.ts";
import { readLane, writeLane } from "./simd-fp-registers.ts";
import { clearAbove, laneZero, over, V_BYTES, type VectorRegisters } from "./simd-registers.ts";

type Of<Kind extends FpShape["kind"]> = Extract<FpShape, { kind: Kind }>;

function store(r: VectorRegisters, size: FpSize, to: number, results: readonly bigint[]): void {
  for (const [i, value] of results.entries()) writeLane(r, size, to + i, value);
}

function compileRotateAdd({ rotation, size, bytes, d, n, m }: Of<"fp-rotate-add">): Op {
  const f = formatOf(size);
  const count = bytes >> size;
  const first = laneZero(n, size);
  const second = laneZero(m, size);
  return over((r, machine) => {
    const results = Array.from({ length: count }, (_, i) => {
      const other = readLane(r, size, second + (i ^ 1));
      const negates = (i & 1) === (rotation === 90 ? 0 : 1);
      return add(f, readLane(r, size, first + i), negates ? neg(f, other) : other, machine.state);
    });
    store(r, size, laneZero(d, size), results);
    clearAbove(machine, r, d, bytes);
  });
}

function compileRotateMultiply({ rotation, size, bytes, d, n, m, index }: Of<"fp-rotate-multiply">): Op {
  const f = formatOf(size);
  const count = bytes >> size;
  const to = laneZero(d, size);
  const first = laneZero(n, size);
  const second = laneZero(m, size);
  const swaps = rotation === 90 || rotation === 270;
  return over((r, machine) => {
    const results = Array.from({ length: count }, (_, i) => {
      const pair = i & ~1;
      const imaginary = i & 1;
      const factor = readLane(r, size, first + pair + (swaps ? 1 : 0));
      const at = (index === undefined ? pair : 2 * index) + (swaps ? 1 - imaginary : imaginary);
      const other = readLane(r, size, second + at);
      const negates = rotation === 180 || rotation === (imaginary === 1 ? 270 : 90);
      return mulAdd(f, readLane(r, size, to + i), factor, negates ? neg(f, other) : other, machine.state);
    });
    store(r, size, to, results);
    clearAbove(machine, r, d, bytes);
  });
}

function compileMultiplyLong({ bytes, negates, second: upper, d, n, m, index }: Of<"fp-multiply-long">): Op {
  const count = bytes >> 2;
  const to = laneZero(d, 2);
  const first = laneZero(n, 1) + (upper ? count : 0);
  const second = laneZero(m, 1) + (index ?? (upper ? count : 0));
  const step = index === undefined ? 1 : 0;
  return over((r, machine) => {
    const results = Array.from({ length: count }, (_, i) => {
      const a = readLane(r, 1, first + i);
      return mulAddWide(
        SINGLE,
        readLane(r, 2, to + i),
        HALF,
        negates ? neg(HALF, a) : a,
        readLane(r, 1, second + i * step),
        machine.state,
      );
    });
    store(r, 2, to, results);
    clearAbove(machine, r, d, bytes);
  });
}

const widened = (bits: bigint): bigint => bits << 16n;

/** Arithmetic of BFDOT where FPCR.EBF is 0: rounded to odd, nothing denormal, no flags. */
const brainState = (): FpState => ({ fpcr: FPCR_FZ | FPCR_DN, fpsr: 0 });

/** The sum or product of two singles as BFDOT takes it. */
function brain(op: "add" | "mul", a: bigint, b: bigint): bigint {
  const fp = brainState();
  const x = unpack(SINGLE, a, fp);
  const y = unpack(SINGLE, b, fp);
  if (x.kind !== "finite" || y.kind !== "finite")
    return op === "add" ? add(SINGLE, a, b, fp) : mul(SINGLE, a, b, fp);
  const negative = x.negative !== y.negative;
  if (op === "mul") return round(SINGLE, negative, x.m * y.m, x.e + y.e, fp, TO_ODD_OR_INFINITY);
  const e = Math.min(x.e, y.e);
  const aligned = [x, y].map((v) => (v.negative ? -1n : 1n) * (v.m << BigInt(v.e - e)));
  const sum = (aligned[0] ?? 0n) + (aligned[1] ?? 0n);
  if (sum === 0n) return zero(SINGLE, false);
  return round(SINGLE, sum < 0n, sum < 0n ? -sum : sum, e, fp, TO_ODD_OR_INFINITY);
}

type BrainPair = readonly [bigint, bigint];

/** BFDotAdd: `addend + a0 * b0 + a1 * b1`, of brain floating-point pairs. */
export function dotAdd(addend: bigint, a: BrainPair, b: BrainPair, state: FpState): bigint {
  if ((state.fpcr & FPCR_EBF) !== 0) return extendedDotAdd(addend, a, b, state);
  const first = brain("mul", widened(a[0]), widened(b[0]));
  const second = brain("mul", widened(a[1]), widened(b[1]));
  return brain("add", addend, brain("add", first, second));
}

/** With FPCR.EBF: both products are summed exactly and rounded once, as FPCR says; then comes the addend. */
function extendedDotAdd(addend: bigint, a: BrainPair, b: BrainPair, state: FpState): bigint {
  const fp: FpState = { fpcr: (state.fpcr & (FPCR_FZ | FPCR_RMODE)) | FPCR_DN, fpsr: 0 };
  const values = [a[0], b[0], a[1], b[1]].map((bits) => unpack(BFLOAT, bits, fp));
  const [x0, y0, x1, y1] = values;
  if (x0 === undefined || y0 === undefined || x1 === undefined || y1 === undefined) return addend;
  const plain = values.every(({ kind }) => kind === "finite" || kind === "zero");
  let sum: bigint;
  if (!plain) {
    const first = mul(SINGLE, widened(a[0]), widened(b[0]), fp);
    sum = mulAdd(SINGLE, mul(SINGLE, widened(a[1]), widened(b[1]), fp), widened(a[0]), widened(b[0]), fp);
    if (first === SINGLE.defaultNaN) sum = first;
  } else {
    // The first product is exact in a double, and so is its sum with the second before it is rounded.
    const e = Math.min(x0.e + y0.e, x1.e + y1.e);
    const m0 = (x0.m * y0.m) << BigInt(x0.e + y0.e - e);
    const m1 = (x1.m * y1.m) << BigInt(x1.e + y1.e - e);
    const total = (x0.negative !== y0.negative ? -m0 : m0) + (x1.negative !== y1.negative ? -m1 : m1);
    const bothNegative = x0.negative !== y0.negative && x1.negative !== y1.negative;
    sum =
      total === 0n
        ? zero(
            SINGLE,
            (m0 === 0n && m1 === 0n && bothNegative) || (!bothNegative && cancelsDown(fp, x0, y0, x1, y1)),
          )
        : round(SINGLE, total < 0n, total < 0n ? -total : total, e, fp);
  }
  return add(SINGLE, addend, sum, fp);
}

/** Whether a sum of zero is -0 because of the rounding mode. */
function cancelsDown(
  fp: FpState,
  ...[x0, y0, x1, y1]: readonly [
    { negative: boolean },
    { negative: boolean },
    { negative: boolean },
    { negative: boolean },
  ]
): boolean {
  const first = x0.negative !== y0.negative;
  const second = x1.negative !== y1.negative;
  return first !== second && (fp.fpcr & FPCR_RMODE) === 2 << 22;
}

const pairAt = (r: VectorRegisters, at: number): BrainPair => [readLane(r, 1, at), readLane(r, 1, at + 1)];

function compileBrainDot({ bytes, d, n, m, index }: Of<"bf-dot">): Op {
  const count = bytes >> 2;
  const to = laneZero(d, 2);
  return over((r, machine) => {
    const results = Array.from({ length: count }, (_, i) =>
      dotAdd(
        readLane(r, 2, to + i),
        pairAt(r, laneZero(n, 1) + 2 * i),
        pairAt(r, laneZero(m, 1) + 2 * (index ?? i)),
        machine.state,
      ),
    );
    store(r, 2, to, results);
    clearAbove(machine, r, d, bytes);
  });
}

function compileBrainMultiplyLong({ top, d, n, m, index }: Of<"bf-multiply-long">): Op {
  const to = laneZero(d, 2);
  const part = top ? 1 : 0;
  return over((r, machine) => {
    const results = Array.from({ length: 4 }, (_, i) =>
      mulAdd(
        SINGLE,
        readLane(r, 2, to + i),
        widened(readLane(r, 1, laneZero(n, 1) + 2 * i + part)),
        widened(readLane(r, 1, laneZero(m, 1) + (index ?? 2 * i + part))),
        machine.state,
      ),
    );
    store(r, 2, to, results);
    clearAbove(machine, r, d, V_BYTES);
  });
}

function compileBrainMatrix({ d, n, m }: Of<"bf-matrix">): Op {
  const to = laneZero(d, 2);
  return over((r, machine) => {
    const results = Array.from({ length: 4 }, (_, i) => {
      const first = laneZero(n, 1) + 4 * (i >> 1);
      const second = laneZero(m, 1) + 4 * (i & 1);
      const { state } = machine;
      const half = dotAdd(readLane(r, 2, to + i), pairAt(r, first), pairAt(r, second), state);
      return dotAdd(half, pairAt(r, first + 2), pairAt(r, second + 2), state);
    });
    store(r, 2, to, results);
    clearAbove(machine, r, d, V_BYTES);
  });
}

/** FP8: E5M2 is half precision cut off; E4M3 has one NaN for each sign and no infinities. */
function widenFp8(bits: number, e5m2: boolean, bfloat: boolean, scale: number, fp: FpState): bigint {
  const to = bfloat ? BFLOAT : CONVERTED_HALF;
  const negative = bits >= 0x80;
  const magnitude = bits & 0x7f;
  const fraction = e5m2 ? 2 : 3;
  const bias = e5m2 ? 15 : 7;
  const exponent = magnitude >> fraction;
  const rest = magnitude & ((1 << fraction) - 1);
  if (e5m2 ? exponent === 31 && rest !== 0 : magnitude === 0x7f) {
    if (e5m2 && (rest & 2) === 0) fp.fpsr |= 1;
    return to.defaultNaN;
  }
  if (e5m2 && exponent === 31) return negative ? to.infinity | to.sign : to.infinity;
  const m = exponent === 0 ? rest : rest | (1 << fraction);
  if (m === 0) return zero(to, negative);
  const e = Math.max(exponent, 1) - bias - fraction - scale;
  return round(to, negative, BigInt(m), e, fp, 0);
}

function compileFp8Widen({ format, bfloat, high, d, n }: Of<"fp8-widen">): Op {
  const from = laneZero(n, 0) + (high ? 8 : 0);
  return over((r, machine) => {
    // FPMR: F8S1 and F8S2 are bits 2:0 and 5:3, LSCALE 22:16, LSCALE2 37:32.
    const fpmr = machine.state.system.get(keyOf("FPMR")) ?? 0n;
    const e5m2 = ((fpmr >> (format === 1 ? 0n : 3n)) & 7n) === 0n;
    const wide = format === 1 ? (fpmr >> 16n) & 0x7fn : (fpmr >> 32n) & 0x3fn;
    const scale = Number(wide & (bfloat ? 0x3fn : 0xfn));
    const results = Array.from({ length: 8 }, (_, i) =>
      widenFp8(r.bytes[from + i] ?? 0, e5m2, bfloat, scale, machine.state),
    );
    store(r, 1, laneZero(d, 1), results);
    clearAbove(machine, r, d, V_BYTES);
  });
}

type Products = Extract<
  FpShape,
  {
    kind:
      | "fp-rotate-add"
      | "fp-rotate-multiply"
      | "fp-multiply-long"
      | "bf-dot"
      | "bf-multiply-long"
      | "bf-matrix"
      | "fp8-widen";
  }
>;

export function compileFpProducts(shape: Products): Op {
  switch (shape.kind) {
    case "fp-rotate-add":
      return compileRotateAdd(shape);
    case "fp-rotate-multiply":
      return compileRotateMultiply(shape);
    case "fp-multiply-long":
      return compileMultiplyLong(shape);
    case "bf-dot":
      return compileBrainDot(shape);
    case "bf-multiply-long":
      return compileBrainMultiplyLong(shape);
    case "bf-matrix":
      return compileBrainMatrix(shape);
    case "fp8-widen":
      return compileFp8Widen(shape);
  }
}
