/** Floating-point arithmetic on bit patterns: any format, any rounding mode, exact flags. */
import {
  bitLength,
  DOWN,
  DZC,
  type Format,
  FPCR_FZ,
  type FpState,
  IOC,
  IXC,
  infinity,
  invalid,
  isNotANumber,
  processNaNs,
  round,
  roundingMode,
  roundsUp,
  type Unpacked,
  unpack,
  zero,
} from "./fp-format.ts";

/** The sum of two finite numbers, none of them NaN or infinite. */
function sum(f: Format, a: Unpacked, b: Unpacked, fp: FpState): bigint {
  const e = a.m === 0n ? b.e : b.m === 0n ? a.e : Math.min(a.e, b.e);
  const aligned = (x: Unpacked): bigint => {
    const m = x.m === 0n ? 0n : x.m << BigInt(x.e - e);
    return x.negative ? -m : m;
  };
  const total = aligned(a) + aligned(b);
  if (total === 0n) {
    const negative =
      a.m === 0n && b.m === 0n && a.negative === b.negative ? a.negative : roundingMode(fp) === DOWN;
    return zero(f, negative);
  }
  return total < 0n ? round(f, true, -total, e, fp) : round(f, false, total, e, fp);
}

export function add(f: Format, a: bigint, b: bigint, fp: FpState): bigint {
  const x = unpack(f, a, fp);
  const y = unpack(f, b, fp);
  const nan = processNaNs(f, [a, b], [x, y], fp);
  if (nan !== undefined) return nan;
  if (x.kind === "infinity") {
    return y.kind === "infinity" && x.negative !== y.negative ? invalid(f, fp) : infinity(f, x.negative);
  }
  if (y.kind === "infinity") return infinity(f, y.negative);
  return sum(f, x, y, fp);
}

/** Unlike an addition of the negated operand, a NaN keeps its sign. */
export function sub(f: Format, a: bigint, b: bigint, fp: FpState): bigint {
  const y = unpack(f, b, { fpcr: 0, fpsr: 0 });
  return add(f, a, isNotANumber(y) ? b : neg(f, b), fp);
}

export const neg = (f: Format, a: bigint): bigint => a ^ f.sign;
export const abs = (f: Format, a: bigint): bigint => a & ~f.sign;

export function mul(f: Format, a: bigint, b: bigint, fp: FpState): bigint {
  return product(f, a, b, fp, () => invalid(f, fp));
}

/** FMULX: 0 times infinity is 2. */
export function mulx(f: Format, a: bigint, b: bigint, fp: FpState): bigint {
  const two = BigInt(f.bias + 1) << BigInt(f.fraction);
  return product(f, a, b, fp, (negative) => (negative ? two | f.sign : two));
}

function product(
  f: Format,
  a: bigint,
  b: bigint,
  fp: FpState,
  zeroTimesInfinity: (negative: boolean) => bigint,
): bigint {
  const x = unpack(f, a, fp);
  const y = unpack(f, b, fp);
  const nan = processNaNs(f, [a, b], [x, y], fp);
  if (nan !== undefined) return nan;
  const negative = x.negative !== y.negative;
  if (x.kind === "infinity" || y.kind === "infinity")
    return x.kind === "zero" || y.kind === "zero" ? zeroTimesInfinity(negative) : infinity(f, negative);
  if (x.kind === "zero" || y.kind === "zero") return zero(f, negative);
  return round(f, negative, x.m * y.m, x.e + y.e, fp);
}

