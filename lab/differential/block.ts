/** A block: what registers and memory hold before it, and its instructions. All of it follows from a seed. */
import { type Random, randomFor } from "../record/random.ts";
import { type Context, type InstructionClass, type Item, makeItem } from "./class.ts";
import { integer } from "./classes/integer.ts";
import { BASE, GENERAL, SCRATCH_BYTES, VECTORS_COUNT } from "./map.ts";
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
}

export interface Block {
  /** Seed and number, for messages. */
  readonly name: string;
  readonly state: BlockState;
  readonly items: readonly Item[];
}

const SP_ALIGNMENT = 16n;
const FPSR_BITS = 0x0800_009fn;

export function inputState(random: Random): BlockState {
  return {
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
): Block {
  const random = randomFor(seed, `block ${number}`);
  const state = inputState(random);
  const context = contextOf(random);
  const items: Item[] = [];
  for (let count = 0; count < length; ) {
    const item = makeItem(pick(random), context);
    items.push(item);
    count += item.words.length;
  }
  return { name: `seed ${seed}, block ${number}`, state, items };
}

export const wordsOf = (block: Block): readonly number[] => block.items.flatMap(({ words }) => words);
