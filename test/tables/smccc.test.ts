import { describe, expect, it } from "vitest";
import {
  capability,
  describeSmcccId,
  firmwareRegister,
  reservedFilterRanges,
  service,
  smcccConventions,
  smcccFunction,
  smcccFunctions,
  smcccOwners,
  smcccYieldingRanges,
} from "../../src/tables/index.ts";
import { repeated } from "./data.ts";

describe("owners", () => {
  it("are those of the convention, in order, without overlap", () => {
    let next = 0;
    for (const one of smcccOwners()) {
      expect(one.first, one.name).toBeGreaterThanOrEqual(next);
      expect(one.last, one.name).toBeGreaterThanOrEqual(one.first);
      next = one.last + 1;
    }
    expect(next).toBe(64);
    expect(
      smcccOwners()
        .map((one) => `${one.name} ${one.first}`)
        .slice(0, 7),
    ).toEqual(["arch 0", "cpu 1", "sip 2", "oem 3", "standard-secure 4", "standard-hyp 5", "vendor-hyp 6"]);
  });
});

describe("conventions", () => {
  it("are the four values of bits 31:30", () => {
    for (const one of smcccConventions())
      expect(one.base, one.name).toBe((one.fast ? 0x8000_0000 : 0) + (one.bits === 64 ? 0x4000_0000 : 0));
    expect(repeated(smcccConventions().map((one) => one.base))).toEqual([]);
    expect(smcccConventions()).toHaveLength(4);
  });
});

describe("ranges", () => {
  it("that KVM reserves are owner 0 of both fast conventions", () => {
    const expected = smcccConventions()
      .filter((one) => one.fast)
      .map((one) => [one.base, one.base + 0xffff]);
    expect(reservedFilterRanges().map((one) => [one.first, one.last])).toEqual(expected);
  });

  it("of yielding calls follow one another below bit 31", () => {
    const ranges = smcccYieldingRanges();
    expect(ranges[0]?.first).toBe(0);
    expect(ranges.at(-1)?.last).toBe(0x7fff_ffff);
    for (const [at, one] of ranges.entries()) expect(one.first).toBeGreaterThan(ranges[at - 1]?.last ?? -1);
  });
});

describe("functions", () => {
  it("have one name each and share no id", () => {
    expect(repeated(smcccFunctions().map((one) => one.name))).toEqual([]);
    expect(repeated(smcccFunctions().flatMap((one) => one.ids))).toEqual([]);
  });

  it("have a 32-bit and a 64-bit id that differ in bit 30 only", () => {
    for (const { name, ids } of smcccFunctions()) {
      expect(ids.length, name).toBeGreaterThan(0);
      if (ids.length > 1) expect([ids.length, (ids[1] ?? 0) - (ids[0] ?? 0)], name).toEqual([2, 0x4000_0000]);
      for (const id of ids) expect(id >= 0x8000_0000 && id <= 0xffff_ffff, name).toBe(true);
    }
  });

  it("are gated by what exists", () => {
    for (const one of smcccFunctions()) {
      const [kind, name] = one.gate.split(" ");
      if (kind === "service")
        expect(service(name ?? "")?.functions, one.name).toEqual(expect.arrayContaining([...one.ids]));
      else expect(["default", "el2", "none"], one.name).toContain(one.gate);
      if (one.capability !== undefined) expect(capability(one.capability), one.name).toBeDefined();
      if (one.psci !== undefined)
        expect(firmwareRegister("KVM_REG_ARM_PSCI_VERSION")?.values[one.psci], one.name).toBeDefined();
      if (one.forwardFor !== undefined) expect(service(one.forwardFor)?.forwardOnly, one.name).toBe(true);
    }
  });

  it("of KVM's default list are owner 4 with numbers below 0x20, the first two of owner 0, and PSCI 0.1", () => {
    const listed = (id: number): boolean => {
      const { entity = -1, number = -1 } = describeSmcccId(id) ?? {};
      return (
        id === 0x8000_0000 ||
        id === 0x8000_0001 ||
        (entity === 4 && number < 0x20) ||
        (id >= 0x95c1_ba5e && id <= 0x95c1_ba61)
      );
    };
    for (const one of smcccFunctions())
      for (const id of one.ids) expect(listed(id), one.name).toBe(one.gate === "default");
  });

  it("that EL2 answers lie in the range that no filter can take", () => {
    const early = smcccFunctions().filter((one) => one.gate === "el2");
    expect(early).toHaveLength(3);
    for (const id of early.flatMap((one) => one.ids))
      expect(reservedFilterRanges().some((range) => range.first <= id && id <= range.last)).toBe(true);
  });

  it.each([
    ["PSCI_CPU_ON", [0x8400_0003, 0xc400_0003]],
    ["TRNG_VERSION", [0x8400_0050]],
    ["HV_PV_TIME_ST", [0xc500_0021]],
    ["SDEI_SHARED_RESET", [0xc400_0032]],
    ["FFA_RXTX_MAP", [0x8400_0066, 0xc400_0066]],
    ["FFA_NORMAL_WORLD_RESUME", [0x8400_007c]],
    ["SMCCC_ARCH_WORKAROUND_3", [0x8000_3fff]],
  ])("%s has the ids of its specification", (name, ids) => {
    expect(smcccFunction(name)?.ids).toEqual(ids);
    for (const id of ids) expect(smcccFunction(id)?.name).toBe(name);
  });

  it("that nobody knows are unknown", () => {
    expect(smcccFunction("PSCI_NAP")).toBeUndefined();
    expect(smcccFunction(0xc600_0100)).toBeUndefined();
  });
});

describe("a function id taken apart", () => {
  it.each([
    [0xc600_0040, "fast64", "vendor-hyp", 0x40],
    [0x8300_ffff, "fast32", "oem", 0xffff],
    [0x3200_0001, "yield32", "trusted-os", 1],
    [0x7000_0000, "yield64", "trusted-app", 0],
    [0x8700_0000, "fast32", undefined, 0],
  ])("0x%s is %s of %s, number %i", (id, convention, owner, number) => {
    const found = describeSmcccId(id);
    expect([found?.convention.name, found?.owner?.name, found?.number]).toEqual([convention, owner, number]);
  });
});
