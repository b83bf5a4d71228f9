/** What stands in the way of migrations, over all of them: which subject, how often, what would help. */
import type { Weight } from "../../migrate/fact.ts";
import type { Migration } from "../../migrate/pair.ts";
import { grouped, shown } from "../words.ts";

export interface Obstacle {
  readonly weight: Weight;
  readonly subject: string;
  readonly text: string;
  /** How many migrations; printed. */
  readonly migrations: string;
  /** Of all, in per cent; for a bar. */
  readonly share: number;
  readonly remedies: readonly string[];
  /** Further ones than are named. */
  readonly moreRemedies: number;
}

/** So many statements are named for one obstacle. */
const mostRemedies = 3;
const order: Readonly<Record<Weight, number>> = { unsafe: 0, note: 1, remark: 2 };

/** The heaviest and most frequent first; remarks are none. */
export function obstacles(migrations: readonly Migration[]): readonly Obstacle[] {
  const found = new Map<
    string,
    { readonly weight: Weight; readonly subject: string; readonly text: string; many: number; remedies: Set<string> }
  >();
  for (const { facts } of migrations) {
    // A subject may have several facts of one kind in a migration, and counts once.
    const counted = new Set<string>();
    for (const { weight, subject, text, remedies } of facts) {
      if (weight === "remark") continue;
      const key = JSON.stringify([weight, subject, text]);
      const one = found.get(key) ?? { weight, subject, text, many: 0, remedies: new Set<string>() };
      found.set(key, one);
      if (!counted.has(key)) one.many++;
      counted.add(key);
      for (const remedy of remedies) one.remedies.add(remedy);
    }
  }
  return [...found.values()]
    .toSorted((a, b) => order[a.weight] - order[b.weight] || b.many - a.many)
    .map(({ weight, subject, text, many, remedies }) => ({
      weight,
      subject: shown(subject),
      text: shown(text),
      migrations: grouped(many),
      share: Math.round((100 * many) / migrations.length),
      remedies: [...remedies].slice(0, mostRemedies).map(shown),
      moreRemedies: Math.max(0, remedies.size - mostRemedies),
    }));
}
