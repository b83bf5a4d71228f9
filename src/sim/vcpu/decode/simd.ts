/** Advanced SIMD, floating point, SVE and SME: their encodings, and the spaces of what the engine lacks. */
import { cryptoRows } from "./crypto.ts";
import { fpRows } from "./fp.ts";
import { type Lacks, lackingRow, type Row } from "./row.ts";
import { simdFpRows } from "./simd-fp.ts";
import { simdIntegerRows } from "./simd-integer.ts";
import { simdMemoryRows } from "./simd-memory.ts";
import { simdMoveRows } from "./simd-move.ts";
import type { VectorShape } from "./simd-shapes.ts";

export type SimdInstruction = VectorShape | Lacks;

export const simdRows: readonly Row<SimdInstruction>[] = [
  ...simdIntegerRows,
  ...simdMoveRows,
  ...simdFpRows,
  ...fpRows,
  ...simdMemoryRows,
  ...cryptoRows,
  lackingRow("xxx 0010 xxxxxxxxxxxxxxxxxxxxxxxxx", { name: "SVE", fate: "ADD_Z", uses: "sve" }),
];
