/** Cryptographic instructions put together to the algorithms, with the standards' own examples. */
import { createCipheriv, createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  aesDecrypt,
  aesEncrypt,
  aesMixColumns,
  aesUnmixColumns,
  rotateLeft,
  sm4Encrypt,
  sm4Key,
} from "../../../src/sim/vcpu/execute/crypto-aes.ts";
import {
  sha1c,
  sha1m,
  sha1p,
  sha1su0,
  sha1su1,
  sha256h,
  sha256h2,
  sha256su0,
  sha256su1,
  sha512h,
  sha512h2,
  sha512su0,
  sha512su1,
  sm3partw1,
  sm3partw2,
  sm3ss1,
  sm3tt1,
  sm3tt2,
} from "../../../src/sim/vcpu/execute/crypto-hash.ts";
import {
  aesInverseSubstitution,
  aesSubstitution,
  sm4Substitution,
} from "../../../src/sim/vcpu/execute/crypto-tables.ts";
import { fromHex, lanes, vectors } from "./simd-fixture.ts";

const hexOf = (bytes: Iterable<number>): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
const wordsHex = (words: Iterable<number>): string =>
  [...words].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");

/** FIPS 197, 5.2. */
function expandKey(key: Uint8Array): readonly Uint8Array[] {
  const table = aesSubstitution();
  const columns = Array.from({ length: 4 }, (_, i) => [...key.subarray(4 * i, 4 * i + 4)]);
  let constant = 1;
  for (let i = 4; i < 44; i++) {
    let word = [...(columns[i - 1] ?? [])];
    if (i % 4 === 0) {
      word = [...word.slice(1), ...word.slice(0, 1)].map((byte) => table[byte] ?? 0);
      word[0] = (word[0] ?? 0) ^ constant;
      constant = constant < 0x80 ? constant << 1 : (constant << 1) ^ 0x11b;
    }
    columns.push(word.map((byte, k) => byte ^ (columns[i - 4]?.[k] ?? 0)));
  }
  return Array.from({ length: 11 }, (_, round) =>
    Uint8Array.from(columns.slice(4 * round, 4 * round + 4).flat()),
  );
}

const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, i) => byte ^ (b[i] ?? 0));

function encrypt(block: Uint8Array, keys: readonly Uint8Array[]): Uint8Array {
  let state = block;
  for (const [round, key] of keys.slice(0, 10).entries()) {
    state = aesEncrypt(state, key);
    if (round < 9) state = aesMixColumns(state);
  }
  return xor(state, keys[10] ?? new Uint8Array(16));
}

function decrypt(block: Uint8Array, keys: readonly Uint8Array[]): Uint8Array {
  let state = aesDecrypt(block, keys[10] ?? new Uint8Array(16));
  for (const key of keys.slice(1, 10).reverse())
    state = aesDecrypt(aesUnmixColumns(state), aesUnmixColumns(key));
  return xor(state, keys[0] ?? new Uint8Array(16));
}

describe("AES", () => {
  it("has the tables of FIPS 197", () => {
    expect(hexOf(aesSubstitution().subarray(0, 16))).toBe("637c777bf26b6fc53001672bfed7ab76");
    expect(hexOf(aesSubstitution().subarray(240))).toBe("8ca1890dbfe6426841992d0fb054bb16");
    expect(hexOf(aesInverseSubstitution().subarray(0, 8))).toBe("52096ad53036a538");
  });

  it("encrypts and decrypts the example of FIPS 197, appendix B", () => {
    const keys = expandKey(bytesOf("2b7e151628aed2a6abf7158809cf4f3c"));
    const plain = bytesOf("3243f6a8885a308d313198a2e0370734");
    const cipher = bytesOf("3925841d02dc09fbdc118597196a0b32");
    expect(hexOf(encrypt(plain, keys))).toBe(hexOf(cipher));
    expect(hexOf(decrypt(cipher, keys))).toBe(hexOf(plain));
  });

  it("agrees with another implementation", () => {
    const block = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(block, block, (plain, key) => {
        const cipher = createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
        const expected = hexOf(cipher.update(plain));
        const keys = expandKey(key);
        expect(hexOf(encrypt(plain, keys))).toBe(expected);
        expect(hexOf(decrypt(bytesOf(expected), keys))).toBe(hexOf(plain));
      }),
    );
  });

  it("as instructions: the first round of the example", () => {
    // aese v0.16b, v1.16b / aesmc v0.16b, v0.16b
    const { v } = vectors([0x4e284820, 0x4e286800], {
      v: { 0: fromHex("3243f6a8885a308d313198a2e0370734"), 1: fromHex("2b7e151628aed2a6abf7158809cf4f3c") },
    });
    expect(v(0)).toBe(fromHex("046681e5e0cb199a48f8d37a2806264c"));
  });
});

