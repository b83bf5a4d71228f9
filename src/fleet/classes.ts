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

/** A class while its hosts are counted. */
export interface TalliedClass {
  readonly id: string;
  readonly offer: Offer;
  count: number;
  readonly names: string[];
}

/** A fleet while its hosts are counted: nothing is kept of a host but its class's count and, if it is one of the first, its name. */
export interface FleetTally {
  /** The class that hosts with this offer are in. */
  readonly classFor: (offer: Offer) => TalliedClass;
  /** What was counted so far; a class without hosts is none. */
  readonly fleet: () => Fleet;
}

/** Keeps the first names in order, each once, so that what is kept does not depend on the order of counting. */
function keepName(kept: string[], name: string): void {
  const last = kept.at(-1);
  if (kept.length >= namesKept && last !== undefined && name >= last) return;
  const at = kept.findIndex((one) => one >= name);
  if (at === -1) kept.push(name);
  else if (kept[at] !== name) kept.splice(at, 0, name);
  if (kept.length > namesKept) kept.pop();
}

/** Counts hosts of a class. */
export function countHosts(tallied: TalliedClass, name: string, count: number): void {
  tallied.count += count;
  keepName(tallied.names, name);
}

export function tallyFleet(): FleetTally {
  const classes = new Map<string, TalliedClass>();
  return {
    classFor(offer) {
      const id = fnv1a(offerText(offer));
      const known = classes.get(id) ?? { id, offer, count: 0, names: [] };
      classes.set(id, known);
      return known;
    },
    fleet: () =>
      [...classes.values()]
        .filter(({ count }) => count > 0)
        .map((one) => ({ ...one, names: [...one.names] }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

export function classOf(offer: Offer, name: string): FleetClass {
  return { id: fnv1a(offerText(offer)), offer, count: 1, names: [name] };
}

/** Fleets put together: classes are united, counts add up. In any order the same. */
export function mergeFleets(fleets: readonly Fleet[]): Fleet {
  const classes = new Map<string, TalliedClass>();
  for (const fleet of fleets)
    for (const { id, offer, count, names } of fleet) {
      const united = classes.get(id) ?? { id, offer, count: 0, names: [] };
      classes.set(id, united);
      united.count += count;
      for (const name of names) keepName(united.names, name);
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
