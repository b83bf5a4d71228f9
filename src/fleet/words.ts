/** Lists and hosts of classes in words, bounded for large fleets. */
import type { Fleet } from "./classes.ts";

/** How many names, fields and registers a line has before it says how many more there are. */
const most = 4;

/** How many hosts classes stand for. */
export const hostsOf = (classes: Fleet): number => classes.reduce((sum, { count }) => sum + count, 0);

/** `1 host`, `2 hosts`. */
export const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

/** `a, b and 3 more`. */
export function some(words: readonly string[], limit = most): string {
  const shown = words.slice(0, limit).join(", ");
  return words.length > limit ? `${shown} and ${words.length - limit} more` : shown;
}

/** `neoverse-n1.linux-6.18, a and 3 more`: the hosts of classes. */
export function hostNames(classes: Fleet, limit = most): string {
  const names = classes.flatMap((one) => one.names).sort((a, b) => (a < b ? -1 : 1));
  const shown = names.slice(0, limit);
  const left = hostsOf(classes) - shown.length;
  return left > 0 ? `${shown.join(", ")} and ${left} more` : shown.join(", ");
}

/** Columns as wide as their widest cells; the last is not padded. */
export function columns(rows: readonly (readonly string[])[], indent = "  "): readonly string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    `${indent}${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ")}`.trimEnd(),
  );
}

/** `neoverse-n1.linux-6.1 (fleet/a.json)`: a file is told where its host's name is not its own. */
const named = /^(\S+) \(.*\)$/;

/** The fleet with hosts by their names alone, without their files, where no two have one name. */
export function withShortNames(fleet: Fleet): Fleet {
  const uses = new Map<string, number>();
  const short = (name: string): string => named.exec(name)?.[1] ?? name;
  for (const name of fleet.flatMap(({ names }) => names))
    uses.set(short(name), (uses.get(short(name)) ?? 0) + 1);
  return fleet.map((one) => ({
    ...one,
    names: one.names.map((name) => (uses.get(short(name)) === 1 ? short(name) : name)),
  }));
}
