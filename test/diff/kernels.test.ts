/** The tables of causes and families, and what they say of hosts before and after a kernel update. */
import { describe, expect, it } from "vitest";
import type { Difference } from "../../src/diff/difference.ts";
import { kernelRows } from "../../src/diff/hosts/causes.ts";
import { diffHosts } from "../../src/diff/hosts/diff.ts";
import { families, familyReader } from "../../src/diff/hosts/families.ts";
import { sentenceOf } from "../../src/diff/sentence.ts";
import { diffText } from "../../src/diff/text.ts";
import { deriveHost } from "../../src/hosts/derive.ts";
import { systemId } from "../../src/hosts/inputs/table.ts";
import type { HostProfile } from "../../src/hosts/profile.ts";
import { bitmapRegisters, cpu, field, parseOneReg, source, vcpuFeature } from "../../src/tables/index.ts";
import { shipped } from "../hosts/shipped.ts";

describe("two derived cores", () => {
  it("differ in signed and ordered fields the right way round", () => {
    const [first, second] = ["neoverse-v1", "neoverse-n1"].map((name) => {
      const core = cpu(name);
      const derived = core === undefined ? undefined : deriveHost(name, core, "6.18");
      if (derived === undefined || "problem" in derived) throw new Error(name);
      return derived;
    });
    if (first === undefined || second === undefined) throw new Error("no hosts");
    const seen = diffHosts(first, second).differences.filter(({ about }) => about === "field");
    const told = new Map(seen.map((one) => [one.subject, one]));
    expect(told.get("ID_AA64DFR0_EL1.DoubleLock")).toMatchObject({
      before: "0xf (-1, NI)",
      after: "0 (IMP)",
      order: "more",
      gained: ["FEAT_DoubleLock"],
      lost: [],
    });
    for (const field of ["PFR0_EL1.RAS", "MMFR2_EL1.EVT", "MMFR2_EL1.BBM", "MMFR2_EL1.FWB", "MMFR2_EL1.IDS"])
      expect(told.get(`ID_AA64${field}`), field).toMatchObject({ order: "less" });
    for (const register of ["ID_PFR0_EL1.DIT", "ID_ISAR6_EL1.I8MM", "MIDR_EL1.PartNum"])
      expect(told.has(register), register).toBe(true);
  });
});

describe("the rows", () => {
  it("name fields, registers, families and sources that there are", () => {
    const keys = new Set(families().map(({ key }) => key));
    for (const row of kernelRows()) {
      expect(source(row.source), row.source).toBeDefined();
      expect(row.since).toMatch(/^\d+\.\d+$/);
      const named = [row.fields, row.registers, row.family].filter((one) => one !== undefined);
      expect(named, row.why).toHaveLength(1);
      for (const name of row.fields ?? []) {
        const [register = "", of = ""] = name.split(".");
        expect(field(register, of), name).toBeDefined();
      }
      for (const name of row.registers ?? [])
        expect(parseOneReg(name === "CCSIDR_EL1" ? "CCSIDR_EL1[0]" : name), name).toBeDefined();
      if (row.family !== undefined) expect(keys).toContain(row.family);
    }
    for (const { feature } of families())
      if (feature !== undefined) expect(vcpuFeature(feature), feature).toBeDefined();
  });

  it("give every register a family", () => {
    const familyOf = familyReader();
    const many = (name: string): string => familyOf(parseOneReg(name) ?? 0n).many;
    expect(many("PMEVCNTR3_EL0")).toBe("PMU registers");
    expect(many("PMMIR_EL1")).toBe("PMU registers");
    expect(many("CCSIDR_EL1[3]")).toBe("CCSIDR_EL1 entries");
    expect(many("ID_AA64PFR0_EL1")).toBe("ID registers");
    expect(many("APIAKeyLo_EL1")).toBe("pointer authentication key registers");
    expect(many("x3")).toBe("core registers");
    expect(many("TCR2_EL1")).toBe("registers of FEAT_TCR2");
    expect(many("SCTLR_EL1")).toBe("system registers");
    expect(familyOf(0x6030_0000_0099_0000n).many).toBe("other registers");
  });
});

/** A host as linux 5.10 would have it: PMU registers for every vCPU, no bitmaps, no lock, fields as they were. */
function of510(host: HostProfile): HostProfile {
  const base = host.configurations.get("base");
  const pmu = host.configurations.get("pmu");
  if (base === undefined || pmu === undefined) throw new Error("no configuration");
  const registers = new Map([...base.registers, ...pmu.registers]);
  for (const { id } of bitmapRegisters()) registers.delete(id);
  registers.delete(systemId("OSLSR_EL1"));
  const dfr0 = systemId("ID_AA64DFR0_EL1");
  registers.set(dfr0, ((base.registers.get(dfr0) ?? 0n) & ~0xf_0000_0f0fn) | 0x1_0000_0408n);
  const psci = parseOneReg("KVM_REG_ARM_PSCI_VERSION");
  if (psci !== undefined) registers.set(psci, 0x10000n);
  const { listed: _, ...rest } = base;
  return {
    ...host,
    kernel: { release: "5.10.250", version: "5.10.250" },
    configurations: new Map([["base", { ...rest, registers }]]),
  };
}

