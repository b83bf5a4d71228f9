/** Facts about migrations as the page prints them. */
import { type Fact, type Weight, weights } from "../../migrate/fact.ts";
import { grouped } from "../../migrate/table.ts";
import { type Place, placeOf, shown } from "../words.ts";
import { type FieldLine, fieldChange } from "./fields.ts";

export interface FactLine {
  readonly weight: Weight;
  /** Those of which it is said. */
  readonly subjects: readonly string[];
  readonly text: string;
  /** Empty: nothing further. */
  readonly detail: string;
  readonly fields: readonly FieldLine[];
  /** Instructions or calls, where the subject stands for several. */
  readonly members: readonly string[];
  readonly remedies: readonly string[];
  /** The statement that asks for what is refused. */
  readonly source: Place | undefined;
}

function factLine(same: readonly Fact[], path: string): FactLine | undefined {
  const [first] = same;
  if (first === undefined) return undefined;
  const { weight, text, detail, fields, source } = first;
  return {
    weight,
    subjects: same.map(({ subject }) => shown(subject)),
    text: shown(text),
    // Where fields are told, the register's values are theirs; what follows them is not.
    detail: shown(fields.length === 0 ? detail : detail.split("; ").slice(1).join("; ")),
    fields: fields.map(fieldChange),
    members: same.length > 1 ? [] : first.members.map(shown),
    remedies: [...new Set(same.flatMap(({ remedies }) => remedies))].map(shown),
    source: source === undefined ? undefined : placeOf(source, path),
  };
}

/** The heaviest first; what is said alike of several subjects is one line. */
export function factLines(facts: readonly Fact[], path: string): readonly FactLine[] {
  return weights.flatMap((weight) =>
    grouped(facts.filter((one) => one.weight === weight)).flatMap((same) => factLine(same, path) ?? []),
  );
}
