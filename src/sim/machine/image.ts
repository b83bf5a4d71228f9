/** Images on their way into a machine's memory. */
import { isElf, type Program, readElf, type Segment } from "./elf.ts";

/** RAM and the place of flat images, as QEMU's `virt` machine has them. */
export const RAM_BASE = 0x4000_0000n;
export const FLAT_IMAGE = 0x4008_0000n;
export const DEFAULT_MEMORY = 128n << 20n;

export type ImageAnswer = { readonly program: Program } | { readonly problem: string };

/**
 * What a file holds: an ELF program by its own addresses; anything else is flat and begins with its first byte.
 *
 * @param load address of a flat image; an ELF program has its own
 */
export function readImage(file: Uint8Array, load: bigint | undefined): ImageAnswer {
  if (file.length === 0) return { problem: "it is empty" };
  if (isElf(file)) {
    if (load !== undefined) return { problem: "an ELF program says itself where it is loaded" };
    return readElf(file);
  }
  const address = load ?? FLAT_IMAGE;
  return { program: { entry: address, segments: [{ address, bytes: file, size: BigInt(file.length) }] } };
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const endOf = ({ address, size }: Segment): bigint => address + size;

/** The address behind the program's last byte. */
export const programEnd = ({ segments }: Program): bigint =>
  segments
    .map(endOf)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .at(-1) ?? 0n;

/**
 * Puts a program into memory.
 *
 * @param ram zeroes, from `base` on
 * @returns what is wrong; undefined: it is there
 */
export function loadProgram({ segments, entry }: Program, ram: Uint8Array, base: bigint): string | undefined {
  const end = base + BigInt(ram.length);
  const has = (from: bigint, to: bigint): boolean => from >= base && to <= end;
  const whole = `memory reaches from ${hex(base)} to ${hex(end - 1n)}`;
  for (const segment of segments) {
    if (!has(segment.address, endOf(segment)))
      return `${hex(segment.address)} to ${hex(endOf(segment) - 1n)} is to be loaded, and ${whole}`;
    ram.set(segment.bytes, Number(segment.address - base));
  }
  return has(entry, entry + 4n) ? undefined : `it begins at ${hex(entry)}, and ${whole}`;
}
