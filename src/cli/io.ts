/**
 * The outside world as the commands see it. Writes are synchronous and straight to the descriptor:
 * `process.stdout` costs milliseconds to set up, and loses what is pending when a process exits.
 */
import { fstatSync, readFileSync, writeSync } from "node:fs";
import { systemError } from "./errors.ts";

/** The reader has gone away (`| head`): no error to report, only the end. */
export class BrokenPipe extends Error {}

export interface Io {
  /** The product: text, or bytes as they are. */
  readonly out: (text: string | Uint8Array) => void;
  /** Messages. */
  readonly err: (text: string | Uint8Array) => void;
  /** All of standard input. */
  readonly stdin: () => Buffer;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a stream is a terminal, and its width in columns; undefined: it is none. */
  readonly terminal: (stream: "out" | "err") => { readonly columns: number } | undefined;
}

const descriptors = { out: 1, err: 2 } as const;
const streamNames = ["standard input", "standard output", "standard error"];

const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

function writeAll(descriptor: number, text: string | Uint8Array): void {
  const bytes = typeof text === "string" ? Buffer.from(text, "utf8") : text;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      const code = errorCode(error);
      if (code === "EPIPE") throw new BrokenPipe();
      // A pipe that somebody else made non-blocking, and that is full.
      if (code !== "EAGAIN") throw systemError(streamNames[descriptor] ?? "", error);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function isCharacterDevice(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isCharacterDevice();
  } catch {
    return false;
  }
}

export function processIo(): Io {
  return {
    out: (text) => writeAll(1, text),
    err: (text) => writeAll(2, text),
    stdin: () => readFileSync(0),
    env: process.env,
    terminal(stream) {
      // Asked only of a character device: Node's own answer loads its network code.
      if (!isCharacterDevice(descriptors[stream])) return undefined;
      const { isTTY, columns } = stream === "out" ? process.stdout : process.stderr;
      // A terminal that nobody has told its size says 0.
      return isTTY ? { columns: columns || 80 } : undefined;
    },
  };
}
