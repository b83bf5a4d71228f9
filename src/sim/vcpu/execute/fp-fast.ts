/**
 * Floating-point arithmetic with JavaScript's own numbers, where that is exact enough: round to nearest, no flushing,
 * operands and results that are finite and not near the ends of the range. NaN means: ask `fp-arithmetic.ts`.
 *
 * `known` says that FPSR.IXC is set already; where it is not, an inexact result is left to the slow path, once.
 */
import { FPCR_AH, FPCR_FIZ, FPCR_FZ, FPCR_NEP, FPCR_RMODE } from "./fp-format.ts";

/** FPCR with any of these bits leaves nothing to this file. */
export const SLOW_MODES = FPCR_RMODE | FPCR_FZ | FPCR_FIZ | FPCR_AH | FPCR_NEP;

export type Fast1 = (a: number, known: boolean) => number;
export type Fast2 = (a: number, b: number, known: boolean) => number;
/** `addend + a * b`. */
export type Fast3 = (addend: number, a: number, b: number, known: boolean) => number;

const SLOW = Number.NaN;
const LARGEST = 1.7976931348623157e308;
/** Between these, products and their errors are exact. */
const LOW = 2 ** -900;
const HIGH = 2 ** 900;
const inRange = (a: number): boolean => {
  const magnitude = Math.abs(a);
  return magnitude > LOW && magnitude < HIGH;
};

/** What `a + b` lacks of the sum. */
function sumError(a: number, b: number, sum: number): number {
  const part = sum - a;
  return a - (sum - part) + (b - part);
}

const SPLIT = 2 ** 27 + 1;

/** What `a * b` lacks of the product, for factors and products in range. */
function productError(a: number, b: number, product: number): number {
  const a1 = SPLIT * a;
  const aHigh = a1 - (a1 - a);
  const aLow = a - aHigh;
  const b1 = SPLIT * b;
  const bHigh = b1 - (b1 - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

export function addDouble(a: number, b: number, known: boolean): number {
  const sum = a + b;
  if (!(Math.abs(sum) <= LARGEST)) return SLOW;
  if (!known && !(sumError(a, b, sum) === 0)) return SLOW;
  return sum;
}

export const subDouble: Fast2 = (a, b, known) => addDouble(a, -b, known);

export function mulDouble(a: number, b: number, known: boolean): number {
  const product = a * b;
  if (!inRange(product)) return product === 0 && (a === 0 || b === 0) ? product : SLOW;
  if (known) return product;
  return inRange(a) && inRange(b) && productError(a, b, product) === 0 ? product : SLOW;
}

export function divDouble(a: number, b: number, known: boolean): number {
  const quotient = a / b;
  if (!inRange(quotient)) return quotient === 0 && a === 0 && Math.abs(b) <= LARGEST ? quotient : SLOW;
  if (known) return quotient;
  if (!inRange(a) || !inRange(b)) return SLOW;
  const product = quotient * b;
  return product === a && productError(quotient, b, product) === 0 ? quotient : SLOW;
}

export function sqrtDouble(a: number, known: boolean): number {
  if (a === 0) return a;
  if (!(a > LOW && a < HIGH)) return SLOW;
  const root = Math.sqrt(a);
  if (known) return root;
  const product = root * root;
  return product === a && productError(root, root, product) === 0 ? root : SLOW;
}

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

/** A sum rounded to odd, from the nearest and what that lacks. */
function toOdd(sum: number, error: number): number {
  if (error === 0) return sum;
  double[0] = sum;
  const low = halves[0] ?? 0;
  if ((low & 1) === 1) return sum;
  const high = halves[1] ?? 0;
  // Even: the odd neighbour on the error's side. Away from zero counts the bits up.
  if (error > 0 === sum > 0) halves[0] = low + 1;
  else {
    halves[0] = low - 1;
    if (low === 0) halves[1] = high - 1;
  }
  return double[0] ?? 0;
}

/** Boldo and Melquiond: the product's and the sums' errors, the last sum rounded to odd. */
export function mulAddDouble(addend: number, a: number, b: number, known: boolean): number {
  const product = a * b;
  if (!inRange(product) || !inRange(a) || !inRange(b) || !inRange(addend)) return SLOW;
  const low = productError(a, b, product);
  const middle = addend + low;
  const middleError = sumError(addend, low, middle);
  const top = product + middle;
  const topError = sumError(product, middle, top);
  const rest = topError + middleError;
  const tail = toOdd(rest, sumError(topError, middleError, rest));
  const result = top + tail;
  // A result that cancels may have lost what the bounds above promise.
  if (!inRange(result)) return SLOW;
  if (
    !known &&
    !(rest === tail && sumError(topError, middleError, rest) === 0 && sumError(top, tail, result) === 0)
  )
    return SLOW;
  return result;
}

const SINGLE_LOW = 2 ** -126;
const SINGLE_HIGH = 2 ** 127;

/** A double as a single, both of them exact or nothing lost but in the last step. */
function toSingle(value: number, exact: boolean, known: boolean): number {
  const magnitude = Math.abs(value);
  if (!(magnitude >= SINGLE_LOW && magnitude < SINGLE_HIGH)) return SLOW;
  const result = Math.fround(value);
  return known || (exact && result === value) ? result : SLOW;
}

const isZeroOf = (a: number): boolean => a === 0;

export function addSingle(a: number, b: number, known: boolean): number {
  const sum = a + b;
  if (isZeroOf(sum)) return sum;
  return toSingle(sum, known || sumError(a, b, sum) === 0, known);
}

export const subSingle: Fast2 = (a, b, known) => addSingle(a, -b, known);

export function mulSingle(a: number, b: number, known: boolean): number {
  const product = a * b;
  return isZeroOf(product) ? product : toSingle(product, true, known);
}

export function divSingle(a: number, b: number, known: boolean): number {
  const quotient = a / b;
  if (a === 0 && quotient === 0) return Math.abs(b) < Number.POSITIVE_INFINITY ? quotient : SLOW;
  return toSingle(quotient, known || Math.fround(quotient) * b === a, known);
}

export function sqrtSingle(a: number, known: boolean): number {
  if (a === 0) return a;
  if (!(a > 0)) return SLOW;
  const root = Math.sqrt(a);
  return toSingle(root, known || Math.fround(root) ** 2 === a, known);
}

export function mulAddSingle(addend: number, a: number, b: number, known: boolean): number {
  const product = a * b;
  const sum = product + addend;
  if (!(Math.abs(sum) >= SINGLE_LOW)) return SLOW;
  const error = sumError(product, addend, sum);
  return toSingle(toOdd(sum, error), error === 0, known);
}

/** The greater or lesser of two numbers; zeros by their signs. */
export function maxNumber(a: number, b: number): number {
  return Math.max(a, b);
}

export function minNumber(a: number, b: number): number {
  return Math.min(a, b);
}
