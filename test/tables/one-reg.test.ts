import { describe, expect, it } from "vitest";
import {
  describeOneReg,
  feature,
  genericName,
  idRegisters,
  inIdSpace,
  parseOneReg,
  sveLengthsRegister,
  sysInstructions,
  sysregEncoding,
  sysregId,
  systemRegister,
  systemRegisterAt,
  systemRegisters,
} from "../../src/tables/index.ts";
import { repeated } from "./data.ts";
import { featuresOf } from "./state.ts";

describe("ONE_REG ids", () => {
  it.each([
    [0x6030_0000_0010_0000n, "core", 64, "x0"],
    [0x6030_0000_0010_0040n, "core", 64, "pc"],
    [0x6040_0000_0010_0054n, "core", 128, "v0"],
    [0x6020_0000_0010_00d4n, "core", 32, "fpsr"],
    [0x6020_0000_0011_0002n, "demux", 32, "CCSIDR_EL1[2]"],
    [0x6030_0000_0013_c020n, "sysreg", 64, "ID_AA64PFR0_EL1"],
    [0x6030_0000_0013_c000n, "sysreg", 64, "MIDR_EL1"],
    [0x6030_0000_0014_0000n, "fw", 64, "KVM_REG_ARM_PSCI_VERSION"],
    [0x6060_0000_0015_ffffn, "sve", 512, "KVM_REG_ARM64_SVE_VLS"],
    [0x6080_0000_0015_0060n, "sve", 2048, "z3"],
    [0x6050_0000_0015_0440n, "sve", 256, "p2"],
    [0x6050_0000_0015_0600n, "sve", 256, "ffr"],
    [0x6030_0000_0016_0003n, "bitmap", 64, "KVM_REG_ARM_VENDOR_HYP_BMAP_2"],
  ] as const)("%s is %s, %i bits, %s", (id, kind, bits, name) => {
    expect(describeOneReg(id)).toMatchObject({ id, class: kind, bits, name, known: true });
    expect(parseOneReg(name)).toBe(id);
    expect(parseOneReg(`0x${id.toString(16)}`)).toBe(id);
  });

  it("of the virtual counter and its compare value are exchanged in the kernel's ABI", () => {
    expect(describeOneReg(0x6030_0000_0013_df02n)).toMatchObject({
      name: "KVM_REG_ARM_TIMER_CVAL",
      standsFor: "CNTV_CVAL_EL0",
    });
    expect(describeOneReg(0x6030_0000_0013_df1an)).toMatchObject({
      name: "KVM_REG_ARM_TIMER_CNT",
      standsFor: "CNTVCT_EL0",
    });
    expect(systemRegisterAt(sysregEncoding(0x6030_0000_0013_df02n))?.name).toBe("CNTVCT_EL0");
  });

  it("in the reserved ID space are known to read as zero", () => {
    expect(describeOneReg(0x6030_0000_0013_c01bn)).toMatchObject({ name: "S3_0_C0_C3_3", known: true });
  });

  it("that the tables do not know keep their number", () => {
    expect(describeOneReg(0x6030_0000_0016_0004n)).toEqual({
      id: 0x6030_0000_0016_0004n,
      class: "bitmap",
      bits: 64,
      name: "bitmap 0x4",
      known: false,
    });
    expect(describeOneReg(0x6030_0000_0013_ffffn)).toMatchObject({ name: "S3_7_C15_C15_7", known: false });
    expect(describeOneReg(0x6030_0000_0010_03ffn)?.known).toBe(false);
  });

  it.each([
    0x4030_0000_0013_c020n,
    0x6030_0000_0012_0000n,
    0x6090_0000_0013_c020n,
    0x6030_1000_0013_c020n,
    0n,
    -1n,
  ])("%s is none of arm64", (id) => {
    expect(describeOneReg(id)).toBeUndefined();
  });

  it("are read by generic spelling, and not from nonsense", () => {
    expect(parseOneReg("S3_0_C0_C4_0")).toBe(0x6030_0000_0013_c020n);
    expect(parseOneReg("s3_0_c0_c4_0")).toBe(0x6030_0000_0013_c020n);
    expect(parseOneReg("0x6030_0000_0013_c020")).toBe(0x6030_0000_0013_c020n);
    for (const word of ["S3_0_C0_C16_0", "S3_0_C16_C0_0", "z32", "0x12", "0x", "zero", ""])
      expect(parseOneReg(word), word).toBeUndefined();
  });

  it("of vector lengths are 512 bits wide", () => {
    expect(sveLengthsRegister()).toEqual({
      name: "KVM_REG_ARM64_SVE_VLS",
      id: 0x6060_0000_0015_ffffn,
      bits: 512,
    });
  });

  it("go to an encoding and back", () => {
    for (const one of idRegisters()) {
      const encoding = sysregEncoding(one.id);
      expect(encoding).toEqual({ op0: one.op0, op1: one.op1, crn: one.crn, crm: one.crm, op2: one.op2 });
      expect(sysregId(encoding.op0, encoding.op1, encoding.crn, encoding.crm, encoding.op2)).toBe(one.id);
    }
    expect(genericName(sysregEncoding(0x6030_0000_0013_c020n))).toBe("S3_0_C0_C4_0");
  });

  it("of the ID space are CRm 1 to 7 of op0 3, op1 0, CRn 0", () => {
    expect(
      idRegisters()
        .filter((one) => one.kind.endsWith("-id") && one.kind !== "extension-id")
        .every(inIdSpace),
    ).toBe(true);
    expect(inIdSpace(sysregEncoding(0x6030_0000_0013_c000n))).toBe(false);
  });
});

