/** Conditions of B.cond, CSEL and CCMP. */

const N = 8;
const Z = 4;
const C = 2;
const V = 1;

function holds(condition: number, flags: number): boolean {
  const set = (flag: number): boolean => (flags & flag) !== 0;
  switch (condition >> 1) {
    case 0:
      return set(Z);
    case 1:
      return set(C);
    case 2:
      return set(N);
    case 3:
      return set(V);
    case 4:
      return set(C) && !set(Z);
    case 5:
      return set(N) === set(V);
    case 6:
      return set(N) === set(V) && !set(Z);
    default:
      return true;
  }
}

/** For each condition, a set of flags: bit n is 1 where it holds with N, Z, C, V being n. */
const MASKS = Uint16Array.from({ length: 16 }, (_, condition) => {
  let mask = 0;
  for (let flags = 0; flags < 16; flags++) {
    const base = holds(condition, flags);
    if ((condition & 1) === 1 && condition !== 15 ? !base : base) mask |= 1 << flags;
  }
  return mask;
});

/** `(conditionMask(c) >> nzcv) & 1` says whether it holds. */
export const conditionMask = (condition: number): number => MASKS[condition] ?? 0;
