/** Parts of a fleet that were read apart, and how they are put together again. */
import { type Fleet, mergeFleets } from "./classes.ts";
import { mergeUnreadable, type UnreadableHosts } from "./unreadable.ts";

/** Which part of a fleet a document is about. */
export interface Part {
  /** From 1 on. */
  readonly index: number;
  readonly of: number;
  /** A digest of the whole inventory: of its bytes, or of the names of its files; 16 hexadecimal digits. */
  readonly inventory: string;
}

/** What a document says beside the common CPU, which follows from it. */
export interface FleetRecord {
  readonly fleet: Fleet;
  /** undefined: a whole fleet. */
  readonly part: Part | undefined;
  /** What made it: program and tables; undefined: not told. */
  readonly tables: string | undefined;
  readonly unreadable: UnreadableHosts;
}

export interface NamedRecord extends FleetRecord {
  /** What messages call it: a path. */
  readonly name: string;
}

interface Unmergeable {
  readonly problem: string;
  readonly help: readonly string[];
}

function numbersWords(numbers: readonly number[]): string {
  const most = 10;
  const shown = numbers.slice(0, most).join(", ");
  return numbers.length > most ? `${shown} and ${numbers.length - most} more` : shown;
}

const again = "make every part anew from the same inventory, with the same guestc";

/** What keeps these from being the parts of one fleet, each once. */
function problemOf(parts: readonly NamedRecord[]): Unmergeable | undefined {
  const first = parts[0];
  const byIndex = new Map<number, string>();
  for (const { name, part } of parts) {
    if (part === undefined || first?.part === undefined) continue;
    if (part.of !== first.part.of)
      return {
        problem: `${name} is one of ${part.of} parts, ${first.name} one of ${first.part.of}`,
        help: [again],
      };
    if (part.inventory !== first.part.inventory)
      return {
        problem: `${name} and ${first.name} are parts of different inventories, or it changed between them`,
        help: [again],
      };
    const other = byIndex.get(part.index);
    if (other !== undefined)
      return {
        problem: `${other} and ${name} are the same part, ${part.index} of ${part.of}`,
        help: ["its hosts would be counted twice"],
      };
    byIndex.set(part.index, name);
  }
  const of = first?.part?.of ?? 0;
  const missing = Array.from({ length: of }, (_, at) => at + 1).filter((index) => !byIndex.has(index));
  if (missing.length === 0) return undefined;
  return {
    problem: `${missing.length === 1 ? "part" : "parts"} ${numbersWords(missing)} of ${of} ${missing.length === 1 ? "is" : "are"} missing`,
    help: [`--shard ${missing[0]}/${of} makes ${missing.length === 1 ? "it" : "the first of them"}`],
  };
}

/** One fleet of all parts of one, or of whole fleets; in any order the same. */
export function joinRecords(records: readonly NamedRecord[]): FleetRecord | Unmergeable {
  const tables = records[0]?.tables;
  const foreign = records.find((one) => one.tables !== tables);
  if (foreign !== undefined)
    return {
      problem: `${foreign.name} and ${records[0]?.name} were made with different tables`,
      help: [again],
    };
  const [parts, whole] = [true, false].map((is) => records.filter(({ part }) => (part !== undefined) === is));
  const [one, other] = [parts?.[0], whole?.[0]];
  if (one !== undefined && other !== undefined)
    return {
      problem: `${one.name} is a part of a fleet, ${other.name} a whole one`,
      help: ["merge the parts first; then what they give and the other can be merged"],
    };
  const problem = problemOf(parts ?? []);
  if (problem !== undefined) return problem;
  return {
    fleet: mergeFleets(records.map(({ fleet }) => fleet)),
    part: undefined,
    tables,
    unreadable: mergeUnreadable(records.map(({ unreadable }) => unreadable)),
  };
}
