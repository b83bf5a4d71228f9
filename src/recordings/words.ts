/** How a value is one word, or several, of a line. */

/** A reader of words: what is left of a step or an answer. */
export interface Words {
  /** The next word, or undefined at the end. */
  next(): string | undefined;
  /** How many words are left. */
  left(): number;
}

/** A line of a recording cannot be read. */
export class WordError extends Error {}

export function wordsOf(text: string): Words {
  const words = text.split(" ").filter((word) => word !== "");
  let at = 0;
  return { next: () => words[at++], left: () => words.length - at };
}

/** The next word. @throws WordError at the end */
export function need(words: Words, what: string): string {
  const word = words.next();
  if (word === undefined) throw new WordError(`${what} is missing`);
  return word;
}

/** Both ways between a value and its words. */
export interface Codec<T> {
  read(words: Words, what: string): T;
  /** Words with blanks between them; "" for none. */
  print(value: T): string;
}

/** Decimal: numbers of things. */
export const count: Codec<number> = {
  read(words, what) {
    const word = need(words, what);
    if (!/^(0|[1-9]\d{0,14})$/.test(word)) throw new WordError(`${what}: ${word} is no decimal number`);
    return Number(word);
  },
  print: String,
};

/** `0x` and lower-case digits without leading zeros, of any width. */
export const hex: Codec<bigint> = {
  read(words, what) {
    const word = need(words, what);
    if (!/^0x(0|[1-9a-f][0-9a-f]*)$/.test(word))
      throw new WordError(`${what}: ${word} is no hexadecimal number`);
    return BigInt(word);
  },
  print: (value) => `0x${value.toString(16)}`,
};

/** As {@link hex}, up to 32 bits. */
export const hex32: Codec<number> = {
  read(words, what) {
    const value = hex.read(words, what);
    if (value > 0xffff_ffffn) throw new WordError(`${what}: 0x${value.toString(16)} is wider than 32 bits`);
    return Number(value);
  },
  print: (value) => `0x${value.toString(16)}`,
};

/** One of some words. */
export const oneOf = <T extends string>(...known: readonly T[]): Codec<T> => ({
  read(words, what) {
    const word = need(words, what);
    const found = known.find((one) => one === word);
    if (found === undefined) throw new WordError(`${what}: ${word} is none of ${known.join(", ")}`);
    return found;
  },
  print: (value) => value,
});

/** All that is left, one codec each. */
export const rest = <T>(one: Codec<T>): Codec<readonly T[]> => ({
  read(words, what) {
    const all: T[] = [];
    while (words.left() > 0) all.push(one.read(words, what));
    return all;
  },
  print: (values) => values.map((value) => one.print(value)).join(" "),
});

/** A word that keeps to a pattern. */
export const named = (pattern: RegExp): Codec<string> => ({
  read(words, what) {
    const word = need(words, what);
    if (!pattern.test(word)) throw new WordError(`${what}: ${word} is not of the form ${pattern.source}`);
    return word;
  },
  print: (value) => value,
});

/** Bytes as pairs of hexadecimal digits; a payload of no bytes cannot be spelled. */
export const bytes: Codec<Uint8Array> = {
  read(words, what) {
    const word = need(words, what);
    if (!/^([0-9a-f]{2})+$/.test(word)) throw new WordError(`${what}: ${word} are no bytes`);
    return Uint8Array.from(word.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  },
  print: (value) => Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join(""),
};
