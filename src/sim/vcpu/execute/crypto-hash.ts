/** SHA-1, SHA-256 and SM3 on four words, SHA-512 on two long words: the steps that instructions do. */
import { rotateLeft } from "./crypto-aes.ts";

type Words = Int32Array;
type LongWords = BigUint64Array;

const rotateRight = (word: number, by: number): number => (word >>> by) | (word << (32 - by));
const at = (words: Words, i: number): number => words[i] ?? 0;

const choose = (x: number, y: number, z: number): number => ((y ^ z) & x) ^ z;
const majority = (x: number, y: number, z: number): number => (x & y) | ((x | y) & z);
const parity = (x: number, y: number, z: number): number => x ^ y ^ z;

type Function3 = (x: number, y: number, z: number) => number;

/** Four rounds of SHA-1. @param hash A to D @param e word 0 is E @param input schedule words with their constants */
function sha1Rounds(hash: Words, e: Words, input: Words, f: Function3): Words {
  let [a = 0, b = 0, c = 0, d = 0] = hash;
  let last = at(e, 0);
  for (const word of input) {
    const next = (last + rotateLeft(a, 5) + f(b, c, d) + word) | 0;
    [a, b, c, d, last] = [next, a, rotateLeft(b, 30), c, d];
  }
  return Int32Array.of(a, b, c, d);
}

export const sha1c = (d: Words, n: Words, m: Words): Words => sha1Rounds(d, n, m, choose);
export const sha1p = (d: Words, n: Words, m: Words): Words => sha1Rounds(d, n, m, parity);
export const sha1m = (d: Words, n: Words, m: Words): Words => sha1Rounds(d, n, m, majority);

export const sha1su0 = (d: Words, n: Words, m: Words): Words =>
  Int32Array.from({ length: 4 }, (_, i) => (i < 2 ? at(d, i + 2) : at(n, i - 2)) ^ at(d, i) ^ at(m, i));

export function sha1su1(d: Words, n: Words): Words {
  const t = Int32Array.from({ length: 4 }, (_, i) => at(d, i) ^ (i < 3 ? at(n, i + 1) : 0));
  const result = t.map((word) => rotateLeft(word, 1));
  result[3] = at(result, 3) ^ rotateLeft(at(t, 0), 2);
  return result;
}

/** Four rounds of SHA-256. @param x A to D @param y E to H @returns both afterwards */
function sha256Rounds(x: Words, y: Words, input: Words): readonly [Words, Words] {
  let [a = 0, b = 0, c = 0, d = 0] = x;
  let [e = 0, f = 0, g = 0, h = 0] = y;
  for (const word of input) {
    const first = h + (rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25)) + choose(e, f, g) + word;
    const second = (rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22)) + majority(a, b, c);
    [a, b, c, d, e, f, g, h] = [(first + second) | 0, a, b, c, (d + first) | 0, e, f, g];
  }
  return [Int32Array.of(a, b, c, d), Int32Array.of(e, f, g, h)];
}

export const sha256h = (d: Words, n: Words, m: Words): Words => sha256Rounds(d, n, m)[0];
export const sha256h2 = (d: Words, n: Words, m: Words): Words => sha256Rounds(n, d, m)[1];

const lowSigma256 = (w: number): number => rotateRight(w, 7) ^ rotateRight(w, 18) ^ (w >>> 3);
const highSigma256 = (w: number): number => rotateRight(w, 17) ^ rotateRight(w, 19) ^ (w >>> 10);

export const sha256su0 = (d: Words, n: Words): Words =>
  Int32Array.from({ length: 4 }, (_, i) => at(d, i) + lowSigma256(i < 3 ? at(d, i + 1) : at(n, 0)));

export function sha256su1(d: Words, n: Words, m: Words): Words {
  const result = new Int32Array(4);
  for (let i = 0; i < 4; i++) {
    const before = i < 2 ? at(m, i + 2) : at(result, i - 2);
    result[i] = at(d, i) + (i < 3 ? at(n, i + 1) : at(m, 0)) + highSigma256(before);
  }
  return result;
}

const longRight = (word: bigint, by: bigint): bigint =>
  BigInt.asUintN(64, (word >> by) | (word << (64n - by)));
