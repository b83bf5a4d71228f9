/** Estimates of reciprocals and reciprocal square roots: the architecture's 8 bits, by its formulas. */
import {
  bitLength,
  DZC,
  type Format,
  type FpState,
  IXC,
  infinity,
  invalid,
  isNotANumber,
  largest,
  OFC,
  processNaN,
  roundingMode,
  UFC,
  unpack,
  zero,
} from "./fp-format.ts";

/** RecipEstimate: 256 to 511 of 1/a. @param a 256 to 511 */
function recipBits(a: number): number {
  return (Math.floor(2 ** 19 / (a * 2 + 1)) + 1) >> 1;
}

/** RecipSqrtEstimate: 256 to 511. @param a 128 to 511 */
function rsqrtBits(a: number): number {
  const scaled = a < 256 ? a * 2 + 1 : ((a & ~1) + 1) * 2;
  let b = 512;
  while (scaled * (b + 1) * (b + 1) < 2 ** 28) b++;
  return (b + 1) >> 1;
}

/** URECPE. */
export const recipEstimateOfInteger = (a: number): number =>
  a >= 0 ? -1 : recipBits((a >>> 23) & 0x1ff) << 23;

/** URSQRTE. */
export const rsqrtEstimateOfInteger = (a: number): number =>
  a >>> 30 === 0 ? -1 : rsqrtBits(a >>> 23) << 23;

/** FPRecipEstimate. */
export function recipEstimate(f: Format, a: bigint, fp: FpState): bigint {
  const x = unpack(f, a, fp);
  if (isNotANumber(x)) return processNaN(f, a, x, fp);
  if (x.kind === "infinity") return zero(f, x.negative);
  if (x.kind === "zero") {
    fp.fpsr |= DZC;
    return infinity(f, x.negative);
  }
  const length = bitLength(x.m);
  /** Of the number's magnitude: between 2 to the power of this and of one more. */
  const exponent = x.e + length - 1;
  if (exponent < -f.bias - 1) {
    fp.fpsr |= OFC | IXC;
    const mode = roundingMode(fp);
    const up = mode === 0 || (mode === 1 && !x.negative) || (mode === 2 && x.negative);
    return up ? infinity(f, x.negative) : largest(f, x.negative);
  }
  if ((fp.fpcr & f.flush) !== 0 && exponent >= f.bias - 1) {
    fp.fpsr |= UFC;
    return zero(f, x.negative);
  }
  const top = length >= 9 ? x.m >> BigInt(length - 9) : x.m << BigInt(9 - length);
  const m = BigInt(recipBits(Number(top)));
  // The estimate is m / 256 times 2 to the power of -exponent - 1.
  const field = f.bias - exponent - 1;
  if (field <= 0) {
    // Denormal: with all bits of the estimate, as there is room for them in every format.
    const bits = (m << BigInt(f.fraction - 8)) >> BigInt(1 - field);
    return x.negative ? bits | f.sign : bits;
  }
  const bits = (BigInt(field) << BigInt(f.fraction)) | ((m & 0xffn) << BigInt(f.fraction - 8));
  return x.negative ? bits | f.sign : bits;
}

/** FPRSqrtEstimate. */
export function rsqrtEstimate(f: Format, a: bigint, fp: FpState): bigint {
  const x = unpack(f, a, fp);
  if (isNotANumber(x)) return processNaN(f, a, x, fp);
  if (x.kind === "zero") {
    fp.fpsr |= DZC;
    return infinity(f, x.negative);
  }
  if (x.negative) return invalid(f, fp);
  if (x.kind === "infinity") return 0n;
  const length = bitLength(x.m);
  const exponent = x.e + length - 1;
  const top = length >= 9 ? x.m >> BigInt(length - 9) : x.m << BigInt(9 - length);
  // The exponent's field of a normal number with this exponent, which may be below 1 for a denormal one.
  const field = exponent + f.bias;
  const scaled = (field & 1) === 0 ? Number(top) : Number(top) >> 1;
  const result = Math.floor((3 * f.bias - 1 - field) / 2);
  return (
    (BigInt(result) << BigInt(f.fraction)) | (BigInt(rsqrtBits(scaled) & 0xff) << BigInt(f.fraction - 8))
  );
}

/** FPRecpX. */
export function recipExponent(f: Format, a: bigint, fp: FpState): bigint {
  const x = unpack(f, a, fp);
  if (isNotANumber(x)) return processNaN(f, a, x, fp);
  const exponent = (a >> BigInt(f.fraction)) & f.exponent;
  const result = exponent === 0n ? f.exponent - 1n : f.exponent - exponent;
  return (x.negative ? f.sign : 0n) | (result << BigInt(f.fraction));
}
