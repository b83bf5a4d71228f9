/** The shortest beginning of a block that shows a difference: all its beginnings run as blocks of one image. */
import type { Parts } from "../parts.ts";
import type { Block, BlockState } from "./block.ts";
import { compareOutcomes, type Difference } from "./compare.ts";
import { runOnEngine } from "./engine.ts";
import { imageOf, outcomeOf } from "./image.ts";
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

/** Beginnings in one image, and blocks that are looked at in all. */
const variantsAtMost = 5000;
const blocksLookedAt = 2000;

/** Blocks in groups whose beginnings have room in one image. */
function grouped(blocks: readonly Block[]): readonly (readonly Block[])[] {
  const groups: Block[][] = [];
  let room = 0;
  for (const block of blocks.slice(0, blocksLookedAt)) {
    const needed = block.items.length + 1;
    if (needed > room) {
      groups.push([]);
      room = variantsAtMost;
    }
    groups.at(-1)?.push(block);
    room -= needed;
  }
  return groups;
}

async function shortestOfGroup(
  parts: Parts,
  cpu: string,
  blocks: readonly Block[],
): Promise<readonly Shortest[]> {
  const all = blocks.flatMap((block) => prefixes(block).map((variant, count) => ({ block, variant, count })));
  const image = imageOf(all.map(({ variant }) => variant));
  const qemu = outcomeOf(await runOnQemu(parts, cpu, image.ram));
  const ran = runOnEngine(image.ram.slice(), qemu.identity, instructionsAtMost(all.length));
  const differences = compareOutcomes(image, qemu, outcomeOf(ran.ram));
  const found = new Map<Block, Shortest>();
  for (const [at, { block, count }] of all.entries()) {
    const own = differences.get(at);
    if (own === undefined || found.has(block) || count === 0) continue;
    found.set(block, { block, count, differences: own, before: qemu.states[at - 1] ?? block.state });
  }
  return [...found.values()];
}

/** @returns those of the blocks of which a beginning, too, differs; of very many blocks only the first are looked at */
export async function shortestOf(
  parts: Parts,
  cpu: string,
  blocks: readonly Block[],
): Promise<readonly Shortest[]> {
  const found: Shortest[] = [];
  for (const group of grouped(blocks)) found.push(...(await shortestOfGroup(parts, cpu, group)));
  return found;
}
