/** Bitmask immediates of the logical instructions (Arm ARM, DecodeBitMasks). */

/** @returns the mask's halves (of a 32-bit instruction: both the same); undefined: not allocated */
export function bitmask(
  wide: boolean,
  big: number,
  rotate: number,
  size: number,
): { readonly low: number; readonly high: number } | undefined {
  if (!wide && big === 1) return undefined;
  const length = 31 - Math.clz32((big << 6) | (~size & 0x3f));
  if (length < 1) return undefined;
  const levels = (1 << length) - 1;
  const ones = size & levels;
  if (ones === levels) return undefined;
  const element = 1 << length;
  const turn = rotate & levels;
  let low = 0;
  let high = 0;
  for (let at = 0; at < 64; at++)
    if (((at + turn) & (element - 1)) <= ones) {
      if (at < 32) low |= 1 << at;
      else high |= 1 << (at - 32);
    }
  return { low, high };
}
