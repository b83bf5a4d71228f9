import { describe, expect, it } from "vitest";
import {
  compareFieldValues,
  compareVersions,
  contractRegisters,
  type Field,
  field,
  idRegister,
  idRegisterById,
  idRegisters,
  kvmCap,
  signedValue,
  valueName,
} from "../../src/tables/index.ts";
import { repeated } from "./data.ts";

const fields = idRegisters().flatMap((register) => register.fields);
const name = (one: Field): string => `${one.register}.${one.name}`;
const fits = (one: Field, value: number): boolean =>
  Number.isInteger(value) && value >= 0 && value < 2 ** one.width;

function must(register: string, of: string): Field {
  const found = field(register, of);
  if (found === undefined) throw new Error(`${register}.${of}`);
  return found;
}

describe("ID registers", () => {
  it("are the architecture's: 20 AArch64, 22 AArch32, and those around them", () => {
    const count = (kind: string): number => idRegisters().filter((one) => one.kind === kind).length;
    expect([count("aarch64-id"), count("aarch32-id"), idRegisters().length]).toEqual([20, 22, 77]);
    expect(fields).toHaveLength(576);
  });

  it("have one name, one id and one encoding each", () => {
    expect(repeated(idRegisters().map((one) => one.name))).toEqual([]);
    expect(repeated(idRegisters().map((one) => one.id))).toEqual([]);
  });

  it.each([
    ["ID_AA64PFR0_EL1", 0x6030_0000_0013_c020n],
    ["MIDR_EL1", 0x6030_0000_0013_c000n],
    ["CTR_EL0", 0x6030_0000_0013_d801n],
    ["AIDR_EL1", 0x6030_0000_0013_c807n],
    ["ID_AA64MMFR4_EL1", 0x6030_0000_0013_c03cn],
  ])("%s has the id that the kernel's header gives it", (register, id) => {
    expect(idRegister(register)?.id).toBe(id);
    expect(idRegisterById(id)?.name).toBe(register);
  });

  it("that a contract decides are those that KVM keeps per VM, in order of id", () => {
    const contract = contractRegisters();
    const expected = idRegisters().filter((one) => one.kind === "aarch64-id" || one.kind === "aarch32-id");
    const identity = ["MIDR_EL1", "REVIDR_EL1", "AIDR_EL1", "CTR_EL0", "CLIDR_EL1"];
    expect(new Set(contract.map((one) => one.name))).toEqual(
      new Set([...expected.map((one) => one.name), ...identity]),
    );
    expect(contract.map((one) => one.id)).toEqual(
      contract.map((one) => one.id).sort((a, b) => (a < b ? -1 : 1)),
    );
  });
});

