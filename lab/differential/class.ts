/** What a class of instructions is, and how one of them is made. */
import type { Random } from "../record/random.ts";
import { addImmediate, SP, subImmediate } from "./assemble.ts";
import { encode, type Fields, type Layout, layoutOf } from "./layout.ts";
import { BASE, SCRATCH_BYTES } from "./map.ts";

/** What an instruction needs to find in its registers, for an access to the scratch area. */
export interface AccessTo {
  /** From the base register to the first byte. */
  readonly offset: number;
  readonly bytes: number;
  /** What the address has to be a multiple of; most of the time it then is. */
  readonly align?: number;
  /** It always is. */
  readonly strictly?: true;
  /** Words that set up an index register. */
  readonly before?: readonly number[];
}

export interface InstructionClass {
  readonly name: string;
  readonly layout: Layout;
  /** Fields that tell instructions of the class apart. */
  readonly tells: readonly string[];
  /** False: unallocated or UNPREDICTABLE, not made. */
  readonly where?: (fields: Fields) => boolean;
  readonly memory?: (fields: Fields, random: Random) => AccessTo;
  /** What stands for the one instruction: a few that belong together. */
  readonly sequence?: (fields: Fields, context: Context) => Item | undefined;
  /** How often it is picked, against 1. */
  readonly weight: number;
  /** What it is about, for `--only`. */
  readonly subject: Subject;
}

export const subjects = [
  "integer",
  "branch",
  "memory",
  "atomic",
  "system",
  "vector",
  "float",
  "crypto",
  "sve",
] as const;
export type Subject = (typeof subjects)[number];

export interface Context {
  readonly random: Random;
  /** General registers that have to stay as they are. */
  readonly reserved: ReadonlySet<number>;
  /** Any class without branches and accesses to memory, for the inside of a sequence. */
  plain(reserved: ReadonlySet<number>): Item;
}

/** Words that stay together: an instruction with what it needs before it. */
export interface Item {
  readonly words: readonly number[];
  /** Of the word at the same place: name of the class, and which instruction of it; undefined: it only prepares. */
  readonly classes: readonly (Tested | undefined)[];
}

export interface Tested {
  readonly name: string;
  readonly variant: string;
}

type Options = Partial<Omit<InstructionClass, "name" | "layout" | "subject" | "tells">> & {
  /** Names with spaces between them. */
  readonly tells?: string;
};

export const classOf = (
  subject: Subject,
  name: string,
  layout: string,
  options: Options = {},
): InstructionClass => ({
  weight: 1,
  ...options,
  tells: (options.tells ?? "").split(" ").filter((field) => field !== ""),
  name,
  subject,
  layout: layoutOf(layout),
});

const generalFields: ReadonlySet<string> = new Set(["rd", "rn", "rm", "ra", "rt", "rt2", "rs"]);
const registerWidth = 5;
const attempts = 2000;
/** Which address an access has that is not aligned as it should be: once in so many. */
const unalignedOnce = 12;

/** A number of so many bits; at its edges more often. */
function bitsOf(random: Random, width: number): number {
  const max = 2 ** width - 1;
  if (width > 2 && random.once(6)) return random.pick([0, 1, max, max - 1, 2 ** (width - 1)]);
  return random.below(max + 1);
}

function fieldsOf(of: InstructionClass, context: Context): Fields | undefined {
  const { random, reserved } = context;
  const fields: Record<string, number> = {};
  for (const [name, width] of of.layout.fields) {
    if (width === registerWidth && generalFields.has(name)) {
      // A register that may not change is no operand at all: which fields are written is not said.
      let number = random.below(32);
      while (reserved.has(number)) number = random.below(32);
      fields[name] = number;
    } else fields[name] = bitsOf(random, width);
  }
  return of.where === undefined || of.where(fields) ? fields : undefined;
}

export const variantOf = (of: InstructionClass, fields: Fields): string =>
  of.tells
    .map(
      (name) => `${name}=${(fields[name] ?? 0).toString(2).padStart(of.layout.fields.get(name) ?? 1, "0")}`,
    )
    .join(" ");

/** Words that put the scratch area's address and so many bytes into a register; 31 is the stack pointer. */
export function baseWords(register: number, distance: number): readonly number[] {
  const size = Math.abs(distance);
  const step = distance < 0 ? subImmediate : addImmediate;
  const low = size & 0xfff;
  if (size < 0x1000) return [step(register, BASE, low)];
  return [step(register, BASE, size >> 12, true), step(register, register, low)];
}

/** Where in the scratch area the base register points, and with what words. */
export function reach(random: Random, base: number, access: AccessTo): readonly number[] {
  const { offset, bytes, align = 1, strictly = false, before = [] } = access;
  const room = SCRATCH_BYTES - bytes;
  const askew = !strictly && random.once(unalignedOnce);
  const unit = askew ? 1 : align;
  let distance = Math.floor(random.below(room + 1) / unit) * unit - offset;
  if (base === SP && !askew) {
    // The stack pointer has to be a multiple of 16.
    const wanted = Math.floor(distance / 16) * 16;
    distance = wanted + offset < 0 ? wanted + 16 : wanted;
  }
  return [...baseWords(base, distance), ...before];
}

const plainItem = (of: InstructionClass, fields: Fields, before: readonly number[]): Item => ({
  words: [...before, encode(of.layout, fields)],
  classes: [...before.map(() => undefined), { name: of.name, variant: variantOf(of, fields) }],
});

/**
 * One instruction of a class with what it needs.
 *
 * @throws Error when none can be found that meets the class's conditions
 */
export function makeItem(of: InstructionClass, context: Context): Item {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const fields = fieldsOf(of, context);
    if (fields === undefined) continue;
    if (of.sequence !== undefined) {
      const item = of.sequence(fields, context);
      if (item !== undefined) return item;
      continue;
    }
    if (of.memory === undefined) return plainItem(of, fields, []);
    const before = reach(context.random, fields.rn ?? 0, of.memory(fields, context.random));
    return plainItem(of, fields, before);
  }
  throw new Error(`no instruction of class ${of.name} meets its conditions`);
}
