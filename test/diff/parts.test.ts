import { describe, expect, it } from "vitest";
import { partsOf } from "../../src/diff/parts.ts";
import { parseOneReg } from "../../src/tables/index.ts";

describe("the parts of a register", () => {
  it("bear the name that is asked for, whatever it was called before", () => {
    const id = parseOneReg("ID_AA64PFR0_EL1") ?? 0n;
    for (const name of ["ID_AA64PFR0_EL1", "other", "ID_AA64PFR0_EL1", "third"]) {
      expect(new Set(partsOf(id, name).map((part) => part.name.split(/[. ]/)[0]))).toEqual(new Set([name]));
      expect(partsOf(0x6030_0000_0099_0000n, name)[0]?.name).toBe(`${name} bits 3:0`);
    }
  });

  it("cover 64 bits, each once", () => {
    for (const id of [parseOneReg("ID_AA64PFR0_EL1") ?? 0n, parseOneReg("SCTLR_EL1") ?? 0n, 1n]) {
      const bits = partsOf(id, "R").flatMap(({ lsb, width }) =>
        Array.from({ length: width }, (_, at) => lsb + at),
      );
      expect(bits.sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, bit) => bit));
    }
  });
});
