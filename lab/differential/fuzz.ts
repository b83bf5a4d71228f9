/** Words at random: whether one is UNDEFINED has to be the same on both sides, and what it does. */
import { type Random, randomFor } from "../record/random.ts";
import { type Block, inputState } from "./block.ts";
import type { Item } from "./class.ts";
import { classes } from "./classes/index.ts";
import { encode, type Fields } from "./layout.ts";
import { keepsUpper } from "./upper.ts";

/** Mask and value of words that are not tried, and why. */
interface Excluded {
  readonly mask: number;
  readonly value: number;
  readonly why: string;
  /** Only where this holds, too. */
  readonly when?: (word: number) => boolean;
}

const rn = (word: number): number => (word >>> 5) & 31;
const rt = (word: number): number => word & 31;
const rt2 = (word: number): number => (word >>> 10) & 31;
const rs = (word: number): number => (word >>> 16) & 31;

const excluded: readonly Excluded[] = [
  {
    mask: 0xff00_0000,
    value: 0xd400_0000,
    why: "exceptions have a class of their own, and HVC ends the machine",
  },
  { mask: 0xffc0_0000, value: 0xd500_0000, why: "system registers have recordings" },
  { mask: 0x7c00_0000, value: 0x1400_0000, why: "leads anywhere" },
  { mask: 0xff00_0000, value: 0x5400_0000, why: "leads anywhere" },
  { mask: 0x7c00_0000, value: 0x3400_0000, why: "leads anywhere" },
  { mask: 0xfe1f_0000, value: 0xd61f_0000, why: "leads anywhere" },
  {
    mask: 0x1f00_0000,
    value: 0x1000_0000,
    why: "gives addresses of code, over which the next word may write",
  },
  {
    mask: 0xff60_8000,
    value: 0x9b40_0000,
    why: "SMULH and UMULH with another Ra than 31: UNPREDICTABLE",
    when: (word) => rt2(word) !== 31,
  },
  {
    mask: 0x3b20_0400,
    value: 0x3800_0400,
    why: "a base that is written and transferred: UNPREDICTABLE",
    when: (word) => (word & 0x0400_0000) === 0 && rn(word) === rt(word) && rn(word) !== 31,
  },
  {
    mask: 0x3e80_0000,
    value: 0x2880_0000,
    why: "a base that is written and transferred: UNPREDICTABLE",
    when: (word) => (rn(word) === rt(word) || rn(word) === rt2(word)) && rn(word) !== 31,
  },
  {
    mask: 0x3a40_0000,
    value: 0x2840_0000,
    why: "a pair loaded into one register: UNPREDICTABLE",
    when: (word) => rt(word) === rt2(word),
  },
  { mask: 0x3fc0_0000, value: 0x0800_0000, why: "QEMU lets a store without its load fail before it faults" },
  {
    mask: 0x3fa0_0000,
    value: 0x0880_0000,
    why: "register fields that should be ones: UNPREDICTABLE",
    when: (word) => rs(word) !== 31 || rt2(word) !== 31,
  },
  {
    mask: 0x3f20_fc00,
    value: 0x3820_c000,
    why: "register fields that should be ones: UNPREDICTABLE",
    when: (word) => rs(word) !== 31,
  },
  {
    mask: 0x3b20_0c00,
    value: 0x1900_0400,
    why: "how far each part of a memory copy goes is the CPU's choice",
  },
  {
    mask: 0x3f60_0000,
    value: 0x0860_0000,
    why: "a pair loaded into one register: UNPREDICTABLE",
    when: (word) => rt(word) === rt2(word),
  },
];

/** Why a word is not tried; undefined: it is. */
export const whyExcluded = (word: number): string | undefined =>
  excluded.find(
    ({ mask, value, when }) => (word & mask) >>> 0 === value >>> 0 && (when === undefined || when(word)),
  )?.why;

/** Any word, the groups of bits 28:25 alike. */
const anyWord = (random: Random): number => ((random.word() & 0xe1ff_ffff) | (random.below(16) << 25)) >>> 0;

/** What the words of a kind are called in reports. */
export const ANY_WORDS = "words";
export const NEAR_WORDS = "words-near";

/** A word of a class, whatever its conditions say. */
function wordNear(random: Random): { readonly word: number; readonly variant: string } {
  const of = classes[random.below(classes.length)];
  if (of === undefined) throw new Error("there are no classes");
  const fields: Fields = Object.fromEntries(
    [...of.layout.fields].map(([name, width]) => [name, random.below(2 ** width)]),
  );
  return { word: encode(of.layout, fields), variant: of.name };
}

function wordAnywhere(random: Random): { readonly word: number; readonly variant: string } {
  const word = anyWord(random);
  return { word, variant: (word >>> 24).toString(16).padStart(2, "0") };
}

/** @returns one word that may be tried */
export function fuzzItem(random: Random, sve = false): Item {
  for (;;) {
    const near = random.once(2);
    const { word, variant } = near ? wordNear(random) : wordAnywhere(random);
    if (whyExcluded(word) === undefined && !(sve && keepsUpper([word])))
      return { words: [word], classes: [{ name: near ? NEAR_WORDS : ANY_WORDS, variant }] };
  }
}

/** A block of such words, with registers and memory as every block has. */
export function fuzzBlock(seed: number, number: number, length: number, sve = false): Block {
  const random = randomFor(seed, `words ${number}`);
  return {
    name: `seed ${seed}, words ${number}`,
    state: inputState(random, sve),
    items: Array.from({ length }, () => fuzzItem(random, sve)),
  };
}
