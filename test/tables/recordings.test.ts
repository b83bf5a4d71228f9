/** The tables against a second source: what real kernels answered, as the shipped host profiles keep it. */
import { describe, expect, it } from "vitest";
import type { Configuration, HostProfile } from "../../src/hosts/profile.ts";
import {
  bitmapRegisters,
  capability,
  compareVersions,
  contractRegisters,
  cpu,
  describeOneReg,
  type Field,
  firmwareRegister,
  type IdRegister,
  idRegister,
  kernelRulesFor,
  services,
  sveLengthsRegister,
  vcpuFeature,
} from "../../src/tables/index.ts";
import { shipped, shippedNames } from "../hosts/shipped.ts";

const recorded = shippedNames.map(shipped).filter((profile) => profile.origin === "recorded");
const working = (profile: HostProfile): readonly Configuration[] =>
  [...profile.configurations.values()].filter((one) => one.refused === undefined);

const valueIn = (of: Field, register: bigint): number =>
  Number((register >> BigInt(of.lsb)) & ((1n << BigInt(of.width)) - 1n));
const maskOf = (of: Field): bigint => ((1n << BigInt(of.width)) - 1n) << BigInt(of.lsb);

interface Reading {
  readonly where: string;
  readonly configuration: Configuration;
  readonly register: IdRegister;
  readonly of: Field;
  readonly value: number;
}

/** Every field of every contract register, as each configuration of a host shows it. */
function readings(profile: HostProfile): readonly Reading[] {
  return working(profile).flatMap((configuration) =>
    contractRegisters().flatMap((register) => {
      const read = configuration.registers.get(register.id);
      if (read === null || read === undefined) return [];
      return register.fields.map((of) => ({
        where: `${configuration.name} ${register.name}.${of.name}`,
        configuration,
        register,
        of,
        value: valueIn(of, read),
      }));
    }),
  );
}

const shownAs = (found: readonly Reading[]): readonly string[] =>
  found.map((one) => `${one.where} = ${one.value}`);

it("there are recordings", () => {
  expect(recorded.length).toBeGreaterThanOrEqual(1);
});