/** Lines that were folded, whole again. */
const unwrapped = (text: string): string => text.replace(/\n {4,}/g, " ");

describe("a host before and after an update", () => {
  const after = shipped("neoverse-n1.linux-6.1");
  const before = of510(after);
  const diff = diffHosts(before, after);
  const rows = (about: Difference["about"]): readonly Difference[] =>
    diff.differences.filter((one) => one.about === about);

  it("has the lists' changes counted, by whose registers they are, with the cause", () => {
    const lost = rows("listed").filter((one) => one.after === null);
    expect(new Set(lost.map(({ family }) => family))).toEqual(new Set(["PMU registers"]));
    expect(lost.every(({ causes }) => causes[0]?.since === "5.11")).toBe(true);
    const gained = rows("listed").filter((one) => one.before === null);
    expect(gained.map(({ subject }) => subject)).toEqual([
      "OSLSR_EL1",
      "KVM_REG_ARM_STD_BMAP",
      "KVM_REG_ARM_STD_HYP_BMAP",
      "KVM_REG_ARM_VENDOR_HYP_BMAP",
    ]);
    const [count] = rows("count");
    expect(Number(count?.after) - Number(count?.before)).toBe(gained.length - lost.length);
    const text = unwrapped(diffText(diff));
    expect(text).toContain(`- ${lost.length} PMU registers are no longer listed: `);
    expect(text).toContain("PMEVCNTR0_EL0 to PMEVCNTR");
    expect(text).toContain("since linux 5.11: KVM lists them only for a vCPU that was given the PMU");
  });

  it("has the fields' changes with what goes away, and why", () => {
    const told = rows("field").map(({ subject, order, lost, causes }) => [
      subject,
      order,
      lost.length > 0,
      causes.map(({ since }) => since).join(),
    ]);
    expect(told).toEqual([
      ["ID_DFR0_EL1.PerfMon", "less", false, "5.11"],
      ["ID_AA64DFR0_EL1.PMSVer", "less", true, "5.13"],
      ["ID_AA64DFR0_EL1.PMUVer", "less", true, "5.11"],
      ["ID_AA64DFR0_EL1.DebugVer", null, true, "5.12"],
    ]);
    expect(rows("firmware")[0]?.causes.map(({ since }) => since)).toEqual(["5.18"]);
  });

  it("the other way round has the same causes", () => {
    const causes = (one: typeof diff) => one.differences.map(({ subject, causes: own }) => [subject, own]);
    expect(causes(diffHosts(after, before))).toEqual(causes(diff));
  });

  it("of another core has no cause for what is the core's", () => {
    const other = diffHosts(before, shipped("neoverse-v1.linux-6.1"));
    const fields = other.differences.filter(({ about }) => about === "field");
    expect(fields.length).toBeGreaterThan(10);
    expect(fields.flatMap(({ causes }) => causes)).toEqual([]);
    expect(other.differences.filter(({ about }) => about === "listed")[0]?.causes.length).toBe(1);
  });

  it("that was carried back to a stable series is told as that", () => {
    const base = after.configurations.get("base");
    if (base === undefined) throw new Error("no base");
    const id = systemId("ID_AA64MMFR1_EL1");
    const registers = new Map([
      ...base.registers,
      [id, (base.registers.get(id) ?? 0n) | (1n << 60n)] as const,
    ]);
    const newer = { ...after, configurations: new Map([["base", { ...base, registers }]]) };
    const told = diffHosts(before, newer).differences.find(({ subject }) => subject.endsWith(".ECBHB"));
    expect(told?.causes).toMatchObject([{ since: "6.11", backport: "6.1" }]);
    expect(told && sentenceOf(told)).toContain("; since linux 6.11 and in 6.1.y: Linux knows the field");
    expect(
      diffHosts(after, newer).differences.find(({ subject }) => subject.endsWith(".ECBHB"))?.causes,
    ).toEqual([]);
  });

  it("names caches, timers and firmware of newer kernels", () => {
    const text = unwrapped(diffText(diffHosts(after, shipped("neoverse-n1.linux-6.18"))));
    expect(text).toContain(
      "+ 11 CCSIDR_EL1 entries (3 → 14) are now listed: CCSIDR_EL1[3] to CCSIDR_EL1[13]",
    );
    expect(text).toContain("+ 1 hypercall bitmap (3 → 4) is now listed: KVM_REG_ARM_VENDOR_HYP_BMAP_2");
    expect(text).toContain("KVM_REG_ARM_PSCI_VERSION 1.1 → 1.3; since linux 6.13: KVM implements PSCI 1.3");
    expect(text).toMatch(/\+ \d+ fields of \d+ registers can now be written/);
  });
});
