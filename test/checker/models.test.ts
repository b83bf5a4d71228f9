/** Inheritance, identity and the interrupt controller: what one statement does to what another one says. */
import { describe, expect, it } from "vitest";
import { shippedNames } from "../hosts/shipped.ts";
import { compileText } from "../support/compile-text.ts";
import { contractOf, cpuText, fieldValue, modelOf, slugs } from "./support.ts";

const guest = (...lines: readonly string[]): string =>
  `guest g {\n  cpu c\n${lines.map((one) => `  ${one}\n`).join("")}}\n`;

describe("inheritance", () => {
  it("a field of the heir that undoes a feature of the parent is reported", () => {
    const text =
      "edition 2026\ncpu p {\n  baseline armv8.0-a\n  with FEAT_LSE\n}\ncpu c extends p {\n  field ID_AA64ISAR0_EL1.Atomic = 0\n}\n";
    const { diagnostics } = modelOf(text);
    expect(slugs(diagnostics)).toEqual(["feature-undone"]);
    expect(diagnostics[0]?.related.map(({ span }) => text.slice(span.start, span.end))).toEqual([
      "field ID_AA64ISAR0_EL1.Atomic = 0",
    ]);
  });

  it("a field of a facility that the heir switches off is reported", () => {
    const text =
      "edition 2026\ncpu p {\n  baseline host\n  pmu on\n  field ID_AA64DFR0_EL1.PMUVer = 4\n}\ncpu c extends p {\n  override pmu off\n}\n";
    const checked = modelOf(text);
    expect(slugs(checked.diagnostics)).toEqual(["field-of-facility"]);
    expect(fieldValue(checked, "ID_AA64DFR0_EL1.PMUVer")).toBe(0n);
  });
});

describe("fields beside statements that decide them too", () => {
  it.each([
    [
      "a level of the PMU",
      "pmu on { version FEAT_PMUv3p4 }",
      "field ID_AA64DFR0_EL1.PMUVer = 1",
      "feature-undone",
    ],
    ["SVE itself", "sve host", "field ID_AA64PFR0_EL1.SVE = 0", "feature-undone"],
    ["the identity", "midr neoverse-n1 r3p1", "field MIDR_EL1.Revision = 2", "field-repeated"],
  ])("%s", (_, statement, field, slug) => {
    expect(slugs(modelOf(cpuText("baseline host", statement, field)).diagnostics)).toEqual([slug]);
  });

  it("an AArch32 field that is stated does not follow the feature", () => {
    const checked = modelOf(
      cpuText("baseline cortex-a72", "without FEAT_CRC32", "field ID_ISAR5_EL1.CRC32 = 1"),
    );
    expect(fieldValue(checked, "ID_AA64ISAR0_EL1.CRC32")).toBe(0n);
    expect(fieldValue(checked, "ID_ISAR5_EL1.CRC32")).toBe(1n);
    expect(
      fieldValue(modelOf(cpuText("baseline cortex-a72", "without FEAT_CRC32")), "ID_ISAR5_EL1.CRC32"),
    ).toBe(0n);
  });
});

describe("identity", () => {
  it.each(["midr neoverse-n1 r3p1", "revidr 0", "field MIDR_EL1.Variant = 3", "field AIDR_EL1.IMPDEF = 1"])(
    "`%s` asks for writable identity registers where the host has them",
    (statement) => {
      const { capabilities } = contractOf(cpuText("baseline host", statement) + guest());
      expect(capabilities.map(({ value, required }) => [value, required])).toEqual([
        ["KVM_CAP_ARM_WRITABLE_IMP_ID_REGS", false],
      ]);
    },
  );

  it.each(["midr host", "field MIDR_EL1.Variant = host"])("`%s` does not", (statement) => {
    expect(contractOf(cpuText("baseline host", statement) + guest()).capabilities).toEqual([]);
  });
});

describe("the interrupt controller", () => {
  it.each([
    ["gic v3", 1n, 1n],
    ["gic v2", 0n, 0n],
    ["gic none", 0n, 0n],
  ])("%s", (gic, aarch64, aarch32) => {
    const { registers } = contractOf(cpuText("baseline cortex-a72") + guest(gic));
    const value = (register: string): unknown =>
      registers.find((one) => one.name === register)?.fields.find((one) => one.name === "GIC")?.value;
    expect(value("ID_AA64PFR0_EL1")).toBe(aarch64);
    expect(value("ID_PFR1_EL1")).toBe(aarch32);
  });
});

describe("a rule whose other side KVM hides from every guest", () => {
  it("is KVM's own affair: FEAT_S1PIE requires FEAT_ATS1A, which no guest sees", () => {
    const checked = modelOf(cpuText("baseline armv8.9-a", "with FEAT_S1PIE"));
    expect(slugs(checked.diagnostics)).not.toContain("constraint-broken");
    expect(fieldValue(checked, "ID_AA64MMFR3_EL1.S1PIE")).toBe(1n);
  });
});

describe.each(shippedNames)("PSCI on %s", (name) => {
  const found = (version: string): readonly string[] =>
    slugs(
      compileText(
        `edition 2026\nhost h { profile "hosts/${name}.json" }\n${cpuText("baseline host").replace("edition 2026\n", "")}${guest("runs-on h", `psci ${version}`)}`,
      ).diagnostics,
    );

  it("0.1, 0.2, 1.0 and 1.1 are on every kernel, 1.2 and 1.3 came with 6.13", () => {
    for (const version of ["0.1", "0.2", "1.0", "1.1"]) expect(found(version)).toEqual([]);
    const old = /linux-6\.(1|12)$/.test(name);
    for (const version of ["1.2", "1.3"]) expect(found(version)).toEqual(old ? ["host-psci"] : []);
  });
});
