/** Order of kernel releases: `6.1`, `6.12.117`, `6.12.y`. */
import type { Version } from "./types.ts";

/** Of releases met so far: the tables have some hundred, and hosts are asked for the same ones again and again. */
const known = new Map<Version, readonly number[]>();
const mostKnown = 4096;

function parts(version: Version): readonly number[] {
  const before = known.get(version);
  if (before !== undefined) return before;
  const [release = ""] = version.split(/[-+]/);
  const numbers = release
    .split(".")
    .map((part) => (part === "y" ? Number.POSITIVE_INFINITY : Number.parseInt(part, 10) || 0));
  if (known.size >= mostKnown) known.clear();
  known.set(version, numbers);
  return numbers;
}

/**
 * Compares kernel releases part by part; a missing part is 0, `y` stands for the latest stable release of
 * its series, and what follows `-` or `+` is not looked at.
 *
 * @returns negative, zero or positive, as `Array.prototype.sort` wants it
 */
export function compareVersions(a: Version, b: Version): number {
  const [left, right] = [parts(a), parts(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [one, other] = [left[at] ?? 0, right[at] ?? 0];
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

/** The leading `major.minor` of a release. */
export function seriesOf(version: Version): Version {
  return version.split(/[-+]/)[0]?.split(".").slice(0, 2).join(".") ?? version;
}
