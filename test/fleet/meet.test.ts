/** The laws of the meet, over the shipped hosts and over made-up offers. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commonOffer, mergeFleets } from "../../src/fleet/classes.ts";
import { offerDocument, offerText, readOffer } from "../../src/fleet/document.ts";
import { meet, meetAll } from "../../src/fleet/meet.ts";
import {
  assumptions,
  type FacilityName,
  type FacilityOffer,
  facilityNames,
  type Offer,
} from "../../src/fleet/offer.ts";
import { intersect, printSet, setOf } from "../../src/fleet/values.ts";
import { shippedNames, spread } from "../hosts/shipped.ts";
import { fleetOf, offerFor } from "./support.ts";

const some = [...spread].map(offerFor);

const fields = ["ID_AA64PFR0_EL1.SVE", "ID_AA64PFR0_EL1.RAS", "CTR_EL0.CWG", "MIDR_EL1.PartNum"];
const set = fc.uniqueArray(fc.bigInt({ min: 0n, max: 7n }), { maxLength: 5 }).map(setOf);
const sets = (keys: readonly string[]) =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...keys), set), { selector: ([key]) => key })
    .map((entries) => new Map(entries));
const ids = fc.uniqueArray(fc.bigInt({ min: 0n, max: 9n })).map((list) => new Set(list));

/** As an offer of a host is: a facility names what it changes, and registers that are not listed without it. */
const offers: fc.Arbitrary<Offer> = fc
  .record({
    fields: sets(fields),
    shown: sets(["MIDR_EL1"]),
    facilities: fc.dictionary(
      fc.constantFrom(...facilityNames),
      fc.record({ fields: sets(fields), registers: ids }),
      { maxKeys: 3 },
    ),
    registers: ids,
    vectorLengths: fc.subarray([128, 256, 384, 512]),
    vcpuFeatures: fc.subarray(["SVE", "PMU_V3"]).map((list) => new Set(list)),
    capabilities: fc
      .dictionary(fc.constantFrom("1", "2", "165"), fc.bigInt({ min: 1n, max: 52n }))
      .map((record) => new Map(Object.entries(record).map(([key, value]) => [Number(key), value]))),
    psci: fc.subarray(["0.2", "1.0", "1.3"]).map((list) => new Set(list)),
    bitmaps: fc
      .dictionary(fc.constantFrom("A", "B"), fc.bigInt({ min: 0n, max: 15n }))
      .map((record) => new Map(Object.entries(record))),
    workarounds: sets(["W"]),
    devices: fc.option(
      fc.subarray([5, 7]).map((list) => new Set(list)),
      { nil: undefined },
    ),
    kernel: fc.constantFrom("6.1", "6.12", "7.2"),
    untold: fc.subarray(fields).map((list) => new Set(list)),
    assumed: fc.subarray([...assumptions]).map((list) => new Set(list)),
    counters: fc.option(
      fc.tuple(fc.nat(8), fc.nat(8)).map(([a, b]) => ({ least: Math.min(a, b), most: Math.max(a, b) })),
      { nil: undefined },
    ),
  })
  .map(({ facilities, ...offer }) => {
    const normal = new Map<FacilityName, FacilityOffer>();
    for (const [name, { fields: own, registers }] of Object.entries(facilities))
      for (const facility of facilityNames.filter((one) => one === name))
        normal.set(facility, {
          fields: new Map(
            [...own].filter(
              ([key, value]) =>
                printSet(value) !== printSet(offer.fields.get(key) ?? []) || !offer.fields.has(key),
            ),
          ),
          registers: new Set([...registers].filter((id) => !offer.registers.has(id))),
        });
    return { ...offer, facilities: normal };
  });

function laws(a: Offer, b: Offer, c: Offer): void {
  expect(offerText(meet(a, b))).toBe(offerText(meet(b, a)));
  expect(offerText(meet(meet(a, b), c))).toBe(offerText(meet(a, meet(b, c))));
  expect(offerText(meet(a, a))).toBe(offerText(a));
  // Absorption of what has been taken in already: parts of a fleet may overlap.
  expect(offerText(meet(meet(a, b), a))).toBe(offerText(meet(a, b)));
}

const shown = (set: ReadonlySet<bigint>): readonly string[] => [...set].map(String).sort();

