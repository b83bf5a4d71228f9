/** What a guest that is moved from one of two hosts to the other no longer finds. */
import type { Diff } from "./difference.ts";
import { signOf } from "./sentence.ts";

/** What one direction costs a guest that uses all that it sees. */
interface Loss {
  /** Fields that say less, the features' among them. */
  readonly fields: ReadonlySet<string>;
  readonly features: ReadonlySet<string>;
}

function lossOf({ differences }: Diff, direction: "lost" | "gained"): Loss {
  const rows = differences.filter(({ about }) => about === "field");
  const sign = direction === "lost" ? "-" : "+";
  const less = rows.filter((one) => signOf(one) === sign || one[direction].length > 0);
  return {
    fields: new Set(less.map(({ subject }) => subject)),
    features: new Set(less.flatMap((one) => one[direction])),
  };
}

function lossWords({ fields, features }: Loss): string {
  if (fields.size === 0) return "nothing";
  const names = [...features];
  const named = names.length > 3 ? `${names.length} features` : names.join(", ");
  const count = `${fields.size} ${fields.size === 1 ? "field says" : "fields say"} less`;
  return names.length === 0 ? count : `${named} (${count})`;
}

/** A sentence about both directions, for two hosts; empty: no field says less in either. */
export function movedGuestText(diff: Diff): string {
  if (diff.kind !== "hosts") return "";
  const [there, back] = [lossOf(diff, "lost"), lossOf(diff, "gained")];
  if (there.fields.size === 0 && back.fields.size === 0) return "";
  return `Moved from the first to the second, a guest may miss: ${lossWords(there)}. Moved back: ${lossWords(back)}. \`guestc migrate\` judges a guest.`;
}
