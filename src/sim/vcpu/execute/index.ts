/** Makes an op of a decoded instruction. */
import type { Decoded } from "../decode/index.ts";
import { UNDEFINED } from "../world.ts";
import { compileAtomic } from "./atomic.ts";
import { compileBranch } from "./branch.ts";
import { compileCopy } from "./copy.ts";
import { gated } from "./gate.ts";
import { compileInteger } from "./integer.ts";
import { type Machine, type Op, raise, stopWith } from "./machine.ts";
import { compileMemory } from "./memory.ts";
import { compilePointer } from "./pointer.ts";
import { compileSimd } from "./simd.ts";
import { compileSystem } from "./system.ts";

const undefinedOp: Op = (machine) => raise(machine, UNDEFINED);

/** An op that stops with what the engine lacks; the engine adds the address. */
const lackingOp =
  (word: number, what: string): Op =>
  (machine) =>
    stopWith(machine, { kind: "lacks", word: word >>> 0, address: 0n, what });

function plainOp(machine: Machine, { word, instruction }: Decoded, at: number): Op {
  switch (instruction.group) {
    case "integer":
      return compileInteger(instruction, at);
    case "branch":
      return compileBranch(instruction, at);
    case "system":
      return compileSystem(machine, instruction);
    case "memory":
      return compileMemory(machine, instruction, at);
    case "atomic":
      return compileAtomic(instruction);
    case "pointer":
      return compilePointer(instruction);
    case "copy":
      return compileCopy(instruction);
    case "simd":
      return compileSimd(instruction);
    case "none":
      return instruction.kind === "lacks" ? lackingOp(word, instruction.what) : undefinedOp;
  }
}

/**
 * @param machine on which the op will run
 * @param at bytes from the beginning of the block that the op will be in
 */
export const compile = (machine: Machine, decoded: Decoded, at: number): Op =>
  gated(machine, decoded, plainOp(machine, decoded, at));