/** What an offer means with a facility, whatever form it is written in. */
const fieldOfOffer = (offer: Offer, name: FacilityName, key: string): string | undefined => {
  const own = offer.facilities.get(name)?.fields.get(key) ?? offer.fields.get(key);
  return own === undefined ? undefined : printSet(own);
};
const listedBy = (offer: Offer, name: FacilityName): ReadonlySet<bigint> =>
  new Set([...offer.registers, ...(offer.facilities.get(name)?.registers ?? [])]);

/** The laws hold of many an operation: this is what the meet is to mean. */
function meaning(a: Offer, b: Offer): void {
  const both = meet(a, b);
  for (const name of facilityNames) {
    const [left, right] = [a.facilities.get(name), b.facilities.get(name)];
    expect(both.facilities.has(name)).toBe(left !== undefined && right !== undefined);
    if (left === undefined || right === undefined) continue;
    for (const key of fields) {
      const [one, other] = [
        left.fields.get(key) ?? a.fields.get(key),
        right.fields.get(key) ?? b.fields.get(key),
      ];
      // What one does not tell, the other's word stands for.
      const common = one === undefined || other === undefined ? (one ?? other) : intersect(one, other);
      expect(fieldOfOffer(both, name, key)).toBe(common === undefined ? undefined : printSet(common));
    }
    const common = [...listedBy(a, name)].filter((id) => listedBy(b, name).has(id));
    expect(shown(listedBy(both, name))).toEqual(shown(new Set(common)));
    // The normal form: a facility names what it changes, and nothing else.
    for (const [key, changed] of both.facilities.get(name)?.fields ?? [])
      expect(printSet(changed)).not.toBe(printSet(both.fields.get(key) ?? [[-1n, -1n]]));
    for (const id of both.facilities.get(name)?.registers ?? []) expect(both.registers.has(id)).toBe(false);
  }
  // A guest's lengths are all that the CPU has up to a maximum: those maxima that give the same on both.
  const upTo = (lengths: readonly number[], most: number): string =>
    lengths.filter((one) => one <= most).join();
  const maxima = a.vectorLengths.filter(
    (most) => b.vectorLengths.includes(most) && upTo(a.vectorLengths, most) === upTo(b.vectorLengths, most),
  );
  expect(both.vectorLengths).toEqual(maxima);
}

describe("the meet", () => {
  it("means what all hosts offer, with and without each facility", () => {
    fc.assert(fc.property(offers, offers, meaning), { numRuns: 500 });
    const host = fc.constantFrom(...some);
    fc.assert(fc.property(host, host, meaning), { numRuns: 40 });
  });

  it("is associative, commutative and idempotent over made-up offers", () => {
    fc.assert(fc.property(offers, offers, offers, laws), { numRuns: 500 });
  });

  it("is associative, commutative and idempotent over shipped hosts", () => {
    const host = fc.constantFrom(...some);
    fc.assert(fc.property(host, host, host, laws), { numRuns: 40 });
  });

  it("does not depend on the order of the fleet", () => {
    const texts = new Set<string>();
    fc.assert(
      fc.property(fc.shuffledSubarray(some, { minLength: some.length }), ([first, ...others]) => {
        if (first !== undefined) texts.add(offerText(meetAll([first, ...others])));
      }),
      { numRuns: 10 },
    );
    expect(texts.size).toBe(1);
  });

  it("is written and read back", () => {
    for (const offer of some) {
      const read = readOffer(JSON.parse(JSON.stringify(offerDocument(offer))));
      expect(read === undefined ? "" : offerText(read)).toBe(offerText(offer));
    }
  });
});

describe("a fleet", () => {
  it("is the same whole and in parts", () => {
    const whole = fleetOf(...shippedNames.slice(0, 24));
    const parts = [0, 1, 2].map((part) =>
      fleetOf(...shippedNames.slice(0, 24).filter((_, at) => at % 3 === part)),
    );
    expect(mergeFleets([...parts].reverse())).toEqual(whole);
  });

  it("counts equal hosts once as a class", () => {
    const fleet = fleetOf("neoverse-n1.linux-6.12", "neoverse-n1.linux-6.12", "neoverse-n1.linux-6.18");
    expect(fleet.map(({ count }) => count).sort()).toEqual([1, 2]);
    expect(commonOffer([])).toBeUndefined();
  });
});
