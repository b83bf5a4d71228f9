import { describe, expect, it } from "vitest";
import {
  bitmapBits,
  capabilityAnswer,
  type HostProfile,
  kernelAtLeast,
  psciVersions,
  supportsVcpuFeature,
  sveLengths,
  workaroundLevel,
} from "../../src/hosts/judge.ts";
import { bitmapRegisters, compareVersions, services } from "../../src/tables/index.ts";
import { shipped, shippedNames } from "./shipped.ts";

const n1 = shipped("neoverse-n1.linux-6.12");
const a64fx = shipped("a64fx.linux-6.12");
const max = shipped("max-nested.linux-7.2");

/** Without the configurations named, as if nobody had tried them. */
function without(profile: HostProfile, ...names: readonly string[]): HostProfile {
  return {
    ...profile,
    configurations: new Map([...profile.configurations].filter(([name]) => !names.includes(name))),
  };
}

describe("the kernel", () => {
  it("is compared part by part", () => {
    expect(kernelAtLeast(n1, "6.7")).toEqual({
      value: true,
      by: "reading",
      fact: `the host runs linux ${n1.kernel.release}`,
    });
    expect(kernelAtLeast(n1, "6.13").value).toBe(false);
    expect(kernelAtLeast(n1, "6.12.999").value).toBe(false);
  });
});

describe("capabilities", () => {
  it("answer as they did, and 0 where they did not", () => {
    expect(capabilityAnswer(n1, 165)).toEqual({
      value: 48,
      by: "reading",
      fact: "KVM_CHECK_EXTENSION(165, KVM_CAP_ARM_VM_IPA_SIZE) answered 48",
    });
    expect(capabilityAnswer(n1, 170)).toMatchObject({
      value: 0,
      fact: "KVM_CHECK_EXTENSION(170, KVM_CAP_ARM_SVE) answered 0",
    });
    expect(capabilityAnswer(n1, 99998).fact).toBe("KVM_CHECK_EXTENSION(99998) answered 0");
  });
});

describe("vCPU features", () => {
  it("work where a configuration worked", () => {
    expect(supportsVcpuFeature(a64fx, "SVE")).toEqual({
      value: true,
      by: "reading",
      fact: "KVM_ARM_VCPU_INIT took PSCI_0_2, SVE (configuration `sve`)",
    });
  });

  it("do not where it was refused, and the errno is the fact", () => {
    expect(supportsVcpuFeature(n1, "SVE")).toEqual({
      value: false,
      by: "reading",
      fact: "KVM_ARM_VCPU_INIT answered EINVAL for the vCPU features PSCI_0_2, SVE (configuration `sve`)",
    });
    // Both halves of pointer authentication were asked for together.
    expect(supportsVcpuFeature(a64fx, "PTRAUTH_ADDRESS")).toMatchObject({ value: false, by: "reading" });
    expect(supportsVcpuFeature(n1, "HAS_EL2").fact).toContain("ENOENT");
  });

  it("are not blamed for what was refused beside them", () => {
    // `all` was refused for want of pointer authentication, not of the PMU.
    expect(supportsVcpuFeature(without(a64fx, "pmu"), "PMU_V3")).toMatchObject({
      value: true,
      fact: "KVM_CHECK_EXTENSION(126, KVM_CAP_ARM_PMU_V3) answered 1",
    });
  });

  it("are judged by capability or kernel where nobody tried", () => {
    expect(supportsVcpuFeature(without(max, "sve", "all"), "SVE")).toMatchObject({
      value: true,
      fact: "KVM_CHECK_EXTENSION(170, KVM_CAP_ARM_SVE) answered 1",
    });
    expect(supportsVcpuFeature(n1, "POWER_OFF")).toMatchObject({ value: true, by: "rule" });
    expect(supportsVcpuFeature(n1, "NONE_SUCH")).toEqual({
      value: false,
      by: "rule",
      fact: "guestc's tables know no vCPU feature NONE_SUCH",
    });
  });
});

