/** Linux 5.10 and 5.15, which were read and never run: what their text says. */
import { describe, expect, it } from "vitest";
import { deriveHost } from "../../src/hosts/derive.ts";
import { psciVersions } from "../../src/hosts/facilities.ts";
import { judgeField } from "../../src/hosts/field.ts";
import type { Configuration, HostProfile } from "../../src/hosts/profile.ts";
import {
  bitmapRegisters,
  capability,
  cpu,
  field,
  fieldOf,
  idRegister,
  parseOneReg,
} from "../../src/tables/index.ts";

function derived(core: string, kernel: string): HostProfile {
  const row = cpu(core);
  const made = row === undefined ? { problem: "no core" } : deriveHost(core, row, kernel);
  if ("problem" in made) throw new Error(made.problem);
  return made;
}

const own = (host: HostProfile, name = "base"): Configuration => {
  const found = host.configurations.get(name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

function shown(host: HostProfile, name: string, configuration = "base"): bigint {
  const [register = "", part = ""] = name.split(".");
  const row = field(register, part);
  const value = own(host, configuration).registers.get(idRegister(register)?.id ?? 0n);
  if (row === undefined || typeof value !== "bigint") throw new Error(`no ${name}`);
  return fieldOf(value, row);
}

const lists = (host: HostProfile, name: string, configuration = "base"): boolean =>
  own(host, configuration).registers.has(parseOneReg(name) ?? 0n);

const v1 = new Map(
  ["5.10", "5.15", "6.1"].map((kernel) => [kernel, derived("neoverse-v1", kernel)] as const),
);
const on = (kernel: string): HostProfile => v1.get(kernel) ?? derived("neoverse-v1", kernel);

describe("a derived host of an old kernel", () => {
  it.each([
    ["ID_AA64PFR0_EL1.GIC", [3n, 3n, 1n]],
    ["ID_AA64DFR0_EL1.DebugVer", [9n, 6n, 6n]],
    ["ID_AA64DFR0_EL1.PMUVer", [4n, 0n, 0n]],
    ["ID_AA64DFR0_EL1.PMSVer", [2n, 0n, 0n]],
    ["ID_DFR0_EL1.PerfMon", [4n, 0n, 0n]],
    ["ID_AA64PFR0_EL1.SVE", [0n, 0n, 0n]],
    ["ID_AA64PFR0_EL1.CSV2", [1n, 1n, 1n]],
    ["ID_AA64ISAR0_EL1.RNDR", [1n, 1n, 1n]],
  ])("shows %s as its text has it", (name, values) => {
    expect(["5.10", "5.15", "6.1"].map((kernel) => shown(on(kernel), name))).toEqual(values);
  });

  it("shows a core's ECBHB from 6.1 on", () => {
    const values = ["5.10", "5.15", "6.1"].map((kernel) =>
      shown(derived("neoverse-v2", kernel), "ID_AA64MMFR1_EL1.ECBHB"),
    );
    expect(values).toEqual([0n, 0n, 1n]);
  });

  it("caps a vCPU's PMU at what the kernel takes", () => {
    const values = ["5.10", "5.15", "6.1"].map((kernel) =>
      shown(on(kernel), "ID_AA64DFR0_EL1.PMUVer", "pmu"),
    );
    expect(values).toEqual([4n, 5n, 5n]);
  });

  it("lists PMU registers to every vCPU up to 5.10, OSLSR_EL1 from 6.1 on", () => {
    expect(["5.10", "5.15", "6.1"].map((kernel) => lists(on(kernel), "PMCR_EL0"))).toEqual([
      true,
      false,
      false,
    ]);
    for (const kernel of ["5.10", "5.15", "6.1"]) expect(lists(on(kernel), "PMCR_EL0", "pmu")).toBe(true);
    expect(["5.10", "5.15", "6.1"].map((kernel) => lists(on(kernel), "OSLSR_EL1"))).toEqual([
      false,
      false,
      true,
    ]);
    const size = (kernel: string, name: string): number => own(on(kernel), name).registers.size;
    expect(size("5.10", "base")).toBe(size("5.10", "pmu"));
    expect(size("5.15", "pmu") - size("5.15", "base")).toBe(74);
  });

  it("has PSCI 1.0, and no bitmaps of services", () => {
    for (const kernel of ["5.10", "5.15"]) {
      expect(psciVersions(on(kernel))?.newest).toBe(0x10000n);
      for (const { id } of bitmapRegisters()) expect(own(on(kernel)).registers.has(id)).toBe(false);
    }
    expect(psciVersions(on("6.1"))?.newest).toBe(0x10001n);
  });

  it.each([
    ["KVM_CAP_ONE_REG", [1, 1]],
    ["KVM_CAP_ARM_SVE", [1, 1]],
    ["KVM_CAP_NR_MEMSLOTS", [512, 32767]],
    ["KVM_CAP_PTP_KVM", [0, 1]],
    ["KVM_CAP_SET_GUEST_DEBUG2", [0, 196611]],
    ["KVM_CAP_BINARY_STATS_FD", [0, 1]],
    ["KVM_CAP_ARM_SYSTEM_SUSPEND", [0, 0]],
    ["KVM_CAP_COUNTER_OFFSET", [0, 0]],
  ])("answers %s", (name, answers) => {
    const number = capability(name)?.number ?? -1;
    expect(["5.10", "5.15"].map((kernel) => on(kernel).capabilities.get(number) ?? 0)).toEqual(answers);
  });

  it("takes CSV2, from 5.15 on CSV3, and nothing else", () => {
    const takes = (kernel: string, register: string, name: string): boolean =>
      judgeField(on(kernel), own(on(kernel)), register, name, 0n).accepted;
    expect(takes("5.10", "ID_AA64PFR0_EL1", "CSV2")).toBe(true);
    expect(takes("5.10", "ID_AA64PFR0_EL1", "CSV3")).toBe(false);
    expect(takes("5.15", "ID_AA64PFR0_EL1", "CSV3")).toBe(true);
    for (const kernel of ["5.10", "5.15"]) expect(takes(kernel, "ID_AA64ISAR0_EL1", "RNDR")).toBe(false);
  });
});
