/** What came of a step, recorded or simulated: in the words of recordings, with lists and values as whole sets. */
import type { Answer, Dumps, Lists, Value } from "../../recordings/index.ts";
import { printAnswer } from "../../recordings/index.ts";

export type Outcome =
  | Exclude<Answer, { readonly kind: "list" | "values" }>
  | { readonly kind: "list"; readonly ids: ReadonlySet<bigint> }
  /** A value that could not be read is the errno's name. */
  | { readonly kind: "values"; readonly values: ReadonlyMap<bigint, Value | string> }
  /** The simulator failed. */
  | { readonly kind: "defect"; readonly message: string };

const nothing: ReadonlySet<bigint> = new Set();
const noValues: ReadonlyMap<bigint, Value | string> = new Map();

/** A recorded answer, with the sets that it names by number. */
export function outcomeOf(answer: Answer, lists: Lists, dumps: Dumps): Outcome {
  if (answer.kind === "list") return { kind: "list", ids: lists.get(answer.list.number) ?? nothing };
  if (answer.kind === "values")
    return { kind: "values", values: dumps.get(answer.values.number) ?? noValues };
  return answer;
}

const sameValue = (recorded: Value | string | undefined, seen: Value | string | undefined): boolean =>
  recorded === seen || (recorded === "any" && seen !== undefined);

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

type Guest = Extract<Outcome, { kind: "guest" }>;
type Changed = Extract<Guest["end"], { kind: "done" }>["changed"];

/** A register that the recording marks as different each time may be as the question gave it. */
function sameChanged(recorded: Changed, seen: Changed): boolean {
  const of = (changed: Changed, x: number): Value | undefined => changed.find((one) => one.x === x)?.value;
  return [0, 1, 2, 3].every((x) => {
    const expected = of(recorded, x);
    return expected === "any" || expected === of(seen, x);
  });
}

function sameGuest(recorded: Guest, seen: Guest): boolean {
  const before = recorded.events.map((event) => JSON.stringify(event, plainly));
  const now = seen.events.map((event) => JSON.stringify(event, plainly));
  if (before.length !== now.length || before.some((one, at) => one !== now[at])) return false;
  if (recorded.end.kind === "any") return seen.end.kind !== "unanswered";
  const { end } = seen;
  if (recorded.end.kind !== end.kind) return false;
  if (recorded.end.kind === "done" && end.kind === "done")
    return sameChanged(recorded.end.changed, end.changed);
  if (recorded.end.kind === "exception" && end.kind === "exception")
    return (
      recorded.end.level === end.level &&
      recorded.end.vector === end.vector &&
      recorded.end.esr === end.esr &&
      sameChanged(recorded.end.changed, end.changed)
    );
  return true;
}

const plainly = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? value.toString(16) : value;

/** Whether the simulator answered as was recorded; what the recording marks with a star matches any value. */
export function agrees(recorded: Outcome, seen: Outcome): boolean {
  switch (recorded.kind) {
    case "ok":
    case "absent":
      return seen.kind === recorded.kind;
    case "errno":
      return seen.kind === "errno" && seen.name === recorded.name;
    case "number":
      return seen.kind === "number" && sameValue(recorded.value, seen.value);
    case "bytes":
      return seen.kind === "bytes" && sameBytes(recorded.bytes, seen.bytes);
    case "tried":
      return seen.kind === "tried" && seen.reads === recorded.reads && seen.stays === recorded.stays;
    case "list":
      return (
        seen.kind === "list" &&
        seen.ids.size === recorded.ids.size &&
        [...recorded.ids].every((id) => seen.ids.has(id))
      );
    case "values":
      return (
        seen.kind === "values" &&
        seen.values.size === recorded.values.size &&
        [...recorded.values].every(([id, value]) => sameValue(value, seen.values.get(id)))
      );
    case "masks":
      return (
        seen.kind === "masks" &&
        seen.masks.length === recorded.masks.length &&
        recorded.masks.every(({ id, mask }) => seen.masks.some((one) => one.id === id && one.mask === mask))
      );
    case "guest":
      return seen.kind === "guest" && sameGuest(recorded, seen);
    case "defect":
      return false;
  }
}

const hex = (value: bigint): string => value.toString(16);
const printValue = (value: Value | string | undefined): string =>
  value === undefined
    ? "nothing"
    : typeof value === "string"
      ? value === "any"
        ? "*"
        : value
      : `0x${hex(value)}`;

/** Words of a set are told up to so many. */
const MOST_TOLD = 12;

function told(words: readonly string[]): string {
  const more = words.length - MOST_TOLD;
  return more > 0 ? `${words.slice(0, MOST_TOLD).join(" ")} and ${more} more` : words.join(" ");
}

const plain = (outcome: Outcome, level: number): string => {
  switch (outcome.kind) {
    case "list":
      return `list of ${outcome.ids.size}`;
    case "values":
      return `values of ${outcome.values.size}`;
    case "defect":
      return `defect: ${outcome.message}`;
    default:
      return printAnswer(outcome, level);
  }
};

/**
 * Two outcomes that differ, in words; of sets only what differs.
 *
 * @param level of a question
 */
export function printDifference(
  recorded: Outcome,
  seen: Outcome,
  level = 1,
): { readonly expected: string; readonly seen: string } {
  if (recorded.kind === "list" && seen.kind === "list") {
    const missing = [...recorded.ids].filter((id) => !seen.ids.has(id)).map(hex);
    const extra = [...seen.ids].filter((id) => !recorded.ids.has(id)).map(hex);
    return { expected: `list with ${told(missing)}`, seen: `list with ${told(extra)}` };
  }
  if (recorded.kind === "values" && seen.kind === "values") {
    const ids = [...new Set([...recorded.values.keys(), ...seen.values.keys()])].filter(
      (id) => !sameValue(recorded.values.get(id), seen.values.get(id)),
    );
    const words = (values: ReadonlyMap<bigint, Value | string>): string =>
      `values ${told(ids.map((id) => `${hex(id)}=${printValue(values.get(id))}`))}`;
    return { expected: words(recorded.values), seen: words(seen.values) };
  }
  return { expected: plain(recorded, level), seen: plain(seen, level) };
}
