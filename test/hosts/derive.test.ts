import { describe, expect, it } from "vitest";
import { deriveHost, deriveTable } from "../../src/hosts/derive.ts";
import {
  bitmapBits,
  judgeField,
  psciVersions,
  supportsVcpuFeature,
  sveLengths,
  workaroundLevel,
} from "../../src/hosts/judge.ts";
import type { HostProfile } from "../../src/hosts/profile.ts";
import {
  bitmapRegisters,
  capability,
  contractRegisters,
  cpus,
  cpu as findCpu,
  feature as findFeature,
  field as findField,
  firmwareRegister,
  idRegister,
  kernelRules,
  vcpuFeature,
  vcpuFeatures,
} from "../../src/tables/index.ts";
import { shipped } from "./shipped.ts";

function derived(name: string, kernel: string): HostProfile {
  const cpu = findCpu(name);
  if (cpu === undefined) throw new Error(name);
  const made = deriveHost(`${name}-derived`, cpu, kernel);
  if ("problem" in made) throw new Error(made.problem);
  return made;
}

const cores = ["neoverse-n1", "cortex-a76", "a64fx"];
const kernels = ["6.1", "6.12", "6.16", "6.17", "6.18", "6.19", "7.0", "7.1", "7.2", "7.3"];
const pairs = cores.flatMap((core) => kernels.map((kernel) => [core, kernel] as const));

describe("a derived host", () => {
  it.each(pairs)("%s with linux %s answers capabilities as the recorded one does", (core, kernel) => {
    const [own, theirs] = [
      shipped(`${core}.linux-${kernel}`).capabilities,
      derived(core, kernel).capabilities,
    ];
    expect([...theirs]).toEqual([...own]);
  });

  it.each(pairs)("%s with linux %s offers the same firmware registers and vector lengths", (core, kernel) => {
    const [own, theirs] = [shipped(`${core}.linux-${kernel}`), derived(core, kernel)];
    expect(psciVersions(theirs)?.names).toEqual(psciVersions(own)?.names);
    expect(sveLengths(theirs)?.value).toEqual(sveLengths(own)?.value);
    for (const register of bitmapRegisters()) {
      expect(bitmapBits(theirs, register.name)?.known, register.name).toBe(
        bitmapBits(own, register.name)?.known,
      );
      const shown = (profile: HostProfile) => profile.configurations.get("base")?.registers.get(register.id);
      expect(shown(theirs), register.name).toBe(shown(own));
    }
    for (const feature of vcpuFeatures()) {
      if (feature.name === "POWER_OFF") continue;
      expect(supportsVcpuFeature(theirs, feature.name).value, feature.name).toBe(
        supportsVcpuFeature(own, feature.name).value,
      );
    }
  });

  it("judges by rule, and says so", () => {
    const host = derived("neoverse-n1", "6.12");
    const base = host.configurations.get("base");
    if (base === undefined) throw new Error("no base");
    expect(judgeField(host, base, "ID_AA64ISAR0_EL1", "DP", 0n)).toMatchObject({
      accepted: true,
      by: "rule",
      shown: 1n,
    });
    expect(judgeField(host, base, "ID_AA64ISAR0_EL1", "DP", 1n)).toMatchObject({
      accepted: true,
      by: "rule",
      shown: 1n,
    });
    expect(judgeField(host, base, "ID_AA64ISAR0_EL1", "DP", 2n)).toMatchObject({
      accepted: false,
      by: "rule",
    });
    expect(judgeField(host, base, "ID_AA64ISAR0_EL1", "DP", 1n).fact).toContain("guestc's tables derive");
    // Neoverse N1 has CSV2; what its firmware can do, no table knows.
    expect(workaroundLevel(host, "KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1")).toMatchObject({
      name: "not-required",
      by: "rule",
      fact: expect.stringContaining("by guestc's tables KVM_GET_ONE_REG reads"),
    });
    expect(workaroundLevel(derived("a64fx", "6.12"), "KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1")).toBeUndefined();
  });

  it("agrees with what the recorded host takes, where both show the same", () => {
    let judged = 0;
    const disagreements: string[] = [];
    for (const [core, kernel] of pairs) {
      // The derived host has the masks of the stable kernel that was recorded.
      const own = shipped(`${core}.linux-${kernel}`);
      const theirs = derived(core, own.kernel.version);
      for (const [name, config] of theirs.configurations) {
        const recording = own.configurations.get(name);
        if (config.refused !== undefined || recording === undefined || recording.refused !== undefined)
          continue;
        for (const register of contractRegisters()) {
          if (register.kind === "identification") continue;
          for (const field of register.fields) {
            for (let value = 0n; value < 1n << BigInt(Math.min(field.width, 4)); value++) {
              const real = judgeField(own, recording, register.name, field.name, value);
              const rule = judgeField(theirs, config, register.name, field.name, value);
              if (real.shown === undefined || real.shown !== rule.shown) continue;
              judged++;
              if (real.accepted !== rule.accepted)
                disagreements.push(
                  `${core} ${kernel} ${name} ${register.name}.${field.name} = ${value}: ${real.fact}; ${rule.fact}`,
                );
            }
          }
        }
      }
    }
    expect(disagreements).toEqual([]);
    expect(judged).toBeGreaterThan(100_000);
  });

  it("has the GICv3 and the ITS that every recorded host has", () => {
    for (const [core, kernel] of pairs) {
      const made = derived(core, kernel);
      expect(made.devices).toEqual([7, 8]);
      expect(shipped(`${core}.linux-${kernel}`).devices).toEqual(expect.arrayContaining([7, 8]));
    }
  });

  it("cannot be made of a core without published registers, or of an unknown kernel", () => {
    const cpu = findCpu("neoverse-n1");
    const bare = cpus().find((one) => one.registers === null);
    if (cpu === undefined || bare === undefined) throw new Error("no such cores");
    expect(deriveHost("x", bare, "6.12")).toEqual({
      problem: `nobody has published the ID registers of ${bare.name}; record a profile on such a machine`,
    });
    expect(deriveHost("x", cpu, "")).toEqual({
      problem: "`` is not a kernel version; expected one such as 6.12",
    });
    expect(deriveHost("x", cpu, "5.4")).toEqual({
      problem: "the tables have no rules for linux 5.4; they have 5.10, 5.15, and 6.1 to 7.3",
    });
    for (const unread of ["5.11", "5.16.2", "6.0"])
      expect(deriveHost("x", cpu, unread)).toEqual({
        problem: `the tables have no rules for linux ${unread}; they have 5.10, 5.15, and 6.1 to 7.3`,
      });
    expect(deriveHost("x", cpu, "6.30")).toEqual({
      problem: "the tables know linux 5.10, 5.15, and 6.1 to 7.3, and 6.30 is none of them",
    });
  });

  it("can be made of every core with published registers, on every kernel of the tables", () => {
    const published = cpus().filter((one) => one.registers !== null);
    expect(published.length).toBeGreaterThan(20);
    for (const core of published) {
      for (const { series } of kernelRules()) {
        const made = deriveHost(core.name, core, series.replace(/\.y$/, ".99"));
        expect("problem" in made ? made.problem : "", `${core.name} ${series}`).toBe("");
      }
    }
  });
});

