/** How often each class of instructions was run, and what became of it. */
import type { Block } from "./block.ts";
import type { LoggedException } from "./image.ts";

export interface ClassCount {
  readonly name: string;
  instructions: number;
  /** Instructions of the class that its fields tell apart. */
  readonly variants: Set<string>;
  /** Took an exception, UNDEFINED for the most part. */
  exceptions: number;
  /** The engine lacks it. */
  lacks: number;
}

export type Coverage = Map<string, ClassCount>;

/** Words that only prepare an instruction. */
export const PREPARATION = "(preparation)";

function countOf(coverage: Coverage, name: string): ClassCount {
  const known = coverage.get(name);
  if (known !== undefined) return known;
  const made: ClassCount = { name, instructions: 0, variants: new Set(), exceptions: 0, lacks: 0 };
  coverage.set(name, made);
  return made;
}

/** Adds blocks that were run. @param starts addresses of their first words */
export function cover(
  coverage: Coverage,
  blocks: readonly Block[],
  starts: readonly number[],
  exceptions: readonly LoggedException[],
  lacks: readonly { readonly address: number }[],
): void {
  const excepted = new Map<number, number>();
  for (const { elr } of exceptions) excepted.set(Number(elr), (excepted.get(Number(elr)) ?? 0) + 1);
  const lacking = new Set(lacks.map(({ address }) => address));
  for (const [number, { items }] of blocks.entries()) {
    let address = starts[number] ?? 0;
    for (const { classes } of items)
      for (const tested of classes) {
        const count = countOf(coverage, tested?.name ?? PREPARATION);
        count.instructions++;
        if (tested !== undefined) count.variants.add(tested.variant);
        if (excepted.has(address)) count.exceptions++;
        if (lacking.has(address)) count.lacks++;
        address += 4;
      }
  }
}
