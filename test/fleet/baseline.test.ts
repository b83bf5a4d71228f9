/** The common CPU: what is chosen, that it checks clean and runs on every host, and what is said where there is none. */
import { describe, expect, it } from "vitest";
import { type Baseline, baselineOf, usualFacilities } from "../../src/fleet/baseline.ts";
import { baselineDocument, readFleet } from "../../src/fleet/baseline-document.ts";
import { choose } from "../../src/fleet/choose.ts";
import { commonOffer, type Fleet, mergeFleets } from "../../src/fleet/classes.ts";
import { guestText } from "../../src/fleet/guest-text.ts";
import { leastToLeaveOut } from "../../src/fleet/least.ts";
import type { FacilityName } from "../../src/fleet/offer.ts";
import { compile, planFor, predict } from "../../src/index.ts";
import { contractRegisters } from "../../src/tables/index.ts";
import { shipped, shippedNames } from "../hosts/shipped.ts";
import { fleetOf } from "./support.ts";

function baseline(names: readonly string[], wanted: readonly FacilityName[] = usualFacilities): Baseline {
  const found = baselineOf(fleetOf(...names), wanted);
  if (found === undefined) throw new Error("an empty fleet");
  return found;
}

const value = (of: Baseline, key: string) => of.values.get(key);
const conflicting = (of: Baseline) => of.conflicts.flatMap(({ fields }) => fields.map(({ field }) => field));
/** By the meet of all, without any search. */
function inConflict(fleet: Fleet): boolean {
  const offer = commonOffer(fleet);
  return offer !== undefined && [...choose(offer, []).open.values()].includes("conflict");
}
const namesOf = (fleet: Fleet) => fleet.flatMap(({ names }) => names).sort();

/** Compiles the text with a guest in it against the hosts, and applies the plan to each host's simulated KVM. */
function carriedOut(of: Baseline, names: readonly string[]) {
  const { text } = guestText(of, "common", ["A remark."]);
  const file = { path: "common.guest", text: `${text}\nguest g {\n  cpu common\n}\n` };
  const loader = { read: () => undefined, inside: () => false };
  const { diagnostics, guests } = compile(file, loader, { hosts: names.map(shipped) });
  const [guest] = guests;
  if (guest === undefined) throw new Error("no guest");
  const outcomes = names.map((name) => predict(guest, planFor(guest), shipped(name)).kind);
  return { text, diagnostics, outcomes };
}

const fleets: readonly (readonly string[])[] = [
  ["neoverse-n1.linux-6.18", "cortex-a76.linux-7.2"],
  ["neoverse-n1.linux-6.1", "neoverse-n1.linux-7.2"],
  ["neoverse-v1.linux-6.18", "neoverse-n2.linux-7.2"],
  ["a64fx.linux-6.18", "a64fx.linux-7.2"],
  ["max.linux-6.18", "max.linux-7.2", "max-nested.linux-7.3"],
  ["cortex-a53.linux-6.19", "cortex-a57.linux-7.3", "cortex-a72.linux-7.0"],
];

describe("a fleet with a common guest", () => {
  it.each(fleets.map((names) => [names] as const))("%j: its block checks and runs on every host", (names) => {
    const found = baseline(names);
    expect(conflicting(found)).toEqual([]);
    expect(found.leaveOut).toEqual([]);
    const { diagnostics, outcomes } = carriedOut(found, names);
    // MIDR_EL1 names one core; that it promises more than the guest has is told, and true.
    const told = diagnostics.filter(({ slug }) => slug !== "identity-promises-more");
    expect(told.map(({ message }) => message)).toEqual([]);
    expect(outcomes).toEqual(names.map(() => "runs"));
  });

  it("takes of each field what the poorest host has", () => {
    const found = baseline(["neoverse-n1.linux-6.18", "cortex-a76.linux-7.2"]);
    expect(value(found, "ID_AA64MMFR0_EL1.PARange")).toBe(2n);
    expect(value(found, "ID_AA64PFR1_EL1.SSBS")).toBe(1n);
    // Linux 6.18 takes 14 here, which no host has.
    expect(value(found, "ID_AA64DFR0_EL1.PMUVer")).toBe(4n);
  });

  it("restricts vector lengths to what all can be cut down to", () => {
    expect(baseline(["a64fx.linux-7.2", "max.linux-7.2"]).common.vectorLengths).toEqual([128, 256]);
  });

  it("keeps the page sizes, and lowers what needs a second stage that nobody has", () => {
    const found = baseline(["neoverse-v1.linux-6.18", "neoverse-n2.linux-7.2"]);
    expect(found.lowered.map(({ field }) => field)).toEqual(["ID_AA64PFR0_EL1.EL2"]);
    expect(value(found, "ID_AA64MMFR0_EL1.TGran4")).toBe(0n);
    expect(found.dropped).toEqual([{ facility: "pauth", fields: ["ID_AA64ISAR1_EL1.API"] }]);
  });

  it("gives up what a chosen part takes away: IESB goes with RAS", () => {
    const { lowered } = baseline(["a64fx.linux-6.18", "a64fx.linux-7.2"]);
    expect(lowered.map(({ field, from, to }) => [field, from, to])).toEqual([
      ["ID_AA64MMFR2_EL1.IESB", 1n, 0n],
    ]);
  });

  it("switches on what is asked for", () => {
    const names = ["max-nested.linux-7.2", "max-nested.linux-7.3"];
    expect(baseline(names).facilities).toEqual(["sve", "pauth", "pmu"]);
    expect(baseline(names, ["el2"]).facilities).toEqual(["el2"]);
    expect(baseline(names, []).facilities).toEqual([]);
    expect(value(baseline(names, []), "ID_AA64PFR0_EL1.SVE")).toBe(0n);
  });
});

