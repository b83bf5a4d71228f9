/** The answers of a recording, and of which words they consist. `docs/recordings.md` says what they mean. */
import { bytes, type Codec, count, hex, named, need, rest, WordError, type Words } from "./words.ts";

/** A number, or `any`: it differs from run to run (`lab/record/data/volatile.json` says which do, and why). */
export type Value = bigint | "any";

/** A set of registers or of values, by its number in the recording; at its first use, how it differs from an earlier one. */
export interface Kept<T> {
  readonly number: number;
  readonly definition?: {
    /** undefined: nothing. */
    readonly from?: number;
    readonly changes: readonly T[];
  };
}

export type ListChange = { readonly add: bigint } | { readonly remove: bigint };
/** A value that could not be read is the errno's name. */
export type DumpChange =
  | { readonly id: bigint; readonly value: Value | string }
  | { readonly remove: bigint };

/** What a question met on its way, in order. */
export type Event =
  | { readonly kind: "hypercall"; readonly nr: bigint; readonly flags: bigint }
  | { readonly kind: "system-event"; readonly type: number; readonly data: readonly bigint[] }
  | { readonly kind: "mmio-read"; readonly address: bigint; readonly length: number }
  | { readonly kind: "mmio-write"; readonly address: bigint; readonly length: number; readonly value: bigint }
  /** The vCPU waited for an event and was made runnable. */
  | { readonly kind: "waits" }
  /** Another reason of KVM_RUN to return. */
  | { readonly kind: "exit"; readonly reason: number }
  | { readonly kind: "fails"; readonly errno: string };

/** X0 to X3 where they are not what the question gave. */
export type Changed = readonly { readonly x: number; readonly value: Value }[];

export type End =
  /** The instruction was executed. */
  | { readonly kind: "done"; readonly changed: Changed }
  /** It took an exception: the level that took it, the entry of its vector table (0 to 15), its syndrome. */
  | {
      readonly kind: "exception";
      readonly level: number;
      readonly vector: number;
      readonly esr: bigint;
      readonly changed: Changed;
    }
  /** Whether it was executed differs from run to run. */
  | { readonly kind: "any" }
  /** The run ended at this question or before it. */
  | { readonly kind: "unanswered" };

export type Answer =
  | { readonly kind: "ok" }
  | { readonly kind: "errno"; readonly name: string }
  /** The step names a VM, vCPU or device that is not there; no call was made. */
  | { readonly kind: "absent" }
  | { readonly kind: "number"; readonly value: Value }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** A field was written: what was read back where that was not what was written, and why it could not be set back. */
  | { readonly kind: "tried"; readonly reads?: bigint; readonly stays?: string }
  | { readonly kind: "list"; readonly list: Kept<ListChange> }
  | { readonly kind: "values"; readonly values: Kept<DumpChange> }
  | { readonly kind: "masks"; readonly masks: readonly { readonly id: bigint; readonly mask: bigint }[] }
  | { readonly kind: "guest"; readonly events: readonly Event[]; readonly end: End };

const errno = named(/^E[A-Z0-9]+$/);

const value: Codec<Value> = {
  read(words, what) {
    const word = need(words, what);
    return word === "*" ? "any" : hex.read(one(word), what);
  },
  print: (of) => (of === "any" ? "*" : hex.print(of)),
};

const one = (word: string): Words => ({ next: () => word, left: () => 1 });

/** Words up to one that ends them, or all. */
function until(words: Words, end: string): readonly string[] {
  const taken: string[] = [];
  for (let word = words.next(); word !== undefined && word !== end; word = words.next()) taken.push(word);
  return taken;
}

const listed = (all: readonly string[]): Words => {
  let at = 0;
  return { next: () => all[at++], left: () => all.length - at };
};

const bareId: Codec<bigint> = {
  read(words, what) {
    const word = need(words, what);
    if (!/^[1-9a-f][0-9a-f]*$/.test(word)) throw new WordError(`${what}: ${word} is no register id`);
    return BigInt(`0x${word}`);
  },
  print: (id) => id.toString(16),
};

const listChange: Codec<ListChange> = {
  read(words, what) {
    const word = need(words, what);
    const id = bareId.read(one(word.slice(1)), what);
    if (word.startsWith("+")) return { add: id };
    if (word.startsWith("-")) return { remove: id };
    throw new WordError(`${what}: ${word} neither adds nor removes`);
  },
  print: (change) => ("add" in change ? `+${bareId.print(change.add)}` : `-${bareId.print(change.remove)}`),
};