describe.each(recorded.map((profile) => [profile.name, profile] as const))("%s", (_name, profile) => {
  const { version } = profile.kernel;
  const all = readings(profile);

  it("lists registers that the tables can name", () => {
    const unknown = working(profile).flatMap((one) =>
      [...one.registers.keys()].filter((id) => describeOneReg(id)?.known !== true),
    );
    expect(unknown.map((id) => id.toString(16))).toEqual([]);
    expect(all.length).toBeGreaterThan(500);
  });

  it("lets user space write what the rules of its kernel say", () => {
    const rules = kernelRulesFor(version);
    for (const configuration of working(profile)) {
      if (configuration.writable === undefined) continue;
      const told = contractRegisters().filter((one) => (configuration.writable?.get(one.id) ?? 0n) !== 0n);
      const masks = Object.fromEntries(told.map((one) => [one.name, configuration.writable?.get(one.id)]));
      // Where the host's EL0 cannot use AArch32, its registers are zero and not writable.
      const el0 = all.find((one) => one.where === "base ID_AA64PFR0_EL1.EL0");
      const expected = Object.entries(rules?.writable ?? {}).filter(
        ([name]) => el0?.value === 2 || idRegister(name)?.kind !== "aarch32-id",
      );
      expect(masks, configuration.name).toEqual(Object.fromEntries(expected));
      const others = [...configuration.writable].filter(
        ([id, mask]) => mask !== 0n && !contractRegisters().some((one) => one.id === id),
      );
      expect(others, configuration.name).toEqual([]);
    }
  });

  it("has masks from 6.7 on", () => {
    const have = working(profile).every((one) => one.writable !== undefined);
    expect(have).toBe(compareVersions(version, "6.7") >= 0);
  });

  it("shows hidden fields as zero", () => {
    const shown = all.filter(({ of, value }) => {
      const hidden =
        of.hiddenSince === undefined ? of.role === "hidden" : compareVersions(version, of.hiddenSince) >= 0;
      return hidden && value !== 0;
    });
    expect(shownAs(shown)).toEqual([]);
  });

  it("shows fields that its feature table does not name as zero", () => {
    const declared = all.filter(({ register }) => register.kind === "aarch64-id");
    const shown = declared.filter(({ of, value, configuration }) => {
      const named = of.declared !== undefined && compareVersions(version, of.declared) >= 0;
      // A guest with an EL2 gets its NV fields from KVM itself.
      return !named && value !== 0 && !(of.facility === "el2" && configuration.features.includes("HAS_EL2"));
    });
    expect(shownAs(shown)).toEqual([]);
  });

  it("shows nothing outside the fields", () => {
    const stray = working(profile).flatMap((configuration) =>
      contractRegisters().flatMap((register) => {
        const known = register.fields.reduce((bits, of) => bits | maskOf(of), 0n);
        const rest = (configuration.registers.get(register.id) ?? 0n) & ~known;
        // MTE_EIRG and others of 2025 have no reading yet; CTR_EL0 bit 31 and CLIDR's upper bits are RES1 and RES0.
        return rest === 0n || register.name === "CTR_EL0"
          ? []
          : [`${configuration.name} ${register.name} 0x${rest.toString(16)}`];
      }),
    );
    expect(stray).toEqual([]);
  });

  it("shows a facility's fields at their absent value without the facility", () => {
    const needs: Readonly<Record<string, string>> = {
      sve: "SVE",
      pauth: "PTRAUTH_ADDRESS",
      pmu: "PMU_V3",
      el2: "HAS_EL2",
    };
    const shown = all.filter(({ of, value, configuration }) => {
      const feature = needs[of.facility ?? ""];
      const early = of.hiddenSince !== undefined && compareVersions(version, of.hiddenSince) < 0;
      return (
        feature !== undefined && !early && !configuration.features.includes(feature) && value !== of.absent
      );
    });
    expect(shownAs(shown)).toEqual([]);
    const tags = all.filter(({ of, value }) => of.facility === "mte" && value !== of.absent);
    expect(shownAs(tags)).toEqual([]);
  });

  it("shows no value above the cap", () => {
    expect(shownAs(all.filter(({ of, value }) => of.cap !== undefined && value > of.cap))).toEqual([]);
  });

  it("shows values that have a name, where a field's values have names", () => {
    const nameless = all.filter(({ of, value }) => {
      const names = Object.keys({ ...of.values, ...of.unit?.codes }).map(Number);
      return names.length > 1 && value !== 0 && !names.includes(value);
    });
    expect(shownAs(nameless)).toEqual([]);
  });

  it("accepts another value only where the rules let user space write", () => {
    const rules = kernelRulesFor(version);
    const beyond = working(profile).flatMap((configuration) =>
      contractRegisters().flatMap((register) => {
        const read = configuration.registers.get(register.id);
        const sweep = configuration.sweeps.get(register.id);
        // Before 6.5 identity and cache registers are judged by functions of their own.
        if (read === null || read === undefined || sweep === undefined || register.kind !== "aarch64-id")
          return [];
        const mask = rules?.writable[register.name] ?? 0n;
        return sweep.flatMap((answers, nibble) => {
          const own = Number((read >> BigInt(4 * nibble)) & 15n);
          const other = [...answers].some((answer, value) => answer === "." && value !== own);
          const writable = ((mask >> BigInt(4 * nibble)) & 15n) !== 0n;
          return other && !writable ? [`${configuration.name} ${register.name} nibble ${nibble}`] : [];
        });
      }),
    );
    expect(beyond).toEqual([]);
  });

  it("answers capabilities that the tables know, none before its first kernel", () => {
    const unknown = [...profile.capabilities.keys()].filter((number) => capability(number) === undefined);
    expect(unknown).toEqual([]);
    const early = [...profile.capabilities.keys()].filter(
      (number) => compareVersions(capability(number)?.since ?? "99", version) > 0,
    );
    expect(early).toEqual([]);
  });

  it("has the bitmap registers of its kernel, with the bits that it answers set", () => {
    const base = profile.configurations.get("base");
    for (const register of bitmapRegisters()) {
      const value = base?.registers.get(register.id);
      expect(value !== undefined, register.name).toBe(compareVersions(version, register.since) >= 0);
      if (value === undefined) continue;
      const answered = services().filter(
        (one) =>
          one.register === register.name &&
          one.forwardOnly !== true &&
          compareVersions(version, one.since) >= 0,
      );
      expect(value, register.name).toBe(answered.reduce((bits, one) => bits | (1n << BigInt(one.bit)), 0n));
    }
  });

  it("tells the newest PSCI version of its kernel", () => {
    const psci = firmwareRegister("KVM_REG_ARM_PSCI_VERSION");
    const newest = Object.entries(psci?.values ?? {})
      .filter(([name]) => compareVersions(psci?.valueSince[name] ?? "6.1", version) <= 0)
      .map(([, value]) => value)
      .sort((a, b) => Number(b - a))[0];
    expect(profile.configurations.get("base")?.registers.get(psci?.id ?? 0n)).toBe(newest);
  });

  it("refuses vCPU features that its kernel does not have", () => {
    const early = working(profile).flatMap((one) =>
      one.features.filter((name) => compareVersions(vcpuFeature(name)?.since ?? "99", version) > 0),
    );
    expect(early).toEqual([]);
  });

  it("has the vector lengths of its core", () => {
    const bits = profile.configurations.get("sve")?.registers.get(sveLengthsRegister().id);
    const lengths = cpu(profile.cpu.name)?.sveLengths;
    const read =
      bits === null || bits === undefined
        ? undefined
        : Array.from({ length: 16 }, (_, at) => 128 * (at + 1)).filter(
            (_, at) => ((bits >> BigInt(at)) & 1n) === 1n,
          );
    expect(read).toEqual(lengths);
  });

  it("runs on a core of the table", () => {
    expect(cpu(profile.cpu.name)?.name).toBe(profile.cpu.name);
  });
});