describe("a fleet without a common guest", () => {
  const names = ["neoverse-v1.linux-6.18", "neoverse-n1.linux-6.18", "neoverse-n1.linux-7.2"];

  it("names the fields that cannot be written, and the fewest hosts to leave out", () => {
    const found = baseline(names);
    expect(conflicting(found)).toEqual([
      "ID_AA64MMFR2_EL1.EVT",
      "ID_AA64MMFR2_EL1.FWB",
      "ID_AA64MMFR2_EL1.IDS",
    ]);
    expect(namesOf(found.leaveOut)).toEqual(["neoverse-v1.linux-6.18"]);
  });

  it("leaves the fields in conflict to the hosts, where that is wanted", () => {
    const { text, diagnostics, outcomes } = carriedOut(baseline(names), names);
    expect(text).toMatch(/field +ID_AA64MMFR2_EL1.FWB += host/);
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(outcomes).toEqual(names.map(() => "runs"));
  });

  it("weighs hosts, not classes", () => {
    const many = fleetOf("neoverse-v1.linux-6.18", "neoverse-v1.linux-6.18", "neoverse-v1.linux-6.18");
    const fleet = mergeFleets([many, fleetOf("neoverse-n1.linux-6.18", "neoverse-n1.linux-7.2")]);
    expect(namesOf(leastToLeaveOut(fleet))).toEqual(["neoverse-n1.linux-6.18", "neoverse-n1.linux-7.2"]);
  });

  it("finds what trying every subset finds", () => {
    const pool = shippedNames.filter((name) => /linux-(6\.1|6\.18|7\.2)$/.test(name));
    for (let first = 0; first + 7 <= pool.length; first += 4) {
      const fleet = fleetOf(...pool.slice(first, first + 7));
      const whole = baselineOf(fleet)?.leaveOut ?? [];
      let fewest = fleet.length;
      for (let kept = 1; kept < 1 << fleet.length; kept++) {
        const rest = fleet.filter((_, at) => (kept >> at) % 2 === 1);
        if (fleet.length - rest.length < fewest && !inConflict(rest)) fewest = fleet.length - rest.length;
      }
      expect(whole.length).toBe(fewest);
      const left = new Set(whole.map(({ id }) => id));
      expect(baselineOf(fleet.filter(({ id }) => !left.has(id)))?.conflicts).toEqual([]);
    }
  });
});

describe("the fewest hosts to leave out", () => {
  /** By trying every subset: the least number of hosts without which the others need agree in these fields alone. */
  function fewestByTrying(fleet: Fleet, counts: (key: string) => boolean): number {
    const weight = (some: Fleet): number => some.reduce((sum, { count }) => sum + count, 0);
    let fewest = weight(fleet);
    for (let kept = 1; kept < 1 << fleet.length; kept++) {
      const rest = fleet.filter((_, at) => (kept >> at) % 2 === 1);
      const gone = weight(fleet) - weight(rest);
      const offer = gone < fewest ? commonOffer(rest) : undefined;
      if (offer === undefined) continue;
      const open = [...choose(offer, []).open].filter(([key, why]) => why === "conflict" && counts(key));
      if (open.length === 0) fewest = gone;
    }
    return fewest;
  }

  const isIdentity = (key: string): boolean => /^(MIDR|REVIDR|AIDR)_EL1/.test(key);
  const keys = contractRegisters()
    .flatMap(({ fields }) => fields.map((field) => `${field.register}.${field.name}`))
    .filter((key) => !isIdentity(key));

  it("are found with weights, and where each host may show its own identity", () => {
    for (let first = 0; first + 40 < shippedNames.length; first += 13) {
      const names = [0, 5, 11, 16, 22, 31].map((step) => shippedNames[first + step] ?? "");
      // One host of the first class, two of the second, three of the third, and again.
      const fleet = mergeFleets(
        names.flatMap((name, at) => Array.from({ length: (at % 3) + 1 }, () => fleetOf(name))),
      );
      const weigh = (some: Fleet): number => some.reduce((sum, { count }) => sum + count, 0);
      expect(weigh(leastToLeaveOut(fleet)), names.join()).toBe(fewestByTrying(fleet, () => true));
      expect(weigh(leastToLeaveOut(fleet, new Set(keys))), names.join()).toBe(
        fewestByTrying(fleet, (key) => !isIdentity(key)),
      );
    }
  });
});

describe("the document", () => {
  it("is read back as the fleet, and gives the same document", () => {
    const fleet = fleetOf("neoverse-v1.linux-6.18", "neoverse-n1.linux-6.18");
    const text = JSON.stringify(baselineDocument(fleet, baselineOf(fleet)));
    const read = readFleet(text);
    if ("problem" in read) throw new Error(read.problem);
    expect(JSON.stringify(baselineDocument(read.fleet, baselineOf(read.fleet)))).toBe(text);
  });

  it("says what is wrong with one that is none", () => {
    expect(readFleet("{")).toEqual({ problem: "is no JSON, or was not written to its end" });
    expect(readFleet("{}")).toEqual({ problem: "is no guestc.baseline/1 document" });
    const fleet = fleetOf("neoverse-n1.linux-6.18");
    const text = JSON.stringify(baselineDocument(fleet, undefined));
    expect(readFleet(text.replace(/"hosts":1,"names"/, '"hosts":0,"names"'))).toEqual({
      problem: "classes[0] does not say how many hosts it has",
    });
    expect(readFleet(text.replace(/"0x0-0x2"/, '"0x2-0x0"'))).toEqual({
      problem: "classes[0] has a value that is none",
    });
    expect(readFleet(text.replace(/"counters":\{[^}]*\}/, '"counters":null'))).toEqual({
      problem: "classes[0] has a value that is none",
    });
  });
});