export function div(f: Format, a: bigint, b: bigint, fp: FpState): bigint {
  const x = unpack(f, a, fp);
  const y = unpack(f, b, fp);
  const nan = processNaNs(f, [a, b], [x, y], fp);
  if (nan !== undefined) return nan;
  const negative = x.negative !== y.negative;
  if (x.kind === "infinity") return y.kind === "infinity" ? invalid(f, fp) : infinity(f, negative);
  if (y.kind === "infinity") return zero(f, negative);
  if (y.kind === "zero") {
    if (x.kind === "zero") return invalid(f, fp);
    fp.fpsr |= DZC;
    return infinity(f, negative);
  }
  if (x.kind === "zero") return zero(f, negative);
  // Enough bits that the quotient has two more than are kept, with the rest in its lowest.
  const by = Math.max(0, f.fraction + 3 + bitLength(y.m) - bitLength(x.m));
  const scaled = x.m << BigInt(by);
  const quotient = scaled / y.m;
  const exact = quotient * y.m === scaled;
  return round(f, negative, (quotient << 1n) | (exact ? 0n : 1n), x.e - y.e - by - 1, fp);
}

/** The integer below the square root. */
export function squareRoot(n: bigint): bigint {
  let x = 1n << BigInt((bitLength(n) + 1) >> 1);
  for (;;) {
    const next = (x + n / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}

export function sqrt(f: Format, a: bigint, fp: FpState): bigint {
  const x = unpack(f, a, fp);
  const nan = processNaNs(f, [a], [x], fp);
  if (nan !== undefined) return nan;
  if (x.kind === "zero") return zero(f, x.negative);
  if (x.negative) return invalid(f, fp);
  if (x.kind === "infinity") return infinity(f, false);
  let by = Math.max(0, 2 * (f.fraction + 3) - bitLength(x.m));
  if ((x.e - by) % 2 !== 0) by += 1;
  const scaled = x.m << BigInt(by);
  const root = squareRoot(scaled);
  const exact = root * root === scaled;
  return round(f, false, (root << 1n) | (exact ? 0n : 1n), (x.e - by) / 2 - 1, fp);
}

/** FPMulAdd: `addend + a * b`, rounded once. */
export function mulAdd(f: Format, addend: bigint, a: bigint, b: bigint, fp: FpState): bigint {
  return mulAddOf(f, addend, unpack(f, addend, fp), f, a, b, fp);
}

/** FPMulAddH and its like: factors of a narrower format `g`. */
export function mulAddWide(f: Format, addend: bigint, g: Format, a: bigint, b: bigint, fp: FpState): bigint {
  return mulAddOf(f, addend, unpack(f, addend, fp), g, a, b, fp);
}

/** A NaN of format `g` as one of `f`. */
const widenNaN = (f: Format, g: Format, bits: bigint): bigint =>
  f === g
    ? bits
    : ((bits & g.sign) << BigInt(f.width - g.width)) |
      f.infinity |
      ((bits & g.fractionMask) << BigInt(f.fraction - g.fraction));

function mulAddOf(
  f: Format,
  addend: bigint,
  z: Unpacked,
  g: Format,
  a: bigint,
  b: bigint,
  fp: FpState,
): bigint {
  const x = unpack(g, a, fp);
  const y = unpack(g, b, fp);
  const undefinedProduct =
    (x.kind === "infinity" && y.kind === "zero") || (x.kind === "zero" && y.kind === "infinity");
  if (z.kind === "quiet" && undefinedProduct) return invalid(f, fp);
  if (isNotANumber(x) || isNotANumber(y) || isNotANumber(z)) {
    const nan = processNaNs(f, [addend, widenNaN(f, g, a), widenNaN(f, g, b)], [z, x, y], fp);
    if (nan !== undefined) return nan;
  }
  const negative = x.negative !== y.negative;
  const infinite = x.kind === "infinity" || y.kind === "infinity";
  if (undefinedProduct || (z.kind === "infinity" && infinite && z.negative !== negative))
    return invalid(f, fp);
  if (z.kind === "infinity") return infinity(f, z.negative);
  if (infinite) return infinity(f, negative);
  const m = x.m * y.m;
  return sum(f, z, { kind: m === 0n ? "zero" : "finite", negative, m, e: x.e + y.e }, fp);
}

/** Where of two numbers that are no NaNs the first is below the second; -0 is below +0. */
function below(x: Unpacked, y: Unpacked): boolean {
  if (x.negative !== y.negative) return x.negative;
  return x.negative ? magnitudeBelow(y, x) : magnitudeBelow(x, y);
}

function magnitudeBelow(x: Unpacked, y: Unpacked): boolean {
  if (x.kind === "infinity" || y.kind === "zero") return false;
  if (y.kind === "infinity" || x.kind === "zero") return true;
  const e = Math.min(x.e, y.e);
  return x.m << BigInt(x.e - e) < y.m << BigInt(y.e - e);
}

/** A number as it was, or flushed. */
const again = (f: Format, bits: bigint, x: Unpacked): bigint =>
  x.kind === "zero" ? zero(f, x.negative) : bits;

type Pick = (x: Unpacked, y: Unpacked) => boolean;
const lower: Pick = (x, y) => below(x, y);
const higher: Pick = (x, y) => below(y, x);

function choose(f: Format, a: bigint, b: bigint, fp: FpState, first: Pick): bigint {
  const x = unpack(f, a, fp);
  const y = unpack(f, b, fp);
  return processNaNs(f, [a, b], [x, y], fp) ?? (first(x, y) ? again(f, a, x) : again(f, b, y));
}

export const max = (f: Format, a: bigint, b: bigint, fp: FpState): bigint => choose(f, a, b, fp, higher);
export const min = (f: Format, a: bigint, b: bigint, fp: FpState): bigint => choose(f, a, b, fp, lower);

/** FPMaxNum, FPMinNum: a quiet NaN loses against a number. */
function chooseNumber(f: Format, a: bigint, b: bigint, fp: FpState, pick: Pick): bigint {
  const quiet = (bits: bigint): Unpacked["kind"] => unpack(f, bits, { fpcr: 0, fpsr: 0 }).kind;
  const kindA = quiet(a);
  const kindB = quiet(b);
  const losing = pick === higher ? infinity(f, true) : infinity(f, false);
  if (kindA === "quiet" && kindB !== "quiet" && kindB !== "signalling") return choose(f, losing, b, fp, pick);
  if (kindB === "quiet" && kindA !== "quiet" && kindA !== "signalling") return choose(f, a, losing, fp, pick);
  return choose(f, a, b, fp, pick);
}

export const maxNumber = (f: Format, a: bigint, b: bigint, fp: FpState): bigint =>
  chooseNumber(f, a, b, fp, higher);
export const minNumber = (f: Format, a: bigint, b: bigint, fp: FpState): bigint =>
  chooseNumber(f, a, b, fp, lower);

/** FPAbsMax, FPAbsMin: by magnitude, and the result has none. */
export const absoluteMax = (f: Format, a: bigint, b: bigint, fp: FpState): bigint =>
  ofMagnitudes(f, a, b, fp, higher);
export const absoluteMin = (f: Format, a: bigint, b: bigint, fp: FpState): bigint =>
  ofMagnitudes(f, a, b, fp, lower);

function ofMagnitudes(f: Format, a: bigint, b: bigint, fp: FpState, pick: Pick): bigint {
  // Operands are not flushed, and a NaN is one of the operands as it is.
  const quiet: FpState = { fpcr: fp.fpcr & ~FPCR_FZ & ~f.flush, fpsr: 0 };
  const x = unpack(f, a, quiet);
  const y = unpack(f, b, quiet);
  const nan = processNaNs(f, [a, b], [x, y], fp);
  if (nan !== undefined) return nan;
  return choose(f, abs(f, a), abs(f, b), quiet, pick);
}

export const absoluteDifference = (f: Format, a: bigint, b: bigint, fp: FpState): bigint =>
  abs(f, sub(f, a, b, fp));

/** FPRecipStepFused: `2 - a * b`; FPRSqrtStepFused: `(3 - a * b) / 2`. */
function step(f: Format, a: bigint, b: bigint, fp: FpState, constant: bigint, halve: boolean): bigint {
  const negated = neg(f, a);
  const x = unpack(f, negated, fp);
  const y = unpack(f, b, fp);
  const nan = processNaNs(f, [negated, b], [x, y], fp);
  if (nan !== undefined) return nan;
  const infinite = x.kind === "infinity" || y.kind === "infinity";
  const by = halve ? 1 : 0;
  const negative = x.negative !== y.negative;
  if (infinite && (x.kind === "zero" || y.kind === "zero"))
    return round(f, false, constant, -by, { fpcr: 0, fpsr: 0 });
  if (infinite) return infinity(f, negative);
  const m = x.m * y.m;
  return sum(
    f,
    { kind: "finite", negative: false, m: constant, e: -by },
    { kind: m === 0n ? "zero" : "finite", negative, m, e: x.e + y.e - by },
    fp,
  );
}

export const recipStep = (f: Format, a: bigint, b: bigint, fp: FpState): bigint =>
  step(f, a, b, fp, 2n, false);
export const rsqrtStep = (f: Format, a: bigint, b: bigint, fp: FpState): bigint =>
  step(f, a, b, fp, 3n, true);

/** FPRoundInt: to an integer in the format. @param exact whether FPSR.IXC tells of a change */
export function roundToInteger(f: Format, a: bigint, mode: number, exact: boolean, fp: FpState): bigint {
  const x = unpack(f, a, fp);
  const nan = processNaNs(f, [a], [x], fp);
  if (nan !== undefined) return nan;
  if (x.kind === "infinity") return infinity(f, x.negative);
  if (x.kind === "zero") return zero(f, x.negative);
  if (x.e >= 0) return a;
  const { whole, inexact } = integerOf(x, mode);
  if (inexact && exact) fp.fpsr |= IXC;
  if (whole === 0n) return zero(f, x.negative);
  return round(f, x.negative, whole, 0, { fpcr: 0, fpsr: 0 });
}

/** The integer that a finite number's magnitude is rounded to. @param by binary places that are kept below the point */
export function integerOf(x: Unpacked, mode: number, by = 0): { whole: bigint; inexact: boolean } {
  const e = x.e + by;
  if (e >= 0) return { whole: x.m << BigInt(e), inexact: false };
  const shift = BigInt(-e);
  const kept = x.m >> shift;
  const rest = x.m - (kept << shift);
  const up = roundsUp(mode, x.negative, (kept & 1n) === 1n, rest, 1n << (shift - 1n));
  return { whole: up ? kept + 1n : kept, inexact: rest !== 0n };
}

/** FRINT32x and FRINT64x: as an integer of so many bits fits, else the lowest of them. */
export function roundToIntegerOf(f: Format, a: bigint, bits: number, mode: number, fp: FpState): bigint {
  const lowest = round(f, true, 1n, bits - 1, { fpcr: 0, fpsr: 0 });
  const x = unpack(f, a, fp);
  if (isNotANumber(x) || x.kind === "infinity") {
    fp.fpsr |= IOC;
    return lowest;
  }
  if (x.kind === "zero") return zero(f, x.negative);
  const { whole, inexact } = integerOf(x, mode);
  const value = x.negative ? -whole : whole;
  if (BigInt.asIntN(bits, value) !== value) {
    fp.fpsr |= IOC;
    return lowest;
  }
  if (inexact) fp.fpsr |= IXC;
  return whole === 0n ? zero(f, x.negative) : round(f, x.negative, whole, 0, { fpcr: 0, fpsr: 0 });
}

/** FPScale: times 2 to the power of a signed integer. */
export function scale(f: Format, a: bigint, power: bigint, fp: FpState): bigint {
  const x = unpack(f, a, fp);
  const nan = processNaNs(f, [a], [x], fp);
  if (nan !== undefined) return nan;
  if (x.kind === "zero") return zero(f, x.negative);
  if (x.kind === "infinity") return infinity(f, x.negative);
  // Beyond twice the format's range every power answers the same.
  const limit = 4n * BigInt(f.bias + f.fraction);
  const by = power > limit ? limit : power < -limit ? -limit : power;
  return round(f, x.negative, x.m, x.e + Number(by), fp);
}
