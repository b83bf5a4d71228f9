/** 64-bit arithmetic on halves. Functions with a 64-bit result leave it in a `Pair`. */

/** Where a 64-bit result is left: signed halves. */
export interface Pair {
  low: number;
  high: number;
}

/** Carry out of a 32-bit addition, from its operands and its result; a carry in may have been part of it. */
export const carryOf = (a: number, b: number, sum: number): number => ((a & b) | ((a | b) & ~sum)) >>> 31;

/** Whether a 32-bit addition overflowed, as 0 or 1. */
export const overflowOf = (a: number, b: number, sum: number): number => ((a ^ sum) & (b ^ sum)) >>> 31;

/** N, Z, C, V as bits 3 to 0 of a 32-bit addition. */
export function addFlags32(a: number, b: number, sum: number): number {
  return ((sum >>> 31) << 3) | (sum === 0 ? 4 : 0) | (carryOf(a, b, sum) << 1) | overflowOf(a, b, sum);
}

/** N, Z, C, V of a 64-bit addition; a and b are the upper halves, `high` that of the sum. */
export function addFlags64(a: number, b: number, low: number, high: number): number {
  return (
    ((high >>> 31) << 3) | ((low | high) === 0 ? 4 : 0) | (carryOf(a, b, high) << 1) | overflowOf(a, b, high)
  );
}

/** Bits 63:32 of the product of two unsigned 32-bit numbers. */
export function multiplyHigh32(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const low = Math.imul(a0, b1);
  const upper = Math.imul(a1, b0);
  const middle = (Math.imul(a0, b0) >>> 16) + (low & 0xffff) + (upper & 0xffff);
  return (Math.imul(a1, b1) + (low >>> 16) + (upper >>> 16) + (middle >>> 16)) | 0;
}

const WORD = 4294967296;

/** Bits 127:64 of a product. */
export function multiplyHigh64(
  aLow: number,
  aHigh: number,
  bLow: number,
  bHigh: number,
  signed: boolean,
  into: Pair,
): void {
  const middle =
    (multiplyHigh32(aLow, bLow) >>> 0) + (Math.imul(aLow, bHigh) >>> 0) + (Math.imul(aHigh, bLow) >>> 0);
  const upper =
    (Math.imul(aHigh, bHigh) >>> 0) +
    (multiplyHigh32(aLow, bHigh) >>> 0) +
    (multiplyHigh32(aHigh, bLow) >>> 0) +
    Math.floor(middle / WORD);
  let low = upper | 0;
  let high = (multiplyHigh32(aHigh, bHigh) + Math.floor(upper / WORD)) | 0;
  if (signed && aHigh < 0) {
    const less = (low - bLow) | 0;
    high = (high - bHigh - (low >>> 0 < bLow >>> 0 ? 1 : 0)) | 0;
    low = less;
  }
  if (signed && bHigh < 0) {
    const less = (low - aLow) | 0;
    high = (high - aHigh - (low >>> 0 < aLow >>> 0 ? 1 : 0)) | 0;
    low = less;
  }
  into.low = low;
  into.high = high;
}

/** LSL, LSR, ASR, ROR (0 to 3) of 32 bits by 0 to 31. */
export function shift32(value: number, how: number, by: number): number {
  switch (how) {
    case 0:
      return value << by;
    case 1:
      return (value >>> by) | 0;
    case 2:
      return value >> by;
    default:
      return by === 0 ? value : (value >>> by) | (value << (32 - by));
  }
}

/** LSL, LSR, ASR, ROR (0 to 3) of 64 bits by 0 to 63. */
export function shift64(low: number, high: number, how: number, by: number, into: Pair): void {
  if (by === 0) {
    into.low = low;
    into.high = high;
    return;
  }
  const across = by >= 32;
  const small = by & 31;
  const rest = 32 - small;
  switch (how) {
    case 0:
      into.low = across ? 0 : low << small;
      into.high = across ? low << small : small === 0 ? high : (high << small) | (low >>> rest);
      return;
    case 1:
      into.high = across ? 0 : (high >>> small) | 0;
      into.low = across ? (high >>> small) | 0 : (low >>> small) | (high << rest);
      return;
    case 2:
      into.high = across ? high >> 31 : high >> small;
      into.low = across ? high >> small : (low >>> small) | (high << rest);
      return;
    default: {
      const a = across ? high : low;
      const b = across ? low : high;
      into.low = small === 0 ? a : (a >>> small) | (b << rest);
      into.high = small === 0 ? b : (b >>> small) | (a << rest);
    }
  }
}