describe("hypercall bitmaps", () => {
  const vendor2 = "KVM_REG_ARM_VENDOR_HYP_BMAP_2";
  it("know the bits that the sweep took, also those that are clear at first", () => {
    expect(bitmapBits(max, vendor2)).toMatchObject({ known: 3n, by: "sweep" });
    expect(bitmapBits(n1, vendor2)).toBeUndefined();
    expect(bitmapBits(n1, "KVM_REG_ARM_STD_BMAP")).toMatchObject({ known: 1n, by: "sweep" });
    expect(bitmapBits(n1, "NONE_SUCH")).toBeUndefined();
  });

  it.each(shippedNames)("on %s are what the table of services says of the kernel", (name) => {
    const profile = shipped(name);
    for (const register of bitmapRegisters()) {
      const offered = services()
        .filter(
          (one) => one.register === register.name && compareVersions(profile.kernel.version, one.since) >= 0,
        )
        .reduce((mask, one) => mask | (1n << BigInt(one.bit)), 0n);
      expect(bitmapBits(profile, register.name)?.known, register.name).toBe(
        compareVersions(profile.kernel.version, register.since) >= 0 ? offered : undefined,
      );
    }
  });

  it("follow the table where nobody swept", () => {
    const base = max.configurations.get("base");
    if (base === undefined) throw new Error("no base");
    const unswept = { ...max, configurations: new Map([["base", { ...base, sweeps: new Map() }]]) };
    expect(bitmapBits(unswept, vendor2)).toMatchObject({ known: 3n, by: "rule" });
    expect(bitmapBits(unswept, "KVM_REG_ARM_STD_BMAP")).toMatchObject({ known: 1n, by: "reading" });
  });
});

describe("firmware registers", () => {
  it("take the newest PSCI version and older ones", () => {
    expect(psciVersions(n1)).toMatchObject({ names: ["0.2", "1.0", "1.1"], newest: 0x10001n, by: "sweep" });
    const untried = new Map([...n1.configurations].map(([name, { tried: _tried, ...one }]) => [name, one]));
    expect(psciVersions({ ...n1, configurations: untried })).toMatchObject({
      names: ["0.2", "1.0", "1.1"],
      by: "reading",
    });
    expect(psciVersions(max)).toMatchObject({ names: ["0.2", "1.0", "1.1", "1.2", "1.3"], newest: 0x10003n });
    expect(psciVersions(without(n1, "base"))).toBeUndefined();
  });

  it("report a workaround's level", () => {
    expect(workaroundLevel(n1, "KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3")).toMatchObject({
      level: 1n,
      by: "reading",
    });
    expect(workaroundLevel(max, "KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1")).toMatchObject({ level: 2n });
    expect(workaroundLevel(n1, "NONE_SUCH")).toBeUndefined();
  });
});

describe("vector lengths", () => {
  it("are the bits of SVE_VLS", () => {
    expect(sveLengths(a64fx)).toMatchObject({ value: [128, 256, 512], by: "reading" });
    expect(sveLengths(max)?.value).toEqual(Array.from({ length: 16 }, (_, at) => (at + 1) * 128));
    expect(sveLengths(n1)).toBeUndefined();
  });
});

describe("what was tried with whole values", () => {
  it.each(shippedNames)("is on %s what the rules say", (name) => {
    const profile = shipped(name);
    for (const configuration of profile.configurations.values()) {
      if (configuration.refused !== undefined) continue;
      const versions = configuration.tried?.get(0x6030000000140000n) ?? new Map<bigint, string>();
      const newest = configuration.registers.get(0x6030000000140000n) ?? 0n;
      expect(versions.size).toBeGreaterThanOrEqual(7);
      for (const [version, answer] of versions)
        expect(answer, `${configuration.name}: PSCI ${version.toString(16)}`).toBe(
          version >= 2n && version <= newest ? "accepted" : "EINVAL",
        );
      const vectors = configuration.tried?.get(0x606000000015ffffn);
      expect(vectors !== undefined, configuration.name).toBe(configuration.features.includes("SVE"));
      const available = configuration.registers.get(0x606000000015ffffn) ?? 0n;
      for (const [lengths, answer] of vectors ?? []) {
        // Up to a longest that the host has, all that the host has and nothing else.
        const longest = 1n << BigInt(lengths.toString(2).length - 1);
        const fits = lengths !== 0n && lengths === (available & (2n * longest - 1n));
        expect(answer, `${configuration.name}: lengths ${lengths.toString(2)}`).toBe(
          fits ? "accepted" : "EINVAL",
        );
      }
    }
  });
});

describe("a machine with a GICv3", () => {
  it.each(shippedNames)("shows on %s what it shows without, and its controller's attributes", (name) => {
    const { configurations } = shipped(name);
    const [base, gic] = [configurations.get("base"), configurations.get("gic")];
    expect(gic?.devices).toEqual([7]);
    for (const what of ["listed", "registers", "writable", "sweeps", "tried"] as const)
      expect(gic?.[what], what).toEqual(base?.[what]);
    expect([...(gic?.attributes?.gic?.keys() ?? [])]).toEqual(expect.arrayContaining([0, 1, 3, 4, 5, 7]));
    expect(base?.attributes?.gic).toBeUndefined();
  });
});

describe("what the host's own user space sees", () => {
  it.each(shippedNames)("is on %s no more than the core has", (name) => {
    const { user, cpu } = shipped(name);
    expect(user?.hwcap).toHaveLength(4);
    expect(user?.registers.get(0x603000000013c000n)).toBe(cpu.midr);
    expect(cpu.midr).toBeDefined();
  });
});
