/** Migrations that have the same facts, told once; facts that several have, printed once where there are many. */
import { type Verdict, type Weight, weights } from "../../migrate/fact.ts";
import type { Journey as Judged } from "../../migrate/journeys.ts";
import type { Migration } from "../../migrate/pair.ts";
import { statementsFor } from "../../migrate/statements.ts";
import { pairGroups } from "../../migrate/table.ts";
import { type HostRow, ranges } from "../hosts.ts";
import { count, grouped, shown } from "../words.ts";
import { type FactLine, factLines } from "./facts.ts";

export interface NumberedFact {
  /** Of its element. */
  readonly id: string;
  /** `F1` and on, in the order of the groups. */
  readonly label: string;
  readonly line: FactLine;
}

/** Migrations from one host. */
export interface Journey {
  readonly from: string;
  readonly to: string;
  /** All names, where numbers stand for them. */
  readonly names: string;
}

/** Facts of one weight. */
export interface WeightPart {
  readonly weight: Weight;
  readonly facts: readonly NumberedFact[];
}

export interface Group {
  /** Of its element. */
  readonly id: string;
  readonly verdict: Verdict;
  /** In words. */
  readonly text: string;
  readonly title: string;
  readonly journeys: readonly Journey[];
  /** `the guest was run on both hosts`, or why it was not. */
  readonly executed: string;
  /** The heaviest first; empty: nothing was found. */
  readonly parts: readonly WeightPart[];
  /** Those that would make it safe, or help. */
  readonly statements: readonly string[];
  /** What the statements come to, or that nothing is needed; empty: neither. */
  readonly advice: string;
}

export interface Groups {
  readonly groups: readonly Group[];
  /** Every fact once. */
  readonly facts: readonly NumberedFact[];
  /** The facts are printed with each group; otherwise once, and groups name them. */
  readonly inPlace: boolean;
}

export const verdictText: Readonly<Record<Verdict, string>> = {
  safe: "safe",
  "safe-with-notes": "safe, with notes",
  undecided: "safe as far as is known",
  unsafe: "unsafe",
};

/** So many facts, counted with each group, before groups only name them. */
const mostInPlace = 600;
const order: Readonly<Record<Verdict, number>> = { unsafe: 0, undecided: 1, "safe-with-notes": 2, safe: 3 };

/** Sources with the same targets; and those that go to each other and alike to others. */
function bundles(
  migrations: readonly Migration[],
  rowOf: (name: string) => HostRow,
): readonly { readonly from: readonly HostRow[]; readonly to: readonly HostRow[] }[] {
  const bySource = new Map<string, HostRow[]>();
  for (const { from, to } of migrations)
    bySource.set(from.name, [...(bySource.get(from.name) ?? []), rowOf(to.name)]);
  const bundled = new Map<string, { readonly from: HostRow[]; to: readonly HostRow[] }>();
  const add = (key: string, from: HostRow, to: readonly HostRow[]): void => {
    const known = bundled.get(key);
    if (known === undefined) bundled.set(key, { from: [from], to });
    else {
      known.from.push(from);
      known.to = [...new Set([...known.to, ...to])];
    }
  };
  const keyOf = (rows: readonly HostRow[]): string =>
    rows
      .map((row) => row.number)
      .toSorted((a, b) => a - b)
      .join();
  const alike = new Map<string, number>();
  for (const to of bySource.values()) alike.set(keyOf(to), (alike.get(keyOf(to)) ?? 0) + 1);
  for (const [name, to] of bySource) {
    const from = rowOf(name);
    const isAlone = alike.get(keyOf(to)) === 1;
    add(isAlone ? `among ${keyOf([...to, from])}` : keyOf(to), from, to);
  }
  return [...bundled.values()];
}

function journeys(migrations: readonly Migration[], rowOf: (name: string) => HostRow): readonly Journey[] {
  const words = (rows: readonly HostRow[]): string =>
    rows.length <= 4
      ? rows.map(({ name }) => name).join(", ")
      : `hosts ${ranges(rows.map((row) => row.number))}`;
  const names = (rows: readonly HostRow[]): string => rows.map(({ name }) => name).join(", ");
  return bundles(migrations, rowOf).map(({ from, to }) => {
    const others = to.filter((row) => !from.includes(row));
    const each = from.length > 1 && others.length < to.length;
    const where = [...(each ? ["each other"] : []), ...(others.length > 0 ? [words(others)] : [])].join(", ");
    return { from: words(from), to: where, names: `${names(from)} to ${names(to)}` };
  });
}

const partsOf = (facts: readonly NumberedFact[]): readonly WeightPart[] =>
  weights.flatMap((weight) => {
    const of = facts.filter(({ line }) => line.weight === weight);
    return of.length === 0 ? [] : [{ weight, facts: of }];
  });

function adviceOf({ verdict, advised }: Judged): string {
  if (verdict === "safe") return "Everything is restored, and the guest sees the same machine.";
  if (verdict !== "unsafe") return "";
  if (advised === undefined) return "No statement that the tables know makes it safe.";
  if (typeof advised === "string")
    return `These would help; whether all of them make it safe is not known: ${advised}.`;
  return advised.verdict === "unsafe"
    ? "These would help; with all of them it is still unsafe:"
    : `With all of these it is ${verdictText[advised.verdict]}; that was judged, too:`;
}

/**
 * @param key stands before the ids of elements
 * @returns the groups, and the id of each migration's
 */
export function migrationGroups(
  migrations: readonly Judged[],
  rowOf: (name: string) => HostRow,
  path: string,
  key: string,
): { readonly told: Groups; readonly groupOf: ReadonlyMap<Migration, string> } {
  const groupOf = new Map<Migration, string>();
  const known = new Map<string, NumberedFact>();
  const numbered = (line: FactLine): NumberedFact => {
    const text = JSON.stringify(line);
    const at = known.size + 1;
    const fact = known.get(text) ?? { id: `${key}-f${at}`, label: `F${at}`, line };
    known.set(text, fact);
    return fact;
  };
  const groups = pairGroups(migrations, () => true)
    .toSorted(
      (a, b) =>
        order[a.ones[0]?.verdict ?? "safe"] - order[b.ones[0]?.verdict ?? "safe"] ||
        b.ones.length - a.ones.length,
    )
    .flatMap(({ ones, facts }, at): readonly Group[] => {
      const [first] = ones;
      if (first === undefined) return [];
      const id = `${key}-w${at + 1}`;
      for (const one of ones) groupOf.set(one, id);
      return [
        {
          id,
          verdict: first.verdict,
          text: verdictText[first.verdict],
          title: count(ones.length, "migration").replace(/^\d+/, (many) => grouped(Number(many))),
          journeys: journeys(ones, rowOf),
          executed:
            first.executed === true
              ? "The guest was run on both hosts of the simulation."
              : `The guest was not run on both hosts: ${shown(first.executed)}.`,
          parts: partsOf(factLines(facts, path).map(numbered)),
          statements: first.verdict === "unsafe" ? statementsFor(first).map(shown) : [],
          advice: adviceOf(first),
        },
      ];
    });
  const printed = groups.flatMap(({ parts }) => parts).reduce((sum, { facts }) => sum + facts.length, 0);
  return { told: { groups, facts: [...known.values()], inPlace: printed <= mostInPlace }, groupOf };
}