/** UXTB, UXTH, UXTW, UXTX, SXTB, SXTH, SXTW, SXTX (0 to 7), then a shift to the left by 0 to 4. */
export function extend64(low: number, high: number, how: number, by: number, into: Pair): void {
  let l = low;
  let h = 0;
  switch (how) {
    case 0:
      l = low & 0xff;
      break;
    case 1:
      l = low & 0xffff;
      break;
    case 2:
      break;
    case 4:
      l = (low << 24) >> 24;
      h = l >> 31;
      break;
    case 5:
      l = (low << 16) >> 16;
      h = l >> 31;
      break;
    case 6:
      h = low >> 31;
      break;
    default:
      h = high;
  }
  if (by !== 0) {
    h = (h << by) | (l >>> (32 - by));
    l <<= by;
  }
  into.low = l;
  into.high = h;
}

export const reverseBytes = (value: number): number =>
  (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);

export function reverseBits(value: number): number {
  let v = value;
  v = ((v >>> 1) & 0x5555_5555) | ((v & 0x5555_5555) << 1);
  v = ((v >>> 2) & 0x3333_3333) | ((v & 0x3333_3333) << 2);
  v = ((v >>> 4) & 0x0f0f_0f0f) | ((v & 0x0f0f_0f0f) << 4);
  return reverseBytes(v);
}

export function countOnes(value: number): number {
  let v = value - ((value >>> 1) & 0x5555_5555);
  v = (v & 0x3333_3333) + ((v >>> 2) & 0x3333_3333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

const big = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

/** Unsigned or signed quotient, rounded towards zero; 0 where the divisor is 0. */
export function divide64(
  aLow: number,
  aHigh: number,
  bLow: number,
  bHigh: number,
  signed: boolean,
  into: Pair,
): void {
  if ((bLow | bHigh) === 0) {
    into.low = 0;
    into.high = 0;
    return;
  }
  // Doubles hold both exactly up to 2^53, and their quotient then never rounds up to the next integer.
  const bound = 0x20_0000;
  const fits = signed
    ? aHigh >= -bound && aHigh < bound && bHigh >= -bound && bHigh < bound
    : aHigh >>> 0 < bound && bHigh >>> 0 < bound;
  if (fits) {
    const a = (signed ? aHigh : aHigh >>> 0) * WORD + (aLow >>> 0);
    const b = (signed ? bHigh : bHigh >>> 0) * WORD + (bLow >>> 0);
    const quotient = Math.trunc(a / b);
    into.low = quotient | 0;
    into.high = Math.floor(quotient / WORD) | 0;
    return;
  }
  const a = big(aLow, aHigh);
  const b = big(bLow, bHigh);
  const quotient = signed ? BigInt.asIntN(64, a) / BigInt.asIntN(64, b) : a / b;
  into.low = Number(BigInt.asIntN(32, quotient));
  into.high = Number(BigInt.asIntN(32, quotient >> 32n));
}

/** Below: a table of the remainders of one byte. @param polynomial bit-reversed */
function crcTable(polynomial: number): Int32Array {
  const table = new Int32Array(256);
  for (let i = 0; i < 256; i++) {
    let c = i;
    for (let k = 0; k < 8; k++) c = (c & 1) === 1 ? (c >>> 1) ^ polynomial : c >>> 1;
    table[i] = c;
  }
  return table;
}

const CRC32 = crcTable(0xedb8_8320);
const CRC32C = crcTable(0x82f6_3b78);

/** CRC of `bytes` bytes (1, 2, 4) in the low bits of a value. */
export function crc32(accumulator: number, value: number, bytes: number, castagnoli: boolean): number {
  const table = castagnoli ? CRC32C : CRC32;
  let crc = accumulator;
  for (let i = 0; i < bytes; i++) crc = (crc >>> 8) ^ (table[(crc ^ (value >>> (8 * i))) & 0xff] ?? 0);
  return crc;
}
