/** Conversions between floating-point formats and to and from integers, and comparison. */
import { integerOf } from "./fp-arithmetic.ts";
import {
  type Format,
  FPCR_AHP,
  FPCR_DN,
  type FpState,
  IOC,
  IXC,
  infinity,
  invalid,
  isNotANumber,
  round,
  roundingMode,
  TO_ZERO,
  type Unpacked,
  unpack,
} from "./fp-format.ts";

/** The alternative half precision has numbers where the others have infinities and NaNs. */
function unpackAlternative(f: Format, bits: bigint): Unpacked {
  const negative = (bits & f.sign) !== 0n;
  const exponent = Number((bits >> BigInt(f.fraction)) & f.exponent);
  const m = bits & f.fractionMask;
  if (exponent === 0) return { kind: m === 0n ? "zero" : "finite", negative, m, e: 1 - f.bias - f.fraction };
  return { kind: "finite", negative, m: m | (1n << BigInt(f.fraction)), e: exponent - f.bias - f.fraction };
}

/** Rounds to the alternative half precision: what is too large becomes the largest, and is an invalid operation. */
function roundAlternative(f: Format, x: Unpacked, fp: FpState): bigint {
  // A format with one more exponent has the same numbers.
  const wider: Format = { ...f, infinity: f.infinity << 1n, exponent: f.exponent * 2n + 1n };
  const own: FpState = { fpcr: fp.fpcr, fpsr: 0 };
  const bits = round(wider, false, x.m, x.e, own, directed(roundingMode(fp), x.negative));
  const sign = x.negative ? f.sign : 0n;
  if (bits >= f.sign) {
    fp.fpsr |= IOC;
    return sign | (f.sign - 1n);
  }
  fp.fpsr |= own.fpsr;
  return sign | bits;
}

/** The rounding mode for a magnitude. */
const directed = (mode: number, negative: boolean): number =>
  negative && (mode === 1 || mode === 2) ? 3 - mode : mode;

/**
 * FPConvert, as FCVT does it.
 *
 * @param from, to half precision is `CONVERTED_HALF`
 * @param alternative whether FPCR.AHP counts for half precision
 */
export function convert(
  from: Format,
  to: Format,
  a: bigint,
  fp: FpState,
  mode: number = roundingMode(fp),
  alternative = true,
): bigint {
  const ahp = alternative && (fp.fpcr & FPCR_AHP) !== 0;
  const x = ahp && from.width === 16 ? unpackAlternative(from, a) : unpack(from, a, fp);
  const sign = x.negative ? to.sign : 0n;
  const toAlternative = ahp && to.width === 16;
  if (isNotANumber(x)) {
    if (toAlternative) {
      fp.fpsr |= IOC;
      return sign;
    }
    if (x.kind === "signalling") fp.fpsr |= IOC;
    if ((fp.fpcr & FPCR_DN) !== 0) return to.defaultNaN;
    const by = to.fraction - from.fraction;
    return sign | to.infinity | to.quiet | (by > 0 ? x.m << BigInt(by) : x.m >> BigInt(-by));
  }
  if (x.kind === "infinity") {
    if (!toAlternative) return infinity(to, x.negative);
    fp.fpsr |= IOC;
    return sign | (to.sign - 1n);
  }
  if (x.kind === "zero") return sign;
  return toAlternative ? roundAlternative(to, x, fp) : round(to, x.negative, x.m, x.e, fp, mode);
}

/**
 * FPToFixed: saturates.
 *
 * @param width of the integer; the result is unsigned, in its bits
 * @param places binary places of the fixed-point number
 */
export function toFixed(
  f: Format,
  a: bigint,
  places: number,
  isSigned: boolean,
  width: number,
  mode: number,
  fp: FpState,
): bigint {
  const x = unpack(f, a, fp);
  const top = isSigned ? (1n << BigInt(width - 1)) - 1n : (1n << BigInt(width)) - 1n;
  const bottom = isSigned ? -top - 1n : 0n;
  if (isNotANumber(x)) return invalidInteger(0n, fp);
  if (x.kind === "zero") return 0n;
  if (x.kind === "infinity") return BigInt.asUintN(width, invalidInteger(x.negative ? bottom : top, fp));
  const { whole, inexact } = integerOf(x, mode, places);
  const value = x.negative ? -whole : whole;
  if (value > top) return invalidInteger(top, fp);
  if (value < bottom) return BigInt.asUintN(width, invalidInteger(bottom, fp));
  if (inexact) fp.fpsr |= IXC;
  return BigInt.asUintN(width, value);
}

function invalidInteger(value: bigint, fp: FpState): bigint {
  fp.fpsr |= IOC;
  return value;
}

/** FixedToFP. @param value the integer itself, signed or not */
export function fromFixed(
  f: Format,
  value: bigint,
  places: number,
  fp: FpState,
  mode: number = roundingMode(fp),
): bigint {
  if (value === 0n) return 0n;
  return value < 0n ? round(f, true, -value, -places, fp, mode) : round(f, false, value, -places, fp, mode);
}

/** FJCVTZS: the integer modulo 2 to the power of 32, and whether it is the number itself. */
export function toJavaScript(f: Format, a: bigint, fp: FpState): { value: number; exact: boolean } {
  const x = unpack(f, a, fp);
  if (x.kind === "zero") return { value: 0, exact: a === 0n };
  if (isNotANumber(x) || x.kind === "infinity") {
    fp.fpsr |= IOC;
    return { value: 0, exact: false };
  }
  const { whole, inexact } = integerOf(x, TO_ZERO);
  const value = x.negative ? -whole : whole;
  const wrapped = BigInt.asIntN(32, value);
  if (wrapped !== value) fp.fpsr |= IOC;
  else if (inexact) fp.fpsr |= IXC;
  return { value: Number(wrapped), exact: wrapped === value && !inexact };
}

/** Answers of `compare`, as NZCV. */
export const LESS = 0b1000;
export const EQUAL = 0b0110;
export const GREATER = 0b0010;
export const UNORDERED = 0b0011;

/** FPCompare. @param signalling whether a quiet NaN is an invalid operation as well */
export function compare(f: Format, a: bigint, b: bigint, signalling: boolean, fp: FpState): number {
  const x = unpack(f, a, fp);
  const y = unpack(f, b, fp);
  if (isNotANumber(x) || isNotANumber(y)) {
    if (signalling || x.kind === "signalling" || y.kind === "signalling") invalid(f, fp);
    return UNORDERED;
  }
  const first = ordinal(f, x, a);
  const second = ordinal(f, y, b);
  return first === second ? EQUAL : first < second ? LESS : GREATER;
}

/** Bits of a format as an integer in the order of the numbers. */
function ordinal(f: Format, x: Unpacked, bits: bigint): bigint {
  if (x.kind === "zero") return 0n;
  const magnitude = bits & ~f.sign;
  return x.negative ? -magnitude : magnitude;
}
