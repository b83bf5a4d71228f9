/** Which of the values that a field may hold makes the richest CPU. */
import { compareFieldValues, type Field } from "../tables/index.ts";
import { listed, type ValueSet } from "./values.ts";

/**
 * The values of a set from the richest to the poorest, by the field's kind: of `lower` the highest first, of `higher`
 * the lowest, of `higher-or-zero` the lowest that is not zero; of `exact` the safe value last.
 */
export function byPreference(field: Field, set: ValueSet): readonly bigint[] {
  const descending = (a: bigint, b: bigint): number => compareFieldValues(field, Number(b), Number(a));
  const values = [...listed(set)];
  switch (field.safe) {
    case "higher":
      return values.sort((a, b) => descending(b, a));
    case "higher-or-zero":
      return values.sort((a, b) => Number(a === 0n) - Number(b === 0n) || descending(b, a));
    case "exact": {
      const safe = BigInt(field.safeValue ?? field.absent);
      return values.sort((a, b) => Number(a === safe) - Number(b === safe) || descending(a, b));
    }
    default:
      return values.sort(descending);
  }
}