/** One block of padded text as big-endian words. */
function padded(text: string, bytes: number): DataView {
  const view = new DataView(new ArrayBuffer(bytes));
  for (const [i, byte] of new TextEncoder().encode(text).entries()) view.setUint8(i, byte);
  view.setUint8(text.length, 0x80);
  view.setUint32(bytes - 4, text.length * 8);
  return view;
}

const schedule = (view: DataView): Int32Array[] =>
  Array.from({ length: 4 }, (_, i) =>
    Int32Array.from({ length: 4 }, (_, k) => view.getInt32(16 * i + 4 * k)),
  );

const plus = (a: Int32Array, b: ArrayLike<number>): Int32Array => a.map((word, i) => word + (b[i] ?? 0));
const none = new Int32Array(4);

describe("SHA", () => {
  it("1 of a block", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{0,55}$/), (text) => {
        const words = schedule(padded(text, 64));
        let abcd: Int32Array = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
        let e = 0xc3d2e1f0 | 0;
        const [start, startE] = [abcd, e];
        const constants = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];
        const rounds = [sha1c, sha1p, sha1m, sha1p];
        for (let group = 0; group < 20; group++) {
          const input = words[group] ?? none;
          const constant = constants[Math.floor(group / 5)] ?? 0;
          const next = rotateLeft(abcd[0] ?? 0, 30);
          abcd = (rounds[Math.floor(group / 5)] ?? sha1c)(
            abcd,
            Int32Array.of(e, 0, 0, 0),
            input.map((word) => word + constant),
          );
          e = next;
          const [w0, w1, w2, w3] = [group, group + 1, group + 2, group + 3].map((k) => words[k] ?? none);
          words.push(sha1su1(sha1su0(w0 ?? none, w1 ?? none, w2 ?? none), w3 ?? none));
        }
        const hash = wordsHex([...plus(abcd, start), (e + startE) | 0]);
        expect(hash).toBe(createHash("sha1").update(text).digest("hex"));
      }),
      { numRuns: 20 },
    );
  });

  /** The first 32 (64) bits of the fractions of the roots of primes, as FIPS 180-4 has its constants. */
  const primes: number[] = [];
  for (let n = 2; primes.length < 80; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
  const root = (n: bigint, power: bigint): bigint => {
    let low = 0n;
    let high = n;
    while (low < high) {
      const middle = (low + high + 1n) >> 1n;
      if (middle ** power <= n) low = middle;
      else high = middle - 1n;
    }
    return low;
  };
  const fraction = (prime: number, power: bigint, bits: bigint): bigint =>
    BigInt.asUintN(Number(bits), root(BigInt(prime) << (power * bits), power));

  it("256 of a block", () => {
    const constants = primes.map((prime) => Number(fraction(prime, 3n, 32n)));
    const start = primes.slice(0, 8).map((prime) => Number(fraction(prime, 2n, 32n)));
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{0,55}$/), (text) => {
        const words = schedule(padded(text, 64));
        let abcd: Int32Array = Int32Array.from(start.slice(0, 4));
        let efgh: Int32Array = Int32Array.from(start.slice(4));
        for (let group = 0; group < 16; group++) {
          const input = plus(words[group] ?? none, constants.slice(4 * group, 4 * group + 4));
          const next = sha256h(abcd, efgh, input);
          efgh = sha256h2(efgh, abcd, input);
          abcd = next;
          const [w0, w1, w2, w3] = [group, group + 1, group + 2, group + 3].map((k) => words[k] ?? none);
          words.push(sha256su1(sha256su0(w0 ?? none, w1 ?? none), w2 ?? none, w3 ?? none));
        }
        const hash = wordsHex([...plus(abcd, start.slice(0, 4)), ...plus(efgh, start.slice(4))]);
        expect(hash).toBe(createHash("sha256").update(text).digest("hex"));
      }),
      { numRuns: 20 },
    );
  });

  it("512 of a block", () => {
    const constants = primes.map((prime) => fraction(prime, 3n, 64n));
    const start = primes.slice(0, 8).map((prime) => fraction(prime, 2n, 64n));
    const text = "abc";
    const view = padded(text, 128);
    const words = Array.from({ length: 16 }, (_, i) => view.getBigUint64(8 * i));
    const pair = (i: number): BigUint64Array => BigUint64Array.of(words[i] ?? 0n, words[i + 1] ?? 0n);
    const [a, b, c, d, e, f, g, h] = start as [
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
    ];
    let [ab, cd, ef, gh] = [
      [a, b],
      [c, d],
      [e, f],
      [g, h],
    ].map((two) => BigUint64Array.from(two)) as [
      BigUint64Array,
      BigUint64Array,
      BigUint64Array,
      BigUint64Array,
    ];
    for (let i = 0; i < 80; i += 2) {
      // Two rounds, as the architecture's own example of use has them.
      const sum = pair(i).map((word, k) => word + (constants[i + k] ?? 0n));
      const swapped = BigUint64Array.of(sum[1] ?? 0n, sum[0] ?? 0n);
      const t = swapped.map((word, k) => word + (gh[k] ?? 0n));
      const fg = BigUint64Array.of(ef[1] ?? 0n, gh[0] ?? 0n);
      const de = BigUint64Array.of(cd[1] ?? 0n, ef[0] ?? 0n);
      const first = sha512h(t, fg, de);
      const next = sha512h2(first, cd, ab);
      [ab, cd, ef, gh] = [next, ab, cd.map((word, k) => word + (first[k] ?? 0n)), ef];
      const su0 = sha512su0(pair(i), pair(i + 2));
      const added = sha512su1(su0, pair(i + 14), BigUint64Array.of(words[i + 9] ?? 0n, words[i + 10] ?? 0n));
      words.push(...added);
    }
    const hash = [...ab, ...cd, ...ef, ...gh].map((word, i) => BigInt.asUintN(64, word + (start[i] ?? 0n)));
    expect(hash.map((word) => word.toString(16).padStart(16, "0")).join("")).toBe(
      createHash("sha512").update(text).digest("hex"),
    );
  });
});

