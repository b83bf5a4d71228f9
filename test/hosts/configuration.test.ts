import { describe, expect, it } from "vitest";
import { composeConfigurations, configurationFor, hasRegister } from "../../src/hosts/configuration.ts";
import type { Configuration, HostProfile } from "../../src/hosts/profile.ts";
import { shipped, shippedNames } from "./shipped.ts";

const PSCI = "PSCI_0_2";
const n1 = shipped("neoverse-n1.linux-6.12");
const max = shipped("max-nested.linux-7.2");
const WRITABLE_IMP_ID_REGS = 239;
const SYSTEM_SUSPEND = 216;

function recorded(profile: HostProfile, name: string): Configuration {
  const configuration = profile.configurations.get(name);
  if (configuration === undefined) throw new Error(name);
  return configuration;
}

describe("the configuration for a guest", () => {
  it("is the one recorded with the same features, whatever their order", () => {
    const match = configurationFor(max, ["PTRAUTH_GENERIC", PSCI, "PTRAUTH_ADDRESS"], []);
    expect(match).toMatchObject({
      how: "exact",
      refused: undefined,
      fact: "recorded as configuration `pauth`",
    });
    expect(match.configuration).toBe(recorded(max, "pauth"));
    expect(match.missing).toEqual({ features: [], capabilities: [] });
    expect(match.extra).toEqual({ features: [], capabilities: [] });
  });

  it("does not depend on POWER_OFF, which differs between the vCPUs of one guest", () => {
    expect(configurationFor(n1, [PSCI, "PMU_V3", "POWER_OFF"], []).configuration.name).toBe("pmu");
  });

  it("takes the capabilities that were enabled into account", () => {
    const match = configurationFor(max, [PSCI], [WRITABLE_IMP_ID_REGS]);
    expect(match).toMatchObject({ how: "exact" });
    expect(match.configuration.name).toBe("impid");
  });

  it("names a capability that no recording enabled, and stays exact", () => {
    const match = configurationFor(n1, [PSCI], [SYSTEM_SUSPEND]);
    expect(match).toMatchObject({ how: "exact", missing: { features: [], capabilities: [SYSTEM_SUSPEND] } });
  });

  it("composes what was recorded apart", () => {
    const match = configurationFor(max, [PSCI, "PMU_V3"], [WRITABLE_IMP_ID_REGS]);
    expect(match).toMatchObject({ how: "composed", missing: { features: [], capabilities: [] } });
    expect(match.fact).toBe("composed of the configurations `pmu` and `impid`, which were recorded apart");
    const { configuration } = match;
    const [pmu, impid] = [recorded(max, "pmu"), recorded(max, "impid")];
    // ID_AA64DFR0_EL1 as with the PMU, MIDR_EL1 as with the capability.
    expect(configuration.registers.get(0x603000000013c028n)).toBe(pmu.registers.get(0x603000000013c028n));
    expect(configuration.sweeps.get(0x603000000013c028n)).toEqual(pmu.sweeps.get(0x603000000013c028n));
    expect(configuration.sweeps.get(0x603000000013c000n)).toEqual(impid.sweeps.get(0x603000000013c000n));
    expect(configuration.registers.size).toBe(pmu.registers.size);
  });

  it("falls back to the smallest recording that has everything", () => {
    const pmu = recorded(n1, "pmu");
    const both = { ...pmu, name: "pmu-sve", features: [PSCI, "PMU_V3", "SVE"] };
    const more = {
      ...pmu,
      name: "most",
      features: [PSCI, "PMU_V3", "SVE", "PTRAUTH_ADDRESS", "PTRAUTH_GENERIC"],
    };
    const profile = {
      ...n1,
      configurations: new Map([
        ["base", recorded(n1, "base")],
        ["most", more],
        ["pmu-sve", both],
      ]),
    };
    const match = configurationFor(profile, [PSCI, "SVE"], []);
    expect(match).toMatchObject({ how: "superset", extra: { features: ["PMU_V3"], capabilities: [] } });
    expect(match.configuration).toBe(both);
  });

  it("says which parts nobody recorded", () => {
    const match = configurationFor(n1, [PSCI, "PMU_V3", "FUTURE"], []);
    expect(match).toMatchObject({ how: "partial", missing: { features: ["FUTURE"], capabilities: [] } });
    expect(match.configuration).toBe(recorded(n1, "pmu"));
    expect(match.fact).toBe("read in configuration `pmu`; no recording has the rest");
  });

  it("says when exactly this was refused, and by which call", () => {
    const match = configurationFor(n1, [PSCI, "SVE"], []);
    expect(match.refused).toMatchObject({ step: "init", errno: "EINVAL", exact: true });
    expect(match.fact).toContain(
      "KVM_ARM_VCPU_INIT answered EINVAL for the vCPU features PSCI_0_2, SVE (configuration `sve`)",
    );
    expect(match.configuration).toBe(recorded(n1, "base"));
    const nested = configurationFor(n1, [PSCI, "HAS_EL2"], []);
    expect(nested.refused).toMatchObject({ step: "init", errno: "ENOENT", exact: true });
    const identity = configurationFor(n1, [PSCI], [WRITABLE_IMP_ID_REGS]);
    expect(identity.refused).toMatchObject({ step: "enable-cap", errno: "EINVAL", exact: true });
    expect(identity.fact).toContain("KVM_ENABLE_CAP answered EINVAL for capability 239");
  });

  it("says when a part of it was refused", () => {
    const match = configurationFor(n1, [PSCI, "PMU_V3", "SVE"], []);
    expect(match.refused).toMatchObject({ errno: "EINVAL", exact: false });
    expect(match.refused?.configuration.name).toBe("sve");
    expect(match.configuration.name).toBe("pmu");
  });
});

