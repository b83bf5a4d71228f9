/** Lines of a file of any length, one after another, in memory that does not grow with it. */
import { isUtf8 } from "node:buffer";
import { readSync } from "node:fs";
import type { Source, Span } from "../../fleet/inventory/outline.ts";
import { systemError, UsageError } from "../errors.ts";

/** So much is asked of the file at once. */
const chunkSize = 1 << 20;
/** No host's facts are that long; what has longer lines is no inventory. */
const longestLine = 1 << 26;

export interface Lines {
  /** The next line without its end; undefined: there is none. It is valid until the next call. */
  readonly next: () => { readonly source: Source; readonly line: Span } | undefined;
  /** Of the line given last, one-based. */
  readonly number: () => number;
  /** Bytes read of the file so far. */
  readonly read: () => number;
}

/** Bytes as text, as the reader of lines wants them. */
export function sourceOf(bytes: Buffer): Source {
  return {
    bytes,
    text({ from, to }) {
      const text = bytes.toString("utf8", from, to);
      // What stands for bytes that are none may also be written.
      return text.includes("\ufffd") && !isUtf8(bytes.subarray(from, to)) ? undefined : text;
    },
  };
}

function readSome(descriptor: number, into: Buffer, at: number): number {
  for (;;) {
    try {
      return readSync(descriptor, into, at, into.length - at, null);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EOF") return 0;
      // A pipe that somebody else made non-blocking, and that is empty.
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/**
 * @param name what messages call the file
 * @param seen gets all bytes as they are read, the byte order mark as well
 */
export function linesOf(descriptor: number, name: string, seen: (bytes: Buffer) => void = () => {}): Lines {
  let buffer = Buffer.allocUnsafe(chunkSize);
  let source = sourceOf(buffer);
  let [from, to, read, number] = [0, 0, 0, 0];
  let ended = false;

  /** Brings more bytes behind those that are left; false: there are none. */
  const fill = (): boolean => {
    if (ended) return false;
    if (from > 0) buffer.copyWithin(0, from, to);
    [from, to] = [0, to - from];
    if (to === buffer.length) {
      if (to >= longestLine)
        throw new UsageError(`${name}:${number + 1}: the line is longer than ${longestLine >> 20} MB`, [
          "an inventory has one host a line",
        ]);
      const larger = Buffer.allocUnsafe(buffer.length * 2);
      buffer.copy(larger, 0, 0, to);
      buffer = larger;
      source = sourceOf(buffer);
    }
    let got: number;
    try {
      got = readSome(descriptor, buffer, to);
    } catch (error) {
      throw systemError(name, error);
    }
    if (got === 0) {
      ended = true;
      return false;
    }
    seen(buffer.subarray(to, to + got));
    if (read === 0 && got >= 3 && buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf) from = 3;
    to += got;
    read += got;
    return true;
  };

  return {
    next() {
      for (let searched = from; ; ) {
        const end = buffer.indexOf(0x0a, searched);
        if (end !== -1 && end < to) {
          const line = { from, to: end };
          from = end + 1;
          number++;
          return { source, line };
        }
        const pending = to - from;
        if (!fill()) {
          if (pending === 0) return undefined;
          const line = { from, to };
          from = to;
          number++;
          return { source, line };
        }
        searched = from + pending;
      }
    },
    number: () => number,
    read: () => read,
  };
}
