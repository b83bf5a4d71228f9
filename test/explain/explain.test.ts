import { describe, expect, it } from "vitest";
import { registry } from "../../src/diagnostics/registry.ts";
import { type Explanation, explain } from "../../src/explain/index.ts";
import { vocabulary } from "../../src/language/vocabulary.ts";
import {
  architectures,
  bitmapRegisters,
  capabilities,
  cpus,
  deviceAttributes,
  features,
  firmwareRegisters,
  idRegisters,
  ioctls,
  services,
  smcccConventions,
  smcccFunctions,
  smcccOwners,
  vcpuFeatures,
} from "../../src/tables/index.ts";

function pages(subject: string): readonly Explanation[] {
  const found = explain(subject);
  return "pages" in found ? found.pages : [];
}

function page(subject: string, kind: string): Explanation {
  const found = pages(subject).find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`no page of kind ${kind} for ${subject}`);
  return found;
}

/** Every name of every table, by the kind of page that it must give. */
const everything: readonly (readonly [string, readonly string[]])[] = [
  ["diagnostic", Object.entries(registry).flatMap(([slug, row]) => [slug, row.code])],
  ["statement", vocabulary.map(({ name }) => name)],
  ["feature", features().map(({ name }) => name)],
  ["field", idRegisters().flatMap(({ fields }) => fields.map(({ register, name }) => `${register}.${name}`))],
  ["register", idRegisters().flatMap(({ name, id }) => [name, `0x${id.toString(16)}`])],
  ["register", [...bitmapRegisters(), ...firmwareRegisters()].map(({ name }) => name)],
  [
    "smccc-function",
    smcccFunctions().flatMap(({ name, ids }) => [name, ...ids.map((id) => `0x${id.toString(16)}`)]),
  ],
  ["smccc-owner", smcccOwners().map(({ name }) => name)],
  ["smccc-convention", smcccConventions().map(({ name }) => name)],
  ["service", services().map(({ name }) => name)],
  ["capability", capabilities().flatMap(({ name, word }) => (word === undefined ? [name] : [name, word]))],
  ["vcpu-feature", vcpuFeatures().map(({ name }) => name)],
  ["device-attribute", deviceAttributes().map(({ name }) => name)],
  ["ioctl", ioctls().map(({ name }) => name)],
  ["cpu", cpus().flatMap(({ name, aliases, products }) => [name, ...aliases, ...products])],
  ["architecture", architectures().flatMap(({ name }) => [name, `arm${name}-a`])],
];

describe("every name of the tables", () => {
  it.each(everything)("has a page of kind %s with facts that are words", (kind, names) => {
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const { text, json } = page(name, kind);
      expect(text, name).not.toMatch(/\bundefined[).,:]|\[object|\bNaN\b/);
      expect(text, name).toMatch(/^\S(.|\n)*\n\n(.|\n)*[^\n]\n$/);
      expect(JSON.parse(JSON.stringify(json)), name).toEqual(json);
      expect(Object.keys(json).length, name).toBeGreaterThan(2);
    }
  });
});

