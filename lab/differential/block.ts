/** A block: what registers and memory hold before it, and its instructions. All of it follows from a seed. */
import { type Random, randomFor } from "../record/random.ts";
import { type Context, type InstructionClass, type Item, makeItem } from "./class.ts";
import { integer } from "./classes/integer.ts";
import { BASE, GENERAL, PREDICATES, SCRATCH_BYTES, VECTOR_BYTES, VECTORS_COUNT } from "./map.ts";
import { keepsUpper } from "./upper.ts";
import { fpcrValue, generalValue, vectorValue } from "./values.ts";

/** What is loaded before a block, and stored after it. */
export interface BlockState {
  /** X0 to X30. In the input, that of the base register is overwritten with the address of the scratch area. */
  readonly x: readonly bigint[];
  readonly sp: bigint;
  /** In bits 31:28. */
  readonly nzcv: bigint;
  readonly fpcr: bigint;
  readonly fpsr: bigint;
  readonly tpidr: bigint;
  /** 128 bits each. */
  readonly v: readonly bigint[];
  readonly scratch: Uint8Array;
  /** undefined: SVE is not used. */
  readonly sve?: {
    /** Of Z0 to Z31 the bytes above V, as a number. */
    readonly z: readonly bigint[];
    /** P0 to P15, FFR. */
    readonly p: readonly bigint[];
  };
}

export interface Block {
  /** Seed and number, for messages. */
  readonly name: string;
  readonly state: BlockState;
  readonly items: readonly Item[];
}

const SP_ALIGNMENT = 16n;
const FPSR_BITS = 0x0800_009fn;

/** A predicate: any, with few bits, or all or nothing. */
function predicateValue(random: Random): bigint {
  const bits = 1n << BigInt(VECTOR_BYTES);
  const any = random.wide() % bits;
  return random.pick([
    any,
    any,
    any & random.wide(),
    0n,
    bits - 1n,
    (bits - 1n) / 15n,
    any & ((bits - 1n) / 255n),
  ]);
}

/** What FFR holds is a run of ones. */
const faultValue = (random: Random): bigint => (1n << BigInt(random.below(VECTOR_BYTES + 1))) - 1n;

const sveState = (random: Random) => ({
  z: Array.from({ length: VECTORS_COUNT }, () => vectorValue(random)),
  p: [...Array.from({ length: PREDICATES - 1 }, () => predicateValue(random)), faultValue(random)],
});

/** @param sve whether SVE's registers are among it */
export function inputState(random: Random, sve = false): BlockState {
  return {
    ...(sve ? { sve: sveState(random) } : {}),
    x: Array.from({ length: GENERAL }, () => generalValue(random)),
    sp: generalValue(random) & ~(SP_ALIGNMENT - 1n),
    nzcv: BigInt(random.below(16)) << 28n,
    fpcr: fpcrValue(random),
    fpsr: random.once(2) ? 0n : BigInt(random.word()) & FPSR_BITS,
    tpidr: random.wide(),
    v: Array.from({ length: VECTORS_COUNT }, () => vectorValue(random)),
    scratch: Uint8Array.from({ length: SCRATCH_BYTES }, () => random.word() & 0xff),
  };
}

/** Picks by weight. */
export function picker(from: readonly InstructionClass[]): (random: Random) => InstructionClass {
  const total = from.reduce((sum, { weight }) => sum + weight, 0);
  return (random) => {
    let at = random.below(total);
    for (const one of from) {
      if (at < one.weight) return one;
      at -= one.weight;
    }
    throw new Error("no classes to pick from");
  };
}

const pickPlain = picker(integer);

export function contextOf(random: Random): Context {
  const context: Context = {
    random,
    reserved: new Set([BASE]),
    plain: (reserved) => makeItem(pickPlain(random), { ...context, reserved }),
  };
  return context;
}

/**
 * @param length so many words at least, but for the last item
 * @returns the same block for the same seed, number, length and classes
 */
export function makeBlock(
  seed: number,
  number: number,
  length: number,
  pick: (random: Random) => InstructionClass,
  sve = false,
): Block {
  const random = randomFor(seed, `block ${number}`);
  const state = inputState(random, sve);
  const context = contextOf(random);
  const items: Item[] = [];
  for (let count = 0; count < length; ) {
    const item = makeItem(pick(random), context);
    if (sve && keepsUpper(item.words)) continue;
    items.push(item);
    count += item.words.length;
  }
  return { name: `seed ${seed}, block ${number}`, state, items };
}

export const wordsOf = (block: Block): readonly number[] => block.items.flatMap(({ words }) => words);
