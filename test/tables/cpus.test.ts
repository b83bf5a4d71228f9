import { describe, expect, it } from "vitest";
import {
  architecture,
  type Constraint,
  type Cpu,
  constraints,
  cpu,
  cpuByProduct,
  cpus,
  evaluate,
  feature,
  features,
  field,
  idRegister,
  registerState,
  source,
} from "../../src/tables/index.ts";
import { repeated } from "./data.ts";

const measured = cpus().filter((one) => one.registers !== null);

function must(name: string): Cpu {
  const found = cpu(name);
  if (found === undefined) throw new Error(name);
  return found;
}

/** Ids of the `requires` constraints that a core's own registers break. */
function broken(core: Cpu): readonly string[] {
  const state = registerState(core.registers ?? {}, core.arch);
  const breaks = (rule: Constraint): boolean => {
    if (rule.when !== undefined && evaluate(rule.when, state) !== true) return false;
    const [left, right] = [evaluate(rule.if, state), evaluate(rule.then, state)];
    if (rule.kind === "implies") return left === true && right === false;
    return left !== undefined && right !== undefined && left !== right;
  };
  return constraints("requires")
    .filter(breaks)
    .map((rule) => rule.id);
}

describe("cores", () => {
  it("are 78, of which 47 have register values", () => {
    expect(cpus()).toHaveLength(78);
    expect(measured).toHaveLength(47);
  });

  it("have names that stand for one core", () => {
    expect(repeated(cpus().flatMap((one) => [one.name, ...one.aliases, ...one.products]))).toEqual([]);
    for (const one of cpus())
      for (const name of [one.name, ...one.aliases, ...one.products]) expect(cpu(name)).toBe(one);
  });

  it("refer to versions, features and registers that exist", () => {
    for (const one of cpus()) {
      expect(architecture(one.arch), one.name).toBeDefined();
      expect(
        one.features.filter((name) => feature(name) === undefined),
        one.name,
      ).toEqual([]);
      expect(
        Object.keys(one.registers ?? {}).filter((name) => idRegister(name) === undefined),
        one.name,
      ).toEqual([]);
      const filled = Object.values(one.filledFrom).flat();
      expect(
        filled.filter((name) => one.registers?.[name] === undefined),
        one.name,
      ).toEqual([]);
    }
  });

  it("say where register values come from", () => {
    for (const one of cpus()) expect(one.registersFrom !== null, one.name).toBe(one.registers !== null);
    for (const one of measured) expect(source(one.registersFrom?.source ?? ""), one.name).toBeDefined();
  });

  it("satisfy every constraint but those that they name, and break those", () => {
    for (const one of measured) expect(broken(one), one.name).toEqual(one.exceptions);
    expect(measured.filter((one) => one.exceptions.length > 0).map((one) => one.name)).toEqual([
      "c1-pro",
      "a64fx",
    ]);
  });

  it("have register values within the fields that the tables know", () => {
    const stray: string[] = [];
    for (const one of measured)
      for (const [name, value] of Object.entries(one.registers ?? {})) {
        const register = idRegister(name);
        if (register?.kind !== "aarch64-id") continue;
        const known = register.fields.reduce(
          (bits, each) => bits | (((1n << BigInt(each.width)) - 1n) << BigInt(each.lsb)),
          0n,
        );
        if ((value & ~known) !== 0n) stray.push(`${one.name} ${name} 0x${(value & ~known).toString(16)}`);
      }
    // The M1 sets a nibble that the architecture reserves.
    expect(stray).toEqual(["apple-m1-firestorm ID_AA64MMFR2_EL1 0x100000000000"]);
  });

  it("have values that the fields name, where a field's values have names", () => {
    const nameless: string[] = [];
    for (const one of measured)
      for (const [name, value] of Object.entries(one.registers ?? {}))
        for (const of of idRegister(name)?.fields ?? []) {
          const read = Number((value >> BigInt(of.lsb)) & ((1n << BigInt(of.width)) - 1n));
          const codes = Object.keys({ ...of.values, ...of.unit?.codes }).map(Number);
          if (codes.length > 1 && read !== 0 && !codes.includes(read))
            nameless.push(`${one.name} ${name}.${of.name} = ${read}`);
        }
    expect(nameless).toEqual([]);
  });

  it("have a MIDR of their vendor's: architecture 0xf, revision 0 where it is the core's own", () => {
    const identified = cpus().filter((one) => one.midr !== null);
    expect(identified.length).toBeGreaterThan(70);
    for (const one of identified) expect(((one.midr ?? 0n) >> 16n) & 0xfn, one.name).toBe(0xfn);
    expect(repeated(identified.map((one) => one.midr))).toEqual([]);
    expect(must("neoverse-n1").midr).toBe(0x410f_d0c0n);
  });

  it("have the part number in MIDR_EL1 that their MIDR has", () => {
    const part = (value: bigint): bigint => value & 0xff00_fff0n;
    const other = measured.filter((one) => {
      const read = one.registers?.["MIDR_EL1"];
      return read !== undefined && one.midr !== null && part(read) !== part(one.midr);
    });
    expect(other.map((one) => one.name)).toEqual([]);
  });

  it("have the vector lengths that the architecture allows: powers of two up to the longest, others beside them", () => {
    for (const one of cpus()) {
      const lengths = one.sveLengths;
      if (lengths === undefined) continue;
      expect(lengths, one.name).toEqual([...lengths].sort((a, b) => a - b));
      expect(
        lengths.filter((length) => length % 128 !== 0 || length < 128 || length > 2048),
        one.name,
      ).toEqual([]);
      for (let power = 128; power <= (lengths.at(-1) ?? 0); power *= 2)
        expect(lengths, one.name).toContain(power);
      expect(one.features, one.name).toContain("FEAT_SVE");
    }
    expect(must("a64fx").sveLengths).toEqual([128, 256, 512]);
  });
});

