/** Values in the words of the tables. */
import type { ExprState, Field } from "../tables/index.ts";
import {
  compareFieldValues,
  evaluate,
  featuresNaming,
  fieldKey,
  firmwareRegisters,
  mentioned,
  signedValue,
  valueName,
} from "../tables/index.ts";

export const hex = (value: bigint | number, digits = 1): string =>
  `0x${value.toString(16).padStart(digits, "0")}`;

/** Small numbers in decimal, as the language writes them. */
const shortest = (value: bigint): string => (value < 10n ? String(value) : hex(value));

/** Whether the second of two values offers more, in the order in which Linux combines them; null: they are different. */
export function orderOf(field: Field | undefined, before: bigint, after: bigint): "more" | "less" | null {
  if (field === undefined || field.width > 32 || before === after) return null;
  const [was, is] = [Number(before), Number(after)];
  if (field.safe === "lower") return compareFieldValues(field, was, is) < 0 ? "more" : "less";
  // Values without an order, but for that of what is not there at all.
  if (valueName(field, field.absent) !== "NI") return null;
  return was === field.absent ? "more" : is === field.absent ? "less" : null;
}

/** A field's value with its name or quantity: `2 (IMP)`, `2 (40 bits)`; one below 0 with that: `0xf (-1, NI)`. */
export function valueWords(field: Field | undefined, value: bigint): string {
  const number = shortest(value);
  if (field === undefined || field.width > 32) return number;
  const unit = field.unit?.codes[Number(value)];
  const meaning =
    field.unit !== undefined && unit !== undefined
      ? `${unit} ${field.unit.name}`
      : valueName(field, Number(value));
  const signed = signedValue(field, Number(value));
  if (signed < 0) return `${number} (${signed}${meaning === undefined ? "" : `, ${meaning}`})`;
  // Some names only say the number again.
  return meaning === undefined || /^(?:0x[0-9a-f]+|[0-9]+)$/i.test(meaning)
    ? number
    : `${number} (${meaning})`;
}

/** A firmware register's value by the name that the tables give it. */
export function firmwareWords(id: bigint, value: bigint): string {
  const row = firmwareRegisters().find((one) => one.id === id);
  const name = Object.entries(row?.values ?? {}).find(([, one]) => one === value)?.[0];
  return name ?? shortest(value);
}

/** `0 to 2, 8`: numbers in ascending order, neighbours drawn together. */
export function rangeWords(values: readonly bigint[]): string {
  const runs: { first: bigint; last: bigint }[] = [];
  for (const value of values) {
    const run = runs.at(-1);
    if (run !== undefined && run.last + 1n === value) run.last = value;
    else runs.push({ first: value, last: value });
  }
  return runs
    .map(({ first, last }) =>
      first === last
        ? shortest(first)
        : first + 1n === last
          ? `${shortest(first)}, ${shortest(last)}`
          : `${shortest(first)} to ${shortest(last)}`,
    )
    .join(", ");
}

/** A name at the width that makes names of numbers sort as the numbers do. */
export const ordinal = (value: bigint | number): string => value.toString(16).padStart(16, "0");

/** The features that a field takes part in and that only one of two states has. */
export function featuresChanged(
  field: Field,
  before: ExprState,
  after: ExprState,
): { readonly gained: readonly string[]; readonly lost: readonly string[] } {
  const gained: string[] = [];
  const lost: string[] = [];
  for (const { name, advertisedBy } of featuresNaming([fieldKey(field)])) {
    if (advertisedBy === undefined) continue;
    let takesPart = false;
    mentioned(advertisedBy, {
      field: (register, of) => {
        takesPart ||= register === field.register && (of === field.name || of === field.linuxName);
      },
    });
    if (!takesPart) continue;
    const was = evaluate(advertisedBy, before);
    const is = evaluate(advertisedBy, after);
    if (was === false && is === true) gained.push(name);
    if (was === true && is === false) lost.push(name);
  }
  return { gained, lost };
}