describe("a page says what matters", () => {
  it("of a field: bits, order, values, features, role, safe kind, and which kernels let it be written", () => {
    const { json, text } = page("ID_AA64ISAR0_EL1.DP", "field");
    expect(json).toMatchObject({ name: "ID_AA64ISAR0_EL1.DP", bits: "[47:44]", order: "unsigned" });
    expect(json.values).toContainEqual({ value: "1", name: "IMP", features: "FEAT_DotProd" });
    expect(json.writable).toContainEqual(expect.objectContaining({ writable: "yes" }));
    expect(text).toContain("lower: of two CPUs' values the smaller is safe");
    expect(text).toContain("`with`, `without`");
    expect(page("ID_AA64PFR0_EL1.SVE", "field").text).toContain("the statement `sve` decides it");
    expect(page("ID_AA64DFR0_EL1.DoubleLock", "field").text).toContain("signed");
  });

  it("of a KVM register id: class, size, encoding and fields", () => {
    const { json } = page("0x603000000013c020", "register");
    expect(json).toMatchObject({
      name: "ID_AA64PFR0_EL1",
      id: "0x603000000013c020",
      size: "64 bits (payload of 8 bytes)",
      encoding: "op0 3, op1 0, CRn 0, CRm 4, op2 0 (S3_0_C0_C4_0)",
    });
    expect(json.class).toMatch(/^sysreg/);
    expect(json.fields).toContainEqual(expect.objectContaining({ bits: "[35:32]", name: "SVE" }));
    expect(pages("S3_0_C0_C4_0")[0]?.text).toBe(pages("0x603000000013c020")[0]?.text);
    expect(page("0x6030_0000_0014_0000", "register").json.values).toContainEqual(
      expect.objectContaining({ value: "0x10001" }),
    );
    expect(page("KVM_REG_ARM_STD_BMAP", "register").json.services).toContainEqual(
      expect.objectContaining({ bit: "0", name: "trng" }),
    );
  });

  it("of an SMCCC function: owner, convention, gate, filter", () => {
    const { json } = page("0xc4000003", "smccc-function");
    expect(json).toMatchObject({ name: "PSCI_CPU_ON", ids: ["0x84000003 (SMC32)", "0xc4000003 (SMC64)"] });
    expect(json.convention).toMatch(/^fast64/);
    expect(json.owner).toMatch(/^standard-secure \(4\)/);
    expect(json.answers).toContain("unless a filter");
    expect(page("TRNG_VERSION", "smccc-function").json.answers).toContain("service `trng`");
    expect(page("0x80000000", "smccc-function").text).toContain("cannot be filtered");
    expect(page("0xc6001234", "smccc-function").text).toContain("NOT_SUPPORTED");
  });

  it("of a feature: version, fields, rules both ways, KVM", () => {
    const { json } = page("FEAT_SVE2", "feature");
    expect(json).toMatchObject({ since: "armv9.0-a", requires: ["FEAT_SVE"], hwcap: "HWCAP2_SVE2" });
    expect(json.requiredBy).toContain("FEAT_SVE_SM4");
    expect(json.rules).toContainEqual(expect.objectContaining({ rule: "FEAT_SVE2 requires FEAT_SVE" }));
    expect(json.kvm).toContain("ID_AA64ZFR0_EL1.SVEver");
  });

  it("of a diagnostic: explanation and both samples", () => {
    const { text } = page("gc0302", "diagnostic");
    for (const part of ["vcpus 0", "vcpus 1", "What it means:", "Wrong:", "Right:"])
      expect(text).toContain(part);
  });
});

describe("words", () => {
  it("need no case where no other name differs in nothing else", () => {
    expect(pages("feat_lse")[0]?.json.name).toBe("FEAT_LSE");
    expect(pages("id_aa64pfr0_el1.sve")[0]?.json.name).toBe("ID_AA64PFR0_EL1.SVE");
  });

  it("may be a feature's other names, where nothing bears them", () => {
    expect(pages("asimddp")[0]?.json.name).toBe("FEAT_DotProd");
  });

  it("that name several things give a page for each", () => {
    const contexts = pages("cpu").map(({ text }) => /stands +(.*)/.exec(text)?.[1]);
    expect(contexts).toContain("at the top level");
    expect(contexts).toContain("in a `guest` block");
  });

  it("that nobody knows give suggestions or silence", () => {
    expect(explain("ID_AA64PFR0")).toEqual({ suggestions: ["ID_AA64PFR0_EL1"] });
    expect(explain("FEAT_DotPord")).toEqual({ suggestions: ["FEAT_DotProd"] });
    for (const word of ["nothing-of-the-kind", "", "0x", "0x1_0000_0000"])
      expect(explain(word)).toEqual({ suggestions: [] });
  });
});

describe("text", () => {
  it("fits the width that is asked for, but for words that are longer", () => {
    for (const subject of ["FEAT_SVE2", "neoverse-n1", "GC0302", "runs-on", "trng"]) {
      const found = explain(subject, { width: 72 });
      const texts = "pages" in found ? found.pages.map((one) => one.text) : [];
      expect(texts.length, subject).toBeGreaterThan(0);
      for (const line of texts.join("").split("\n"))
        if (!line.startsWith("  edition")) expect(line.length, line).toBeLessThanOrEqual(72);
    }
  });
});
