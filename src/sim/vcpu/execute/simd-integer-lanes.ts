/**
 * What integer instructions do with one lane. Lanes of up to 32 bits are numbers, of 64 bits BigInts; either may be
 * given back too wide: storing cuts it off.
 */
import type { Int1, Int2, IntPair } from "../decode/simd-integer.ts";
import type { NarrowOf, ShiftOf } from "../decode/simd-shift.ts";
import type { LongOf } from "../decode/simd-widen.ts";
import { type FpState, QC } from "./fp-format.ts";

/** `acc` is the destination's lane before. */
export interface Lane2 {
  readonly isSigned: boolean;
  /** @param bits of the lane: 8, 16, 32 */
  readonly narrow: (a: number, b: number, acc: number, bits: number, fp: FpState) => number;
  /** undefined: there is no form with 64 bits. */
  readonly wide?: (a: bigint, b: bigint, fp: FpState) => bigint;
}

export function saturateSigned(value: number, bits: number, fp: FpState): number {
  const top = 2 ** (bits - 1) - 1;
  if (value > top) {
    fp.fpsr |= QC;
    return top;
  }
  if (value < -top - 1) {
    fp.fpsr |= QC;
    return -top - 1;
  }
  return value;
}

export function saturateUnsigned(value: number, bits: number, fp: FpState): number {
  const top = 2 ** bits - 1;
  if (value > top) {
    fp.fpsr |= QC;
    return top;
  }
  if (value < 0) {
    fp.fpsr |= QC;
    return 0;
  }
  return value;
}

const TOP_SIGNED = 2n ** 63n - 1n;
const TOP_UNSIGNED = 2n ** 64n - 1n;

export function saturateSignedWide(value: bigint, fp: FpState): bigint {
  if (value <= TOP_SIGNED && value >= -TOP_SIGNED - 1n) return value;
  fp.fpsr |= QC;
  return value < 0n ? -TOP_SIGNED - 1n : TOP_SIGNED;
}

export function saturateUnsignedWide(value: bigint, fp: FpState): bigint {
  if (value >= 0n && value <= TOP_UNSIGNED) return value;
  fp.fpsr |= QC;
  return value < 0n ? 0n : TOP_UNSIGNED;
}

/** A quotient by 2 to the power of `by`, rounded down. */
const floorShift = (value: number, by: number): number => Math.floor(value / 2 ** by);

/**
 * A lane shifted by the signed byte of another: to the left where that is positive.
 *
 * Without saturation only the lane's bits count; with it the value is exact, since a power of two is.
 */
function shiftNarrow(a: number, b: number, bits: number, rounding: boolean, exact: boolean): number {
  const by = (b << 24) >> 24;
  if (by >= 0) {
    if (exact) return a * 2 ** Math.min(by, bits);
    return by >= bits ? 0 : a << by;
  }
  const right = Math.min(-by, bits + 1);
  return rounding ? floorShift(a + 2 ** (right - 1), right) : floorShift(a, right);
}

function shiftWide(a: bigint, b: bigint, rounding: boolean): bigint {
  const by = Number(BigInt.asIntN(8, b));
  if (by >= 0) return a << BigInt(Math.min(by, 64));
  const right = BigInt(Math.min(-by, 65));
  return rounding ? (a + (1n << (right - 1n))) >> right : a >> right;
}

const shifting = (isSigned: boolean, rounding: boolean): Lane2 => ({
  isSigned,
  narrow: (a, b, _, bits) => shiftNarrow(a, b, bits, rounding, false),
  wide: (a, b) => shiftWide(a, b, rounding),
});

const saturatingShift = (isSigned: boolean, rounding: boolean): Lane2 => ({
  isSigned,
  narrow: (a, b, _, bits, fp) => {
    const value = shiftNarrow(a, b, bits, rounding, true);
    return isSigned ? saturateSigned(value, bits, fp) : saturateUnsigned(value, bits, fp);
  },
  wide: (a, b, fp) => {
    const value = shiftWide(a, b, rounding);
    return isSigned ? saturateSignedWide(value, fp) : saturateUnsignedWide(value, fp);
  },
});

