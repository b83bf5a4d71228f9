import { describe, expect, it } from "vitest";
import {
  acceptedValues,
  type Configuration,
  type HostProfile,
  judgeField,
  judgeFieldByRule,
  shownRegister,
} from "../../src/hosts/judge.ts";
import { setRuleRows } from "../../src/hosts/set-rules.ts";
import {
  field as findField,
  idRegister,
  idRegisters,
  kernelRulesFor,
  vcpuFeature,
} from "../../src/tables/index.ts";
import { shipped, shippedNames, spread } from "./shipped.ts";

function configuration(profile: HostProfile, name = "base"): Configuration {
  const found = profile.configurations.get(name);
  if (found === undefined) throw new Error(`${profile.name} has no ${name}`);
  return found;
}

function judge(host: string, config: string, register: string, field: string, value: bigint) {
  const profile = shipped(host);
  return judgeField(profile, configuration(profile, config), register, field, value);
}

/** Without sweeps and masks, as where nobody swept and the kernel has no masks. */
function unswept(profile: HostProfile, name = "base"): Configuration {
  return { ...configuration(profile, name), sweeps: new Map(), writable: undefined };
}

describe("a field on a recorded host", () => {
  it("may always hold what it shows", () => {
    expect(judge("neoverse-n1.linux-6.12", "base", "ID_AA64PFR0_EL1", "EL0", 2n)).toEqual({
      accepted: true,
      by: "reading",
      shown: 2n,
      fact: "ID_AA64PFR0_EL1.EL0 is 0x2 already: KVM_GET_ONE_REG read 0x1100000011110112 from ID_AA64PFR0_EL1 in configuration `base`",
    });
  });

  it("may hold what the sweep took, and not what it refused", () => {
    // 6.12 lets EL0 be 0; 7.2 does not, and both let AArch32 be taken away.
    expect(judge("neoverse-n1.linux-6.12", "base", "ID_AA64PFR0_EL1", "EL0", 0n)).toMatchObject({
      accepted: true,
      by: "sweep",
    });
    expect(judge("neoverse-n1.linux-7.2", "base", "ID_AA64PFR0_EL1", "EL0", 0n)).toEqual({
      accepted: false,
      by: "sweep",
      shown: 2n,
      fact: "KVM_SET_ONE_REG answered EINVAL for ID_AA64PFR0_EL1.EL0 = 0x0 when this host was swept (configuration `base`)",
    });
    expect(judge("neoverse-n1.linux-7.2", "base", "ID_AA64PFR0_EL1", "EL0", 1n)).toMatchObject({
      accepted: true,
      by: "sweep",
    });
    expect(judge("neoverse-n1.linux-6.1", "base", "ID_AA64PFR0_EL1", "EL0", 1n)).toMatchObject({
      accepted: false,
      by: "sweep",
    });
  });

  it("does not hold what KVM takes and drops", () => {
    const verdict = judge("a64fx.linux-6.12", "base", "ID_ISAR0_EL1", "Divide", 1n);
    expect(verdict).toMatchObject({ accepted: false, by: "sweep", shown: 0n });
    expect(verdict.fact).toContain("did not read back so");
  });

  it("depends on the configuration", () => {
    expect(judge("neoverse-n1.linux-6.12", "base", "ID_AA64DFR0_EL1", "PMUVer", 4n).accepted).toBe(false);
    expect(judge("neoverse-n1.linux-6.12", "pmu", "ID_AA64DFR0_EL1", "PMUVer", 4n)).toMatchObject({
      accepted: true,
      by: "reading",
    });
  });

  it("reads as zero where its register is not listed but lies in the feature-ID space", () => {
    const profile = shipped("max-nested.linux-7.2");
    const register = idRegister("ID_AA64ZFR0_EL1");
    if (register === undefined) throw new Error("no ID_AA64ZFR0_EL1");
    const base = configuration(profile);
    const without = { ...base, registers: new Map([...base.registers].filter(([id]) => id !== register.id)) };
    expect(shownRegister(profile, without, register)).toMatchObject({ value: 0n, missing: false });
    expect(judgeField(profile, without, "ID_AA64ZFR0_EL1", "SVEver", 0n).accepted).toBe(true);
    expect(judgeField(profile, without, "ID_AA64ZFR0_EL1", "SVEver", 1n).accepted).toBe(false);
  });

  it("cannot hold anything where its register is missing", () => {
    const profile = shipped("neoverse-n1.linux-6.12");
    const base = configuration(profile);
    const without = { ...base, registers: new Map() };
    const verdict = judgeField(profile, without, "MIDR_EL1", "Revision", 1n);
    expect(verdict).toMatchObject({ accepted: false, by: "reading", shown: undefined });
    expect(verdict.fact).toContain("KVM_SET_ONE_REG answers ENOENT");
  });

  it("is unknown to the tables, or too narrow", () => {
    expect(judge("max-nested.linux-7.2", "base", "ID_AA64PFR0_EL1", "NOPE", 0n)).toMatchObject({
      accepted: false,
      by: "rule",
      fact: "guestc's tables know no field ID_AA64PFR0_EL1.NOPE",
    });
    expect(judge("max-nested.linux-7.2", "base", "ID_AA64PFR0_EL1", "EL0", 16n).fact).toBe(
      "ID_AA64PFR0_EL1.EL0 has 4 bits, too few for 0x10",
    );
  });

  it("lists what it accepts", () => {
    const profile = shipped("neoverse-n1.linux-7.2");
    expect(acceptedValues(profile, configuration(profile), "ID_AA64PFR0_EL1", "EL0")).toEqual([1n, 2n]);
    expect(acceptedValues(profile, configuration(profile), "ID_AA64PFR0_EL1", "NOPE")).toBeUndefined();
  });

  it("lists it as each value is judged by itself, with a sweep and without", () => {
    let judged = 0;
    for (const host of ["neoverse-v1.linux-6.1", "max-nested.linux-7.2", "a64fx.linux-6.18"]) {
      const profile = shipped(host);
      const whole = configuration(profile);
      for (const config of [whole, { ...whole, sweeps: new Map() }])
        for (const register of idRegisters())
          for (const { name, width } of register.fields.filter((field) => field.width <= 8)) {
            const values = Array.from({ length: 1 << width }, (_, value) => BigInt(value));
            const apart = values.filter(
              (value) => judgeField(profile, config, register.name, name, value).accepted,
            );
            expect(acceptedValues(profile, config, register.name, name)).toEqual(apart);
            judged++;
          }
    }
    expect(judged).toBeGreaterThan(1000);
  });
});

