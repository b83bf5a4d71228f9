/** Seeded random numbers: SplitMix32, 32 bits of state, the same on every machine. */
export interface Random {
  /** 0 to `below` - 1; `below` from 1 to 2^32. */
  below(below: number): number;
  /** 0 to 2^32 - 1. */
  word(): number;
  /** 0 to 2^64 - 1. */
  wide(): bigint;
  /** One of them. */
  pick<T>(from: readonly [T, ...(readonly T[])]): T;
  /** True once in `of` times. */
  once(of: number): boolean;
}

/** @param seed 32 bits */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const word = (): number => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0_aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a_2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const below = (limit: number): number => Math.floor((word() / 0x1_0000_0000) * limit);
  return {
    below,
    word,
    wide: () => (BigInt(word()) << 32n) | BigInt(word()),
    pick: (from) => from[below(from.length)] ?? from[0],
    once: (of) => below(of) === 0,
  };
}

/** A stream of its own for a subject, so that a change of one does not change the others. */
export function randomFor(seed: number, subject: string): Random {
  let hash = seed >>> 0;
  for (const character of subject) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return randomOf(hash);
}
