/** Instructions of Advanced SIMD after which QEMU 10.0 keeps the bits of Z above V, where the architecture clears them. */

const rows: readonly { readonly mask: number; readonly value: number }[] = [
  // SHLL, SHLL2
  { mask: 0xbf3f_fc00, value: 0x2e21_3800 },
  // LD1 to LD4 of one lane, without LD1R and its like
  { mask: 0xbf40_c000, value: 0x0d40_0000 },
  { mask: 0xbf40_c000, value: 0x0d40_4000 },
  { mask: 0xbf40_c000, value: 0x0d40_8000 },
];

/** Not to be made where blocks have SVE's registers. */
export const keepsUpper = (words: readonly number[]): boolean =>
  words.some((word) => rows.some(({ mask, value }) => (word & mask) >>> 0 === value));