const dumpChange: Codec<DumpChange> = {
  read(words, what) {
    const word = need(words, what);
    if (word.startsWith("-")) return { remove: bareId.read(one(word.slice(1)), what) };
    const [id = "", text = "", ...more] = word.split("=");
    if (more.length > 0) throw new WordError(`${what}: ${word} has two values`);
    return {
      id: bareId.read(one(id), what),
      value: text.startsWith("E") ? errno.read(one(text), what) : value.read(one(text), what),
    };
  },
  print(change) {
    if ("remove" in change) return `-${bareId.print(change.remove)}`;
    const of = change.value;
    return `${bareId.print(change.id)}=${typeof of === "string" && of !== "any" ? of : value.print(of as Value)}`;
  },
};

/** `N`, `N : CHANGES` or `N from M : CHANGES`. */
function kept<T>(change: Codec<T>): Codec<Kept<T>> {
  return {
    read(words, what) {
      const number = count.read(words, what);
      const next = words.next();
      if (next === undefined) return { number };
      const from = next === "from" ? { from: count.read(words, what) } : {};
      const colon = next === "from" ? words.next() : next;
      if (colon !== ":") throw new WordError(`${what}: ${colon ?? "the end"} stands where a colon belongs`);
      return { number, definition: { ...from, changes: rest(change).read(words, what) } };
    },
    print({ number, definition }) {
      if (definition === undefined) return String(number);
      const from = definition.from === undefined ? "" : ` from ${definition.from}`;
      const changes = rest(change).print(definition.changes);
      return `${number}${from} :${changes === "" ? "" : ` ${changes}`}`;
    },
  };
}

const list = kept(listChange);
const values = kept(dumpChange);

const mask: Codec<{ readonly id: bigint; readonly mask: bigint }> = {
  read(words, what) {
    const [id = "", bits = ""] = need(words, what).split("=");
    return { id: bareId.read(one(id), what), mask: hex.read(one(bits), what) };
  },
  print: ({ id, mask: bits }) => `${bareId.print(id)}=${hex.print(bits)}`,
};

function readChanged(words: Words): Changed {
  const changed: { x: number; value: Value }[] = [];
  while (words.left() > 0) {
    const name = need(words, "a register");
    if (!/^x[0-3]$/.test(name)) throw new WordError(`${name} is none of x0 to x3`);
    changed.push({ x: Number(name.slice(1)), value: value.read(words, name) });
  }
  return changed;
}

const printChanged = (changed: Changed): string =>
  changed.map(({ x, value: of }) => `x${x} ${value.print(of)}`).join(" ");

const readEvent: Readonly<Record<string, (words: Words) => Event>> = {
  hypercall: (words) => ({ kind: "hypercall", nr: hex.read(words, "nr"), flags: hex.read(words, "flags") }),
  "system-event": (words) => ({
    kind: "system-event",
    type: count.read(words, "type"),
    data: rest(hex).read(words, "data"),
  }),
  "mmio-read": (words) => ({
    kind: "mmio-read",
    address: hex.read(words, "address"),
    length: count.read(words, "length"),
  }),
  "mmio-write": (words) => ({
    kind: "mmio-write",
    address: hex.read(words, "address"),
    length: count.read(words, "length"),
    value: hex.read(words, "value"),
  }),
  waits: () => ({ kind: "waits" }),
  exit: (words) => ({ kind: "exit", reason: count.read(words, "reason") }),
  fails: (words) => ({ kind: "fails", errno: errno.read(words, "errno") }),
};

function printEvent(event: Event): string {
  switch (event.kind) {
    case "hypercall":
      return `hypercall ${hex.print(event.nr)} ${hex.print(event.flags)}`;
    case "system-event":
      return ["system-event", event.type, ...event.data.map(hex.print)].join(" ");
    case "mmio-read":
      return `mmio-read ${hex.print(event.address)} ${event.length}`;
    case "mmio-write":
      return `mmio-write ${hex.print(event.address)} ${event.length} ${hex.print(event.value)}`;
    case "waits":
      return "waits";
    case "exit":
      return `exit ${event.reason}`;
    case "fails":
      return `fails ${event.errno}`;
  }
}

/** What an instruction that is UNDEFINED raises: EC 0, 32-bit instruction. */
const UNDEFINED_ESR = 0x200_0000n;
/** Entry of the vector table: synchronous, from the same level with its own stack pointer, or from a lower level. */
const SAME_LEVEL = 4;
const LOWER_LEVEL = 8;

/** Where KVM injects UNDEFINED for an instruction at `level` in a guest without EL2: at EL1; at EL2 for EL2 itself. */
const isPlainUndefined = (end: End, level: number): boolean =>
  end.kind === "exception" &&
  end.esr === UNDEFINED_ESR &&
  end.level === Math.max(level, 1) &&
  end.vector === (level === 0 ? LOWER_LEVEL : SAME_LEVEL) &&
  end.changed.length === 0;