describe("SM3", () => {
  it("of “abc”, as GB/T 32905 has it", () => {
    const words = schedule(padded("abc", 64));
    // The registers hold the state from its last word to its first.
    const initial = [
      0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
    ];
    let abcd: Int32Array = Int32Array.from(initial.slice(0, 4).reverse());
    let efgh: Int32Array = Int32Array.from(initial.slice(4).reverse());
    for (let group = 0; group < 13; group++) {
      // Words 7 to 10, 3 to 6 and 10 to 13 of the sixteen.
      const at = (from: number): Int32Array =>
        Int32Array.from({ length: 4 }, (_, i) => words[group + ((from + i) >> 2)]?.[(from + i) & 3] ?? 0);
      const partial = sm3partw1(at(0), at(7), at(12));
      words.push(sm3partw2(partial, at(10), at(3)));
    }
    for (let round = 0; round < 64; round++) {
      const word = words[round >> 2]?.[round & 3] ?? 0;
      const later = words[(round + 4) >> 2]?.[(round + 4) & 3] ?? 0;
      const constant = rotateLeft(round < 16 ? 0x79cc4519 : 0x7a879d8a, round % 32);
      const ss1 = sm3ss1(abcd, efgh, Int32Array.of(0, 0, 0, constant));
      const nextA = sm3tt1(abcd, ss1, word ^ later, round >= 16);
      efgh = sm3tt2(efgh, ss1, word, round >= 16);
      abcd = nextA;
    }
    const state = [...abcd.slice().reverse(), ...efgh.slice().reverse()];
    expect(wordsHex(state.map((word, i) => word ^ (initial[i] ?? 0)))).toBe(
      "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    );
  });
});

describe("SM4", () => {
  it("has the table of GB/T 32907", () => {
    expect(hexOf(sm4Substitution().subarray(0, 16))).toBe("d690e9fecce13db716b614c228fb2c05");
    expect(new Set(sm4Substitution()).size).toBe(256);
  });

  it("encrypts the standard's example", () => {
    const words = [0x01234567, 0x89abcdef, 0xfedcba98, 0x76543210];
    const family = [0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc];
    let key: Int32Array = Int32Array.from(words, (word, i) => word ^ (family[i] ?? 0));
    let state: Int32Array = Int32Array.from(words);
    for (let group = 0; group < 8; group++) {
      const constants = Int32Array.from({ length: 4 }, (_, i) => {
        let constant = 0;
        for (let j = 0; j < 4; j++) constant = (constant << 8) | (((4 * (4 * group + i) + j) * 7) & 0xff);
        return constant;
      });
      key = sm4Key(key, constants);
      state = sm4Encrypt(state, key);
    }
    expect(wordsHex([...state].reverse())).toBe("681edf34d206965e86b3e94f536e4246");
  });
});

describe("SHA3's helpers", () => {
  it("EOR3, BCAX, RAX1, XAR", () => {
    const v = {
      1: lanes(64, [0x0123456789abcdefn, 5n]),
      2: lanes(64, [0xffff0000ffff0000n, 1n << 63n]),
      3: lanes(64, [0xf0f0n, 7n]),
    };
    const [n, m, a] = [v[1], v[2], v[3]];
    expect(vectors([0xce020c20], { v }).v(0)).toBe(n ^ m ^ a);
    expect(vectors([0xce220c20], { v }).v(0)).toBe(n ^ (m & ~a));
    expect(vectors([0xce628c20], { v }).v(0)).toBe(n ^ lanes(64, [0xfffe0001fffe0001n, 1n]));
    expect(vectors([0xce821020], { v }).v(0)).toBe(
      lanes(
        64,
        [0, 1].map((i) => {
          const mixed = BigInt.asUintN(64, (n ^ m) >> BigInt(64 * i));
          return (mixed >> 4n) | (mixed << 60n);
        }),
      ),
    );
  });
});
