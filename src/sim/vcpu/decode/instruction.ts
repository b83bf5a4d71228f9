/** All instructions, by group. A group's file has its shapes and the rows of its encodings. */
import type { AtomicInstruction } from "./atomic.ts";
import type { BranchInstruction } from "./branch.ts";
import type { CopyInstruction } from "./copy.ts";
import type { IntegerInstruction } from "./integer.ts";
import type { MemoryInstruction } from "./memory.ts";
import type { PointerInstruction } from "./pointer.ts";
import type { Gate, Lacks } from "./row.ts";
import type { SimdInstruction } from "./simd.ts";
import type { SystemInstruction } from "./system.ts";

/** Not allocated. */
export interface Unallocated {
  readonly group: "none";
  readonly kind: "undefined";
}

/** Told apart by `group`, and within it by `kind`. */
export type Instruction =
  | IntegerInstruction
  | BranchInstruction
  | SystemInstruction
  | MemoryInstruction
  | AtomicInstruction
  | PointerInstruction
  | CopyInstruction
  | SimdInstruction
  | Lacks
  | Unallocated;

/** One word of a guest's code, decoded. Immutable, and the same wherever the word stands. */
export interface Decoded extends Gate {
  /** As a signed number. */
  readonly word: number;
  /** Mnemonic, for those who trace; `undefined` of an encoding that is not allocated. */
  readonly name: string;
  readonly instruction: Instruction;
}