function readEnd(words: Words, level: number): End {
  const first = words.next();
  switch (first) {
    case "same":
      return { kind: "done", changed: [] };
    case "unanswered":
      return { kind: "unanswered" };
    case "*":
      return { kind: "any" };
    case "undefined": {
      const [at, vector] = level === 0 ? [1, LOWER_LEVEL] : [level, SAME_LEVEL];
      return { kind: "exception", level: at, vector, esr: UNDEFINED_ESR, changed: [] };
    }
    case "exception": {
      const at = count.read(words, "level");
      const vector = count.read(words, "vector");
      return {
        kind: "exception",
        level: at,
        vector,
        esr: hex.read(words, "esr"),
        changed: readChanged(words),
      };
    }
    default: {
      if (first === undefined) throw new WordError("the answer is missing");
      const left = listed([first, ...until(words, "")]);
      return { kind: "done", changed: readChanged(left) };
    }
  }
}

function printEnd(end: End, level: number): string {
  if (end.kind === "unanswered") return end.kind;
  if (end.kind === "any") return "*";
  const changed = printChanged(end.changed);
  if (end.kind === "done") return changed === "" ? "same" : changed;
  if (isPlainUndefined(end, level)) return "undefined";
  const exception = `exception ${end.level} ${end.vector} ${hex.print(end.esr)}`;
  return changed === "" ? exception : `${exception} ${changed}`;
}

/** `EVENT then EVENT then END`. */
function readGuest(words: Words, level: number): Answer {
  const parts: (readonly string[])[] = [];
  while (words.left() > 0) parts.push(until(words, "then"));
  const events = parts.slice(0, -1).map((part) => {
    const left = listed(part);
    const name = need(left, "an event");
    const read = Object.hasOwn(readEvent, name) ? readEvent[name] : undefined;
    if (read === undefined) throw new WordError(`no event is called ${name}`);
    const event = read(left);
    if (left.left() > 0) throw new WordError(`${name}: ${left.next()} is one word too many`);
    return event;
  });
  const left = listed(parts.at(-1) ?? []);
  const end = readEnd(left, level);
  if (left.left() > 0) throw new WordError(`${left.next()} is one word too many`);
  return { kind: "guest", events, end };
}

/**
 * @param level of an `ask` step, undefined for other steps
 * @throws WordError
 */
export function readAnswer(words: Words, level?: number): Answer {
  if (level !== undefined) return readGuest(words, level);
  const first = need(words, "an answer");
  const answer = readPlain(first, words);
  if (words.left() > 0) throw new WordError(`${first}: ${words.next()} is one word too many`);
  return answer;
}

function readPlain(first: string, words: Words): Answer {
  switch (first) {
    case "ok":
      return words.left() === 0 ? { kind: "ok" } : readTried(words);
    case "absent":
      return { kind: "absent" };
    case "bytes":
      return { kind: "bytes", bytes: bytes.read(words, "bytes") };
    case "list":
      return { kind: "list", list: list.read(words, "list") };
    case "values":
      return { kind: "values", values: values.read(words, "values") };
    case "masks":
      return { kind: "masks", masks: rest(mask).read(words, "masks") };
    default:
      return first.startsWith("E")
        ? { kind: "errno", name: errno.read(one(first), "errno") }
        : { kind: "number", value: value.read(one(first), "a number") };
  }
}

function readTried(words: Words): Answer {
  let reads: bigint | undefined;
  let stays: string | undefined;
  while (words.left() > 0) {
    const word = words.next();
    if (word === "reads" && reads === undefined && stays === undefined) reads = hex.read(words, "reads");
    else if (word === "stays" && stays === undefined) stays = errno.read(words, "stays");
    else throw new WordError(`ok: ${word} says nothing of a field`);
  }
  return {
    kind: "tried",
    ...(reads === undefined ? {} : { reads }),
    ...(stays === undefined ? {} : { stays }),
  };
}

/** @param level of an `ask` step */
export function printAnswer(answer: Answer, level = 1): string {
  switch (answer.kind) {
    case "ok":
    case "absent":
      return answer.kind;
    case "errno":
      return answer.name;
    case "number":
      return value.print(answer.value);
    case "bytes":
      return `bytes ${bytes.print(answer.bytes)}`;
    case "tried":
      return [
        "ok",
        ...(answer.reads === undefined ? [] : ["reads", hex.print(answer.reads)]),
        ...(answer.stays === undefined ? [] : ["stays", answer.stays]),
      ].join(" ");
    case "list":
      return `list ${list.print(answer.list)}`;
    case "values":
      return `values ${values.print(answer.values)}`;
    case "masks":
      return ["masks", ...answer.masks.map(mask.print)].join(" ");
    case "guest":
      return [...answer.events.map(printEvent), printEnd(answer.end, level)].join(" then ");
  }
}
