/** Reads the reports of a machine's first process; `init.c` says what a frame is. */
import { crc32Hex } from "./crc32.ts";

export type FrameKind = "release" | "begin" | "output" | "errors" | "end" | "full" | "over";

export interface Frame {
  readonly kind: FrameKind;
  /** Index of the job. */
  readonly job: number;
  readonly payload: Uint8Array;
}

export interface Frames {
  readonly frames: readonly Frame[];
  /** What is wrong behind the last whole frame; undefined when the reports end properly, with a frame `over`. */
  readonly fault: string | undefined;
}

const kinds: ReadonlySet<string> = new Set<FrameKind>([
  "release",
  "begin",
  "output",
  "errors",
  "end",
  "full",
  "over",
]);
const isKind = (word: string): word is FrameKind => kinds.has(word);
const lineFeed = 10;
const longestHeader = 96;

interface Header {
  readonly kind: FrameKind;
  readonly job: number;
  readonly length: number;
  readonly crc: string;
}

function readHeader(line: string): Header | undefined {
  const match = /^guestc-lab ([a-z]+) (\d{1,9}) (\d{1,12}) ([0-9a-f]{8})$/.exec(line);
  const [, kind, job, length, crc] = match ?? [];
  if (kind === undefined || crc === undefined || !isKind(kind)) return undefined;
  return { kind, job: Number(job), length: Number(length), crc };
}

/**
 * How many bytes of the shared memory are written, from its first {@link countBytes} bytes; these count too.
 */
export const writtenBytes = (start: Uint8Array): number =>
  Number(Buffer.from(start.buffer, start.byteOffset, countBytes).readBigUInt64LE());

export const countBytes = 8;

/**
 * All whole frames.
 *
 * @param bytes what was written, without the count before
 */
export function readFrames(bytes: Uint8Array): Frames {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: Frame[] = [];
  let at = 0;
  const damaged = (what: string): Frames => ({ frames, fault: `damaged reports at byte ${at}: ${what}` });
  while (at < buffer.length) {
    const end = buffer.subarray(at, at + longestHeader).indexOf(lineFeed);
    const header = end === -1 ? undefined : readHeader(buffer.toString("latin1", at, at + end));
    if (header === undefined) return damaged("no frame");
    const start = at + end + 1;
    const payload = buffer.subarray(start, start + header.length);
    if (start + header.length >= buffer.length)
      return damaged(`${header.kind} of ${header.length} bytes is cut short`);
    if (buffer[start + header.length] !== lineFeed) return damaged(`${header.kind} does not end`);
    if (crc32Hex(payload) !== header.crc)
      return damaged(`CRC-32 of ${header.kind} is ${crc32Hex(payload)}, not ${header.crc}`);
    frames.push({ kind: header.kind, job: header.job, payload });
    at = start + header.length + 1;
    if (header.kind === "full") return { frames, fault: "more output than the reports have room for" };
    if (header.kind === "over") return { frames, fault: undefined };
  }
  return { frames, fault: "the machine ended before its reports did" };
}