describe("features of a core", () => {
  it("follow from its registers", () => {
    const n1 = must("neoverse-n1");
    expect(n1.features).toEqual(
      expect.arrayContaining(["FEAT_LSE", "FEAT_DotProd", "FEAT_SSBS2", "FEAT_RAS", "FEAT_AA32EL0"]),
    );
    expect(n1.features).not.toContain("FEAT_SVE");
    expect(must("neoverse-v1").features).toEqual(
      expect.arrayContaining(["FEAT_SVE", "FEAT_BF16", "FEAT_RNG", "FEAT_PAuth"]),
    );
  });

  it("are not doubled for a core whose registers nobody published", () => {
    const listed = cpus().filter((one) => one.registers === null);
    expect(listed.filter((one) => one.features.length === 0).map((one) => one.name)).toEqual([]);
    for (const one of listed) expect(repeated(one.features), one.name).toEqual([]);
  });

  it("are those that Linux reports on the product, where Linux has a word and the registers are the machine's", () => {
    const words = (name: string): readonly (string | undefined)[] =>
      must(name)
        .features.map((one) => feature(one)?.cpuinfo)
        .filter((word) => word !== undefined);
    // /proc/cpuinfo of Graviton2, Linux 6.1
    const graviton2 = "fp asimd aes pmull sha1 sha2 crc32 atomics fphp asimdrdm lrcpc dcpop asimddp ssbs";
    expect(words("graviton2")).toEqual(
      expect.arrayContaining(
        graviton2.split(" ").filter((word) => features().some((one) => one.cpuinfo === word)),
      ),
    );
  });
});

describe("products", () => {
  it.each([
    ["graviton2", "neoverse-n1"],
    ["graviton3", "neoverse-v1"],
    ["graviton4", "neoverse-v2"],
  ])("%s is built on %s", (product, core) => {
    expect(cpuByProduct(product)?.name).toBe(core);
    expect(cpu(product)?.name).toBe(core);
  });

  it("that nobody knows are unknown", () => {
    expect(cpu("pentium")).toBeUndefined();
    expect(cpuByProduct("neoverse-n1")).toBeUndefined();
  });
});

describe("asking register values", () => {
  it("reads an AArch64 ID register that is not there as zero, and knows nothing of others", () => {
    const state = registerState({ ID_AA64PFR0_EL1: 0x11n }, "v8.0");
    expect(state.field("ID_AA64PFR0_EL1", "EL1")).toBe(1);
    expect(state.field("ID_AA64ISAR0_EL1", "AES")).toBe(0);
    expect(state.field("PMSIDR_EL1", "FnE")).toBeUndefined();
    expect(state.field("ID_AA64PFR0_EL1", "nonsense")).toBeUndefined();
    expect(state.feature("FEAT_AES")).toBe(false);
    expect(state.arch("v8.1")).toBe(false);
    expect(field("PMSIDR_EL1", "FnE")).toBeDefined();
  });
});
