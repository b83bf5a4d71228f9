/** Constants of SVE's trigonometric and exponential instructions. */
import { squareRoot } from "./fp-arithmetic.ts";
import type { Format } from "./fp-format.ts";

/** Bits beyond the fraction that the powers are computed with. */
const GUARD = 64n;

/** Fractions of 2 to the power of i / 2^steps, rounded to nearest. */
function powers(steps: number, fraction: number): readonly bigint[] {
  const scale = BigInt(fraction) + GUARD;
  // The root of the root … of 2.
  let root = 2n << scale;
  for (let step = 0; step < steps; step++) root = squareRoot(root << scale);
  const found: bigint[] = [];
  let power = 1n << scale;
  for (let i = 0; i < 2 ** steps; i++) {
    found.push(((power + (1n << (GUARD - 1n))) >> GUARD) - (1n << BigInt(fraction)));
    power = (power * root) >> scale;
  }
  return found;
}

const known = new Map<number, readonly bigint[]>();

/** FEXPA: the fraction by the lowest bits, the exponent as those above them. */
export function trigonometricExponential(a: bigint, f: Format): bigint {
  const steps = f.width === 16 ? 5 : 6;
  let table = known.get(f.width);
  if (table === undefined) {
    table = powers(steps, f.fraction);
    known.set(f.width, table);
  }
  const index = Number(a & ((1n << BigInt(steps)) - 1n));
  return (((a >> BigInt(steps)) & f.exponent) << BigInt(f.fraction)) | (table[index] ?? 0n);
}

/** FTMAD's coefficients as the architecture lists them: eight of the sine, eight of the cosine. */
const coefficients: Readonly<Record<number, readonly bigint[]>> = {
  16: [0x3c00n, 0xb155n, 0x2030n, 0n, 0n, 0n, 0n, 0n, 0x3c00n, 0xb800n, 0x293an, 0n, 0n, 0n, 0n, 0n],
  32: [
    0x3f800000n,
    0xbe2aaaabn,
    0x3c088886n,
    0xb95008b9n,
    0x36369d6dn,
    0n,
    0n,
    0n,
    0x3f800000n,
    0xbf000000n,
    0x3d2aaaa6n,
    0xbab60705n,
    0x37cd37ccn,
    0n,
    0n,
    0n,
  ],
  64: [
    0x3ff0000000000000n,
    0xbfc5555555555543n,
    0x3f8111111110f30cn,
    0xbf2a01a019b92fc6n,
    0x3ec71de351f3d22bn,
    0xbe5ae5e2b60f7b91n,
    0x3de5d8408868552fn,
    0n,
    0x3ff0000000000000n,
    0xbfe0000000000000n,
    0x3fa5555555555536n,
    0xbf56c16c16c13a0bn,
    0x3efa01a019b1e8d8n,
    0xbe927e4f7282f468n,
    0x3e21ee96d2641b13n,
    0xbda8f76380fbb401n,
  ],
};

/** @param index 0 to 7; the cosine's where the operand is negative */
export const trigonometricCoefficient = (f: Format, index: number, negative: boolean): bigint =>
  coefficients[f.width]?.[index + (negative ? 8 : 0)] ?? 0n;
