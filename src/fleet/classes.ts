/** A fleet as classes: hosts with equal offers are one. */
import { fnv1a } from "../diagnostics/fingerprint.ts";
import { offerText } from "./document.ts";
import { meetAll } from "./meet.ts";
import type { Offer } from "./offer.ts";

/** How many hosts of a class are named; the others are counted. */
export const namesKept = 8;

export interface FleetClass {
  /** A hash of the offer, 16 hexadecimal digits. */
  readonly id: string;
  readonly offer: Offer;
  /** How many hosts. */
  readonly count: number;
  /** The first of their names in order, `namesKept` at most, each once. */
  readonly names: readonly string[];
}

/** In order of id, each once. */
export type Fleet = readonly FleetClass[];

const firstNames = (names: readonly string[]): readonly string[] =>
  [...new Set(names)].sort((a, b) => (a < b ? -1 : 1)).slice(0, namesKept);

export function classOf(offer: Offer, name: string): FleetClass {
  return { id: fnv1a(offerText(offer)), offer, count: 1, names: [name] };
}

/** Fleets put together: classes are united, counts add up. In any order the same. */
export function mergeFleets(fleets: readonly Fleet[]): Fleet {
  const classes = new Map<string, FleetClass>();
  for (const one of fleets.flat()) {
    const known = classes.get(one.id);
    classes.set(
      one.id,
      known === undefined
        ? one
        : { ...known, count: known.count + one.count, names: firstNames([...known.names, ...one.names]) },
    );
  }
  return [...classes.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** What all hosts of a fleet allow; undefined for an empty one. */
export function commonOffer(fleet: Fleet): Offer | undefined {
  const [first, ...others] = fleet.map(({ offer }) => offer);
  return first === undefined ? undefined : meetAll([first, ...others]);
}

/** What tables and messages call a class: its first host, and how many more there are. */
export function className({ names, count }: FleetClass): string {
  const [first] = names;
  return count <= 1 ? (first ?? "") : `${first ?? ""} and ${count - 1} more`;
}
