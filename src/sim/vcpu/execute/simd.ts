/** Advanced SIMD and floating point: ops of decoded instructions. */
import type { VectorShape } from "../decode/simd-shapes.ts";
import type { SveInstruction } from "../decode/sve.ts";
import { compileCrypto } from "./crypto.ts";
import { compileScalar } from "./fp.ts";
import { FPCR_AH, FPCR_FIZ, FPCR_NEP } from "./fp-format.ts";
import { type Op, stopWith } from "./machine.ts";
import { compileSimdFp } from "./simd-fp.ts";
import { compileSimdInteger } from "./simd-integer.ts";
import { compileFpAtomic, compileSimdMemory } from "./simd-memory.ts";
import { compileSimdMove } from "./simd-move.ts";
import { compileSve } from "./sve.ts";

/** FEAT_AFP changes what floating point does; the engine has none of it. */
const ALTERNATIVE = FPCR_AH | FPCR_FIZ | FPCR_NEP;

const standardOnly =
  (op: Op): Op =>
  (machine) =>
    (machine.state.fpcr & ALTERNATIVE) === 0
      ? op(machine)
      : stopWith(machine, {
          kind: "lacks",
          word: 0,
          address: 0n,
          what: "floating point with FPCR.AH, FIZ or NEP (FEAT_AFP)",
        });

export function compileSimd(shape: VectorShape | SveInstruction): Op {
  switch (shape.kind) {
    case "sve":
      return standardOnly(compileSve(shape.shape));
    case "int1":
    case "int2":
    case "int-pair":
    case "int-across":
    case "bits":
    case "long":
    case "wide":
    case "high-narrow":
    case "narrow":
    case "shift":
    case "shift-long":
    case "pair-long":
    case "dot":
    case "matrix":
    case "pmull":
      return compileSimdInteger(shape);
    case "immediate":
    case "dup-element":
    case "dup-general":
    case "insert-element":
    case "insert-general":
    case "to-general":
    case "permute":
    case "extract":
    case "table":
    case "reverse":
    case "lookup":
      return compileSimdMove(shape);
    case "structures":
    case "replicate":
    case "one-structure":
      return compileSimdMemory(shape);
    case "fp-atomic":
      return compileFpAtomic(shape);
    case "crypto2":
    case "crypto3":
    case "crypto4":
    case "crypto-immediate":
      return compileCrypto(shape);
    case "fp-immediate":
    case "fp-convert":
    case "fp-flags":
    case "fp-select":
    case "fp-to-general":
    case "fp-from-general":
    case "fp-move-to-general":
    case "fp-move-from-general":
    case "fp-javascript":
      return standardOnly(compileScalar(shape));
    default:
      return standardOnly(compileSimdFp(shape));
  }
}