describe("the table of derivations", () => {
  it("names registers, fields, features and capabilities that exist", () => {
    const { limits, features, capabilities, states, levels, configurations, controller } = deriveTable();
    const stateNames = states.map(({ name }) => name);
    for (const row of states) {
      for (const name of row.cpus) expect(findCpu(name), name).toBeDefined();
      for (const one of row.fields ?? []) expect(findField(one.register, one.field), one.field).toBeDefined();
      if (row.with !== undefined) expect(stateNames).toContain(row.with);
      expect(row.source.length).toBeGreaterThan(10);
    }
    for (const row of levels) {
      expect(firmwareRegister(row.register)?.values[row.value], row.register).toBeDefined();
      expect(stateNames).toContain(row.state);
    }
    for (const row of configurations) {
      for (const name of row.features) expect(vcpuFeature(name), name).toBeDefined();
      for (const number of row.capabilities ?? []) expect(capability(number), String(number)).toBeDefined();
      for (const number of row.devices ?? []) expect(number).toBe(controller.device);
    }
    for (const row of limits) {
      expect(idRegister(row.register), row.register).toBeDefined();
      for (const name of [...(row.fields ?? []), ...(row.except ?? [])])
        expect(findField(row.register, name), `${row.register}.${name}`).toBeDefined();
      if (row.feature !== undefined) expect(vcpuFeature(row.feature)).toBeDefined();
      if (row.state !== undefined) expect(stateNames).toContain(row.state);
      expect(row.source.length).toBeGreaterThan(10);
    }
    for (const row of features) {
      expect(vcpuFeature(row.feature), row.feature).toBeDefined();
      for (const name of row.needs) expect(findFeature(name), name).toBeDefined();
    }
    for (const row of capabilities) {
      expect(capability(row.capability), String(row.capability)).toBeDefined();
      for (const name of row.needs ?? []) expect(findFeature(name), name).toBeDefined();
      for (const one of row.fields ?? []) expect(findField(one.register, one.field), one.field).toBeDefined();
      if (row.vcpuFeature !== undefined) expect(vcpuFeature(row.vcpuFeature)).toBeDefined();
      if (row.answer !== undefined)
        expect(findField(row.answer.register, row.answer.field)?.unit).toBeDefined();
    }
  });
});