describe("a sweep of single nibbles, for a field of several", () => {
  const profile = shipped("max-nested.linux-7.2");
  const implementer = (value: bigint) =>
    judgeField(profile, configuration(profile, "impid"), "MIDR_EL1", "PartNum", value);
  it("counts where one nibble changes, and where all that change were accepted", () => {
    const shown = implementer(0n).shown;
    expect(shown).toBe(0x051n);
    expect(implementer(0x052n)).toMatchObject({ accepted: true, by: "sweep" });
    expect(implementer(0xd0cn)).toMatchObject({ accepted: true, by: "sweep" });
    expect(implementer(0xd0cn).fact).toContain("each nibble");
  });

  it("gives way to the rules where one of several was refused", () => {
    const verdict = judgeField(profile, configuration(profile, "base"), "MIDR_EL1", "PartNum", 0xd0cn);
    expect(verdict.accepted).toBe(false);
    expect(verdict.by).not.toBe("sweep");
  });

  it("keeps the nibble's other bits at what they show", () => {
    // CTR_EL0.IDC is bit 28, DIC bit 29, in one nibble with the top bits.
    const base = configuration(profile);
    const id = idRegister("CTR_EL0")?.id ?? 0n;
    const sweep = base.sweeps.get(id);
    const reading = base.registers.get(id);
    if (sweep === undefined || typeof reading !== "bigint") throw new Error("CTR_EL0 was not swept");
    const nibble = Number((reading >> 28n) & 0xfn);
    const flipped = nibble ^ 1;
    const value = BigInt(flipped & 1);
    expect(judgeField(profile, base, "CTR_EL0", "IDC", value).accepted).toBe(
      sweep[7]?.charAt(flipped) === ".",
    );
  });
});