describe("composing configurations", () => {
  const whole = shippedNames.map(shipped).filter((profile) => recorded(profile, "all").refused === undefined);

  it("is proved by every host that recorded the parts and the whole", () => {
    expect(new Set(whole.map((profile) => profile.cpu.name))).toEqual(
      new Set(["max", "neoverse-v1", "neoverse-n2", "cortex-a710"]),
    );
    expect(whole.length).toBeGreaterThanOrEqual(40);
    for (const profile of whole) {
      const parts = ["pmu", "sve", "pauth"].map((name) => recorded(profile, name));
      const composed = composeConfigurations(recorded(profile, "base"), parts);
      const all = recorded(profile, "all");
      expect(new Set(composed.features)).toEqual(new Set(all.features));
      expect(new Map([...composed.registers].sort(([a], [b]) => (a < b ? -1 : 1)))).toEqual(all.registers);
      expect(composed.writable).toEqual(all.writable);
      expect(composed.sweeps).toEqual(all.sweeps);
    }
  });

  it("keeps no sweeps where a part has none", () => {
    const unswept = { ...recorded(max, "el1-32"), sweeps: new Map() };
    const parts = [recorded(max, "pmu"), unswept];
    const composed = composeConfigurations(recorded(max, "base"), parts);
    expect(composed.sweeps.size).toBe(0);
    expect(composed.registers.size).toBe(recorded(max, "pmu").registers.size);
  });

  it("keeps what only one part has, and drops what one part lacks", () => {
    const make = (name: string, registers: [bigint, bigint | null][]): Configuration => ({
      name,
      features: [name],
      capabilities: [],
      refused: undefined,
      registers: new Map(registers),
      writable: undefined,
      sweeps: new Map(),
    });
    const base = {
      ...make("base", [
        [1n, 0x10n],
        [2n, 0x0n],
        [3n, null],
      ]),
      features: [],
    };
    const a = make("a", [
      [1n, 0x11n],
      [2n, 0x0n],
      [3n, null],
      [4n, 7n],
    ]);
    const b = make("b", [
      [1n, 0x00n],
      [3n, null],
    ]);
    expect([...composeConfigurations(base, [base, a, b]).registers]).toEqual([
      [1n, 0x01n],
      [3n, null],
      [4n, 7n],
    ]);
  });
});

describe("the register list", () => {
  it("says what KVM_GET_REG_LIST said, by configuration", () => {
    const pmcr = 0x603000000013dce0n;
    expect(hasRegister(n1, recorded(n1, "base"), pmcr)).toEqual({
      value: false,
      by: "reading",
      fact: "KVM_GET_REG_LIST does not have 0x603000000013dce0 in configuration `base`",
    });
    expect(hasRegister(n1, recorded(n1, "pmu"), pmcr).value).toBe(true);
    expect(hasRegister({ ...n1, origin: "derived" }, recorded(n1, "pmu"), pmcr).by).toBe("rule");
  });
});
