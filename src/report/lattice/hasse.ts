/** Hosts of equal worth as classes, and which class covers which: the Hasse diagram of what they can offer. */
import type { Offer } from "../../fleet/offer.ts";
import type { HostRow } from "../hosts.ts";
import { isBelow } from "./order.ts";

export interface OfferedHost {
  readonly host: HostRow;
  readonly offer: Offer;
}

/** Hosts that can offer the same. */
export interface LatticeClass {
  readonly hosts: readonly HostRow[];
  readonly offer: Offer;
  /** Length of the longest way down, 0 for those with nobody below. */
  readonly rank: number;
  /** Indexes of the classes that it covers: below it, with none between. */
  readonly covers: readonly number[];
  /** Indexes of all classes below. */
  readonly below: readonly number[];
}

function classes(
  offered: readonly OfferedHost[],
): readonly { readonly hosts: HostRow[]; readonly offer: Offer }[] {
  const found: { readonly hosts: HostRow[]; readonly offer: Offer }[] = [];
  for (const { host, offer } of offered) {
    const equal = found.find((one) => isBelow(one.offer, offer) && isBelow(offer, one.offer));
    if (equal === undefined) found.push({ hosts: [host], offer });
    else equal.hosts.push(host);
  }
  return found;
}

/** In the order of the first host of each. */
export function hasse(offered: readonly OfferedHost[]): readonly LatticeClass[] {
  const found = classes(offered);
  const below = found.map((upper) =>
    found.flatMap((lower, at) => (lower !== upper && isBelow(lower.offer, upper.offer) ? [at] : [])),
  );
  const ranks = new Map<number, number>();
  const rankOf = (at: number): number => {
    const known = ranks.get(at);
    if (known !== undefined) return known;
    const rank = Math.max(-1, ...(below[at] ?? []).map(rankOf)) + 1;
    ranks.set(at, rank);
    return rank;
  };
  return found.map((one, at) => {
    const under = below[at] ?? [];
    const covers = under.filter((lower) => !under.some((middle) => below[middle]?.includes(lower) === true));
    return { ...one, rank: rankOf(at), covers, below: under };
  });
}
