/** Operands: half of them such that something special happens at them. */
import type { Random } from "../record/random.ts";

const ONES = (1n << 64n) - 1n;

const edges: readonly [bigint, ...bigint[]] = [
  0n,
  1n,
  2n,
  ONES,
  ONES - 1n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0x8000_0000_0000_0001n,
  0xffff_ffff_8000_0000n,
  0xffff_ffff_7fff_ffffn,
  0x7f7f_7f7f_7f7f_7f7fn,
  0x8080_8080_8080_8080n,
  0x7fff_8000_7fff_8000n,
  0x5555_5555_5555_5555n,
  0xaaaa_aaaa_aaaa_aaaan,
];

/** What a general register holds: 0 to 2^64 - 1. */
export function generalValue(random: Random): bigint {
  switch (random.below(8)) {
    case 0:
    case 1:
      return random.pick(edges);
    case 2:
      return BigInt(random.below(256));
    case 3:
      return BigInt.asUintN(64, -BigInt(random.below(256)));
    case 4: {
      const one = 1n << BigInt(random.below(64));
      return BigInt.asUintN(64, one + BigInt(random.below(3) - 1));
    }
    case 5:
      return random.wide() & 0xffff_ffffn;
    default:
      return random.wide();
  }
}

/** Width in bits, and bits of the exponent and of the fraction, of an IEEE 754 format. */
interface Format {
  readonly width: number;
  readonly fraction: number;
}
const half: Format = { width: 16, fraction: 10 };
const single: Format = { width: 32, fraction: 23 };
const double: Format = { width: 64, fraction: 52 };
/** As half, with the range of single. */
const bfloat: Format = { width: 16, fraction: 7 };

/** A floating-point number as bits: zeros, denormals, infinities, both kinds of NaN, small whole numbers and any other. */
function floatValue(random: Random, { width, fraction }: Format): bigint {
  const exponentBits = width - 1 - fraction;
  const exponents = (1 << exponentBits) - 1;
  const bias = exponents >> 1;
  const fractionMask = (1n << BigInt(fraction)) - 1n;
  const sign = BigInt(random.below(2)) << BigInt(width - 1);
  const parts = (exponent: number, bits: bigint): bigint =>
    sign | (BigInt(exponent) << BigInt(fraction)) | (bits & fractionMask);
  const near = (): number =>
    Math.max(0, Math.min(exponents - 1, bias - 8 + random.below(2 * Math.min(fraction, 24) + 16) - 8));
  switch (random.below(12)) {
    case 0:
      return parts(0, 0n);
    case 1:
      return parts(0, random.once(2) ? random.wide() : BigInt(random.below(4)));
    case 2:
      return parts(exponents, 0n);
    case 3:
      return parts(exponents, random.wide() | (1n << BigInt(fraction - 1)));
    case 4:
      return parts(exponents, (random.wide() & (fractionMask >> 1n)) | 1n);
    case 5:
      return parts(random.pick([1, exponents - 1]), random.pick([0n, fractionMask, random.wide()]));
    case 6:
      return parts(bias, 0n);
    case 7:
    case 8:
      // Few bits set: halves and whole numbers, where rounding has ties.
      return parts(near(), random.wide() << BigInt(Math.max(0, fraction - 1 - random.below(12))));
    default:
      return parts(random.once(2) ? near() : random.below(exponents + 1), random.wide());
  }
}

const fill = (width: number, total: number, value: () => bigint): bigint => {
  let all = 0n;
  for (let at = 0; at < total; at += width) all |= value() << BigInt(at);
  return all;
};

/** What a vector register holds: 0 to 2^128 - 1, made of lanes of one kind. */
export function vectorValue(random: Random): bigint {
  const floats = (format: Format): bigint => fill(format.width, 128, () => floatValue(random, format));
  switch (random.below(10)) {
    case 0:
    case 1:
      return floats(single);
    case 2:
    case 3:
      return floats(double);
    case 4:
      return floats(half);
    case 5:
      return random.once(4) ? floats(bfloat) : floats(half);
    case 6:
      return fill(64, 128, () => generalValue(random));
    case 7:
      return fill(8, 128, () => random.pick([0n, 1n, 0x7fn, 0x80n, 0xffn, BigInt(random.below(256))]));
    case 8:
      return fill(16, 128, () =>
        random.pick([0n, 1n, 0x7fffn, 0x8000n, 0xffffn, BigInt(random.below(0x1_0000))]),
      );
    default:
      return fill(64, 128, () => random.wide());
  }
}

/** FPCR: AHP, DN, FZ, RMode and FZ16; 0 half of the time. */
export function fpcrValue(random: Random): bigint {
  if (random.once(2)) return 0n;
  const bits = BigInt(random.word());
  return bits & 0x07c8_0000n;
}
