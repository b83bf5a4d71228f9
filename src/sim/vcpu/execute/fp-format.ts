/** Floating-point formats, FPCR and FPSR, and values taken apart and put together: exact, with BigInt. */

/** What arithmetic reads and changes. */
export interface FpState {
  fpcr: number;
  fpsr: number;
}

/** Bits of FPSR. */
export const IOC = 1 << 0;
export const DZC = 1 << 1;
export const OFC = 1 << 2;
export const UFC = 1 << 3;
export const IXC = 1 << 4;
export const IDC = 1 << 7;
export const QC = 1 << 27;

/** Bits of FPCR. */
export const FPCR_FIZ = 1 << 0;
export const FPCR_AH = 1 << 1;
export const FPCR_NEP = 1 << 2;
export const FPCR_EBF = 1 << 13;
export const FPCR_FZ16 = 1 << 19;
export const FPCR_RMODE = 3 << 22;
export const FPCR_FZ = 1 << 24;
export const FPCR_DN = 1 << 25;
export const FPCR_AHP = 1 << 26;

/** Rounding modes; the first four are FPCR.RMode's. */
export const NEAREST = 0;
export const UP = 1;
export const DOWN = 2;
export const TO_ZERO = 3;
export const TIES_AWAY = 4;
export const TO_ODD = 5;
/** As TO_ODD, but what is too large becomes infinite. */
export const TO_ODD_OR_INFINITY = 6;

export const roundingMode = (fp: FpState): number => (fp.fpcr >>> 22) & 3;

export interface Format {
  readonly width: number;
  /** Bits of the fraction. */
  readonly fraction: number;
  readonly bias: number;
  /** The exponent of infinities and NaNs, where it is. */
  readonly exponent: bigint;
  readonly fractionMask: bigint;
  readonly sign: bigint;
  readonly infinity: bigint;
  readonly quiet: bigint;
  readonly defaultNaN: bigint;
  /** The bit of FPCR that flushes denormal numbers of this format; 0: none. */
  readonly flush: number;
  /** Whether a flushed operand sets FPSR.IDC. */
  readonly countsFlushed: boolean;
}

function format(width: number, fraction: number, flush: number): Format {
  const exponentBits = width - 1 - fraction;
  const exponent = (1n << BigInt(exponentBits)) - 1n;
  const infinity = exponent << BigInt(fraction);
  const quiet = 1n << BigInt(fraction - 1);
  return {
    width,
    fraction,
    bias: 2 ** (exponentBits - 1) - 1,
    exponent,
    fractionMask: (1n << BigInt(fraction)) - 1n,
    sign: 1n << BigInt(width - 1),
    infinity,
    quiet,
    defaultNaN: infinity | quiet,
    flush,
    countsFlushed: flush === FPCR_FZ,
  };
}

export const HALF = format(16, 10, FPCR_FZ16);
/** Half precision on its way to or from another format: FPCR.FZ16 does not count. */
export const CONVERTED_HALF = format(16, 10, 0);
export const BFLOAT = format(16, 7, FPCR_FZ);
export const SINGLE = format(32, 23, FPCR_FZ);
export const DOUBLE = format(64, 52, FPCR_FZ);

/** A number taken apart: `m` times 2 to the power of `e`, exactly. */
export interface Unpacked {
  readonly kind: "zero" | "finite" | "infinity" | "quiet" | "signalling";
  readonly negative: boolean;
  readonly m: bigint;
  readonly e: number;
}

export const isNotANumber = ({ kind }: Unpacked): boolean => kind === "quiet" || kind === "signalling";

/** FPUnpack: flushes denormal operands as FPCR says. */
export function unpack(f: Format, bits: bigint, fp: FpState): Unpacked {
  const negative = (bits & f.sign) !== 0n;
  const exponent = Number((bits >> BigInt(f.fraction)) & f.exponent);
  const m = bits & f.fractionMask;
  if (exponent === Number(f.exponent)) {
    if (m === 0n) return { kind: "infinity", negative, m, e: 0 };
    return { kind: (m & f.quiet) === 0n ? "signalling" : "quiet", negative, m, e: 0 };
  }
  if (exponent !== 0)
    return { kind: "finite", negative, m: m | (1n << BigInt(f.fraction)), e: exponent - f.bias - f.fraction };
  if (m === 0n) return { kind: "zero", negative, m, e: 0 };
  if ((fp.fpcr & f.flush) !== 0) {
    if (f.countsFlushed) fp.fpsr |= IDC;
    return { kind: "zero", negative, m: 0n, e: 0 };
  }
  return { kind: "finite", negative, m, e: 1 - f.bias - f.fraction };
}

