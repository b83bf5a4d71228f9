import { describe, expect, it } from "vitest";
import { fieldRuleBroken } from "../../src/checker/cpu/broken.ts";
import { violations } from "../../src/checker/cpu/rules.ts";
import { stateOf } from "../../src/checker/cpu/state.ts";
import { architectureByWord, cpu, fieldRules } from "../../src/tables/index.ts";
import {
  allBaselines,
  architectureBaselines,
  coreBaselines,
  cpuText,
  fieldValue,
  modelOf,
  slugs,
} from "./support.ts";

const facilityStatements = [
  "sve lengths 128",
  "sve host",
  "pauth on",
  "pmu on",
  "pmu on { version FEAT_PMUv3p4 }",
  "mte on",
  "mte on { level FEAT_MTE2 }",
  "el2 vhe",
  "el2 nvhe",
];

describe.each(allBaselines)("baseline %s", (baseline) => {
  const { resolved, diagnostics } = modelOf(cpuText(`baseline ${baseline}`));

  it("breaks no rule of the architecture and gives no diagnostic", () => {
    const exceptions = resolved.baseline.kind === "core" ? resolved.baseline.core.exceptions : [];
    expect(violations(resolved.cells, resolved.architecture, exceptions).map((rule) => rule.id)).toEqual([]);
    const broken = fieldRules().filter(({ rule }) =>
      fieldRuleBroken(rule, resolved.cells, resolved.architecture),
    );
    expect(broken.map((rule) => rule.id)).toEqual([]);
    expect(slugs(diagnostics)).toEqual([]);
  });

  it("decides each field as its role says", () => {
    const wrong: string[] = [];
    for (const [key, { field, value }] of resolved.cells) {
      const expected = ((): boolean => {
        if (baseline === "host")
          return field.role === "facility" && field.facility !== "gic" && field.hiddenSince === undefined
            ? value === BigInt(field.absent)
            : value === "host" || (field.register === "ID_AA64ZFR0_EL1" && value === 0n) || value === 0n;
        switch (field.role) {
          case "hidden":
            return value === 0n;
          case "identity":
            return value === "host";
          case "facility":
            return field.facility === "gic" ? value === "host" : value === BigInt(field.absent);
          case "feature":
            return value !== "host";
          case "aarch32":
          case "host":
          case "size":
            return coreBaselines.includes(baseline)
              ? (value === "host") === (cpu(baseline)?.registers?.[field.register] === undefined)
              : value === "host";
        }
      })();
      if (!expected) wrong.push(`${key} (${field.role} ${field.facility ?? ""}) = ${value}`);
    }
    expect(wrong).toEqual([]);
  });

  it.each(facilityStatements)("takes `%s` without breaking a rule", (statement) => {
    const checked = modelOf(cpuText(`baseline ${baseline}`, statement));
    const exceptions =
      checked.resolved.baseline.kind === "core" ? checked.resolved.baseline.core.exceptions : [];
    const { cells, architecture } = checked.resolved;
    expect(violations(cells, architecture, exceptions).map((rule) => rule.id)).toEqual([]);
    expect(
      fieldRules()
        .filter(({ rule }) => fieldRuleBroken(rule, cells, architecture))
        .map((rule) => rule.id),
    ).toEqual([]);
  });
});

describe.each(architectureBaselines)("the version %s", (baseline) => {
  const { resolved } = modelOf(cpuText(`baseline ${baseline}`));
  const architecture = architectureByWord(baseline);

  it("has every mandatory feature that `with` could decide", () => {
    const state = stateOf(resolved.cells, resolved.architecture);
    const lacking = (architecture?.mandatory ?? []).filter((name) => state.feature(name) === false);
    const undecidable = lacking.filter((name) => {
      const found = slugs(modelOf(cpuText(`baseline ${baseline}`, `with ${name}`)).diagnostics);
      return !found.some((slug) =>
        ["feature-of-facility", "feature-without-field", "feature-never-offered"].includes(slug),
      );
    });
    expect(undecidable).toEqual([]);
  });

  it("has nothing optional: level 0 of FEAT_BBM is enough from v8.4 on, AArch32 and mixed endianness are absent", () => {
    const value = (key: string): bigint | "host" | undefined => resolved.cells.get(key)?.value;
    expect(value("ID_AA64MMFR2_EL1.BBM")).toBe(0n);
    expect(value("ID_AA64PFR0_EL1.EL0")).toBe(1n);
    expect(value("ID_AA64PFR0_EL1.EL1")).toBe(1n);
    expect(value("ID_AA64MMFR0_EL1.BigEnd")).toBe(0n);
    expect(value("ID_AA64DFR0_EL1.DoubleLock")).toBe(15n);
    expect(value("ID_AA64PFR0_EL1.FP")).toBe("host");
    expect(value("ID_AA64MMFR0_EL1.TGran4")).toBe("host");
  });
});

describe("what follows from statements", () => {
  it("SVE brings what it requires", () => {
    const checked = modelOf(cpuText("baseline armv8.2-a", "sve lengths 128"));
    expect(fieldValue(checked, "ID_AA64ISAR1_EL1.FCMA")).toBe(1n);
    expect(checked.resolved.cells.get("ID_AA64ISAR1_EL1.FCMA")?.origin).toMatchObject({ kind: "derived" });
    expect(checked.diagnostics).toEqual([]);
  });

  it("`without` what SVE requires is an error at the feature", () => {
    const checked = modelOf(cpuText("baseline armv8.2-a", "sve lengths 128", "without FEAT_FCMA"));
    expect(slugs(checked.diagnostics)).toEqual(["constraint-broken"]);
    expect(checked.diagnostics[0]?.help).toEqual([
      "the smallest mend: remove `without FEAT_FCMA`, or write `sve off`",
    ]);
  });

  it.each([
    ["with FEAT_I8MM, FEAT_BF16, FEAT_FP16", 1n],
    ["without FEAT_I8MM, FEAT_BF16", 0n],
  ])("ID_AA64ZFR0_EL1 repeats %s where SVE exists", (statement, expected) => {
    const checked = modelOf(cpuText("baseline armv8.5-a", "sve lengths 128", statement));
    expect(fieldValue(checked, "ID_AA64ZFR0_EL1.I8MM")).toBe(expected);
    expect(fieldValue(checked, "ID_AA64ZFR0_EL1.BF16")).toBe(expected);
    const without = modelOf(cpuText("baseline armv8.5-a", statement));
    expect(fieldValue(without, "ID_AA64ZFR0_EL1.I8MM")).toBe(0n);
  });

  it("a field that is stated is not followed over, and the contradiction is reported", () => {
    const checked = modelOf(
      cpuText("baseline armv8.5-a", "sve lengths 128", "with FEAT_I8MM", "field ID_AA64ZFR0_EL1.I8MM = 0"),
    );
    expect(fieldValue(checked, "ID_AA64ZFR0_EL1.I8MM")).toBe(0n);
    expect(slugs(checked.diagnostics)).toEqual(["field-rule-broken"]);
  });

  it("an EL2 brings what the version makes mandatory beside one", () => {
    expect(fieldValue(modelOf(cpuText("baseline armv8.6-a")), "ID_AA64MMFR0_EL1.FGT")).toBe(0n);
    expect(fieldValue(modelOf(cpuText("baseline armv8.6-a", "el2 vhe")), "ID_AA64MMFR0_EL1.FGT")).toBe(1n);
  });
});
