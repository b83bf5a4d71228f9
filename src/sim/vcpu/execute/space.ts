/**
 * Guest-physical memory as the core reads and writes it: pages with views of their bytes, and marks on the lines that
 * hold code some core has decoded. Cores that share a `Memory` share its space.
 */
import type { Memory, Region } from "../memory.ts";

export const PAGE_BITS = 12;
export const PAGE_BYTES = 1 << PAGE_BITS;
/** Code is marked by lines of so many bytes. */
const LINE_BITS = 6;
const LINES_OF_PAGE = PAGE_BYTES >> LINE_BITS;

/** One page of guest-physical memory. */
export interface PhysicalPage {
  /** Its number: address divided by the page's size. */
  readonly number: number;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  /** 1 for each line of which code has been decoded since it was last written. */
  readonly lines: Uint8Array;
  readonly readOnly: boolean;
  readonly space: Space;
}

export interface Space {
  readonly memory: Memory;
  /** Counts up with each write to a line that holds code, and with each change from outside. */
  epoch: number;
  /** `memory.regions` and `memory.generation` as the pages know them. */
  regions: readonly Region[];
  generation: number;
  readonly pages: Map<number, PhysicalPage>;
  /** Marks of a region's lines; they outlive pages, of which several may stand for the same memory. */
  readonly lines: WeakMap<Region, Uint8Array>;
  /** Allocation tags, one for 16 bytes, of regions where any has been stored. */
  readonly tags: WeakMap<Region, Uint8Array>;
  /** Cores that have come upon this memory: they share what may be kept of it. */
  cores: number;
}

/** How much of something a core may keep, where `most` is for all of them. @param least for each */
export const shareOf = ({ cores }: Space, most: number, least: number): number =>
  Math.max(least, Math.floor(most / Math.max(1, cores)));

/** So many pages are kept; beyond, all are made anew. */
const PAGE_LIMIT = 1 << 16;

const spaces = new WeakMap<Memory, Space>();

export function spaceOf(memory: Memory): Space {
  const known = spaces.get(memory);
  if (known !== undefined) return known;
  const space: Space = {
    memory,
    epoch: 0,
    regions: memory.regions,
    generation: memory.generation,
    pages: new Map(),
    lines: new WeakMap(),
    tags: new WeakMap(),
    cores: 0,
  };
  spaces.set(memory, space);
  return space;
}

/**
 * Takes note of what changed outside the core.
 *
 * @returns whether the regions are others than before: translations that hold pages are out of date
 */
export function refreshSpace(space: Space): boolean {
  const { memory } = space;
  if (space.generation === memory.generation && space.regions === memory.regions) return false;
  const regionsChanged = space.regions !== memory.regions;
  space.generation = memory.generation;
  space.regions = memory.regions;
  space.epoch++;
  if (regionsChanged) space.pages.clear();
  return regionsChanged;
}

/** The region that holds a whole page, and where in it the page begins. */
export function regionOfPage(space: Space, number: number): { region: Region; offset: number } | undefined {
  const address = number * PAGE_BYTES;
  for (const region of space.regions) {
    const offset = address - Number(region.address);
    if (offset >= 0 && offset + PAGE_BYTES <= region.bytes.length) return { region, offset };
  }
  return undefined;
}

function linesOf(space: Space, region: Region): Uint8Array {
  const known = space.lines.get(region);
  if (known !== undefined) return known;
  const lines = new Uint8Array(Math.ceil(region.bytes.length / 2 ** LINE_BITS));
  space.lines.set(region, lines);
  return lines;
}

/** @returns undefined where no region has the whole page */
export function pageOf(space: Space, number: number): PhysicalPage | undefined {
  const known = space.pages.get(number);
  if (known !== undefined) return known;
  const found = regionOfPage(space, number);
  if (found === undefined) return undefined;
  const { region, offset } = found;
  const { bytes, readOnly } = region;
  if (space.pages.size >= PAGE_LIMIT) space.pages.clear();
  const page: PhysicalPage = {
    number,
    view: new DataView(bytes.buffer, bytes.byteOffset + offset, PAGE_BYTES),
    bytes: bytes.subarray(offset, offset + PAGE_BYTES),
    lines: linesOf(space, region).subarray(offset / 2 ** LINE_BITS, offset / 2 ** LINE_BITS + LINES_OF_PAGE),
    readOnly,
    space,
  };
  space.pages.set(number, page);
  return page;
}

/** Marks the lines from `offset` on as code. */
export function markCode(page: PhysicalPage, offset: number, length: number): void {
  for (let line = offset >> LINE_BITS; line <= (offset + length - 1) >> LINE_BITS; line++)
    page.lines[line] = 1;
}

/** To be called at each write within a page; a page holds the whole access. */
export function noteWrite(page: PhysicalPage, offset: number, length: number): void {
  const last = (offset + length - 1) >> LINE_BITS;
  for (let line = offset >> LINE_BITS; line <= last; line++)
    if (page.lines[line] !== 0) {
      page.lines[line] = 0;
      page.space.epoch++;
    }
}