describe("the rules, where nobody swept", () => {
  const profile = shipped("neoverse-n1.linux-6.12");
  it("use the kernel's mask in the tables and the kind of the field", () => {
    const lower = judgeField(profile, unswept(profile), "ID_AA64ISAR0_EL1", "DP", 0n);
    expect(lower).toMatchObject({ accepted: true, by: "rule", shown: 1n });
    expect(lower.fact).toContain("linux 6.12");
    expect(judgeField(profile, unswept(profile), "ID_AA64ISAR0_EL1", "DP", 2n)).toMatchObject({
      accepted: false,
      by: "rule",
    });
  });

  it("take the host's own mask for a reading", () => {
    const masked = { ...configuration(profile), sweeps: new Map() };
    const verdict = judgeField(profile, masked, "ID_AA64MMFR0_EL1", "ASIDBits", 0n);
    expect(verdict.accepted).toBe(false);
    expect(verdict.by).toBe("reading");
    expect(verdict.fact).toContain("KVM_ARM_GET_REG_WRITABLE_MASKS of this host");
  });

  it("let nothing but the Spectre fields be written before 6.5", () => {
    const old = shipped("neoverse-n1.linux-6.1");
    expect(judgeField(old, unswept(old), "ID_AA64ISAR0_EL1", "DP", 0n).accepted).toBe(false);
    expect(judgeField(old, unswept(old), "ID_AA64PFR0_EL1", "CSV2", 0n).accepted).toBe(true);
  });

  it("have rows that name fields, kernels and sources that exist", () => {
    expect(setRuleRows().length).toBeGreaterThan(10);
    for (const row of setRuleRows()) {
      expect((row.register === undefined) !== (row.registerKind === undefined)).toBe(true);
      if (row.register !== undefined) expect(idRegister(row.register), row.register).toBeDefined();
      if (row.field !== undefined) expect(findField(row.register ?? "", row.field), row.field).toBeDefined();
      if (row.feature !== undefined) expect(vcpuFeature(row.feature), row.feature).toBeDefined();
      expect(row.since).toMatch(/^\d+\.\d+$/);
      expect(kernelRulesFor(row.since)).toBeDefined();
      expect(row.source.length).toBeGreaterThan(10);
    }
  });
});

/**
 * What a configuration's sweep proves: fields and values, with the sweep's answer. Of a configuration that inherits, what
 * it changes; on the hosts of the spread, all of it.
 */
function* proved(profile: HostProfile, config: Configuration) {
  const base = profile.configurations.get("base");
  const all = config === base || spread.has(profile.name);
  for (const register of idRegisters()) {
    const sweep = config.sweeps.get(register.id);
    if (sweep === undefined || (!all && sweep === base?.sweeps.get(register.id))) continue;
    for (const field of register.fields) {
      if (field.width > 4) continue;
      for (let value = 0n; value < 1n << BigInt(field.width); value++) {
        const swept = judgeField(profile, config, register.name, field.name, value);
        if (swept.by === "sweep")
          yield { register: register.name, field: field.name, value, accepted: swept.accepted };
      }
    }
  }
}

describe("rules and sweeps", () => {
  it.each(shippedNames)("agree on %s, by the host's masks and by the tables'", (name) => {
    const profile = shipped(name);
    const disagreements: string[] = [];
    let judged = 0;
    for (const config of profile.configurations.values()) {
      const bare = { ...config, writable: undefined };
      for (const { register, field, value, accepted } of proved(profile, config)) {
        judged++;
        for (const asked of config.writable === undefined ? [config] : [config, bare]) {
          const ruled = judgeFieldByRule(profile, asked, register, field, value);
          if (ruled.accepted === accepted) continue;
          const kvm = accepted ? "takes" : "refuses";
          disagreements.push(`${config.name} ${register}.${field} = ${value}: KVM ${kvm} it; ${ruled.fact}`);
        }
      }
    }
    expect(disagreements).toEqual([]);
    expect(judged).toBeGreaterThan(spread.has(name) ? 8000 : 1000);
  });
});
