/**
 * What SVE instructions do with one lane, as BigInts. What is given back may be too wide: storing cuts it off.
 * Unlike Advanced SIMD's, saturation leaves FPSR.QC alone.
 */
import type { SveMap } from "../decode/sve-map.ts";
import { mulAdd, mulAddWide, neg } from "./fp-arithmetic.ts";
import { convert, fromFixed, toFixed } from "./fp-convert.ts";
import { recipEstimateOfInteger, rsqrtEstimateOfInteger } from "./fp-estimate.ts";
import {
  BFLOAT,
  bitLength,
  CONVERTED_HALF,
  DOUBLE,
  type Format,
  type FpState,
  HALF,
  IDC,
  IOC,
  SINGLE,
  TO_ODD,
  TO_ZERO,
} from "./fp-format.ts";
import { fp1, fp2, fp3 } from "./simd-fp-lanes.ts";
import { polynomialProduct } from "./simd-products.ts";
import { trigonometricExponential } from "./sve-constants.ts";

/** @param bits of the result's lane */
export type SveFunction = (a: bigint, b: bigint, c: bigint, bits: number, fp: FpState) => bigint;

export interface SveLane {
  /** How lanes are read. */
  readonly isSigned: boolean;
  readonly f: SveFunction;
}

const signedLane = (f: SveFunction): SveLane => ({ isSigned: true, f });
const unsignedLane = (f: SveFunction): SveLane => ({ isSigned: false, f });

export function saturate(value: bigint, bits: number, isSigned: boolean): bigint {
  const top = (1n << BigInt(isSigned ? bits - 1 : bits)) - 1n;
  const bottom = isSigned ? -top - 1n : 0n;
  return value > top ? top : value < bottom ? bottom : value;
}

/** `Math.max` and `Math.min` know no BigInts. */
export function larger(a: bigint, b: bigint): bigint {
  if (a < b) return b;
  return a;
}

export function smaller(a: bigint, b: bigint): bigint {
  if (b < a) return b;
  return a;
}

const magnitude = (a: bigint): bigint => (a < 0n ? -a : a);
const ones = (bits: number): bigint => (1n << BigInt(bits)) - 1n;

/** To the left where positive; bits that are cut off to the right may round. */
function shiftBy(a: bigint, by: bigint, bits: number, rounding: boolean): bigint {
  if (by >= 0n) return a << BigInt(Math.min(Number(by), bits));
  const right = BigInt(Math.min(Number(-by), bits + 1));
  return rounding ? (a + (1n << (right - 1n))) >> right : a >> right;
}

const plainShift = (isSigned: boolean, rounding: boolean, saturates: boolean): SveLane => ({
  isSigned,
  f: (a, b, _, bits) => {
    const value = shiftBy(a, BigInt.asIntN(bits, b), bits, rounding);
    return saturates ? saturate(value, bits, isSigned) : value;
  },
});

/** Right shifts by so many bits or more leave nothing but the sign. */
const beyond = (by: bigint, bits: number): boolean => by < 0n || by >= BigInt(bits);

const chunks = (a: bigint, width: number, bits: number): bigint => {
  let result = 0n;
  for (let at = 0; at < bits; at += width)
    result = (result << BigInt(width)) | ((a >> BigInt(at)) & ones(width));
  return result;
};

const reversing = (width: number): SveLane => unsignedLane((a, _b, _c, bits) => chunks(a, width, bits));

const extended = (width: number, isSigned: boolean): SveLane =>
  unsignedLane((a) => (isSigned ? BigInt.asIntN(width, a) : BigInt.asUintN(width, a)));

function population(a: bigint): bigint {
  let count = 0n;
  for (let rest = a; rest !== 0n; rest &= rest - 1n) count++;
  return count;
}

const format = (bits: number): Format => (bits === 16 ? HALF : bits === 32 ? SINGLE : DOUBLE);
const two = (op: keyof typeof fp2): SveLane =>
  unsignedLane((a, b, _, bits, fp) => fp2[op].exact(format(bits), a, b, fp));
const one = (op: keyof typeof fp1): SveLane =>
  unsignedLane((a, _b, _c, bits, fp) => fp1[op].exact(format(bits), a, fp));
/** The addend comes last. */
const three = (op: keyof typeof fp3): SveLane =>
  unsignedLane((a, b, c, bits, fp) => fp3[op].exact(format(bits), c, a, b, fp));

/** Bits of `a` that a mask chooses, together at the bottom. */
function extract(a: bigint, mask: bigint, bits: number): bigint {
  let result = 0n;
  let to = 0n;
  for (let at = 0n; at < BigInt(bits); at++)
    if (((mask >> at) & 1n) === 1n) result |= ((a >> at) & 1n) << to++;
  return result;
}

