/** Cryptographic instructions over the registers. */
import type { CryptoShape } from "../decode/simd-shapes.ts";
import {
  aesDecrypt,
  aesEncrypt,
  aesMixColumns,
  aesUnmixColumns,
  rotateLeft,
  sm4Encrypt,
  sm4Key,
} from "./crypto-aes.ts";
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
} from "./crypto-hash.ts";
import type { Op } from "./machine.ts";
import { clearAbove, laneZero, over, V_BYTES, type VectorRegisters } from "./simd-registers.ts";

type Of<Kind extends CryptoShape["kind"]> = Extract<CryptoShape, { kind: Kind }>;

const bytesOf = (r: VectorRegisters, n: number): Uint8Array =>
  r.bytes.subarray(laneZero(n, 0), laneZero(n, 0) + 16);
const wordsOf = (r: VectorRegisters, n: number): Int32Array =>
  r.words.subarray(laneZero(n, 2), laneZero(n, 2) + 4);
const longOf = (r: VectorRegisters, n: number): BigUint64Array =>
  r.unsignedLong.subarray(laneZero(n, 3), laneZero(n, 3) + 2);

type Bytes2 = (d: Uint8Array, n: Uint8Array) => Uint8Array;
type Words2 = (d: Int32Array, n: Int32Array) => Int32Array;
type Words3 = (d: Int32Array, n: Int32Array, m: Int32Array) => Int32Array;
type Long3 = (d: BigUint64Array, n: BigUint64Array, m: BigUint64Array) => BigUint64Array;

/** What an instruction works on: 16 bytes, four words or two long words. */
type Work<B, W, L> =
  | { readonly of: "bytes"; readonly f: B }
  | { readonly of: "words"; readonly f: W }
  | { readonly of: "long"; readonly f: L };

type Two = Work<Bytes2, Words2, (d: BigUint64Array, n: BigUint64Array) => BigUint64Array>;
type Three = Work<never, Words3, Long3>;

const two: Readonly<Record<Of<"crypto2">["op"], Two>> = {
  aese: { of: "bytes", f: aesEncrypt },
  aesd: { of: "bytes", f: aesDecrypt },
  aesmc: { of: "bytes", f: (_, n) => aesMixColumns(n) },
  aesimc: { of: "bytes", f: (_, n) => aesUnmixColumns(n) },
  sha1h: { of: "words", f: (_, n) => Int32Array.of(rotateLeft(n[0] ?? 0, 30), 0, 0, 0) },
  sha1su1: { of: "words", f: sha1su1 },
  sha256su0: { of: "words", f: sha256su0 },
  sha512su0: { of: "long", f: sha512su0 },
  sm4e: { of: "words", f: sm4Encrypt },
};

const rotateLong = (value: bigint, right: bigint): bigint =>
  BigInt.asUintN(64, (value >> right) | (value << (64n - right)));

const three: Readonly<Record<Of<"crypto3">["op"], Three>> = {
  sha1c: { of: "words", f: sha1c },
  sha1p: { of: "words", f: sha1p },
  sha1m: { of: "words", f: sha1m },
  sha1su0: { of: "words", f: sha1su0 },
  sha256h: { of: "words", f: sha256h },
  sha256h2: { of: "words", f: sha256h2 },
  sha256su1: { of: "words", f: sha256su1 },
  sha512h: { of: "long", f: sha512h },
  sha512h2: { of: "long", f: sha512h2 },
  sha512su1: { of: "long", f: sha512su1 },
  rax1: { of: "long", f: (_, n, m) => n.map((value, i) => value ^ rotateLong(m[i] ?? 0n, 63n)) },
  sm3partw1: { of: "words", f: sm3partw1 },
  sm3partw2: { of: "words", f: sm3partw2 },
  sm4ekey: { of: "words", f: (_, n, m) => sm4Key(n, m) },
};

const four: Readonly<Record<Of<"crypto4">["op"], Words3>> = {
  eor3: (n, m, a) => n.map((word, i) => word ^ (m[i] ?? 0) ^ (a[i] ?? 0)),
  bcax: (n, m, a) => n.map((word, i) => word ^ ((m[i] ?? 0) & ~(a[i] ?? 0))),
  sm3ss1,
};

function compileTwo({ op, d, n }: Of<"crypto2">): Op {
  const work = two[op];
  return over((r, machine) => {
    if (work.of === "bytes") bytesOf(r, d).set(work.f(bytesOf(r, d), bytesOf(r, n)));
    else if (work.of === "words") wordsOf(r, d).set(work.f(wordsOf(r, d), wordsOf(r, n)));
    else longOf(r, d).set(work.f(longOf(r, d), longOf(r, n)));
    clearAbove(machine, r, d, V_BYTES);
  });
}

function compileThree({ op, d, n, m }: Of<"crypto3">): Op {
  const work = three[op];
  return over((r, machine) => {
    if (work.of === "words") wordsOf(r, d).set(work.f(wordsOf(r, d), wordsOf(r, n), wordsOf(r, m)));
    else if (work.of === "long") longOf(r, d).set(work.f(longOf(r, d), longOf(r, n), longOf(r, m)));
    clearAbove(machine, r, d, V_BYTES);
  });
}

function compileFour({ op, d, n, m, a }: Of<"crypto4">): Op {
  const work = four[op];
  return over((r, machine) => {
    wordsOf(r, d).set(work(wordsOf(r, n), wordsOf(r, m), wordsOf(r, a)));
    clearAbove(machine, r, d, V_BYTES);
  });
}

function compileImmediate({ op, d, n, m, a }: Of<"crypto-immediate">): Op {
  return over((r, machine) => {
    if (op === "xar") {
      const other = longOf(r, m);
      longOf(r, d).set(longOf(r, n).map((value, i) => rotateLong(value ^ (other[i] ?? 0n), BigInt(a))));
    } else {
      const step = op === "sm3tt1a" || op === "sm3tt1b" ? sm3tt1 : sm3tt2;
      const later = op === "sm3tt1b" || op === "sm3tt2b";
      wordsOf(r, d).set(step(wordsOf(r, d), wordsOf(r, n), wordsOf(r, m)[a] ?? 0, later));
    }
    clearAbove(machine, r, d, V_BYTES);
  });
}

export function compileCrypto(shape: CryptoShape): Op {
  switch (shape.kind) {
    case "crypto2":
      return compileTwo(shape);
    case "crypto3":
      return compileThree(shape);
    case "crypto4":
      return compileFour(shape);
    case "crypto-immediate":
      return compileImmediate(shape);
  }
}