export const zero = (f: Format, negative: boolean): bigint => (negative ? f.sign : 0n);
export const infinity = (f: Format, negative: boolean): bigint =>
  negative ? f.infinity | f.sign : f.infinity;
export const largest = (f: Format, negative: boolean): bigint => infinity(f, negative) - 1n;

/** Bits up to the highest that is set; 0 for 0. */
export function bitLength(m: bigint): number {
  if (m === 0n) return 0;
  const hex = m.toString(16);
  return hex.length * 4 - Math.clz32(Number.parseInt(hex[0] ?? "0", 16)) + 28;
}

/** Whether a number is rounded away from zero. `rest` of `2 * half` is what is cut off. */
export function roundsUp(mode: number, negative: boolean, odd: boolean, rest: bigint, half: bigint): boolean {
  if (rest === 0n) return false;
  switch (mode) {
    case NEAREST:
      return rest > half || (rest === half && odd);
    case UP:
      return !negative;
    case DOWN:
      return negative;
    case TIES_AWAY:
      return rest >= half;
    default:
      return false;
  }
}

/**
 * FPRound: the number of the format for `m` times 2 to the power of `e`, with its flags.
 *
 * @param m positive; where a part was cut off before, its lowest bit is 1 and lies at least two below the last kept
 */
export function round(
  f: Format,
  negative: boolean,
  m: bigint,
  e: number,
  fp: FpState,
  mode: number = roundingMode(fp),
): bigint {
  const exponent = e + bitLength(m) - 1;
  const minimum = 1 - f.bias;
  const tiny = exponent < minimum;
  if (tiny && (fp.fpcr & f.flush) !== 0) {
    fp.fpsr |= UFC;
    return zero(f, negative);
  }
  const shift = Math.max(exponent, minimum) - f.fraction - e;
  let kept: bigint;
  if (shift <= 0) kept = m << BigInt(-shift);
  else {
    const by = BigInt(shift);
    kept = m >> by;
    const rest = m - (kept << by);
    if (rest !== 0n) {
      fp.fpsr |= tiny ? IXC | UFC : IXC;
      const odd = (kept & 1n) === 1n;
      if (mode >= TO_ODD) kept |= 1n;
      else if (roundsUp(mode, negative, odd, rest, 1n << (by - 1n))) kept += 1n;
    }
  }
  const packed = (BigInt(tiny ? 0 : exponent - minimum) << BigInt(f.fraction)) + kept;
  if (packed < f.infinity) return negative ? packed | f.sign : packed;
  fp.fpsr |= OFC | IXC;
  const toInfinity =
    mode === NEAREST ||
    mode === TIES_AWAY ||
    mode === TO_ODD_OR_INFINITY ||
    (mode === UP && !negative) ||
    (mode === DOWN && negative);
  return toInfinity ? infinity(f, negative) : largest(f, negative);
}

/** FPProcessNaN. */
export function processNaN(f: Format, bits: bigint, value: Unpacked, fp: FpState): bigint {
  if (value.kind === "signalling") fp.fpsr |= IOC;
  return (fp.fpcr & FPCR_DN) === 0 ? bits | f.quiet : f.defaultNaN;
}

/** Invalid operation: the default NaN. */
export function invalid(f: Format, fp: FpState): bigint {
  fp.fpsr |= IOC;
  return f.defaultNaN;
}

/** FPProcessNaNs: signalling before quiet, then in the operands' order; undefined: none is a NaN. */
export function processNaNs(
  f: Format,
  operands: readonly bigint[],
  values: readonly Unpacked[],
  fp: FpState,
): bigint | undefined {
  for (const kind of ["signalling", "quiet"] as const) {
    const at = values.findIndex((value) => value.kind === kind);
    const value = values[at];
    if (value !== undefined) return processNaN(f, operands[at] ?? 0n, value, fp);
  }
  return undefined;
}
