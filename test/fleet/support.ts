/** Fleets of shipped hosts. */
import { classOf, type Fleet, mergeFleets } from "../../src/fleet/classes.ts";
import { offerOf } from "../../src/fleet/host-offer.ts";
import type { Offer } from "../../src/fleet/offer.ts";
import { shipped } from "../hosts/shipped.ts";

const offers = new Map<string, Offer>();

export function offerFor(name: string): Offer {
  const offer = offers.get(name) ?? offerOf(shipped(name));
  if (offer === undefined) throw new Error(`${name} offers nothing`);
  offers.set(name, offer);
  return offer;
}

export function fleetOf(...names: readonly string[]): Fleet {
  return mergeFleets(names.map((name) => [classOf(offerFor(name), name)]));
}
