/** The indexes that spare parsing answer as a search over everything would. */
import { describe, expect, it } from "vitest";
import {
  constraints,
  constraintsNaming,
  contractRegisters,
  features,
  featuresNaming,
  featuresOfFacility,
  mentioned,
} from "../../src/tables/index.ts";
import type { Constraint } from "../../src/tables/types.ts";

const namesOf = (rule: Constraint): ReadonlySet<string> => {
  const names = new Set([rule.owner]);
  for (const expr of [rule.if, rule.then, ...(rule.when === undefined ? [] : [rule.when])])
    mentioned(expr, {
      feature: (name) => names.add(name),
      field: (register, name) => names.add(`${register}.${name}`),
    });
  return names;
};

describe("indexes over the raw texts", () => {
  it("find the rules that name a feature or a field", () => {
    const rules = constraints("requires");
    const names = new Set(rules.flatMap((rule) => [...namesOf(rule)]));
    for (const name of names) {
      const expected = rules.filter((rule) => namesOf(rule).has(name)).map((rule) => rule.id);
      const found = constraintsNaming([name]).map((rule) => rule.id);
      expect(found, name).toEqual(expected);
    }
  });

  it("find the features that a field takes part in", () => {
    for (const field of contractRegisters().flatMap((register) => register.fields)) {
      const key = `${field.register}.${field.name}`;
      const expected = features()
        .filter((feature) =>
          [...feature.present, ...feature.absent].some((one) => `${one.reg}.${one.field}` === key),
        )
        .map((feature) => feature.name);
      const found = new Set(featuresNaming([key]).map((feature) => feature.name));
      expect(
        expected.filter((name) => !found.has(name)),
        key,
      ).toEqual([]);
    }
  });

  it("find the features of a facility", () => {
    const facilities = new Set(features().map((feature) => feature.facility));
    facilities.delete(undefined);
    expect(facilities.size).toBeGreaterThan(3);
    for (const facility of facilities) {
      const expected = features().filter((feature) => feature.facility === facility);
      expect(
        featuresOfFacility(facility ?? "").map((one) => one.name),
        facility,
      ).toEqual(expected.map((one) => one.name));
    }
  });
});
