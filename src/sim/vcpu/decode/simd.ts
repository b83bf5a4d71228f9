/** Advanced SIMD, floating point, cryptography, SVE: their encodings. */
import { cryptoRows } from "./crypto.ts";
import { fpRows } from "./fp.ts";
import type { Lacks, Row } from "./row.ts";
import { simdFpRows } from "./simd-fp.ts";
import { simdIntegerRows } from "./simd-integer.ts";
import { simdMemoryRows } from "./simd-memory.ts";
import { simdMoveRows } from "./simd-move.ts";
import type { VectorShape } from "./simd-shapes.ts";
import { type SveInstruction, sveRows } from "./sve.ts";

export type SimdInstruction = VectorShape | SveInstruction | Lacks;

export const simdRows: readonly Row<SimdInstruction>[] = [
  ...simdIntegerRows,
  ...simdMoveRows,
  ...simdFpRows,
  ...fpRows,
  ...simdMemoryRows,
  ...cryptoRows,
  ...sveRows,
];