describe("fields", () => {
  it("lie inside their register, from the top, without overlap", () => {
    for (const register of idRegisters()) {
      let top = 64;
      for (const one of register.fields) {
        expect(one.lsb + one.width, name(one)).toBeLessThanOrEqual(top);
        expect(one.lsb, name(one)).toBeGreaterThanOrEqual(0);
        expect(one.width, name(one)).toBeGreaterThan(0);
        top = one.lsb;
      }
    }
  });

  it("have one name each, in either spelling", () => {
    const spellings = fields.flatMap((one) =>
      [one.name, ...(one.linuxName === undefined ? [] : [one.linuxName])].map(
        (each) => `${one.register}.${each}`,
      ),
    );
    expect(repeated(spellings)).toEqual([]);
  });

  it("are found by Arm's spelling and by Linux'", () => {
    expect(field("ID_AA64MMFR0_EL1", "PARANGE")).toBe(must("ID_AA64MMFR0_EL1", "PARange"));
    expect(field("ID_AA64ISAR0_EL1", "ATOMIC")?.name).toBe("Atomic");
    expect(field("ID_AA64ISAR0_EL1", "nonsense")).toBeUndefined();
  });

  it("have values, units, safe values and caps that fit", () => {
    for (const one of fields) {
      const codes = [...Object.keys(one.values ?? {}), ...Object.keys(one.unit?.codes ?? {})].map(Number);
      const numbers = [
        ...codes,
        one.absent,
        ...[one.safeValue, one.cap].filter((value) => value !== undefined),
      ];
      expect(
        numbers.filter((value) => !fits(one, value)),
        name(one),
      ).toEqual([]);
    }
  });

  it("name each value once, so that a word stands for one number", () => {
    for (const one of fields)
      expect(repeated(Object.values(one.values ?? {}).map((word) => word.toLowerCase())), name(one)).toEqual(
        [],
      );
  });

  it("read a quantity as one code", () => {
    for (const one of fields) expect(repeated(Object.values(one.unit?.codes ?? {})), name(one)).toEqual([]);
    expect(must("ID_AA64MMFR0_EL1", "PARange").unit?.codes[2]).toBe(40);
  });

  it("that are signed are absent at 0xf, but for those that KVM shows as 0 to a guest without the facility", () => {
    const zero = fields.filter((one) => one.signed && one.absent === 0 && one.role !== "hidden").map(name);
    expect(zero).toEqual(["ID_AA64PFR1_EL1.MTE_frac", "ID_AA64MMFR4_EL1.E2H0"]);
    const lowest = fields.filter((one) => one.signed && one.absent !== 0);
    expect(lowest.filter((one) => one.absent !== 15).map(name)).toEqual([]);
    expect(lowest).toHaveLength(7);
  });

  it("start a baseline from the lowest level that they name, but for codes and the host's own", () => {
    const higher = fields.filter(
      (one) =>
        (one.role === "feature" || one.role === "facility") &&
        one.safe !== "higher" &&
        Object.keys(one.values ?? {}).some((code) => compareFieldValues(one, Number(code), one.absent) < 0),
    );
    expect(higher.map(name)).toEqual(["ID_AA64PFR1_EL1.MTE_frac"]);
  });

  it("belong to a facility exactly where their role says so", () => {
    expect(
      fields.filter((one) => (one.role === "facility") !== (one.facility !== undefined)).map(name),
    ).toEqual([]);
    expect(new Set(fields.map((one) => one.facility).filter((one) => one !== undefined))).toEqual(
      new Set(["sve", "pauth", "pmu", "mte", "el2", "gic"]),
    );
  });

  it("that KVM hides are not decided otherwise, and say since when only where it was not always so", () => {
    expect(
      fields
        .filter((one) => one.hiddenSince !== undefined && one.role !== "hidden" && one.role !== "facility")
        .map(name),
    ).toEqual([]);
    for (const one of fields)
      if (one.hiddenSince !== undefined)
        expect(compareVersions(one.hiddenSince, "6.1"), name(one)).toBeGreaterThan(0);
    expect(fields.filter((one) => one.role === "hidden" && one.absent !== 0).map(name)).toEqual([]);
  });

  it("of identification registers are identity, of AArch32 registers their own", () => {
    for (const register of ["MIDR_EL1", "REVIDR_EL1", "AIDR_EL1"])
      expect(idRegister(register)?.fields.map((one) => one.role)).toEqual(
        idRegister(register)?.fields.map(() => "identity"),
      );
    const others = idRegisters()
      .filter((one) => one.kind === "aarch32-id")
      .flatMap((one) => one.fields)
      .filter((one) => one.role !== "aarch32" && one.role !== "hidden");
    expect(others.map(name)).toEqual(["ID_PFR1_EL1.GIC", "ID_DFR0_EL1.PerfMon"]);
  });
});

describe("values", () => {
  const doubleLock = must("ID_AA64DFR0_EL1", "DoubleLock");
  const pmuVer = must("ID_AA64DFR0_EL1", "PMUVer");

  it("of signed fields order below zero from the middle up", () => {
    expect(signedValue(doubleLock, 15)).toBe(-1);
    expect(signedValue(doubleLock, 7)).toBe(7);
    expect(signedValue(doubleLock, 8)).toBe(-8);
    expect(compareFieldValues(doubleLock, 15, 0)).toBe(-1);
    expect(compareFieldValues(doubleLock, 0, 15)).toBe(1);
  });

  it("of unsigned fields order as they are", () => {
    expect(compareFieldValues(pmuVer, 15, 9)).toBe(1);
    expect(compareFieldValues(pmuVer, 4, 4)).toBe(0);
  });

  it("have names", () => {
    expect(valueName(pmuVer, 6)).toBe("V3P5");
    expect(valueName(pmuVer, 2)).toBeUndefined();
  });

  it("are capped where KVM caps them", () => {
    expect(kvmCap(must("ID_AA64DFR0_EL1", "DebugVer"))).toBe(10);
    expect(kvmCap(must("ID_AA64ISAR0_EL1", "AES"))).toBeUndefined();
  });
});
