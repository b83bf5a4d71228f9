/**
 * Semihosting: HLT #0xF000 with the operation in W0 and its argument in X1 (Arm "Semihosting for AArch32 and AArch64",
 * release 2022Q4). Files are the console alone: a guest reads and writes nothing of the machine that runs it.
 */
import type { Streams } from "./devices.ts";

/** The immediate of HLT. */
export const SEMIHOSTING = 0xf000;

/** A guest's memory by its own (virtual) addresses. */
export interface GuestMemory {
  /** undefined: not all of it can be read. */
  read(address: bigint, length: number): Uint8Array | undefined;
  /** false: not all of it can be written. */
  write(address: bigint, bytes: Uint8Array): boolean;
}

export interface SemihostingHost {
  readonly memory: GuestMemory;
  readonly streams: Streams;
  /** What SYS_GET_CMDLINE gives. */
  readonly commandLine: string;
  /** Nanoseconds since the machine began. */
  readonly nanoseconds: () => bigint;
  /** Of the counter, in Hz. */
  readonly frequency: bigint;
  /** Counter ticks since the machine began. */
  readonly ticks: () => bigint;
  /** Memory that no part of the program is in: heap from its lower end, stack from its upper. */
  readonly free: { readonly from: bigint; readonly to: bigint };
}

export type SemihostingAnswer =
  /** X0 afterwards. */
  | { readonly kind: "answers"; readonly x0: bigint }
  | { readonly kind: "exits"; readonly status: number; readonly reason: bigint }
  | { readonly kind: "unknown"; readonly operation: number };

const MINUS_ONE = (1n << 64n) - 1n;
/** errno values that newlib and Linux share. */
const ENOENT = 2;
const EBADF = 9;
const EFAULT = 14;

const APPLICATION_EXIT = 0x2_0026n;
const CENTISECOND = 10_000_000n;

/** Handles of :tt by what they were opened for, and of the features file. */
const HANDLES = { input: 1, output: 2, error: 3, features: 4 } as const;
const FEATURES_NAME = ":semihosting-features";
/** SHFB, then a byte of features: SYS_EXIT_EXTENDED, and :tt for error output. */
const FEATURES = Uint8Array.of(0x53, 0x48, 0x46, 0x42, 0x03);
/** Modes of SYS_OPEN: below the first reading, below the second writing, then appending. */
const FIRST_WRITING = 4;
const FIRST_APPENDING = 8;
/** A text longer than this has no end. */
const LONGEST_TEXT = 1 << 20;
const CHUNK = 256;
const NAME_BYTES = 256n;

/** A text in UTF-8, without what only browsers and Node have. */
const utf8 = (text: string): Uint8Array =>
  Uint8Array.from(
    encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd")).matchAll(/%(..)|[^%]/g),
    ([all, code]) => (code === undefined ? all.charCodeAt(0) : Number.parseInt(code, 16)),
  );

const answers = (x0: bigint | number): SemihostingAnswer => ({
  kind: "answers",
  x0: BigInt.asUintN(64, BigInt(x0)),
});

export type Semihosting = (operation: number, argument: bigint) => SemihostingAnswer;

