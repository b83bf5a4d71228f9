/** Blocks of decoded code, kept by physical address within bounds. */
import { type Decoded, decode } from "./decode/index.ts";
import { compile } from "./execute/index.ts";
import type { Machine, Op } from "./execute/machine.ts";
import { markCode, PAGE_BYTES, type PhysicalPage, pageOf, type Space, shareOf } from "./execute/space.ts";
import { isSolo } from "./execute/system.ts";

export interface Block {
  readonly ops: readonly Op[];
  /** The words that it was made of. */
  readonly words: Int32Array;
  readonly page: number;
  readonly offset: number;
  /** `Space.epoch` when its words were last seen to be in memory. */
  epoch: number;
}

/** A block as found at a virtual address. */
interface Entry {
  readonly low: number;
  readonly high: number;
  readonly stamp: number;
  readonly guarded: boolean;
  readonly block: Block;
}

type Table = (Entry | undefined)[] | undefined;

export interface BlockCache {
  /** By physical address in words. */
  readonly blocks: Map<number, Block>;
  /** Instructions in all of them. */
  held: number;
  readonly space: Space;
  /** Most instructions of a block. */
  readonly longest: number;
  /** By level, then by bits of the virtual address. */
  readonly tables: Table[];
}

/** Most instructions of a block; and for those who go in small steps, who would decode the same again and again. */
const LONGEST = 64;
const SHORT = 1;
const SMALL_STEP = 8;
/** Most instructions of all blocks that are kept, of all cores; and of one of many. */
const MOST = 1 << 19;
const LEAST = 1 << 11;

/** So many bits of the virtual address in words find a block quickly. */
const TABLE_BITS = 12;
const TABLE_SIZE = 1 << TABLE_BITS;
export const TABLE_MASK = TABLE_SIZE - 1;

/** The table of a level. */
export function tableOf({ tables }: BlockCache, el: number): (Entry | undefined)[] {
  const known = tables[el];
  if (known !== undefined) return known;
  const table = new Array<Entry | undefined>(TABLE_SIZE).fill(undefined);
  tables[el] = table;
  return table;
}

const emptyCache = (space: Space, longest: number): BlockCache => ({
  blocks: new Map(),
  held: 0,
  space,
  longest,
  tables: [],
});

interface Caches {
  whole: BlockCache | undefined;
  short: BlockCache | undefined;
}

const caches = new WeakMap<Machine, Caches>();

/** @param budget instructions that are to be executed */
export function cacheOf(machine: Machine, budget: number): BlockCache {
  const known = caches.get(machine) ?? { whole: undefined, short: undefined };
  caches.set(machine, known);
  const which = budget < SMALL_STEP ? "short" : "whole";
  const found = known[which];
  if (found !== undefined && found.space === machine.space) return found;
  const cache = emptyCache(machine.space, which === "short" ? SHORT : LONGEST);
  known[which] = cache;
  return cache;
}

/** Whether an instruction ends its block, and whether it has to be the only one. */
function placeOf({ instruction }: Decoded): "inside" | "last" | "alone" {
  switch (instruction.group) {
    case "branch":
      return instruction.kind === "exception" || instruction.kind === "exception-return" ? "alone" : "last";
    case "system":
      return isSolo(instruction) ? "alone" : "inside";
    // An instruction that is executed again stays at the block's beginning.
    case "copy":
      return "alone";
    case "none":
      return "last";
    default:
      return "inside";
  }
}

/** Whether the block's words are still in memory; marks them as code again. */
export function isCurrent(block: Block, space: Space): boolean {
  const page = pageOf(space, block.page);
  if (page === undefined) return false;
  const { words, offset } = block;
  for (let i = 0; i < words.length; i++)
    if (page.view.getInt32(offset + 4 * i, true) !== words[i]) return false;
  markCode(page, offset, 4 * words.length);
  block.epoch = space.epoch;
  return true;
}

/** Where code keeps changing, blocks get shorter: less is decoded in vain. */
const shorter = ({ ops }: Block): number => Math.max(1, ops.length >> 1);

/** @param offset within the page, a multiple of 4 */
export function blockAt(machine: Machine, cache: BlockCache, page: PhysicalPage, offset: number): Block {
  const key = page.number * (PAGE_BYTES / 4) + offset / 4;
  const known = cache.blocks.get(key);
  if (known !== undefined && (known.epoch === machine.space.epoch || isCurrent(known, machine.space)))
    return known;
  if (known !== undefined) cache.held -= known.ops.length;
  if (cache.held >= shareOf(cache.space, MOST, LEAST)) {
    cache.blocks.clear();
    cache.held = 0;
    for (const table of cache.tables) table?.fill(undefined);
  }
  const block = make(machine, page, offset, known === undefined ? cache.longest : shorter(known));
  cache.held += block.ops.length;
  cache.blocks.set(key, block);
  return block;
}

function make(machine: Machine, page: PhysicalPage, offset: number, longest: number): Block {
  const words: number[] = [];
  const ops: Op[] = [];
  for (let at = offset; at < PAGE_BYTES && ops.length < longest; at += 4) {
    const word = page.view.getInt32(at, true);
    const decoded = decode(word);
    const place = placeOf(decoded);
    if (place === "alone" && ops.length > 0) break;
    words.push(word);
    ops.push(compile(machine, decoded, at - offset));
    if (place !== "inside") break;
  }
  markCode(page, offset, 4 * words.length);
  return {
    ops,
    words: Int32Array.from(words),
    page: page.number,
    offset,
    epoch: machine.space.epoch,
  };
}
