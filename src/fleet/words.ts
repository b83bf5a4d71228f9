/** Lists and hosts of classes in words, bounded for large fleets. */
import type { Fleet } from "./classes.ts";

/** How many names, fields and registers a line has before it says how many more there are. */
export const most = 4;

export const hostsOf = (classes: Fleet): number => classes.reduce((sum, { count }) => sum + count, 0);

export const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

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