export function semihosting(host: SemihostingHost): Semihosting {
  const { memory, streams } = host;
  let errno = 0;
  let featuresAt = 0;
  const fail = (number: number, x0: bigint = MINUS_ONE): SemihostingAnswer => {
    errno = number;
    return answers(x0);
  };

  /** The parameters that X1 points to, 64 bits each. */
  const block = (address: bigint, count: number): readonly bigint[] | undefined => {
    const bytes = memory.read(address, 8 * count);
    if (bytes === undefined) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Array.from({ length: count }, (_, at) => view.getBigUint64(8 * at, true));
  };

  /** A text up to its zero byte. */
  const text = (address: bigint): Uint8Array | undefined => {
    const found: number[] = [];
    for (let at = address; found.length < LONGEST_TEXT; at += BigInt(CHUNK)) {
      // As far as memory goes: the text may end just before its end.
      const whole = memory.read(at, CHUNK);
      for (let byte = 0; byte < CHUNK; byte++) {
        const value = whole === undefined ? memory.read(at + BigInt(byte), 1)?.[0] : whole[byte];
        if (value === undefined) return undefined;
        if (value === 0) return Uint8Array.from(found);
        found.push(value);
      }
    }
    return undefined;
  };

  function open(argument: bigint): SemihostingAnswer {
    const parameters = block(argument, 3);
    if (parameters === undefined) return fail(EFAULT);
    const [name = 0n, mode = 0n, length = 0n] = parameters;
    const bytes = length <= NAME_BYTES ? memory.read(name, Number(length)) : undefined;
    if (bytes === undefined) return fail(EFAULT);
    const path = String.fromCharCode(...bytes);
    if (path === FEATURES_NAME && mode < FIRST_WRITING) {
      featuresAt = 0;
      return answers(HANDLES.features);
    }
    if (path !== ":tt") return fail(ENOENT);
    if (mode < FIRST_WRITING) return answers(HANDLES.input);
    return answers(mode < FIRST_APPENDING ? HANDLES.output : HANDLES.error);
  }

  function write(argument: bigint): SemihostingAnswer {
    const parameters = block(argument, 3);
    if (parameters === undefined) return fail(EFAULT);
    const [handle = 0n, address = 0n, length = 0n] = parameters;
    if (handle !== BigInt(HANDLES.output) && handle !== BigInt(HANDLES.error)) return fail(EBADF, length);
    const sink = handle === BigInt(HANDLES.output) ? streams.out : streams.err;
    for (let at = 0n; at < length; at += BigInt(CHUNK)) {
      const rest = length - at;
      const bytes = memory.read(address + at, Number(rest < CHUNK ? rest : BigInt(CHUNK)));
      if (bytes === undefined) return fail(EFAULT, rest);
      sink(bytes);
    }
    return answers(0);
  }

  function read(argument: bigint): SemihostingAnswer {
    const parameters = block(argument, 3);
    if (parameters === undefined) return fail(EFAULT);
    const [handle = 0n, address = 0n, length = 0n] = parameters;
    const from =
      handle === BigInt(HANDLES.input)
        ? streams.next
        : handle === BigInt(HANDLES.features)
          ? () => FEATURES[featuresAt++]
          : undefined;
    if (from === undefined) return fail(EBADF, length);
    let left = length;
    for (let at = address; left > 0n; at++, left--) {
      const byte = from();
      if (byte === undefined) break;
      if (!memory.write(at, Uint8Array.of(byte))) return fail(EFAULT, left);
    }
    return answers(left);
  }

  function exit(argument: bigint): SemihostingAnswer {
    const [reason, subcode] = block(argument, 2) ?? [];
    if (reason === undefined || subcode === undefined) return { kind: "exits", status: 1, reason: 0n };
    const status = reason === APPLICATION_EXIT ? Number(subcode & 0xffn) : 1;
    return { kind: "exits", status, reason };
  }

  function commandLine(argument: bigint): SemihostingAnswer {
    const [buffer = 0n, size = 0n] = block(argument, 2) ?? [];
    const line = utf8(`${host.commandLine}\0`);
    if (BigInt(line.length) > size || !memory.write(buffer, line)) return fail(EFAULT);
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(line.length - 1), true);
    return memory.write(argument + 8n, length) ? answers(0) : fail(EFAULT);
  }

  function heap(argument: bigint): SemihostingAnswer {
    const [at] = block(argument, 1) ?? [];
    const { from, to } = host.free;
    const middle = from + (to - from) / 2n;
    const bytes = new Uint8Array(32);
    const view = new DataView(bytes.buffer);
    // Heap base and limit, stack base and limit: the stack grows down from the end of memory.
    for (const [index, value] of [from, middle & ~0xfn, to, middle & ~0xfn].entries())
      view.setBigUint64(8 * index, value, true);
    return at !== undefined && memory.write(at, bytes) ? answers(0) : fail(EFAULT);
  }

  function length(argument: bigint): SemihostingAnswer {
    const [handle] = block(argument, 1) ?? [];
    return handle === BigInt(HANDLES.features) ? answers(FEATURES.length) : fail(EBADF);
  }

  function seek(argument: bigint): SemihostingAnswer {
    const [handle, position = 0n] = block(argument, 2) ?? [];
    if (handle !== BigInt(HANDLES.features) || position > BigInt(FEATURES.length)) return fail(EBADF);
    featuresAt = Number(position);
    return answers(0);
  }

  const isTerminal = (argument: bigint): SemihostingAnswer => {
    const [handle = 0n] = block(argument, 1) ?? [];
    if (handle === BigInt(HANDLES.features)) return answers(0);
    return handle >= 1n && handle <= 3n ? answers(1) : fail(EBADF);
  };

  const operations: Readonly<Record<number, (argument: bigint) => SemihostingAnswer>> = {
    // SYS_OPEN, SYS_CLOSE
    1: open,
    2: (argument) => {
      const [handle = 0n] = block(argument, 1) ?? [];
      return handle >= 1n && handle <= 4n ? answers(0) : fail(EBADF);
    },
    // SYS_WRITEC, SYS_WRITE0: both leave X0 as it pleases them
    3: (argument) => {
      const byte = memory.read(argument, 1);
      if (byte !== undefined) streams.out(byte);
      return answers(0);
    },
    4: (argument) => {
      const bytes = text(argument);
      if (bytes === undefined) return fail(EFAULT);
      streams.out(bytes);
      return answers(0);
    },
    5: write,
    6: read,
    // SYS_READC
    7: () => answers(streams.next() ?? MINUS_ONE),
    // SYS_ISERROR: any negative number is one
    8: (argument) => {
      const [status = 0n] = block(argument, 1) ?? [];
      return answers(status >> 63n);
    },
    9: isTerminal,
    10: seek,
    12: length,
    // SYS_REMOVE, SYS_RENAME, SYS_TMPNAM: there are no files
    13: () => fail(ENOENT),
    14: () => fail(ENOENT),
    15: () => fail(ENOENT),
    // SYS_CLOCK, SYS_TIME: the machine begins with second 0
    16: () => answers(host.nanoseconds() / CENTISECOND),
    17: () => answers(host.nanoseconds() / 1_000_000_000n),
    // SYS_SYSTEM: there is nobody to run a command
    18: () => fail(ENOENT),
    // SYS_ERRNO
    19: () => answers(errno),
    21: commandLine,
    22: heap,
    // SYS_EXIT, SYS_EXIT_EXTENDED
    24: exit,
    32: exit,
    // SYS_ELAPSED, SYS_TICKFREQ
    48: (argument) => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, host.ticks(), true);
      return memory.write(argument, bytes) ? answers(0) : fail(EFAULT);
    },
    49: () => answers(host.frequency),
  };
  return (operation, argument) => operations[operation]?.(argument) ?? { kind: "unknown", operation };
}
