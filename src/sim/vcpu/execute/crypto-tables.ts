/** Substitution tables of AES and SM4, computed from the fields and maps that define them. */

/** Product in GF(2^8). @param polynomial the field's, with bit 8 */
function multiply(a: number, b: number, polynomial: number): number {
  let result = 0;
  let factor = a;
  for (let rest = b; rest !== 0; rest >>= 1) {
    if ((rest & 1) === 1) result ^= factor;
    factor <<= 1;
    if (factor > 0xff) factor ^= polynomial;
  }
  return result;
}

/** The inverse of each element; 0 for 0. */
function inverses(polynomial: number): Uint8Array {
  const table = new Uint8Array(256);
  for (let a = 1; a < 256; a++)
    for (let b = a; b < 256; b++)
      if (multiply(a, b, polynomial) === 1) {
        table[a] = b;
        table[b] = a;
      }
  return table;
}

const rotate = (byte: number, by: number): number => ((byte << by) | (byte >> (8 - by))) & 0xff;

function parity(byte: number): number {
  let v = byte ^ (byte >> 4);
  v ^= v >> 2;
  return (v ^ (v >> 1)) & 1;
}

/** x times a circulant matrix, plus a constant. @param row of bit 0; the next bits' are rotated to the left */
function affine(x: number, row: number, constant: number): number {
  let result = 0;
  for (let bit = 0; bit < 8; bit++) result |= parity(x & rotate(row, bit)) << bit;
  return result ^ constant;
}

const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

const AES_FIELD = 0x11b;

/** FIPS 197, 5.1.1. */
export const aesSubstitution = once(() => {
  const inverse = inverses(AES_FIELD);
  return Uint8Array.from(inverse, (x) => affine(x, 0xf1, 0x63));
});

export const aesInverseSubstitution = once(() => {
  const table = new Uint8Array(256);
  for (const [x, value] of aesSubstitution().entries()) table[value] = x;
  return table;
});

/** GB/T 32907: an affine map, the inverse, and the map again. */
export const sm4Substitution = once(() => {
  const inverse = inverses(0x1f5);
  const map = (x: number): number => affine(x, 0xa7, 0xd3);
  return Uint8Array.from({ length: 256 }, (_, x) => map(inverse[map(x)] ?? 0));
});

/** Products with a constant in AES's field. */
export const aesMultiples = (by: number): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, x) => multiply(x, by, AES_FIELD));
