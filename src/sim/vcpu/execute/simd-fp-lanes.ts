/** What floating-point instructions do with one lane: exactly on bits, and fast on numbers where that is the same. */
import type { Fp1, Fp2, Fp3, FpPair, FpToInteger } from "../decode/simd-fp.ts";
import type { FpSize } from "../decode/simd-shapes.ts";
import {
  abs,
  absoluteDifference,
  absoluteMax,
  absoluteMin,
  add,
  div,
  max,
  maxNumber,
  min,
  minNumber,
  mul,
  mulAdd,
  mulx,
  neg,
  recipStep,
  roundToInteger,
  roundToIntegerOf,
  rsqrtStep,
  scale,
  sqrt,
  sub,
} from "./fp-arithmetic.ts";
import { recipEstimate, recipExponent, rsqrtEstimate } from "./fp-estimate.ts";
import {
  addDouble,
  addSingle,
  divDouble,
  divSingle,
  type Fast1,
  type Fast2,
  type Fast3,
  mulAddDouble,
  mulAddSingle,
  mulDouble,
  mulSingle,
  sqrtDouble,
  sqrtSingle,
  subDouble,
  subSingle,
} from "./fp-fast.ts";
import {
  DOUBLE,
  DOWN,
  type Format,
  type FpState,
  HALF,
  NEAREST,
  roundingMode,
  SINGLE,
  TIES_AWAY,
  TO_ZERO,
  UP,
} from "./fp-format.ts";

/** By log2 of the lane's bytes. */
const FORMATS: Readonly<Record<FpSize, Format>> = { 1: HALF, 2: SINGLE, 3: DOUBLE };
export const formatOf = (size: FpSize): Format => FORMATS[size];

type Exact1 = (f: Format, a: bigint, fp: FpState) => bigint;
type Exact2 = (f: Format, a: bigint, b: bigint, fp: FpState) => bigint;
type Exact3 = (f: Format, addend: bigint, a: bigint, b: bigint, fp: FpState) => bigint;

interface Lane<Exact, Fast> {
  readonly exact: Exact;
  readonly single?: Fast;
  readonly double?: Fast;
}

const extremum =
  (pick: (a: number, b: number) => number): Fast2 =>
  (a, b) =>
    pick(a, b);

const highest = { single: extremum(Math.max), double: extremum(Math.max) };
const lowest = { single: extremum(Math.min), double: extremum(Math.min) };
const product = { single: mulSingle, double: mulDouble };

export const fp2: Readonly<Record<Fp2, Lane<Exact2, Fast2>>> = {
  fadd: { exact: add, single: addSingle, double: addDouble },
  fsub: { exact: sub, single: subSingle, double: subDouble },
  fmul: { exact: mul, ...product },
  fmulx: { exact: mulx, ...product },
  fnmul: {
    exact: (f, a, b, fp) => neg(f, mul(f, a, b, fp)),
    single: (a, b, known) => -mulSingle(a, b, known),
    double: (a, b, known) => -mulDouble(a, b, known),
  },
  fdiv: { exact: div, single: divSingle, double: divDouble },
  fmax: { exact: max, ...highest },
  fmin: { exact: min, ...lowest },
  fmaxnm: { exact: maxNumber, ...highest },
  fminnm: { exact: minNumber, ...lowest },
  fabd: {
    exact: absoluteDifference,
    single: (a, b, known) => Math.abs(subSingle(a, b, known)),
    double: (a, b, known) => Math.abs(subDouble(a, b, known)),
  },
  famax: { exact: absoluteMax },
  famin: { exact: absoluteMin },
  frecps: { exact: recipStep },
  frsqrts: { exact: rsqrtStep },
  fscale: { exact: (f, a, b, fp) => scale(f, a, BigInt.asIntN(f.width, b), fp) },
};

export const fpPairs: Readonly<Record<FpPair, Lane<Exact2, Fast2>>> = fp2;

export const fp3: Readonly<Record<Fp3, Lane<Exact3, Fast3>>> = {
  fmla: { exact: mulAdd, single: mulAddSingle, double: mulAddDouble },
  fmls: {
    exact: (f, addend, a, b, fp) => mulAdd(f, addend, neg(f, a), b, fp),
    single: (addend, a, b, known) => mulAddSingle(addend, -a, b, known),
    double: (addend, a, b, known) => mulAddDouble(addend, -a, b, known),
  },
  fnmla: {
    exact: (f, addend, a, b, fp) => mulAdd(f, neg(f, addend), neg(f, a), b, fp),
    single: (addend, a, b, known) => mulAddSingle(-addend, -a, b, known),
    double: (addend, a, b, known) => mulAddDouble(-addend, -a, b, known),
  },
  fnmls: {
    exact: (f, addend, a, b, fp) => mulAdd(f, neg(f, addend), a, b, fp),
    single: (addend, a, b, known) => mulAddSingle(-addend, a, b, known),
    double: (addend, a, b, known) => mulAddDouble(-addend, a, b, known),
  },
};

const toInteger =
  (mode: number): Exact1 =>
  (f, a, fp) =>
    roundToInteger(f, a, mode, false, fp);
const within =
  (bits: number, mode: number | undefined): Exact1 =>
  (f, a, fp) =>
    roundToIntegerOf(f, a, bits, mode ?? roundingMode(fp), fp);

/** Moves of bits, which no mode changes, have no fast form: they need none. */
export const fp1: Readonly<Record<Fp1, Lane<Exact1, Fast1>>> = {
  fmov: { exact: (_, a) => a },
  fabs: { exact: (f, a) => abs(f, a) },
  fneg: { exact: (f, a) => neg(f, a) },
  fsqrt: { exact: sqrt, single: sqrtSingle, double: sqrtDouble },
  frintn: { exact: toInteger(NEAREST) },
  frintp: { exact: toInteger(UP), single: Math.ceil, double: Math.ceil },
  frintm: { exact: toInteger(DOWN), single: Math.floor, double: Math.floor },
  frintz: { exact: toInteger(TO_ZERO), single: Math.trunc, double: Math.trunc },
  frinta: { exact: toInteger(TIES_AWAY) },
  frinti: { exact: (f, a, fp) => roundToInteger(f, a, roundingMode(fp), false, fp) },
  frintx: { exact: (f, a, fp) => roundToInteger(f, a, roundingMode(fp), true, fp) },
  frint32z: { exact: within(32, TO_ZERO) },
  frint32x: { exact: within(32, undefined) },
  frint64z: { exact: within(64, TO_ZERO) },
  frint64x: { exact: within(64, undefined) },
  frecpe: { exact: recipEstimate },
  frsqrte: { exact: rsqrtEstimate },
  frecpx: { exact: recipExponent },
};

const MODES: Readonly<Record<string, number>> = {
  n: NEAREST,
  p: UP,
  m: DOWN,
  z: TO_ZERO,
  a: TIES_AWAY,
};

/** FCVT and a rounding mode's letter, and S or U. */
export const integerConversion = (
  op: FpToInteger,
): { readonly mode: number; readonly isSigned: boolean } => ({
  mode: MODES[op[4] ?? "z"] ?? TO_ZERO,
  isSigned: op.endsWith("s"),
});