const test = (
  isSigned: boolean,
  narrow: (a: number, b: number) => boolean,
  wide: (a: bigint, b: bigint) => boolean,
): Lane2 => ({
  isSigned,
  narrow: (a, b) => (narrow(a, b) ? -1 : 0),
  wide: (a, b) => (wide(a, b) ? -1n : 0n),
});

const plain = (isSigned: boolean, narrow: (a: number, b: number, acc: number) => number): Lane2 => ({
  isSigned,
  narrow,
});

/** The upper half of a doubled product, with an accumulator of as many bits; exact, as products are below 2 ** 62. */
function doublingHigh(
  a: number,
  b: number,
  acc: number,
  bits: number,
  rounding: boolean,
  fp: FpState,
): number {
  if (bits <= 16) {
    const sum = acc * 2 ** bits + 2 * a * b + (rounding ? 2 ** (bits - 1) : 0);
    return saturateSigned(Math.floor(sum / 2 ** bits), bits, fp);
  }
  const width = BigInt(bits);
  const sum = (BigInt(acc) << width) + 2n * BigInt(a) * BigInt(b) + (rounding ? 1n << (width - 1n) : 0n);
  return saturateSigned(Number(sum >> width), bits, fp);
}

const polynomial = (a: number, b: number): number => {
  let result = 0;
  for (let bit = 0; bit < 8; bit++) if (((b >> bit) & 1) === 1) result ^= a << bit;
  return result;
};

export const int2: Readonly<Record<Int2, Lane2>> = {
  shadd: plain(true, (a, b) => floorShift(a + b, 1)),
  uhadd: plain(false, (a, b) => floorShift(a + b, 1)),
  srhadd: plain(true, (a, b) => floorShift(a + b + 1, 1)),
  urhadd: plain(false, (a, b) => floorShift(a + b + 1, 1)),
  shsub: plain(true, (a, b) => floorShift(a - b, 1)),
  uhsub: plain(false, (a, b) => floorShift(a - b, 1)),
  sqadd: {
    isSigned: true,
    narrow: (a, b, _, bits, fp) => saturateSigned(a + b, bits, fp),
    wide: (a, b, fp) => saturateSignedWide(a + b, fp),
  },
  uqadd: {
    isSigned: false,
    narrow: (a, b, _, bits, fp) => saturateUnsigned(a + b, bits, fp),
    wide: (a, b, fp) => saturateUnsignedWide(a + b, fp),
  },
  sqsub: {
    isSigned: true,
    narrow: (a, b, _, bits, fp) => saturateSigned(a - b, bits, fp),
    wide: (a, b, fp) => saturateSignedWide(a - b, fp),
  },
  uqsub: {
    isSigned: false,
    narrow: (a, b, _, bits, fp) => saturateUnsigned(a - b, bits, fp),
    wide: (a, b, fp) => saturateUnsignedWide(a - b, fp),
  },
  cmgt: test(
    true,
    (a, b) => a > b,
    (a, b) => a > b,
  ),
  cmge: test(
    true,
    (a, b) => a >= b,
    (a, b) => a >= b,
  ),
  cmhi: test(
    false,
    (a, b) => a > b,
    (a, b) => a > b,
  ),
  cmhs: test(
    false,
    (a, b) => a >= b,
    (a, b) => a >= b,
  ),
  cmeq: test(
    true,
    (a, b) => a === b,
    (a, b) => a === b,
  ),
  cmtst: test(
    true,
    (a, b) => (a & b) !== 0,
    (a, b) => (a & b) !== 0n,
  ),
  sshl: shifting(true, false),
  ushl: shifting(false, false),
  srshl: shifting(true, true),
  urshl: shifting(false, true),
  sqshl: saturatingShift(true, false),
  uqshl: saturatingShift(false, false),
  sqrshl: saturatingShift(true, true),
  uqrshl: saturatingShift(false, true),
  smax: plain(true, (a, b) => Math.max(a, b)),
  umax: plain(false, (a, b) => Math.max(a, b)),
  smin: plain(true, (a, b) => Math.min(a, b)),
  umin: plain(false, (a, b) => Math.min(a, b)),
  sabd: plain(true, (a, b) => Math.abs(a - b)),
  uabd: plain(false, (a, b) => Math.abs(a - b)),
  saba: plain(true, (a, b, acc) => acc + Math.abs(a - b)),
  uaba: plain(false, (a, b, acc) => acc + Math.abs(a - b)),
  add: { isSigned: true, narrow: (a, b) => (a + b) | 0, wide: (a, b) => a + b },
  sub: { isSigned: true, narrow: (a, b) => (a - b) | 0, wide: (a, b) => a - b },
  mul: plain(true, (a, b) => Math.imul(a, b)),
  mla: plain(true, (a, b, acc) => (acc + Math.imul(a, b)) | 0),
  mls: plain(true, (a, b, acc) => (acc - Math.imul(a, b)) | 0),
  pmul: plain(false, polynomial),
  sqdmulh: { isSigned: true, narrow: (a, b, _, bits, fp) => doublingHigh(a, b, 0, bits, false, fp) },
  sqrdmulh: { isSigned: true, narrow: (a, b, _, bits, fp) => doublingHigh(a, b, 0, bits, true, fp) },
  sqrdmlah: { isSigned: true, narrow: (a, b, acc, bits, fp) => doublingHigh(a, b, acc, bits, true, fp) },
  sqrdmlsh: { isSigned: true, narrow: (a, b, acc, bits, fp) => doublingHigh(-a, b, acc, bits, true, fp) },
};

