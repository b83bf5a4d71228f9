/** The sample files are printed from the tables' cores: no machine's readings. `UPDATE_GOLDEN=1` writes them. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { idRegister } from "../../../src/tables/index.ts";
import { cpuConfig, dump, fingerprint, idregs, registersOf, styles, type Values } from "./printed.ts";

const idOf = (name: string): bigint => idRegister(name)?.id ?? 0n;

/** Some of a list, so that a reader of the file sees its form. */
const shortened: readonly bigint[] = [
  0x6020_0000_0010_00d4n,
  0x6020_0000_0011_0000n,
  0x6030_0000_0010_0000n,
  0x6030_0000_0010_0002n,
  0x6030_0000_0010_0042n,
  ...["MIDR_EL1", "MPIDR_EL1", "REVIDR_EL1"].map(idOf),
  ...["PFR0", "PFR1", "ZFR0", "DFR0", "ISAR0", "ISAR1", "ISAR2", "MMFR0", "MMFR1", "MMFR2"].map((name) =>
    idOf(`ID_AA64${name}_EL1`),
  ),
  0x6030_0000_0013_c080n,
  0x6030_0000_0013_c100n,
  0x6030_0000_0013_c600n,
  ...["CLIDR_EL1", "CTR_EL0"].map(idOf),
  0x6030_0000_0013_df02n,
  0x6030_0000_0013_df19n,
  0x6030_0000_0014_0000n,
  0x6030_0000_0014_0001n,
  0x6030_0000_0014_0003n,
  0x6030_0000_0016_0000n,
  0x6030_0000_0016_0001n,
  0x6030_0000_0016_0002n,
  0x6040_0000_0010_0054n,
];

/** A vCPU's state, as a VMM leaves it that is about to start the guest. */
const state: Values = new Map([
  [0x6030_0000_0010_0000n, 0x87e0_0000n],
  [0x6030_0000_0010_0042n, 0x3c5n],
  [idOf("MPIDR_EL1"), 0x8000_0000n],
  [0x6030_0000_0013_c080n, 0xc5_0078n],
  [0x6030_0000_0013_c100n, 0x1de7_ec7e_dbad_c0den],
  [0x6030_0000_0013_df02n, 0x4d2n],
  [0x6030_0000_0013_df19n, 0x4n],
]);

/** r0p15: no Neoverse N1 is. */
const n1 = registersOf("neoverse-n1", "6.1", "base", 0x410f_d0cfn);
const freshN1: Values = new Map(shortened.map((id) => [id, state.get(id) ?? n1.get(id) ?? 0n]));

/** A vCPU with a PMU, whose VMM took the random numbers away; r0p15 again. */
const n2 = registersOf("neoverse-n2", "6.18", "pmu", 0x410f_d49fn);
const isar0 = idOf("ID_AA64ISAR0_EL1");
const usedN2: Values = new Map([...n2, [isar0, (n2.get(isar0) ?? 0n) & ~(0xfn << 60n)]]);

const noted = (id: bigint): string => {
  const name = ["MIDR_EL1", "ID_AA64PFR0_EL1", "ID_AA64ISAR0_EL1"].find((one) => idOf(one) === id);
  return name === undefined ? "" : `   # ${name}`;
};

const samples: Readonly<Record<string, string>> = {
  "fingerprint.json": fingerprint(freshN1, "6.1.150-174.example.aarch64"),
  "cpu-config.json": cpuConfig(freshN1),
  idregs: idregs(usedN2),
  "registers.txt": `# KVM_GET_REG_LIST and KVM_GET_ONE_REG of a fresh vCPU, cut short\n\n${dump(
    freshN1,
    (id, value) => `${styles["id = value"]?.(id, value)}${noted(BigInt(id))}`,
  )}`,
};

describe("a sample of other programs' files", () => {
  it.each(Object.keys(samples))("%s is made of the tables", (name) => {
    const url = new URL(`samples/${name}`, import.meta.url);
    if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(url, samples[name] ?? "");
    expect(readFileSync(url, "utf8")).toBe(samples[name]);
  });
});
