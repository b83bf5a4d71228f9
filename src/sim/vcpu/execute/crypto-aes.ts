/** AES and SM4 on 128 bits. */
import { aesInverseSubstitution, aesMultiples, aesSubstitution, sm4Substitution } from "./crypto-tables.ts";

/** Where the byte of row r and column c comes from: rows are rotated by their number. */
const shiftedRows = (direction: 1 | -1): readonly number[] =>
  Array.from({ length: 16 }, (_, i) => {
    const row = i & 3;
    const column = i >> 2;
    return row + 4 * ((column + direction * row + 4) & 3);
  });

const SHIFTED = shiftedRows(1);
const UNSHIFTED = shiftedRows(-1);

function round(a: Uint8Array, b: Uint8Array, order: readonly number[], table: Uint8Array): Uint8Array {
  const result = new Uint8Array(16);
  for (let i = 0; i < 16; i++) {
    const from = order[i] ?? 0;
    result[i] = table[(a[from] ?? 0) ^ (b[from] ?? 0)] ?? 0;
  }
  return result;
}

/** Round key added, bytes substituted, rows shifted. All arrays have 16 bytes. */
export const aesEncrypt = (state: Uint8Array, key: Uint8Array): Uint8Array =>
  round(state, key, SHIFTED, aesSubstitution());

export const aesDecrypt = (state: Uint8Array, key: Uint8Array): Uint8Array =>
  round(state, key, UNSHIFTED, aesInverseSubstitution());

type Factors = readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

const factors = (of: readonly [number, number, number, number]): (() => Factors) => {
  let made: Factors | undefined;
  return () => {
    made ??= [aesMultiples(of[0]), aesMultiples(of[1]), aesMultiples(of[2]), aesMultiples(of[3])];
    return made;
  };
};

const FORWARD = factors([2, 3, 1, 1]);
const BACKWARD = factors([14, 11, 13, 9]);

function mix(state: Uint8Array, by: Factors): Uint8Array {
  const [first, second, third, fourth] = by;
  const result = new Uint8Array(16);
  for (let i = 0; i < 16; i++) {
    const column = i & 12;
    result[i] =
      (first[state[i] ?? 0] ?? 0) ^
      (second[state[column | ((i + 1) & 3)] ?? 0] ?? 0) ^
      (third[state[column | ((i + 2) & 3)] ?? 0] ?? 0) ^
      (fourth[state[column | ((i + 3) & 3)] ?? 0] ?? 0);
  }
  return result;
}

export const aesMixColumns = (state: Uint8Array): Uint8Array => mix(state, FORWARD());
export const aesUnmixColumns = (state: Uint8Array): Uint8Array => mix(state, BACKWARD());

export const rotateLeft = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

function sm4Substitute(word: number): number {
  const table = sm4Substitution();
  let result = 0;
  for (let shift = 0; shift < 32; shift += 8) result |= (table[(word >>> shift) & 0xff] ?? 0) << shift;
  return result;
}

/** Four rounds of SM4. @param state, keys four words */
function sm4Rounds(state: Int32Array, keys: Int32Array, spread: (word: number) => number): Int32Array {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (const key of keys) {
    const next = a ^ spread(sm4Substitute(b ^ c ^ d ^ key));
    [a, b, c, d] = [b, c, d, next];
  }
  return Int32Array.of(a, b, c, d);
}

export const sm4Encrypt = (state: Int32Array, keys: Int32Array): Int32Array =>
  sm4Rounds(
    state,
    keys,
    (t) => t ^ rotateLeft(t, 2) ^ rotateLeft(t, 10) ^ rotateLeft(t, 18) ^ rotateLeft(t, 24),
  );

export const sm4Key = (state: Int32Array, constants: Int32Array): Int32Array =>
  sm4Rounds(state, constants, (t) => t ^ rotateLeft(t, 13) ^ rotateLeft(t, 23));
