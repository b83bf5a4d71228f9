/** Advanced SIMD, floating point, cryptography, SVE: their encodings. */
import { cryptoRows } from "./crypto.ts";
import { fpRows } from "./fp.ts";
import { type Lacks, lackingRow, type Row } from "./row.ts";
import { simdElementRows } from "./simd-element.ts";
import { gate } from "./simd-fields.ts";
import { simdFpRows } from "./simd-fp.ts";
import { simdFpProductRows } from "./simd-fp-products.ts";
import { simdIntegerRows } from "./simd-integer.ts";
import { simdMemoryRows } from "./simd-memory.ts";
import { simdMoveRows } from "./simd-move.ts";
import type { VectorShape } from "./simd-shapes.ts";
import { simdShiftRows } from "./simd-shift.ts";
import { simdWidenRows } from "./simd-widen.ts";
import { type SveInstruction, sveRows } from "./sve.ts";

export type SimdInstruction = VectorShape | SveInstruction | Lacks;

/** FCVTN, FDOT, FMLAL, FMLALL and FMMLA of FP8: with three registers, and by an element. */
const eightBits = [
  "0 x 0 01110 0x 0 xxxxx 11110 1 xxxxx xxxxx",
  "0 x 0 01110 0x 0 xxxxx 11111 1 xxxxx xxxxx",
  "0 x 0 01110 11 0 xxxxx 11111 1 xxxxx xxxxx",
  "0 x 0 01110 0x 0 xxxxx 11000 1 xxxxx xxxxx",
  "0 1 1 01110 x0 0 xxxxx 11101 1 xxxxx xxxxx",
  "0 x 0 01111 0x x xxxxx 0000 x 0 xxxxx xxxxx",
  "0 x 0 01111 11 x xxxxx 0000 x 0 xxxxx xxxxx",
  "0 x 1 01111 0x x xxxxx 1000 x 0 xxxxx xxxxx",
].map((picture) => lackingRow(picture, { ...gate("F1CVTL"), name: "arithmetic of FP8" }));

export const simdRows: readonly Row<SimdInstruction>[] = [
  ...simdIntegerRows,
  ...simdWidenRows,
  ...simdShiftRows,
  ...simdElementRows,
  ...simdMoveRows,
  ...simdFpRows,
  ...simdFpProductRows,
  ...fpRows,
  ...simdMemoryRows,
  ...cryptoRows,
  ...eightBits,
  ...sveRows,
];
