/** Cryptographic instructions: their encodings. */
import type { Row } from "./row.ts";
import { bits, encoding, gate, group } from "./simd-fields.ts";
import type { CryptoShape } from "./simd-shapes.ts";

const two = [
  ["01001110 00 10100 00100 10", "aese", "AESE"],
  ["01001110 00 10100 00101 10", "aesd", "AESE"],
  ["01001110 00 10100 00110 10", "aesmc", "AESE"],
  ["01001110 00 10100 00111 10", "aesimc", "AESE"],
  ["01011110 00 10100 00000 10", "sha1h", "SHA1H"],
  ["01011110 00 10100 00001 10", "sha1su1", "SHA1H"],
  ["01011110 00 10100 00010 10", "sha256su0", "SHA256H"],
  ["11001110 110 00000 1000 00", "sha512su0", "SHA512H"],
  ["11001110 110 00000 1000 01", "sm4e", "SM4E"],
] as const;
export type Crypto2 = (typeof two)[number][1];

const three = [
  ["01011110 00 0 xxxxx 0 000 00", "sha1c", "SHA1H"],
  ["01011110 00 0 xxxxx 0 001 00", "sha1p", "SHA1H"],
  ["01011110 00 0 xxxxx 0 010 00", "sha1m", "SHA1H"],
  ["01011110 00 0 xxxxx 0 011 00", "sha1su0", "SHA1H"],
  ["01011110 00 0 xxxxx 0 100 00", "sha256h", "SHA256H"],
  ["01011110 00 0 xxxxx 0 101 00", "sha256h2", "SHA256H"],
  ["01011110 00 0 xxxxx 0 110 00", "sha256su1", "SHA256H"],
  ["11001110 011 xxxxx 1000 00", "sha512h", "SHA512H"],
  ["11001110 011 xxxxx 1000 01", "sha512h2", "SHA512H"],
  ["11001110 011 xxxxx 1000 10", "sha512su1", "SHA512H"],
  ["11001110 011 xxxxx 1000 11", "rax1", "RAX1"],
  ["11001110 011 xxxxx 1100 00", "sm3partw1", "SM3SS1"],
  ["11001110 011 xxxxx 1100 01", "sm3partw2", "SM3SS1"],
  ["11001110 011 xxxxx 1100 10", "sm4ekey", "SM4E"],
] as const;
export type Crypto3 = (typeof three)[number][1];

const four = [
  ["00", "eor3", "EOR3"],
  ["01", "bcax", "EOR3"],
  ["10", "sm3ss1", "SM3SS1"],
] as const;
export type Crypto4 = (typeof four)[number][1];

const rounds = [
  ["00", "sm3tt1a"],
  ["01", "sm3tt1b"],
  ["10", "sm3tt2a"],
  ["11", "sm3tt2b"],
] as const;
export type CryptoImmediate = (typeof rounds)[number][1] | "xar";

export const cryptoRows: readonly Row<CryptoShape>[] = [
  ...two.map(([picture, op, fate]) =>
    encoding<CryptoShape>(`${picture} xxxxx xxxxx`, op, gate(fate), (f) => ({
      group,
      kind: "crypto2",
      op,
      d: f.d,
      n: f.n,
    })),
  ),
  ...three.map(([picture, op, fate]) =>
    encoding<CryptoShape>(`${picture} xxxxx xxxxx`, op, gate(fate), (f) => ({
      group,
      kind: "crypto3",
      op,
      d: f.d,
      n: f.n,
      m: f.m,
    })),
  ),
  ...four.map(([opcode, op, fate]) =>
    encoding<CryptoShape>(`11001110 0 ${opcode} xxxxx 0 xxxxx xxxxx xxxxx`, op, gate(fate), (f) => ({
      group,
      kind: "crypto4",
      op,
      a: bits(f.word, 10, 5),
      d: f.d,
      n: f.n,
      m: f.m,
    })),
  ),
  ...rounds.map(([opcode, op]) =>
    encoding<CryptoShape>(`11001110 010 xxxxx 10 xx ${opcode} xxxxx xxxxx`, op, gate("SM3SS1"), (f) => ({
      group,
      kind: "crypto-immediate",
      op,
      a: bits(f.word, 12, 2),
      d: f.d,
      n: f.n,
      m: f.m,
    })),
  ),
  encoding<CryptoShape>("11001110 100 xxxxx xxxxxx xxxxx xxxxx", "xar", gate("EOR3"), (f) => ({
    group,
    kind: "crypto-immediate",
    op: "xar",
    a: bits(f.word, 10, 6),
    d: f.d,
    n: f.n,
    m: f.m,
  })),
];
