/**
 * The common CPU against every constraint of the architecture, over fleets by fixed strides through the shipped hosts:
 * it breaks none that a host does not break, but where nothing that may be written would mend it; what was lowered was
 * lowered for a reason.
 */
import { describe, expect, it } from "vitest";
import { fieldRuleBroken, violated } from "../../src/checker/cpu/broken.ts";
import { constraintState } from "../../src/checker/cpu/state.ts";
import { type Baseline, baselineOf, usualFacilities } from "../../src/fleet/baseline.ts";
import { cellsOf } from "../../src/fleet/consistency.ts";
import type { FacilityName } from "../../src/fleet/offer.ts";
import { listed } from "../../src/fleet/values.ts";
import { configurationFor } from "../../src/hosts/configuration.ts";
import {
  type Architecture,
  constraints,
  contractRegisters,
  fieldKey,
  fieldOf,
  fieldRules,
  vcpuFeatures,
} from "../../src/tables/index.ts";
import { shipped, shippedNames } from "../hosts/shipped.ts";
import { fleetOf } from "./support.ts";

type Values = ReadonlyMap<string, bigint>;

/** Ids of the rules that these values break: all classes of constraints, and the rules over fields. */
function brokenBy(values: Values, architecture: Architecture): ReadonlySet<string> {
  const cells = cellsOf(values);
  const state = constraintState(cells, architecture);
  return new Set([
    ...constraints()
      .filter((rule) => violated(rule, state))
      .map(({ id }) => id),
    ...fieldRules()
      .filter(({ rule }) => fieldRuleBroken(rule, cells, architecture))
      .map(({ id }) => id),
  ]);
}

/** What a host shows a guest with these facilities. */
function shownOn(name: string, facilities: readonly FacilityName[]): Values {
  const profile = shipped(name);
  const features = vcpuFeatures()
    .filter(
      ({ statement }) => statement?.word === undefined && facilities.some((one) => one === statement?.name),
    )
    .map((feature) => feature.name);
  const { registers } = configurationFor(profile, features, []).configuration;
  const values = new Map<string, bigint>();
  for (const register of contractRegisters()) {
    const held = registers.get(register.id);
    if (typeof held === "bigint")
      for (const field of register.fields) values.set(fieldKey(field), fieldOf(held, field));
  }
  return values;
}

interface Case {
  readonly names: readonly string[];
  readonly baseline: Baseline;
}

const wanted: readonly (readonly FacilityName[])[] = [usualFacilities, [], ["sve", "el2", "mte"]];

const cases: readonly Case[] = shippedNames.flatMap((name, at) => {
  if (at % 2 === 1) return [];
  const other = (stride: number): string => shippedNames[(at + stride) % shippedNames.length] ?? "";
  const names = at % 3 === 0 ? [name, other(17)] : [name, other(29), other(71)];
  const baseline = baselineOf(fleetOf(...names), wanted[at % wanted.length]);
  return baseline === undefined ? [] : [{ names, baseline }];
});

/**
 * What a version makes mandatory, and since when a feature is allowed, depends on the version that one counts the CPU to,
 * which no register shows.
 */
const ofVersions = new Set([...constraints("since"), ...constraints("mandatory")].map(({ id }) => id));

describe("a common CPU", () => {
  it("breaks no constraint that no host of the fleet breaks, unless nothing mends it", () => {
    let fromHosts = 0;
    for (const { names, baseline } of cases) {
      const { architecture, values, facilities } = baseline;
      const own = new Set(names.flatMap((name) => [...brokenBy(shownOn(name, facilities), architecture)]));
      const told = new Set(baseline.broken.map(({ id }) => id));
      const found = [...brokenBy(values, architecture)].filter((id) => !ofVersions.has(id));
      fromHosts += found.filter((id) => own.has(id)).length;
      expect(
        found.filter((id) => !own.has(id) && !told.has(id)),
        names.join(" + "),
      ).toEqual([]);
    }
    // The test would see nothing if no host broke anything.
    expect(fromHosts).toBeGreaterThan(20);
  });

  it("says truly that nothing mends what it breaks and the hosts do not", () => {
    let judged = 0;
    for (const { baseline } of cases)
      for (const { id } of baseline.broken.filter(({ byHosts }) => !byHosts)) {
        const { values, sets, architecture } = baseline;
        const before = brokenBy(values, architecture);
        expect(before).toContain(id);
        judged++;
        // No other value of any one field mends it without breaking another rule.
        for (const [key, set] of sets)
          for (const value of listed(set, 16)) {
            const after = brokenBy(new Map(values).set(key, value), architecture);
            const isWorse = [...after].some((one) => !before.has(one));
            expect(after.has(id) || isWorse, `${id} by ${key} = ${value}`).toBe(true);
          }
        if (judged > 2) return;
      }
    expect(judged).toBeGreaterThan(0);
  });

  it("has lowered nothing without need", () => {
    let lowered = 0;
    for (const { names, baseline } of cases)
      for (const { field, from } of baseline.lowered) {
        lowered++;
        const before = brokenBy(baseline.values, baseline.architecture);
        const raised = brokenBy(new Map(baseline.values).set(field, from), baseline.architecture);
        const added = [...raised].filter((id) => !before.has(id) && !ofVersions.has(id));
        expect(added.length, `${field} of ${names.join(" + ")}`).toBeGreaterThan(0);
      }
    expect(lowered).toBeGreaterThan(20);
  });

  it("gives up what a facility takes along: without SVE nothing of ID_AA64ZFR0_EL1", () => {
    const baseline = baselineOf(fleetOf("neoverse-v1.linux-7.2", "neoverse-n1.linux-7.2"));
    const zfr0 = [...(baseline?.values ?? [])].filter(([key]) => key.startsWith("ID_AA64ZFR0_EL1."));
    expect(zfr0.length).toBeGreaterThan(5);
    expect(zfr0.filter(([, value]) => value !== 0n)).toEqual([]);
    const both = baselineOf(fleetOf("neoverse-v1.linux-7.2", "neoverse-n2.linux-7.2"));
    expect(both?.values.get("ID_AA64ZFR0_EL1.BF16")).toBe(1n);
    expect(both?.values.get("ID_AA64ZFR0_EL1.SVEver")).toBe(0n);
  });
});
