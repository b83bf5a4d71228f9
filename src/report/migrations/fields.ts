/** A field that reads otherwise after a migration. */
import type { FieldChange, Weight } from "../../migrate/fact.ts";
import { number, shown } from "../words.ts";

export interface FieldLine {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly weight: Weight;
}

export function fieldChange({ field, before, after, meaning: [was, is], weight }: FieldChange): FieldLine {
  const words = (value: bigint, meant: string | undefined): string =>
    meant === undefined ? number(value) : `${number(value)} (${shown(meant)})`;
  return { name: field, before: words(before, was), after: words(after, is), weight };
}