export const pairs: Readonly<Record<IntPair, Lane2>> = {
  addp: int2.add,
  smaxp: int2.smax,
  sminp: int2.smin,
  umaxp: int2.umax,
  uminp: int2.umin,
};

export interface Lane1 {
  readonly isSigned: boolean;
  readonly narrow: (a: number, acc: number, bits: number, fp: FpState) => number;
  readonly wide?: (a: bigint, acc: bigint, fp: FpState) => bigint;
}

const one = (isSigned: boolean, narrow: (a: number, acc: number, bits: number) => number): Lane1 => ({
  isSigned,
  narrow,
});

const zeroTest = (narrow: (a: number) => boolean, wide: (a: bigint) => boolean): Lane1 => ({
  isSigned: true,
  narrow: (a) => (narrow(a) ? -1 : 0),
  wide: (a) => (wide(a) ? -1n : 0n),
});

export function populationCount(value: number): number {
  let v = value - ((value >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

export function reverseByte(value: number): number {
  let v = ((value & 0x55) << 1) | ((value >> 1) & 0x55);
  v = ((v & 0x33) << 2) | ((v >> 2) & 0x33);
  return ((v & 0x0f) << 4) | (v >> 4);
}

const magnitude = (a: bigint): bigint => (a < 0n ? -a : a);

/** The lane's own bits as an unsigned number. */
const unsignedOf = (value: number, bits: number): number => (value < 0 ? value + 2 ** bits : value);

export const int1: Readonly<Record<Exclude<Int1, "urecpe" | "ursqrte">, Lane1>> = {
  suqadd: {
    isSigned: true,
    narrow: (a, acc, bits, fp) => saturateSigned(acc + unsignedOf(a, bits), bits, fp),
    wide: (a, acc, fp) => saturateSignedWide(acc + BigInt.asUintN(64, a), fp),
  },
  usqadd: {
    isSigned: false,
    narrow: (a, acc, bits, fp) => saturateUnsigned(acc + ((a << (32 - bits)) >> (32 - bits)), bits, fp),
    wide: (a, acc, fp) => saturateUnsignedWide(acc + BigInt.asIntN(64, a), fp),
  },
  cls: one(true, (a, _, bits) => Math.clz32(a < 0 ? ~a : a) - (32 - bits) - 1),
  clz: one(false, (a, _, bits) => Math.clz32(a) - (32 - bits)),
  cnt: one(false, populationCount),
  not: one(false, (a) => ~a),
  rbit: one(false, reverseByte),
  sqabs: {
    isSigned: true,
    narrow: (a, _, bits, fp) => saturateSigned(Math.abs(a), bits, fp),
    wide: (a, _, fp) => saturateSignedWide(magnitude(a), fp),
  },
  sqneg: {
    isSigned: true,
    narrow: (a, _, bits, fp) => saturateSigned(-a, bits, fp),
    wide: (a, _, fp) => saturateSignedWide(-a, fp),
  },
  abs: { isSigned: true, narrow: (a) => Math.abs(a), wide: magnitude },
  neg: { isSigned: true, narrow: (a) => -a, wide: (a) => -a },
  cmgt0: zeroTest(
    (a) => a > 0,
    (a) => a > 0n,
  ),
  cmge0: zeroTest(
    (a) => a >= 0,
    (a) => a >= 0n,
  ),
  cmeq0: zeroTest(
    (a) => a === 0,
    (a) => a === 0n,
  ),
  cmle0: zeroTest(
    (a) => a <= 0,
    (a) => a <= 0n,
  ),
  cmlt0: zeroTest(
    (a) => a < 0,
    (a) => a < 0n,
  ),
};

/** Into lanes twice as wide. Products of 32 bits are taken as BigInts. */
export interface LaneLong {
  readonly isSigned: boolean;
  /** @param bits of the wide lane: 16, 32 */
  readonly narrow: (a: number, b: number, acc: number, bits: number, fp: FpState) => number;
  /** Lanes of 32 bits into 64. */
  readonly wide: (a: bigint, b: bigint, acc: bigint, fp: FpState) => bigint;
}

const longOf = (
  isSigned: boolean,
  narrow: (a: number, b: number, acc: number) => number,
  wide: (a: bigint, b: bigint, acc: bigint) => bigint,
): LaneLong => ({ isSigned, narrow, wide });

const both = <Of>(of: (isSigned: boolean) => Of): readonly [Of, Of] => [of(true), of(false)];

const [saddl, uaddl] = both((isSigned) =>
  longOf(
    isSigned,
    (a, b) => a + b,
    (a, b) => a + b,
  ),
);
const [ssubl, usubl] = both((isSigned) =>
  longOf(
    isSigned,
    (a, b) => a - b,
    (a, b) => a - b,
  ),
);
const [sabal, uabal] = both((isSigned) =>
  longOf(
    isSigned,
    (a, b, acc) => acc + Math.abs(a - b),
    (a, b, acc) => acc + magnitude(a - b),
  ),
);
const [sabdl, uabdl] = both((isSigned) =>
  longOf(
    isSigned,
    (a, b) => Math.abs(a - b),
    (a, b) => magnitude(a - b),
  ),
);
const [smlal, umlal] = both((isSigned) =>
  longOf(
    isSigned,
    (a, b, acc) => (acc + Math.imul(a, b)) | 0,
    (a, b, acc) => acc + a * b,
  ),
);
const [smlsl, umlsl] = both((isSigned) =>
  longOf(
    isSigned,
    (a, b, acc) => (acc - Math.imul(a, b)) | 0,
    (a, b, acc) => acc - a * b,
  ),
);
const [smull, umull] = both((isSigned) =>
  longOf(
    isSigned,
    (a, b) => Math.imul(a, b),
    (a, b) => a * b,
  ),
);

/** A doubled product, saturated, and then what is done with the accumulator, saturated again. */
const doublingLong = (sign: 1 | -1 | 0): LaneLong => ({
  isSigned: true,
  narrow: (a, b, acc, bits, fp) => {
    const product = saturateSigned(2 * a * b, bits, fp);
    return sign === 0 ? product : saturateSigned(acc + sign * product, bits, fp);
  },
  wide: (a, b, acc, fp) => {
    const product = saturateSignedWide(2n * a * b, fp);
    return sign === 0 ? product : saturateSignedWide(acc + BigInt(sign) * product, fp);
  },
});

export const long: Readonly<Record<LongOf, LaneLong>> = {
  saddl,
  uaddl,
  ssubl,
  usubl,
  sabal,
  uabal,
  sabdl,
  uabdl,
  smlal,
  umlal,
  smlsl,
  umlsl,
  smull,
  umull,
  sqdmlal: doublingLong(1),
  sqdmlsl: doublingLong(-1),
  sqdmull: doublingLong(0),
};

/** Into lanes half as wide. */
export interface LaneNarrow {
  readonly isSigned: boolean;
  readonly rounding: boolean;
  readonly saturation: "none" | "signed" | "unsigned";
}

const narrowing = (
  isSigned: boolean,
  rounding: boolean,
  saturation: LaneNarrow["saturation"],
): LaneNarrow => ({ isSigned, rounding, saturation });

export const narrow: Readonly<Record<NarrowOf, LaneNarrow>> = {
  xtn: narrowing(false, false, "none"),
  sqxtn: narrowing(true, false, "signed"),
  sqxtun: narrowing(true, false, "unsigned"),
  uqxtn: narrowing(false, false, "unsigned"),
  shrn: narrowing(false, false, "none"),
  rshrn: narrowing(false, true, "none"),
  sqshrn: narrowing(true, false, "signed"),
  sqrshrn: narrowing(true, true, "signed"),
  sqshrun: narrowing(true, false, "unsigned"),
  sqrshrun: narrowing(true, true, "unsigned"),
  uqshrn: narrowing(false, false, "unsigned"),
  uqrshrn: narrowing(false, true, "unsigned"),
};

/** Shifts by an immediate. */
export interface LaneShift {
  readonly isSigned: boolean;
  readonly narrow: (a: number, acc: number, by: number, bits: number, fp: FpState) => number;
  readonly wide: (a: bigint, acc: bigint, by: bigint, fp: FpState) => bigint;
}

const rightShift = (isSigned: boolean, rounding: boolean, accumulates: boolean): LaneShift => ({
  isSigned,
  narrow: (a, acc, by) =>
    (rounding ? floorShift(a + 2 ** (by - 1), by) : floorShift(a, by)) + (accumulates ? acc : 0),
  wide: (a, acc, by) => ((rounding ? a + (1n << (by - 1n)) : a) >> by) + (accumulates ? acc : 0n),
});

export const shift: Readonly<Record<ShiftOf, LaneShift>> = {
  sshr: rightShift(true, false, false),
  ushr: rightShift(false, false, false),
  ssra: rightShift(true, false, true),
  usra: rightShift(false, false, true),
  srshr: rightShift(true, true, false),
  urshr: rightShift(false, true, false),
  srsra: rightShift(true, true, true),
  ursra: rightShift(false, true, true),
  shl: { isSigned: false, narrow: (a, _, by) => a << by, wide: (a, _, by) => a << by },
  sqshl: {
    isSigned: true,
    narrow: (a, _, by, bits, fp) => saturateSigned(a * 2 ** by, bits, fp),
    wide: (a, _, by, fp) => saturateSignedWide(a << by, fp),
  },
  uqshl: {
    isSigned: false,
    narrow: (a, _, by, bits, fp) => saturateUnsigned(a * 2 ** by, bits, fp),
    wide: (a, _, by, fp) => saturateUnsignedWide(a << by, fp),
  },
  sqshlu: {
    isSigned: true,
    narrow: (a, _, by, bits, fp) => saturateUnsigned(a * 2 ** by, bits, fp),
    wide: (a, _, by, fp) => saturateUnsignedWide(a << by, fp),
  },
  sri: {
    isSigned: false,
    narrow: (a, acc, by, bits) => {
      const kept = 2 ** bits - 2 ** (bits - by);
      return ((acc & kept) | (by === 32 ? 0 : a >>> by)) >>> 0;
    },
    wide: (a, acc, by) => ((acc >> (64n - by)) << (64n - by)) | (a >> by),
  },
  sli: {
    isSigned: false,
    narrow: (a, acc, by) => (a << by) | (acc & (2 ** by - 1)),
    wide: (a, acc, by) => (a << by) | (acc & ((1n << by) - 1n)),
  },
};