const long = (words: LongWords, i: number): bigint => words[i] ?? 0n;
const BITS = 2n ** 64n - 1n;
const chooseLong = (x: bigint, y: bigint, z: bigint): bigint => (x & y) ^ ((x ^ BITS) & z);
const sum512 = (w: bigint): bigint => longRight(w, 14n) ^ longRight(w, 18n) ^ longRight(w, 41n);
const otherSum512 = (w: bigint): bigint => longRight(w, 28n) ^ longRight(w, 34n) ^ longRight(w, 39n);

export function sha512h(d: LongWords, n: LongWords, m: LongWords): LongWords {
  const y1 = long(m, 1);
  const upper = BigInt.asUintN(64, chooseLong(y1, long(n, 0), long(n, 1)) + sum512(y1) + long(d, 1));
  const e = BigInt.asUintN(64, upper + long(m, 0));
  const lower = chooseLong(e, y1, long(n, 0)) + sum512(e) + long(d, 0);
  return BigUint64Array.of(lower, upper);
}

export function sha512h2(d: LongWords, n: LongWords, m: LongWords): LongWords {
  const [y0, y1] = [long(m, 0), long(m, 1)];
  const most = (x: bigint, y: bigint, z: bigint): bigint => (x & y) ^ (x & z) ^ (y & z);
  const upper = BigInt.asUintN(64, most(long(n, 0), y1, y0) + otherSum512(y0) + long(d, 1));
  return BigUint64Array.of(most(upper, y0, y1) + otherSum512(upper) + long(d, 0), upper);
}

export function sha512su0(d: LongWords, n: LongWords): LongWords {
  const sigma = (w: bigint): bigint => longRight(w, 1n) ^ longRight(w, 8n) ^ (w >> 7n);
  return BigUint64Array.of(long(d, 0) + sigma(long(d, 1)), long(d, 1) + sigma(long(n, 0)));
}

export function sha512su1(d: LongWords, n: LongWords, m: LongWords): LongWords {
  const sigma = (w: bigint): bigint => longRight(w, 19n) ^ longRight(w, 61n) ^ (w >> 6n);
  return BigUint64Array.of(
    long(d, 0) + sigma(long(n, 0)) + long(m, 0),
    long(d, 1) + sigma(long(n, 1)) + long(m, 1),
  );
}

export function sm3ss1(n: Words, m: Words, a: Words): Words {
  const sum = (rotateLeft(at(n, 3), 12) + at(m, 3) + at(a, 3)) | 0;
  return Int32Array.of(0, 0, 0, rotateLeft(sum, 7));
}

/** SM3TT1A and SM3TT1B. @param word of the expanded message */
export function sm3tt1(d: Words, n: Words, word: number, later: boolean): Words {
  const f = later ? majority : parity;
  const mixed = at(n, 3) ^ rotateLeft(at(d, 3), 12);
  const sum = (f(at(d, 1), at(d, 2), at(d, 3)) + at(d, 0) + mixed + word) | 0;
  return Int32Array.of(at(d, 1), rotateLeft(at(d, 2), 9), at(d, 3), sum);
}

/** SM3TT2A and SM3TT2B. */
export function sm3tt2(d: Words, n: Words, word: number, later: boolean): Words {
  const f = later ? choose(at(d, 3), at(d, 2), at(d, 1)) : parity(at(d, 1), at(d, 2), at(d, 3));
  const sum = (f + at(d, 0) + at(n, 3) + word) | 0;
  const spread = sum ^ rotateLeft(sum, 9) ^ rotateLeft(sum, 17);
  return Int32Array.of(at(d, 1), rotateLeft(at(d, 2), 19), at(d, 3), spread);
}

const sm3Spread = (word: number): number => word ^ rotateLeft(word, 15) ^ rotateLeft(word, 23);

export function sm3partw1(d: Words, n: Words, m: Words): Words {
  const result = Int32Array.from({ length: 4 }, (_, i) =>
    i < 3 ? sm3Spread(at(d, i) ^ at(n, i) ^ rotateLeft(at(m, i + 1), 15)) : 0,
  );
  result[3] = sm3Spread(at(d, 3) ^ at(n, 3) ^ rotateLeft(at(result, 0), 15));
  return result;
}

export function sm3partw2(d: Words, n: Words, m: Words): Words {
  const mixed = n.map((word, i) => word ^ rotateLeft(at(m, i), 7));
  const result = mixed.map((word, i) => word ^ at(d, i));
  result[3] = at(result, 3) ^ sm3Spread(rotateLeft(at(mixed, 0), 15));
  return result;
}