function deposit(a: bigint, mask: bigint, bits: number): bigint {
  let result = 0n;
  let from = 0n;
  for (let at = 0n; at < BigInt(bits); at++)
    if (((mask >> at) & 1n) === 1n) result |= ((a >> from++) & 1n) << at;
  return result;
}

const doublingHigh = (a: bigint, b: bigint, c: bigint, bits: number, rounding: boolean): bigint => {
  const width = BigInt(bits);
  const sum = (c << width) + 2n * a * b + (rounding ? 1n << (width - 1n) : 0n);
  return saturate(sum >> width, bits, true);
};

const doubled = (a: bigint, b: bigint, bits: number): bigint => saturate(2n * a * b, bits, true);

/** FLOGB: the exponent as an integer. */
function exponentOf(a: bigint, bits: number, fp: FpState): bigint {
  const f = format(bits);
  const field = Number((a >> BigInt(f.fraction)) & f.exponent);
  const fraction = a & f.fractionMask;
  const lowest = 1n << BigInt(bits - 1);
  if (field === Number(f.exponent)) {
    if (fraction === 0n) return lowest - 1n;
  } else if (field !== 0) return BigInt(field - f.bias);
  else if (fraction !== 0n) {
    if ((fp.fpcr & f.flush) === 0) return BigInt(bitLength(fraction) - f.fraction - f.bias);
    if (f.countsFlushed) fp.fpsr |= IDC;
  }
  fp.fpsr |= IOC;
  return lowest;
}

type Width = "h" | "s" | "d";
const widths: Readonly<
  Record<Width, { readonly f: Format; readonly converted: Format; readonly bits: number }>
> = {
  h: { f: HALF, converted: CONVERTED_HALF, bits: 16 },
  s: { f: SINGLE, converted: SINGLE, bits: 32 },
  d: { f: DOUBLE, converted: DOUBLE, bits: 64 },
};

const conversion = (to: Width, from: Width): SveLane =>
  unsignedLane((a, _b, _c, _bits, fp) =>
    convert(
      widths[from].converted,
      widths[to].converted,
      BigInt.asUintN(widths[from].bits, a),
      fp,
      undefined,
      // FPCR.AHP does not count here.
      false,
    ),
  );

/** `b` is 1 where the integer is signed. */
const toInteger = (to: Width, from: Width): SveLane =>
  unsignedLane((a, b, _c, _bits, fp) => {
    const { bits } = widths[to];
    const value = toFixed(
      widths[from].f,
      BigInt.asUintN(widths[from].bits, a),
      0,
      b === 1n,
      bits,
      TO_ZERO,
      fp,
    );
    // An integer narrower than its lane is extended.
    return b === 1n ? BigInt.asIntN(bits, value) : value;
  });

const fromInteger = (to: Width, from: Width): SveLane =>
  unsignedLane((a, b, _c, _bits, fp) => {
    const { bits } = widths[from];
    return fromFixed(widths[to].f, b === 1n ? BigInt.asIntN(bits, a) : BigInt.asUintN(bits, a), 0, fp);
  });

const toOddSingle = (a: bigint, fp: FpState): bigint => convert(DOUBLE, SINGLE, a, fp, TO_ODD, false);
const toBrain = (a: bigint, fp: FpState): bigint => convert(SINGLE, BFLOAT, a, fp, undefined, false);

/** A narrow result above what is in the lower half of the lane. */
const above = (value: bigint, before: bigint, width: number): bigint =>
  (value << BigInt(width)) | BigInt.asUintN(width, before);

const brainLane = (op: keyof typeof fp2): SveLane =>
  unsignedLane((a, b, _c, _bits, fp) => fp2[op].exact(BFLOAT, a, b, fp));

const brainAdd = (negates: boolean): SveLane =>
  unsignedLane((a, b, c, _bits, fp) => {
    const first = a << 16n;
    return mulAdd(SINGLE, c, negates ? neg(SINGLE, first) : first, b << 16n, fp);
  });

