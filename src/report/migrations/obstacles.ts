/** What was found over all migrations: which subject, how often, what would help. */
import { type Weight, weights } from "../../migrate/fact.ts";
import type { Migration } from "../../migrate/pair.ts";
import { grouped, shown } from "../words.ts";

export interface Obstacle {
  readonly weight: Weight;
  /** Those of which the same is said of the same migrations. */
  readonly subjects: readonly string[];
  readonly moreSubjects: number;
  readonly text: string;
  /** How many migrations; printed. */
  readonly migrations: string;
  /** Of all, in per cent; for a bar. */
  readonly share: number;
  readonly remedies: readonly string[];
  readonly moreRemedies: number;
  /** It is unsafe and no statement is known to help. */
  readonly helpless: boolean;
}

/** So many are named before the rest is counted. */
const mostRemedies = 3;
const mostSubjects = 6;
const order = (weight: Weight): number => weights.indexOf(weight);

interface Finding {
  readonly weight: Weight;
  readonly subject: string;
  readonly text: string;
  /** Indexes. */
  readonly migrations: Set<number>;
  readonly remedies: Set<string>;
}

function findings(migrations: readonly Migration[]): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const [at, { facts }] of migrations.entries())
    for (const { weight, subject, text, remedies } of facts) {
      if (weight === "remark") continue;
      const key = JSON.stringify([weight, subject, text]);
      const one = found.get(key) ?? { weight, subject, text, migrations: new Set(), remedies: new Set() };
      found.set(key, one);
      one.migrations.add(at);
      for (const remedy of remedies) one.remedies.add(remedy);
    }
  return [...found.values()];
}

const named = (names: readonly string[], most: number): readonly [readonly string[], number] => [
  names.slice(0, most).map(shown),
  Math.max(0, names.length - most),
];

/** The heaviest and most frequent first; remarks are left out. */
export function obstacles(migrations: readonly Migration[]): readonly Obstacle[] {
  const alike = new Map<string, { readonly first: Finding; readonly subjects: string[] }>();
  for (const one of findings(migrations)) {
    const key = JSON.stringify([one.weight, one.text, [...one.migrations], [...one.remedies]]);
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { first: one, subjects: [one.subject] });
    else known.subjects.push(one.subject);
  }
  return [...alike.values()]
    .toSorted(
      (a, b) =>
        order(a.first.weight) - order(b.first.weight) || b.first.migrations.size - a.first.migrations.size,
    )
    .map(({ first: { weight, text, migrations: of, remedies }, subjects: all }) => {
      const [subjects, moreSubjects] = named(all, mostSubjects);
      const [words, moreRemedies] = named([...remedies], mostRemedies);
      return {
        weight,
        subjects,
        moreSubjects,
        text: shown(text),
        migrations: grouped(of.size),
        share: Math.round((100 * of.size) / migrations.length),
        remedies: words,
        moreRemedies,
        helpless: weight === "unsafe" && remedies.size === 0,
      };
    });
}
