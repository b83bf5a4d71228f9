/** The register lists and values that answers refer to by number. */
import type { DumpChange, Kept, ListChange, Value } from "./answers.ts";
import type { Recording } from "./format.ts";

/** Each list of the recording, by its number. */
export type Lists = ReadonlyMap<number, ReadonlySet<bigint>>;
/** Each set of values of the recording, by its number; a value that could not be read is the errno's name. */
export type Dumps = ReadonlyMap<number, ReadonlyMap<bigint, Value | string>>;

function changedList(before: ReadonlySet<bigint>, changes: readonly ListChange[]): ReadonlySet<bigint> {
  const ids = new Set(before);
  for (const change of changes) {
    if ("add" in change) ids.add(change.add);
    else ids.delete(change.remove);
  }
  return ids;
}

function changedDump(
  before: ReadonlyMap<bigint, Value | string>,
  changes: readonly DumpChange[],
): ReadonlyMap<bigint, Value | string> {
  const values = new Map(before);
  for (const change of changes) {
    if ("remove" in change) values.delete(change.remove);
    else values.set(change.id, change.value);
  }
  return values;
}

function define<T, C>(
  all: Map<number, T>,
  kept: Kept<C>,
  nothing: T,
  change: (before: T, changes: readonly C[]) => T,
): void {
  if (kept.definition === undefined) return;
  const { from, changes } = kept.definition;
  all.set(kept.number, change(from === undefined ? nothing : (all.get(from) ?? nothing), changes));
}

/** Every list and every set of values that a recording's answers name. */
export function keptSets(recording: Recording): { readonly lists: Lists; readonly dumps: Dumps } {
  const lists = new Map<number, ReadonlySet<bigint>>();
  const dumps = new Map<number, ReadonlyMap<bigint, Value | string>>();
  for (const { answer } of recording.cases.flatMap(({ steps }) => steps)) {
    if (answer.kind === "list") define(lists, answer.list, new Set(), changedList);
    if (answer.kind === "values") define(dumps, answer.values, new Map(), changedDump);
  }
  return { lists, dumps };
}
