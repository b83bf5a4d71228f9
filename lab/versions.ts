/** Versions as numbers with dots. */

const numbers = (version: string): readonly number[] => version.split(".").map(Number);

/** Negative when `a` is older: `6.9` before `6.12`, `10` before `10.0.2`. */
export function compareVersions(a: string, b: string): number {
  const left = numbers(a);
  const right = numbers(b);
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
