/** The shortest beginning of a block that shows a difference: all its beginnings run as blocks of one image. */
import type { Parts } from "../parts.ts";
import type { Block, BlockState } from "./block.ts";
import { compareOutcomes, type Difference } from "./compare.ts";
import { runOnEngine } from "./engine.ts";
import { blocksAtMost, imageOf, outcomeOf } from "./image.ts";
import { runOnQemu } from "./qemu.ts";

export interface Shortest {
  readonly block: Block;
  /** Items that it takes; the last one shows the difference. */
  readonly count: number;
  readonly differences: readonly Difference[];
  /** State before the last item, on which both agree. */
  readonly before: BlockState;
}

const prefixes = (block: Block): readonly Block[] =>
  Array.from({ length: block.items.length + 1 }, (_, count) => ({
    ...block,
    items: block.items.slice(0, count),
  }));

/** Instructions that an image with so many blocks may take. */
export const instructionsAtMost = (blocks: number): number => 1_000_000 + blocks * 20_000;

/**
 * @param blocks as many as fit with all their beginnings; the others are left out
 * @returns those whose beginnings, too, differ
 */
export async function shortestOf(
  parts: Parts,
  cpu: string,
  blocks: readonly Block[],
): Promise<readonly Shortest[]> {
  const all: { readonly block: Block; readonly count: number }[] = [];
  const variants: Block[] = [];
  for (const block of blocks) {
    const own = prefixes(block);
    if (variants.length + own.length > Math.min(blocksAtMost, 6000)) break;
    for (const [count, variant] of own.entries()) {
      all.push({ block, count });
      variants.push(variant);
    }
  }
  const image = imageOf(variants);
  const qemu = outcomeOf(await runOnQemu(parts, cpu, image.ram));
  const ran = runOnEngine(image.ram.slice(), qemu.identity, instructionsAtMost(variants.length));
  const differences = compareOutcomes(image, qemu, outcomeOf(ran.ram));
  const found = new Map<Block, Shortest>();
  for (const [at, { block, count }] of all.entries()) {
    const own = differences.get(at);
    if (own === undefined || found.has(block) || count === 0) continue;
    found.set(block, { block, count, differences: own, before: qemu.states[at - 1] ?? block.state });
  }
  return [...found.values()];
}
