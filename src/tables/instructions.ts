/** A64 instructions to try on a CPU, with what makes each exist; `data/instructions.json`. */
import text from "./data/instructions.json?raw";
import { parseExpr } from "./expr.ts";
import { indexed, once } from "./load.ts";
import type { Instruction } from "./types.ts";

interface Row extends Omit<Instruction, "word" | "x" | "after" | "gate" | "source"> {
  /** `0x` and eight digits. */
  readonly word: string;
  readonly x?: readonly string[];
  readonly after?: readonly string[];
  readonly gate?: string;
  /** Absent: the file's. */
  readonly source?: string;
}

/** Every instruction; a preparation stands before the rows that need it. */
export const instructions = once((): readonly Instruction[] => {
  const file: { readonly source: string; readonly instructions: readonly Row[] } = JSON.parse(text);
  return file.instructions.map(({ gate, ...row }) => {
    const instruction = {
      ...row,
      word: Number(row.word),
      x: (row.x ?? []).map((value) => (value === "scratch" ? value : BigInt(value))),
      after: row.after ?? [],
      source: row.source ?? file.source,
    };
    if (gate === undefined) return instruction;
    return Object.defineProperty(instruction, "gate", { get: once(() => parseExpr(gate)), enumerable: true });
  });
});

/** By name, `LDADD`. */
export const instruction: (name: string) => Instruction | undefined = indexed(instructions, (row) => [
  row.name,
]);
