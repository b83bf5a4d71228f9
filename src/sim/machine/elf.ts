/**
 * ELF programs for a bare-metal AArch64 machine: ELF64, little-endian, linked to fixed addresses. Everything that the
 * file says is checked before it is believed. Layout: System V ABI, ELF-64 Object File Format 1.5; machine number and
 * what else is AArch64's: ELF for the Arm 64-bit Architecture.
 */

export interface Segment {
  /** Physical address. */
  readonly address: bigint;
  readonly bytes: Uint8Array;
  /** Bytes in memory, those behind `bytes` zero; at least as many as `bytes` has. */
  readonly size: bigint;
}

export interface Program {
  readonly entry: bigint;
  /** In the order of the file, without empty ones; disjoint. */
  readonly segments: readonly Segment[];
}

export type ElfAnswer = { readonly program: Program } | { readonly problem: string };

const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const AARCH64 = 183;
const EXECUTABLE = 2;
const LOAD = 1;
const DYNAMIC = 2;
const INTERPRETER = 3;
/** e_phnum when the number stands elsewhere. */
const EXTENDED = 0xffff;

const machines: Readonly<Record<number, string>> = {
  3: "x86",
  8: "MIPS",
  20: "PowerPC",
  21: "64-bit PowerPC",
  22: "s390",
  40: "32-bit Arm",
  62: "x86-64",
  243: "RISC-V",
  258: "LoongArch",
};
const types: Readonly<Record<number, string>> = {
  0: "a file of no type",
  1: "an object file: link it first",
  3: "position-independent: link it with -no-pie, and without shared libraries",
  4: "a core dump",
};

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** Whether a file claims to be ELF. */
export const isElf = (file: Uint8Array): boolean =>
  file.length >= 4 && file[0] === 0x7f && file[1] === 0x45 && file[2] === 0x4c && file[3] === 0x46;

/** What is wrong with the header; undefined: nothing. */
function headerProblem(file: Uint8Array, view: DataView): string | undefined {
  if (file.length < HEADER_BYTES)
    return `it is cut off: ${file.length} bytes, and the header alone has ${HEADER_BYTES}`;
  if (file[4] !== 2) return file[4] === 1 ? "it is a 32-bit program" : `it is of class ${file[4]}`;
  if (file[5] !== 1) return file[5] === 2 ? "it is big-endian" : `it is of data encoding ${file[5]}`;
  if (file[6] !== 1 || view.getUint32(20, true) !== 1) return "it is of no known version of ELF";
  const machine = view.getUint16(18, true);
  if (machine !== AARCH64) return `it is for ${machines[machine] ?? `machine ${machine}`}, not for AArch64`;
  const type = view.getUint16(16, true);
  if (type !== EXECUTABLE) return `it is ${types[type] ?? `of type ${type}`}`;
  const size = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  if (count === 0) return "it has no program headers: nothing in it is to be loaded";
  if (count === EXTENDED) return "it has more program headers than a machine's program needs";
  if (size !== PROGRAM_HEADER_BYTES)
    return `its program headers have ${size} bytes, not ${PROGRAM_HEADER_BYTES}`;
  const end = view.getBigUint64(32, true) + BigInt(size * count);
  if (end > BigInt(file.length))
    return `it is cut off: its program headers end at ${end}, and it has ${file.length} bytes`;
  return undefined;
}

interface ProgramHeader {
  readonly type: number;
  readonly offset: bigint;
  readonly physical: bigint;
  readonly fileSize: bigint;
  readonly memorySize: bigint;
}

function programHeader(view: DataView, at: number): ProgramHeader {
  return {
    type: view.getUint32(at, true),
    offset: view.getBigUint64(at + 8, true),
    physical: view.getBigUint64(at + 24, true),
    fileSize: view.getBigUint64(at + 32, true),
    memorySize: view.getBigUint64(at + 40, true),
  };
}

function segmentProblem(
  { offset, physical, fileSize, memorySize }: ProgramHeader,
  length: number,
): string | undefined {
  if (offset + fileSize > BigInt(length))
    return `it is cut off: the segment at ${hex(physical)} ends at ${offset + fileSize}, and it has ${length} bytes`;
  if (memorySize < fileSize)
    return `the segment at ${hex(physical)} has more bytes in the file (${fileSize}) than in memory (${memorySize})`;
  if (physical + memorySize > 1n << 64n)
    return `the segment at ${hex(physical)} goes beyond the address space`;
  return undefined;
}

const endOf = ({ address, size }: Segment): bigint => address + size;

function overlap(segments: readonly Segment[]): string | undefined {
  const ordered = segments.toSorted((a, b) => (a.address < b.address ? -1 : 1));
  for (const [at, segment] of ordered.entries()) {
    const before = ordered[at - 1];
    if (before !== undefined && segment.address < endOf(before))
      return `the segments at ${hex(before.address)} and ${hex(segment.address)} overlap`;
  }
  return undefined;
}

/** Reads a program that begins with ELF's magic number. */
export function readElf(file: Uint8Array): ElfAnswer {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const wrong = headerProblem(file, view);
  if (wrong !== undefined) return { problem: wrong };
  const first = Number(view.getBigUint64(32, true));
  const headers = Array.from({ length: view.getUint16(56, true) }, (_, at) =>
    programHeader(view, first + at * PROGRAM_HEADER_BYTES),
  );
  if (headers.some(({ type }) => type === DYNAMIC || type === INTERPRETER))
    return { problem: "it wants a dynamic linker: link it with -static" };
  const segments: Segment[] = [];
  for (const header of headers) {
    if (header.type !== LOAD || header.memorySize === 0n) continue;
    const problem = segmentProblem(header, file.length);
    if (problem !== undefined) return { problem };
    const from = Number(header.offset);
    segments.push({
      address: header.physical,
      bytes: file.subarray(from, from + Number(header.fileSize)),
      size: header.memorySize,
    });
  }
  if (segments.length === 0) return { problem: "nothing in it is to be loaded" };
  const both = overlap(segments);
  if (both !== undefined) return { problem: both };
  const entry = view.getBigUint64(24, true);
  if (entry % 4n !== 0n) return { problem: `its entry ${hex(entry)} is no multiple of 4` };
  return { program: { entry, segments } };
}
