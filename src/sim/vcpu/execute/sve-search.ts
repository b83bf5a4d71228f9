/** SVE2 searches, histograms, carries, cryptography; FTMAD. */
import type { SveShape } from "../decode/sve-shapes.ts";
import { Z_BYTES } from "../state.ts";
import { aesDecrypt, aesEncrypt, aesMixColumns, aesUnmixColumns, sm4Encrypt, sm4Key } from "./crypto-aes.ts";
import { abs, mulAdd } from "./fp-arithmetic.ts";
import type { Op } from "./machine.ts";
import { trigonometricCoefficient } from "./sve-constants.ts";
import { formatOfSize } from "./sve-map.ts";
import { readAll, writeAll } from "./sve-scalars.ts";
import {
  elements,
  isActive,
  overVectors,
  readElement,
  readPredicate,
  storePredicate,
  testFlags,
  writeElement,
} from "./sve-state.ts";

type Of<Kind extends SveShape["kind"]> = Extract<SveShape, { kind: Kind }>;
type Permute = Of<"permute">;

/** EORBT and EORTB: each odd with its even lane. */
export function compileEorInterleaved({ op, size, d, n, m }: Permute): Op {
  const to = op === "eorbt" ? 0 : 1;
  return overVectors((v) => {
    const a = readAll(v, n, size);
    const b = readAll(v, m, size);
    for (let i = 0; i < a.length; i += 2)
      writeElement(v.r, d, size, i + to, (a[i + to] ?? 0n) ^ (b[i + 1 - to] ?? 0n));
  });
}

/** Long addition and subtraction: the carry is bit 0 of the odd lane. */
export function compileCarry({ op, size, d, n, m }: Permute): Op {
  const part = op.endsWith("t") ? 1 : 0;
  const subtracts = op.startsWith("sbc");
  const bits = BigInt(8 << size);
  const mask = (1n << bits) - 1n;
  return overVectors((v) => {
    const results: [bigint, bigint][] = [];
    for (let i = 0; i < elements(v, size); i += 2) {
      const addend = readElement(v.r, d, size, i, false);
      const carry = readElement(v.r, m, size, i + 1, false) & 1n;
      const other = readElement(v.r, n, size, i + part, false);
      const sum = addend + (subtracts ? other ^ mask : other) + carry;
      results.push([sum & mask, sum >> bits]);
    }
    for (const [i, [sum, carry]] of results.entries()) {
      writeElement(v.r, d, size, 2 * i, sum);
      writeElement(v.r, d, size, 2 * i + 1, carry);
    }
  });
}

/** MATCH, NMATCH: whether a lane is among those of the 128 bits around it. */
export function compileMatch({ op, size, d, n, m, pg }: Permute): Op {
  const wanted = op === "match";
  return overVectors((v) => {
    const result = new Uint8Array(v.length);
    const all = readAll(v, m, size);
    const each = 16 >> size;
    for (const [i, value] of readAll(v, n, size).entries()) {
      if (!isActive(v, pg, size, i)) continue;
      const segment = Math.floor(i / each) * each;
      if (all.slice(segment, segment + each).includes(value) === wanted) result[i << size] = 1;
    }
    const mask = readPredicate(v, pg);
    storePredicate(v, d, result);
    testFlags(v.state, mask, result, 1 << size);
  });
}

export function compileHistogram({ op, size, d, n, m, pg }: Permute): Op {
  return overVectors((v) => {
    if (op === "histseg") {
      const all = readAll(v, m, 0);
      const results = readAll(v, n, 0).map((value, i) => {
        const segment = i & ~15;
        return BigInt(all.slice(segment, segment + 16).filter((other) => other === value).length);
      });
      writeAll(v, d, 0, results);
      return;
    }
    const all = readAll(v, m, size);
    const results = readAll(v, n, size).map((value, i) => {
      if (!isActive(v, pg, size, i)) return 0n;
      const equal = all.filter((other, k) => k <= i && isActive(v, pg, size, k) && other === value);
      return BigInt(equal.length);
    });
    writeAll(v, d, size, results);
  });
}

/** By 128 bits. */
export function compileCrypto({ op, d, n, m }: Permute): Op {
  return overVectors((v) => {
    const { bytes, words, unsignedLong } = v.r;
    for (let at = 0; at < v.length; at += 16) {
      const block = (z: number): Uint8Array => bytes.subarray(z * Z_BYTES + at, z * Z_BYTES + at + 16);
      const four = (z: number): Int32Array =>
        words.subarray((z * Z_BYTES + at) >> 2, ((z * Z_BYTES + at) >> 2) + 4);
      if (op === "aese") block(d).set(aesEncrypt(block(d), block(n)));
      else if (op === "aesd") block(d).set(aesDecrypt(block(d), block(n)));
      else if (op === "aesmc") block(d).set(aesMixColumns(block(d)));
      else if (op === "aesimc") block(d).set(aesUnmixColumns(block(d)));
      else if (op === "sm4e") four(d).set(sm4Encrypt(four(d), four(n)));
      else if (op === "sm4ekey") four(d).set(sm4Key(four(n), four(m)));
      else
        for (const k of [0, 1]) {
          const value = unsignedLong[((m * Z_BYTES + at) >> 3) + k] ?? 0n;
          const rotated = (value << 1n) | (value >> 63n);
          unsignedLong[((d * Z_BYTES + at) >> 3) + k] =
            (unsignedLong[((n * Z_BYTES + at) >> 3) + k] ?? 0n) ^ rotated;
        }
    }
  });
}

export function compileTrigonometric({ size, d, n, by }: Permute): Op {
  const f = formatOfSize(size);
  return overVectors((v) => {
    for (let i = 0; i < elements(v, size); i++) {
      const angle = readElement(v.r, n, size, i, false);
      const coefficient = trigonometricCoefficient(f, by, (angle & f.sign) !== 0n);
      writeElement(
        v.r,
        d,
        size,
        i,
        mulAdd(f, coefficient, readElement(v.r, d, size, i, false), abs(f, angle), v.state),
      );
    }
  });
}