describe("system registers", () => {
  it("are 1148 with one name each; two pairs share an encoding", () => {
    expect(systemRegisters()).toHaveLength(1148);
    expect(repeated(systemRegisters().map((one) => one.name))).toEqual([]);
    const encodings = systemRegisters().map(
      (one) => `${one.op0} ${one.op1} ${one.crn} ${one.crm} ${one.op2}`,
    );
    expect(repeated(encodings)).toHaveLength(2);
  });

  it("agree with the ID registers on encodings", () => {
    const differing = idRegisters().filter((one) => {
      const found = systemRegister(one.name);
      return (
        found !== undefined && sysregId(found.op0, found.op1, found.crn, found.crm, found.op2) !== one.id
      );
    });
    expect(differing.map((one) => one.name)).toEqual([]);
  });

  it("have encodings that fit and gates that name features", () => {
    for (const one of [...systemRegisters(), ...sysInstructions()]) {
      const fits = one.op0 < 4 && one.op1 < 8 && one.crn < 16 && one.crm < 16 && one.op2 < 8;
      expect(fits, one.name).toBe(true);
      expect(
        [...featuresOf(one.gate)].filter((name) => feature(name) === undefined),
        one.name,
      ).toEqual([]);
    }
  });

  it("of EL2 and EL3 are not reached from below", () => {
    expect(systemRegister("HCR_EL2")?.minEL).toBe("EL2");
    expect(systemRegister("SCR_EL3")?.minEL).toBe("EL3");
    expect(systemRegister("TPIDR_EL0")).toMatchObject({ minEL: "EL0", access: "rw" });
    expect(systemRegister("MIDR_EL1")?.access).toBe("ro");
    expect(systemRegister("TCR2_EL1")?.gate).toEqual({ feat: "FEAT_TCR2" });
    expect(systemRegister("SCTLR_EL1")).not.toHaveProperty("gate");
  });
});

describe("SYS instructions", () => {
  it("are 242, op0 1, with one name each", () => {
    expect(sysInstructions()).toHaveLength(242);
    expect(repeated(sysInstructions().map((one) => one.name))).toEqual([]);
    expect(sysInstructions().filter((one) => one.op0 !== 1)).toEqual([]);
  });

  it("take a register or none", () => {
    expect(sysInstructions().find((one) => one.name === "TLBI VMALLE1")?.takesRegister).toBe(false);
    expect(sysInstructions().find((one) => one.name === "DC CVAP")).toMatchObject({
      takesRegister: true,
      gate: { feat: "FEAT_DPB" },
    });
  });
});