export const sveLanes: Readonly<Record<Exclude<SveMap, "sel">, SveLane>> = {
  move: unsignedLane((a) => a),
  and: unsignedLane((a, b) => a & b),
  orr: unsignedLane((a, b) => a | b),
  eor: unsignedLane((a, b) => a ^ b),
  bic: unsignedLane((a, b) => a & ~b),
  eor3: unsignedLane((a, b, c) => a ^ b ^ c),
  bcax: unsignedLane((a, b, c) => a ^ (b & ~c)),
  bsl: unsignedLane((a, b, c) => (a & c) | (b & ~c)),
  bsl1n: unsignedLane((a, b, c) => (~a & c) | (b & ~c)),
  bsl2n: unsignedLane((a, b, c) => (a & c) | (~b & ~c)),
  nbsl: unsignedLane((a, b, c) => ~((a & c) | (b & ~c))),
  xar: unsignedLane((a, b, c, bits) => {
    const mixed = a ^ b;
    return (mixed >> c) | (mixed << (BigInt(bits) - c));
  }),
  add: signedLane((a, b) => a + b),
  sub: signedLane((a, b) => a - b),
  mul: signedLane((a, b) => a * b),
  mla: signedLane((a, b, c) => c + a * b),
  mls: signedLane((a, b, c) => c - a * b),
  smax: signedLane((a, b) => larger(a, b)),
  umax: unsignedLane((a, b) => larger(a, b)),
  smin: signedLane((a, b) => smaller(a, b)),
  umin: unsignedLane((a, b) => smaller(a, b)),
  sabd: signedLane((a, b) => magnitude(a - b)),
  uabd: unsignedLane((a, b) => magnitude(a - b)),
  saba: signedLane((a, b, c) => c + magnitude(a - b)),
  uaba: unsignedLane((a, b, c) => c + magnitude(a - b)),
  smulh: signedLane((a, b, _, bits) => (a * b) >> BigInt(bits)),
  umulh: unsignedLane((a, b, _, bits) => (a * b) >> BigInt(bits)),
  sdiv: signedLane((a, b) => (b === 0n ? 0n : a / b)),
  udiv: unsignedLane((a, b) => (b === 0n ? 0n : a / b)),
  asr: signedLane((a, b, _, bits) => a >> (beyond(b, bits) ? BigInt(bits - 1) : b)),
  lsr: unsignedLane((a, b, _, bits) => (beyond(b, bits) ? 0n : a >> b)),
  lsl: unsignedLane((a, b, _, bits) => (beyond(b, bits) ? 0n : a << b)),
  asrd: signedLane((a, b) => (a < 0n ? a + (1n << b) - 1n : a) >> b),
  srshr: signedLane((a, b) => (a + (1n << (b - 1n))) >> b),
  urshr: unsignedLane((a, b) => (a + (1n << (b - 1n))) >> b),
  ssra: signedLane((a, b, c) => c + (a >> b)),
  usra: unsignedLane((a, b, c) => c + (a >> b)),
  srsra: signedLane((a, b, c) => c + ((a + (1n << (b - 1n))) >> b)),
  ursra: unsignedLane((a, b, c) => c + ((a + (1n << (b - 1n))) >> b)),
  sri: unsignedLane((a, b, c, bits) => (a >> b) | (c & (ones(bits) ^ ones(bits - Number(b))))),
  sli: unsignedLane((a, b, c) => (a << b) | (c & ones(Number(b)))),
  srshl: plainShift(true, true, false),
  urshl: plainShift(false, true, false),
  sqshl: plainShift(true, false, true),
  uqshl: plainShift(false, false, true),
  sqrshl: plainShift(true, true, true),
  uqrshl: plainShift(false, true, true),
  sqshlu: signedLane((a, b, _, bits) => saturate(a << b, bits, false)),
  shadd: signedLane((a, b) => (a + b) >> 1n),
  uhadd: unsignedLane((a, b) => (a + b) >> 1n),
  srhadd: signedLane((a, b) => (a + b + 1n) >> 1n),
  urhadd: unsignedLane((a, b) => (a + b + 1n) >> 1n),
  shsub: signedLane((a, b) => (a - b) >> 1n),
  uhsub: unsignedLane((a, b) => (a - b) >> 1n),
  sqadd: signedLane((a, b, _, bits) => saturate(a + b, bits, true)),
  uqadd: unsignedLane((a, b, _, bits) => saturate(a + b, bits, false)),
  sqsub: signedLane((a, b, _, bits) => saturate(a - b, bits, true)),
  uqsub: unsignedLane((a, b, _, bits) => saturate(a - b, bits, false)),
  suqadd: signedLane((a, b, _, bits) => saturate(a + BigInt.asUintN(bits, b), bits, true)),
  usqadd: unsignedLane((a, b, _, bits) => saturate(a + BigInt.asIntN(bits, b), bits, false)),
  sqabs: signedLane((a, _b, _c, bits) => saturate(magnitude(a), bits, true)),
  sqneg: signedLane((a, _b, _c, bits) => saturate(-a, bits, true)),
  abs: signedLane((a) => magnitude(a)),
  neg: signedLane((a) => -a),
  not: unsignedLane((a) => ~a),
  cnot: unsignedLane((a) => (a === 0n ? 1n : 0n)),
  cls: signedLane((a, _b, _c, bits) => BigInt(bits - 1 - bitLength(a < 0n ? ~a : a))),
  clz: unsignedLane((a, _b, _c, bits) => BigInt(bits - bitLength(a))),
  cnt: unsignedLane((a) => population(a)),
  sxtb: extended(8, true),
  uxtb: extended(8, false),
  sxth: extended(16, true),
  uxth: extended(16, false),
  sxtw: extended(32, true),
  uxtw: extended(32, false),
  revb: reversing(8),
  revh: reversing(16),
  revw: reversing(32),
  rbit: reversing(1),
  sclamp: signedLane((a, b, c) => smaller(larger(c, a), b)),
  uclamp: unsignedLane((a, b, c) => smaller(larger(c, a), b)),
  pmul: unsignedLane((a, b) => polynomialProduct(a, b)),
  sqdmulh: signedLane((a, b, _, bits) => doublingHigh(a, b, 0n, bits, false)),
  sqrdmulh: signedLane((a, b, _, bits) => doublingHigh(a, b, 0n, bits, true)),
  sqrdmlah: signedLane((a, b, c, bits) => doublingHigh(a, b, c, bits, true)),
  sqrdmlsh: signedLane((a, b, c, bits) => doublingHigh(-a, b, c, bits, true)),
  bext: unsignedLane((a, b, _, bits) => extract(a, b, bits)),
  bdep: unsignedLane((a, b, _, bits) => deposit(a, b, bits)),
  bgrp: unsignedLane(
    (a, b, _, bits) => extract(a, b, bits) | (extract(a, b ^ ones(bits), bits) << population(b)),
  ),
  urecpe: signedLane((a) => BigInt(recipEstimateOfInteger(Number(a)))),
  ursqrte: signedLane((a) => BigInt(rsqrtEstimateOfInteger(Number(a)))),
  adr: unsignedLane((a, b, c) => a + (b << c)),
  "adr-s32": unsignedLane((a, b, c) => a + (BigInt.asIntN(32, b) << c)),
  "adr-u32": unsignedLane((a, b, c) => a + (BigInt.asUintN(32, b) << c)),
  "long-add": signedLane((a, b) => a + b),
  "unsigned-add": unsignedLane((a, b) => a + b),
  "long-subtract": signedLane((a, b) => a - b),
  "unsigned-subtract": unsignedLane((a, b) => a - b),
  "long-difference": signedLane((a, b) => magnitude(a - b)),
  "unsigned-difference": unsignedLane((a, b) => magnitude(a - b)),
  "long-difference-add": signedLane((a, b, c) => c + magnitude(a - b)),
  "unsigned-difference-add": unsignedLane((a, b, c) => c + magnitude(a - b)),
  "long-multiply": signedLane((a, b) => a * b),
  "unsigned-multiply": unsignedLane((a, b) => a * b),
  "long-multiply-add": signedLane((a, b, c) => c + a * b),
  "unsigned-multiply-add": unsignedLane((a, b, c) => c + a * b),
  "long-multiply-subtract": signedLane((a, b, c) => c - a * b),
  "unsigned-multiply-subtract": unsignedLane((a, b, c) => c - a * b),
  "long-polynomial": unsignedLane((a, b) => polynomialProduct(a, b)),
  "long-shift": signedLane((a, b) => a << b),
  "unsigned-shift": unsignedLane((a, b) => a << b),
  "pair-signed": signedLane((a, b, c) => a + b + c),
  "pair-unsigned": unsignedLane((a, b, c) => a + b + c),
  sqdmull: signedLane((a, b, _, bits) => doubled(a, b, bits)),
  sqdmlal: signedLane((a, b, c, bits) => saturate(c + doubled(a, b, bits), bits, true)),
  sqdmlsl: signedLane((a, b, c, bits) => saturate(c - doubled(a, b, bits), bits, true)),
  fadd: two("fadd"),
  fsub: two("fsub"),
  fmul: two("fmul"),
  fmulx: two("fmulx"),
  fdiv: two("fdiv"),
  fmax: two("fmax"),
  fmin: two("fmin"),
  fmaxnm: two("fmaxnm"),
  fminnm: two("fminnm"),
  fabd: two("fabd"),
  famax: two("famax"),
  famin: two("famin"),
  fscale: two("fscale"),
  frecps: two("frecps"),
  frsqrts: two("frsqrts"),
  fabs: one("fabs"),
  fneg: one("fneg"),
  fsqrt: one("fsqrt"),
  frintn: one("frintn"),
  frintp: one("frintp"),
  frintm: one("frintm"),
  frintz: one("frintz"),
  frinta: one("frinta"),
  frintx: one("frintx"),
  frinti: one("frinti"),
  frecpe: one("frecpe"),
  frsqrte: one("frsqrte"),
  frecpx: one("frecpx"),
  fmla: three("fmla"),
  fmls: three("fmls"),
  fnmla: three("fnmla"),
  fnmls: three("fnmls"),
  fmlal: unsignedLane((a, b, c, _, fp) => mulAddWide(SINGLE, c, HALF, a, b, fp)),
  fmlsl: unsignedLane((a, b, c, _, fp) => mulAddWide(SINGLE, c, HALF, neg(HALF, a), b, fp)),
  bfmlal: brainAdd(false),
  bfmlsl: brainAdd(true),
  ftssel: unsignedLane((a, b, _, bits) => {
    const f = format(bits);
    const value = (b & 1n) === 0n ? a : BigInt(f.bias) << BigInt(f.fraction);
    return (b & 2n) === 0n ? value : neg(f, value);
  }),
  ftsmul: unsignedLane((a, b, _, bits, fp) => {
    const f = format(bits);
    const square = fp2.fmul.exact(f, a, a, fp);
    const number = (square & ~f.sign) <= f.infinity;
    return number ? (square & ~f.sign) | ((b & 1n) === 0n ? 0n : f.sign) : square;
  }),
  fexpa: unsignedLane((a, _b, _c, bits) => trigonometricExponential(a, format(bits))),
  flogb: unsignedLane((a, _b, _c, bits, fp) => exponentOf(a, bits, fp)),
  "fcvt-h-s": conversion("h", "s"),
  "fcvt-s-h": conversion("s", "h"),
  "fcvt-h-d": conversion("h", "d"),
  "fcvt-d-h": conversion("d", "h"),
  "fcvt-s-d": conversion("s", "d"),
  "fcvt-d-s": conversion("d", "s"),
  fcvtx: unsignedLane((a, _b, _c, _bits, fp) => toOddSingle(a, fp)),
  fcvtxnt: unsignedLane((a, _b, c, _bits, fp) => above(toOddSingle(a, fp), c, 32)),
  "fcvtnt-h-s": unsignedLane((a, b, c, bits, fp) => above(conversion("h", "s").f(a, b, c, bits, fp), c, 16)),
  "fcvtnt-s-d": unsignedLane((a, b, c, bits, fp) => above(conversion("s", "d").f(a, b, c, bits, fp), c, 32)),
  "fcvtlt-s-h": unsignedLane((a, b, c, bits, fp) => conversion("s", "h").f(a >> 16n, b, c, bits, fp)),
  "fcvtlt-d-s": unsignedLane((a, b, c, bits, fp) => conversion("d", "s").f(a >> 32n, b, c, bits, fp)),
  bfcvt: unsignedLane((a, _b, _c, _bits, fp) => toBrain(a, fp)),
  bfcvtnt: unsignedLane((a, _b, c, _bits, fp) => above(toBrain(a, fp), c, 16)),
  bfadd: brainLane("fadd"),
  bfsub: brainLane("fsub"),
  bfmul: brainLane("fmul"),
  bfmaxnm: brainLane("fmaxnm"),
  bfminnm: brainLane("fminnm"),
  bfmax: brainLane("fmax"),
  bfmin: brainLane("fmin"),
  bfmla: unsignedLane((a, b, c, _bits, fp) => mulAdd(BFLOAT, c, a, b, fp)),
  bfmls: unsignedLane((a, b, c, _bits, fp) => mulAdd(BFLOAT, c, neg(BFLOAT, a), b, fp)),
  "fcvtz-h-h": toInteger("h", "h"),
  "fcvtz-s-h": toInteger("s", "h"),
  "fcvtz-d-h": toInteger("d", "h"),
  "fcvtz-s-s": toInteger("s", "s"),
  "fcvtz-s-d": toInteger("s", "d"),
  "fcvtz-d-s": toInteger("d", "s"),
  "fcvtz-d-d": toInteger("d", "d"),
  "cvtf-h-h": fromInteger("h", "h"),
  "cvtf-h-s": fromInteger("h", "s"),
  "cvtf-h-d": fromInteger("h", "d"),
  "cvtf-s-s": fromInteger("s", "s"),
  "cvtf-d-s": fromInteger("d", "s"),
  "cvtf-s-d": fromInteger("s", "d"),
  "cvtf-d-d": fromInteger("d", "d"),
};
