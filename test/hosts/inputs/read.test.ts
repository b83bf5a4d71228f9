/** Hosts from files that are no profiles of ours. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { deriveHost } from "../../../src/hosts/derive.ts";
import { capabilityAnswer, psciVersions, supportsVcpuFeature } from "../../../src/hosts/facilities.ts";
import { type Given, type HostInput, readHostInput } from "../../../src/hosts/inputs/read.ts";
import { inputsTable, systemId } from "../../../src/hosts/inputs/table.ts";
import { configurationFor, judgeField } from "../../../src/hosts/judge.ts";
import type { HostProfile } from "../../../src/hosts/profile.ts";
import { readHostProfile } from "../../../src/hosts/read.ts";
import { formatHostProfile } from "../../../src/hosts/write.ts";
import { capability, cpus, describeOneReg, idRegister, vcpuFeature } from "../../../src/tables/index.ts";
import { shipped, shippedNames, shippedText } from "../shipped.ts";
import { capture, dump, registersOf, styles, trace } from "./printed.ts";

const sample = (name: string): string => readFileSync(new URL(`samples/${name}`, import.meta.url), "utf8");
const read = (name: string, given?: Given): HostInput => readHostInput(sample(name), name, given);

function host(input: HostInput): HostProfile {
  if ("problems" in input) throw new Error(JSON.stringify(input.problems.slice(0, 3)));
  return input.profile;
}

const notesOf = (input: HostInput): readonly string[] =>
  "notes" in input ? input.notes.map(({ id }) => id) : [];

function problemsOf(input: HostInput): readonly string[] {
  if (!("problems" in input)) return [];
  return input.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`);
}

const baseOf = (profile: HostProfile) => {
  const base = profile.configurations.get("base");
  if (base === undefined) throw new Error("no base");
  return base;
};

const idOf = (name: string): bigint => idRegister(name)?.id ?? 0n;

describe("the form", () => {
  it.each([
    ["fingerprint.json", "firecracker-fingerprint"],
    ["cpu-config.json", "firecracker-cpu-config"],
    ["template.json", "firecracker-cpu-config"],
    ["idregs", "kvm-idregs"],
    ["registers.txt", "kvm-register-list"],
  ])("of %s is %s, whatever it is called", (name, form) => {
    expect(readHostInput(sample(name), "x").form).toBe(form);
    expect(readHostInput(`\r\n${sample(name).replaceAll("\n", "\r\n")}`, "x.json").form).toBe(form);
  });

  it("of a profile is its own, and such a profile is read as ever", () => {
    const text = shippedText("neoverse-n1.linux-6.12.json");
    expect(readHostInput(text, "x")).toEqual({
      form: "guestc-profile",
      profile: shipped("neoverse-n1.linux-6.12"),
      notes: [],
    });
    expect(problemsOf(readHostInput(text, "x", { kernel: "6.18" }))[0]).toContain("says its kernel itself");
  });

  it("of another text is none", () => {
    expect(problemsOf(readHostInput("\n  hello world\n", "notes.txt"))).toEqual([
      "2:3: notes.txt is neither JSON nor a list of registers: it begins with `hello world`",
    ]);
    expect(problemsOf(readHostInput("", "empty"))[0]).toMatch(
      /^1:1: empty is empty; expected a host profile/,
    );
    expect(problemsOf(readHostInput("# nothing\n", "x"))[0]).toMatch(/^1:1: x is empty/);
    for (const text of ["{}", "[1]", "null", "7", '{"a": 1}'])
      expect(problemsOf(readHostInput(text, "x"))).toEqual([
        expect.stringMatching(/^1:1: x is JSON, but describes no host; expected a host profile/),
      ]);
    expect(problemsOf(readHostInput('{"origin": "recorded"}', "x"))[0]).toContain("the key `schema`");
    expect(problemsOf(readHostInput("{ 1 }", "x.json"))[0]).toMatch(/^1:3: x\.json is not JSON/);
  });
});

describe("a Firecracker fingerprint", () => {
  const input = read("fingerprint.json");
  const profile = host(input);

  it("says kernel and core itself", () => {
    expect(profile).toMatchObject({
      name: "neoverse-n1.linux-6.1.150",
      origin: "recorded",
      recorder: "Firecracker 1.12.0",
      kernel: { release: "6.1.150-174.example.aarch64", version: "6.1.150" },
      cpu: { name: "neoverse-n1", midr: 0x410f_d0cfn },
    });
    expect(problemsOf(read("fingerprint.json", { kernel: "6.1" }))[0]).toContain("no other can be given");
    expect(problemsOf(read("fingerprint.json", { cpu: "neoverse-v1" }))[0]).toContain(
      "MIDR_EL1 is that of neoverse-n1, not of neoverse-v1",
    );
  });

  it("keeps KVM's guest values, and drops what is the vCPU's", () => {
    const { registers, writable, sweeps } = baseOf(profile);
    expect(registers.get(idOf("ID_AA64DFR0_EL1"))).toBe(0x1030_5006n);
    expect(registers.get(idOf("ID_AA64PFR0_EL1"))).toBe(0x1100_0000_1111_1112n);
    // x0, PSTATE, a timer, a register with poison; V0 has more than 64 bits.
    for (const id of [
      0x6030_0000_0010_0000n,
      0x6030_0000_0010_0042n,
      0x6030_0000_0013_df02n,
      0x6030_0000_0013_c100n,
    ])
      expect(registers.get(id)).toBeNull();
    expect(registers.has(0x6040_0000_0010_0054n)).toBe(false);
    // SCTLR_EL1 at reset says something; the program counter is listed although the dump leaves it out.
    expect(registers.get(0x6030_0000_0013_c080n)).toBe(0xc5_0078n);
    expect(registers.get(0x6030_0000_0010_0040n)).toBeNull();
    expect(writable).toBeUndefined();
    expect(sweeps.size).toBe(0);
  });

  it("says what it lacks", () => {
    expect(notesOf(input)).toEqual(["template-unknown", "no-wide-registers"]);
    expect(profile.assumed?.capabilities).toBe(true);
    expect([...(profile.assumed?.configurations ?? [])]).toEqual(["pmu", "gic"]);
    expect(profile.assumed?.registers.size).toBe(0);
  });

  it("of a kernel that makes caches up may hold what Firecracker wrote", () => {
    const newer = readHostInput(sample("fingerprint.json").replace("6.1.150-174", "6.12.30"), "x");
    expect(notesOf(newer)).toEqual(["template-unknown", "no-wide-registers", "written-by-firecracker"]);
  });

  it("has the tables' further configurations whole: features, capabilities, devices and attributes", () => {
    const { configurations: ours, devices } = host(read("idregs", { kernel: "6.18" }));
    const row = cpus().find(({ name }) => name === "neoverse-n2");
    const tables = row === undefined ? undefined : deriveHost("tables", row, "6.18");
    if (tables === undefined || "problem" in tables) throw new Error("not derivable");
    expect(devices).toEqual(tables.devices);
    const taken = ["sve", "pauth", "all", "impid", "gic"];
    for (const name of taken) {
      const [own, theirs] = [ours.get(name), tables.configurations.get(name)];
      const { features, capabilities, devices: beside, attributes, vectorLengths } = theirs ?? {};
      expect(own, name).toMatchObject({ features, capabilities });
      expect(own, name).toMatchObject({ attributes: expect.anything() });
      expect([own?.devices, own?.attributes, own?.vectorLengths]).toEqual([
        beside,
        attributes,
        vectorLengths,
      ]);
    }
    expect(ours.get("impid")?.capabilities).toEqual([239]);
    expect(ours.get("gic")?.devices).toEqual([7]);
  });

  it("is judged by reading and rule, and no rule calls itself a reading", () => {
    const verdict = judgeField(profile, baseOf(profile), "ID_AA64MMFR1_EL1", "VH", 0n);
    expect(verdict).toMatchObject({ accepted: false, by: "rule", shown: 1n });
    const { by, fact } = capabilityAnswer(profile, 170);
    expect({ by, fact }).toMatchObject({ by: "rule", fact: expect.stringContaining("guestc's tables") });
    expect(supportsVcpuFeature(profile, "PMU_V3")).toMatchObject({ value: true, by: "rule" });
    expect(supportsVcpuFeature(profile, "SVE")).toMatchObject({ value: false, by: "rule" });
    expect(psciVersions(profile)).toMatchObject({ newest: 0x10001n, by: "reading" });
    const { configuration } = configurationFor(profile, ["PSCI_0_2", "PMU_V3"], []);
    expect(configuration.name).toBe("pmu");
    expect(judgeField(profile, configuration, "ID_AA64DFR0_EL1", "PMUVer", 4n).by).toBe("rule");
  });

  it("of a kernel before the tables has its readings and nothing else", () => {
    const old = readHostInput(sample("fingerprint.json").replace("6.1.150-174", "5.4.235-227"), "old");
    expect(notesOf(old)).toContain("no-tables");
    expect(host(old).capabilities.size).toBe(0);
    expect([...host(old).configurations.keys()]).toEqual(["base"]);
    expect(baseOf(host(old)).registers).toEqual(baseOf(profile).registers);
  });

  it("of a kernel that lists PMU registers to every vCPU was made without the PMU", () => {
    const pmu = `"reg_modifiers": [{ "addr": "0x603000000013dce0", "bitmap": "0b${"0".repeat(64)}" },`;
    const text = sample("fingerprint.json").replace('"reg_modifiers": [', pmu);
    expect([...host(readHostInput(text, "x")).configurations.keys()]).toContain("pmu");
    const old = host(readHostInput(text.replace("6.1.150-174", "5.10.235-227"), "old"));
    expect([...old.configurations.keys()]).toEqual(["base", "pmu", "gic"]);
    expect(old.assumed?.configurations).toEqual(new Set(["pmu", "gic"]));
    expect(baseOf(old).registers.has(systemId("PMCR_EL0"))).toBe(true);
  });

  it("of a core that nobody knows has what is shown and no more", () => {
    const midr = (0x410f_d0cf).toString(2).padStart(128, "0");
    const other = (0x4bff_fff1).toString(2).padStart(128, "0");
    const unknown = readHostInput(sample("fingerprint.json").replace(midr, other), "x");
    expect(host(unknown).cpu).toEqual({ name: "midr-4bfffff1", midr: 0x4bff_fff1n, platform: "" });
    expect(notesOf(unknown)).toContain("cpu-unknown");
    expect(supportsVcpuFeature(host(unknown), "SVE").value).toBe(false);
    expect(host(unknown).capabilities.get(170)).toBeUndefined();
  });

  it("that had run keeps only what identifies the core", () => {
    const x1 = '"addr": "0x6030000000100002",\n        "bitmap": "0b';
    const ran = readHostInput(
      sample("fingerprint.json").replace(`${x1}${"0".repeat(128)}`, `${x1}${"1".padStart(128, "0")}`),
      "x",
    );
    expect(notesOf(ran)).toContain("values-of-a-vm");
    expect(baseOf(host(ran)).registers.get(0x6030_0000_0013_c080n)).toBeNull();
    expect(baseOf(host(ran)).registers.get(idOf("ID_AA64PFR0_EL1"))).toBe(0x1100_0000_1111_1112n);
  });
});

describe("a Firecracker CPU configuration", () => {
  it("needs the kernel, and is then what the fingerprint is", () => {
    const bare = read("cpu-config.json");
    expect("problems" in bare && bare.problems).toMatchObject([{ lacks: "kernel" }]);
    const given = host(read("cpu-config.json", { kernel: "6.1.150-174.example.aarch64" }));
    expect(given.configurations).toEqual(host(read("fingerprint.json")).configurations);
    expect(problemsOf(read("cpu-config.json", { kernel: "new" }))[0]).toContain("`new` is no kernel release");
    expect(problemsOf(read("cpu-config.json", { kernel: "6.1", cpu: "n99" }))[0]).toContain("no `n99`");
  });

  it("that is a template is no host", () => {
    expect(problemsOf(read("template.json"))).toEqual([
      "12:17: this is a CPU template, not a host: it leaves bits open (`x`), which a register that was read never has",
    ]);
    expect(problemsOf(readHostInput('{ "kvm_capabilities": ["170"] }', "t.json"))).toEqual([
      "1:1: this is a CPU template, not a host: it asks for features and capabilities, and holds no register",
    ]);
    // Digits that are left out at the left are open too.
    const short = '{ "reg_modifiers": [{ "addr": "0x603000000013c020", "bitmap": "0b1111" }] }';
    expect(problemsOf(readHostInput(short, "t.json"))[0]).toMatch(/^1:63: this is a CPU template/);
  });

  const wrong = (entry: string): readonly string[] =>
    problemsOf(readHostInput(`{ "reg_modifiers": [${entry}] }`, "t.json", { kernel: "6.1" }));
  it.each([
    ["1", "1:21: expected an object with `addr` and `bitmap`"],
    ['{ "bitmap": "0b1" }', "1:21: `addr` is a KVM register's id as a string with `0x`"],
    ['{ "addr": 7, "bitmap": "0b1" }', "1:31: `addr` is a KVM register's id as a string with `0x`"],
    ['{ "addr": "0x1", "bitmap": "0b1" }', "1:31: 0x1 is no ONE_REG id of arm64"],
    ['{ "addr": "0x603000000013c020" }', "1:21: `bitmap` is a string of `0`, `1` and `x`"],
    [
      '{ "addr": "0x603000000013c020", "bitmap": "0b12" }',
      "1:63: `0b12` is no bitmap: up to 128 of `0`, `1` and `x`",
    ],
    [
      `{ "addr": "0x60200000001000d4", "bitmap": "0b1${"0".repeat(32)}" }`,
      "1:63: the bitmap does not fit into the 32 bits of 0x60200000001000d4",
    ],
    [
      `{ "addr": "0x60200000001000d4", "bitmap": "0b1" }, { "addr": "0x60200000001000d4", "bitmap": "0b1" }`,
      "1:82: this register stands twice",
    ],
  ])("with %s says so, and where", (entry, problem) => {
    expect(wrong(entry)).toEqual([problem]);
  });

  it("has lists, and a fingerprint its keys", () => {
    const both = '{\n  "vcpu_features": [{}],\n  "kvm_capabilities": ["x"],\n  "reg_modifiers": 1\n}';
    expect(problemsOf(readHostInput(both, "t.json"))).toEqual([
      "4:20: `reg_modifiers` is a list",
      "2:21: expected an object with a number `index` and a string `bitmap`",
      "3:24: a capability is its number as a string, with `!` where it is taken away",
    ]);
    const empty = '{ "firecracker_version": "1" }';
    expect(problemsOf(readHostInput(empty, "f.json"))).toEqual([
      "1:1: a fingerprint holds an object `guest_cpu_config`",
    ]);
    const nameless = sample("fingerprint.json").replace(/ {2}"kernel_version".*\n/, "");
    expect(problemsOf(readHostInput(nameless, "f.json"))).toEqual([
      "1:1: a fingerprint says the host's kernel as `kernel_version`",
    ]);
    const twice = sample("fingerprint.json").replace('"bios_version"', '"kernel_version"');
    expect(problemsOf(readHostInput(twice, "f.json"))).toEqual([
      "5:3: `kernel_version` stands twice in the same object",
    ]);
  });
});

describe("debugfs' idregs", () => {
  it("needs the kernel, and wonders at one that makes no such file", () => {
    expect(problemsOf(read("idregs"))[0]).toContain("(`idregs` has MIDR_EL1 since linux 6.15)");
    const backport = read("idregs", { kernel: "6.12" });
    expect(notesOf(backport)).toContain("kernel-older");
    expect(host(backport).kernel.version).toBe("6.12");
    expect(notesOf(read("idregs", { kernel: "6.15" }))).not.toContain("kernel-older");
    const { kernel, cpu } = host(read("idregs", { kernel: "6.18.2-arm64" }));
    expect(kernel).toEqual({ release: "6.18.2-arm64", version: "6.18.2" });
    expect(cpu.name).toBe("neoverse-n2");
  });

  it("tells by its fields with which features the vCPU was made, and computes one without", () => {
    const input = read("idregs", { kernel: "6.18" });
    const profile = host(input);
    expect(notesOf(input)).toEqual(["values-of-a-vm", "id-registers-alone", "vcpu-features"]);
    const field = (name: string): bigint =>
      ((profile.configurations.get(name)?.registers.get(idOf("ID_AA64DFR0_EL1")) ?? 0n) >> 8n) & 15n;
    expect({ base: field("base"), pmu: field("pmu") }).toEqual({ base: 0n, pmu: 6n });
    expect([...(profile.assumed?.configurations ?? [])]).toEqual([
      "base",
      "sve",
      "pauth",
      "all",
      "impid",
      "gic",
    ]);
    expect(profile.assumed?.list).toBe(true);
    // What the VMM lowered stays so in all of them.
    for (const { registers } of profile.configurations.values())
      expect((registers.get(idOf("ID_AA64ISAR0_EL1")) ?? 0n) >> 60n).toBe(0n);
  });

  it("takes PSCI and services from the tables, and says so", () => {
    const profile = host(read("idregs", { kernel: "6.18" }));
    expect(psciVersions(profile)).toMatchObject({ newest: 0x10003n, by: "rule" });
    expect(psciVersions(profile)?.fact).toContain("of guestc's tables");
    expect(profile.assumed?.registers.has(0x6030_0000_0014_0000n)).toBe(true);
    expect(profile.assumed?.registers.has(idOf("ID_AA64PFR0_EL1"))).toBe(false);
  });

  it("of an older kernel has no MIDR_EL1, which a user may give", () => {
    const old = sample("idregs").replace(/^.*(?:SYS_MIDR|SYS_REVIDR|SYS_AIDR).*\n/gm, "");
    const nameless = readHostInput(old, "idregs", { kernel: "6.12" });
    expect(host(nameless).cpu.name).toBe("unknown");
    expect(notesOf(nameless)).toContain("cpu-unknown");
    const named = readHostInput(old, "idregs", { kernel: "6.12", cpu: "neoverse-n2" });
    expect(host(named).cpu).toEqual({ name: "neoverse-n2", platform: "" });
    expect(notesOf(named)).toContain("cpu-given");
    expect(problemsOf(readHostInput(old.replace(/^.*SYS_CTR.*\n/m, ""), "idregs"))[0]).toContain(
      "since linux 6.8",
    );
  });

  it.each([
    [
      "SYS_ID_AA64PFR0_EL1:\t11",
      "1:22: the value of SYS_ID_AA64PFR0_EL1 is `11`; expected 16 hexadecimal digits",
    ],
    ["SYS_NOTHING_EL1:\t0000000000000000", "1:1: `SYS_NOTHING_EL1` is no register that guestc knows"],
    ["S3_0_0_4_9:\t0000000000000000", "1:1: `S3_0_0_4_9` is no register that guestc knows"],
    [
      "SYS_CTR_EL0:\t0000000000000000\n\n  what",
      "3:3: expected a register's name, `:` and its value, found `what`",
    ],
    ["SYS_CTR_EL0:\t0000000000000000\n SYS_CTR_EL0:\t0000000000000000", "2:2: `SYS_CTR_EL0` stands twice"],
    [
      "SYS_CTR_EL0:\t0000000000000000",
      "1:1: ID_AA64PFR0_EL1 is missing: the file has not been copied whole, or was read before the VM had a vCPU",
    ],
  ])("with %j says what is wrong and where", (text, problem) => {
    expect(problemsOf(readHostInput(text, "idregs"))).toEqual([problem]);
  });
});

describe("a dump of registers", () => {
  const profile = host(read("registers.txt", { kernel: "6.1.150" }));

  it("in part says that it is one", () => {
    const input = read("registers.txt", { kernel: "6.1.150" });
    expect(notesOf(input)).toEqual(["list-in-part"]);
    expect(profile.assumed?.list).toBe(true);
    expect(baseOf(profile).registers.get(idOf("ID_AA64PFR0_EL1"))).toBe(0x1100_0000_1111_1112n);
    expect(baseOf(profile).registers.get(0x6030_0000_0010_0000n)).toBeNull();
  });

  it.each(Object.keys(styles))("may be written %s", (name) => {
    const lines = sample("registers.txt")
      .split("\n")
      .flatMap((line) => {
        const [, id, value] = /^(0x\w+) = (0x\w+)/.exec(line) ?? [];
        return id === undefined || value === undefined ? [] : [styles[name]?.(id, value) ?? ""];
      });
    expect(lines.length).toBeGreaterThan(20);
    expect(host(readHostInput(lines.join("\n"), "x", { kernel: "6.1.150" }))).toEqual(profile);
  });

  it("may have titles of columns", () => {
    const rows = sample("registers.txt")
      .replace(/^#.*\n\n/, "")
      .replaceAll(/ {3}#.*/g, "")
      .replaceAll(" = ", ",");
    expect(host(readHostInput(`id,value\n${rows}`, "x", { kernel: "6.1.150" }))).toEqual(profile);
    expect(host(readHostInput(`"Register";"Value"\n${rows}`, "x", { kernel: "6.1.150" }))).toEqual(profile);
  });

  it("of digits without 0x is hexadecimal where one of them has a letter, or all have 16", () => {
    const [mmfr0, midr] = ["603000000013c038", "603000000013c000"];
    const values = (text: string): readonly unknown[] => {
      const whole = `0x603000000013c020 0x11\n${text}`;
      const { registers } = baseOf(host(readHostInput(whole, "x", { kernel: "6.1" })));
      return [registers.get(idOf("ID_AA64MMFR0_EL1")), registers.get(idOf("MIDR_EL1"))];
    };
    expect(values(`${mmfr0} 11\n${midr} 410fd0cf`)).toEqual([0x11n, 0x410f_d0cfn]);
    expect(values(`${mmfr0} 11\n${midr} 1091555535`)).toEqual([11n, 0x410f_d0cfn]);
    expect(values(`${mmfr0} 1234567890123456\n${midr} 1091555535`)).toEqual([
      1234567890123456n,
      0x410f_d0cfn,
    ]);
    expect(values(`${mmfr0} 0000000000000011\n${midr} 00000000410fd0cf`)).toEqual([0x11n, 0x410f_d0cfn]);
  });

  it("without values has those of the tables, where the core is given", () => {
    const listed = [...registersOf("neoverse-v1", "6.12", "sve", 0n).keys()];
    const text = listed.map((id) => `0x${id.toString(16)}\n`).join("");
    expect(readHostInput(text, "x")).toMatchObject({ problems: [{ lacks: "kernel", alsoUnknown: "cpu" }] });
    expect(readHostInput(text, "x", { kernel: "6.12" })).toMatchObject({ problems: [{ lacks: "cpu" }] });
    const input = readHostInput(text, "x", { kernel: "6.12", cpu: "neoverse-v1" });
    expect(notesOf(input)).toEqual(["vcpu-features", "values-from-tables"]);
    const sve = host(input).configurations.get("sve");
    expect(((sve?.registers.get(idOf("ID_AA64PFR0_EL1")) ?? 0n) >> 32n) & 15n).toBe(1n);
    expect(host(input).assumed?.registers.has(idOf("ID_AA64PFR0_EL1"))).toBe(true);
    expect(host(input).assumed?.list).toBe(false);
    expect(readHostProfile(formatHostProfile(host(input)), "x")).toEqual({ profile: host(input) });
  });

  it("may name registers as the kernel's own test does", () => {
    const text = [
      "KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(regs.regs[0]), 0x1",
      "KVM_REG_ARM64 | KVM_REG_SIZE_U128 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(fp_regs.vregs[3]), 0x0",
      "ARM64_SYS_REG(3, 0, 0, 4, 0), 0x1100000011111112 /* ID_AA64PFR0_EL1 */",
      "ARM64_SYS_REG(3, 0, 0, 5, 0),\t/* ID_AA64DFR0_EL1 */",
      "KVM_REG_ARM_FW_REG(0), 0x10001",
      "KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_FW | KVM_REG_ARM_FW_REG(0), 0x10001",
    ];
    const input = readHostInput(text.filter((_, at) => at !== 4).join("\n"), "x", { kernel: "6.1" });
    const { registers } = baseOf(host(input));
    expect(registers.get(idOf("ID_AA64PFR0_EL1"))).toBe(0x1100_0000_1111_1112n);
    expect(registers.get(idOf("ID_AA64DFR0_EL1"))).toBeNull();
    expect(registers.get(0x6030_0000_0010_0000n)).toBeNull();
    expect(registers.get(0x6030_0000_0014_0000n)).toBe(0x10001n);
  });

  it.each([
    [
      "0x603000000013c020 = 0xzz",
      "1:22: `0xzz` is no value; expected hexadecimal digits, with or without `0x`, or a decimal number",
    ],
    [
      "0x603000000013c020 = 0x1ffffffffffffffff",
      "1:22: 0x1ffffffffffffffff does not fit into the register's 64 bits",
    ],
    ["0x60200000001000d4 0x100000000", "1:20: 0x100000000 does not fit into the register's 32 bits"],
    ["0x603000000013c020 1\nhello 2", "2:1: expected a register's id or name, found `hello 2`"],
    ["0x603000000013c020 1\n0x1234 2", "2:1: 0x1234 is no ONE_REG id of arm64"],
    ["0x603000000013c020 1\n603000000013c020 2", "2:1: ID_AA64PFR0_EL1 stands twice"],
    ["0x603000000013c020 1 2", "1:21: unexpected `2` behind the value"],
    [
      "0x603000000013c020 ID_AA64PFR1_EL1 = 2",
      "1:20: `ID_AA64PFR1_EL1` is not the register 0x603000000013c020",
    ],
    [
      "ARM64_SYS_REG(3, 0, 0, 4, 8), 1",
      "1:1: ARM64_SYS_REG(3, 0, 0, 4, 8) names no system register: expected op0, op1, CRn, CRm, op2",
    ],
    [
      "KVM_REG_ARM64 | KVM_REG_ARM_CORE_REG(regs.x), 1",
      "1:1: `KVM_REG_ARM64 | KVM_REG_ARM_CORE_REG(regs.x)` names no register that guestc knows",
    ],
    ["0x603000000013c021 1", "1:1: ID_AA64PFR0_EL1 is missing, which every arm64 KVM lists"],
    [
      "0x603000000013c020",
      "undefined:undefined: it lists ids without the values that KVM_GET_ONE_REG reads; where the core is given, they are those of guestc's tables",
    ],
  ])("with %j says what is wrong and where", (text, problem) => {
    expect(problemsOf(readHostInput(text, "x", { kernel: "6.1" }))).toEqual([problem]);
  });

  it("tells no more problems than help", () => {
    expect(problemsOf(readHostInput(`0x603000000013c020 1\n${"?\n".repeat(500)}`, "x"))).toHaveLength(20);
  });
});

describe("a whole dump of a recorded host", () => {
  /** As a program would print it that keeps no state. */
  const dumpOf = (registers: ReadonlyMap<bigint, bigint | null>): string =>
    [...registers].map(([id, value]) => `0x${id.toString(16)} = 0x${(value ?? 0n).toString(16)}`).join("\n");
  /** Configurations whose features show in the registers. */
  const shows = ["base", "pmu", "sve", "pauth", "all"];
  const cases = shippedNames.flatMap((name) =>
    shows.flatMap((one) => {
      const configuration = shipped(name).configurations.get(one);
      return configuration === undefined || configuration.refused !== undefined
        ? []
        : [[name, one, configuration] as const];
    }),
  );

  it.each(cases)("%s, %s: tells the features, and base without them", (name, _, configuration) => {
    const recorded = shipped(name);
    const { kernel } = recorded;
    const profile = host(readHostInput(dumpOf(configuration.registers), "x", { kernel: kernel.release }));
    expect(profile.cpu).toMatchObject({ midr: recorded.cpu.midr });
    const found = [...profile.configurations.values()].find(
      ({ name }) => profile.assumed?.configurations.has(name) === false,
    );
    expect([...(found?.features ?? [])].sort()).toEqual([...configuration.features].sort());
    // What was read is there again; what the recording kept no value of is state, or a zero here.
    const read = [...configuration.registers].filter(([, value]) => value !== null);
    for (const [id, value] of read) expect(found?.registers.get(id), id.toString(16)).toBe(value);
    expect([...(found?.registers.keys() ?? [])]).toEqual([...configuration.registers.keys()]);
    const base = baseOf(recorded).registers;
    expect([...baseOf(profile).registers.keys()]).toEqual([...base.keys()]);
    for (const [id, value] of base)
      if (value !== null) expect(baseOf(profile).registers.get(id), id.toString(16)).toBe(value);
  });
});

describe("a trace of KVM_GET_ONE_REG", () => {
  const values = registersOf("neoverse-n1", "6.12", "base", 0x410f_d0cfn);

  it("is read as the dump of what was read first, whatever was written then", () => {
    const text = `execve("./vmm", ["vmm"]) = 0\nioctl(12, KVM_CREATE_VM, 0) = 13\n${trace(values)}`;
    const input = readHostInput(text, "x", { kernel: "6.12" });
    expect(input.form).toBe("kvm-trace");
    const same = readHostInput(
      dump(values, (id, value) => `${id} ${value}`),
      "x",
      { kernel: "6.12" },
    );
    expect(host(input).configurations).toEqual(host(same).configurations);
  });

  it.each([
    "KVM_GET_ONE_REG id=0x603000000013c020 value=0x1100000011111112 ret=0",
    "12:00:01 vmm[7] KVM_GET_ONE_REG id: 0x603000000013c020 val: 1224979098931106066 ret: 0",
    "ioctl(5, KVM_GET_ONE_REG, {id=0x603000000013c020, addr=[0x1100000011111112]}) = 0",
    "ioctl(5, KVM_GET_ONE_REG, {id=0x603000000013c020, addr=0x7ffe0010 => 0x1100000011111112}) = 0",
  ])("may have lines such as %s", (line) => {
    const input = readHostInput(`${line}\n`, "x", { kernel: "6.12" });
    expect(baseOf(host(input)).registers.get(idOf("ID_AA64PFR0_EL1"))).toBe(0x1100_0000_1111_1112n);
  });

  it("leaves out calls that failed, and registers that were written before", () => {
    const id = "0x603000000013c021";
    const pfr0 = "KVM_GET_ONE_REG id=0x603000000013c020 value=0x11 ret=0\n";
    const failed = `${pfr0}KVM_GET_ONE_REG id=${id} value=0x7 ret=-2\n`;
    const written = `${pfr0}KVM_SET_ONE_REG id=${id} value=0x7 ret=0\nKVM_GET_ONE_REG id=${id} value=0x7 ret=0\n`;
    for (const text of [failed, written])
      expect(host(readHostInput(text, "x", { kernel: "6.12" })).assumed?.registers.has(BigInt(id))).toBe(
        true,
      );
    expect(notesOf(readHostInput(written, "x", { kernel: "6.12" }))).toContain("written-first");
  });

  it.each([
    ["KVM_GET_ONE_REG id=0x1234 value=0x0", "1:20: 0x1234 is no ONE_REG id of arm64"],
    [
      "KVM_GET_ONE_REG id=0x60200000001000d4 value=0x100000000",
      "1:45: 0x100000000 does not fit into the register's 32 bits",
    ],
    [
      "KVM_GET_ONE_REG id=0x603000000013c021 value=0x0",
      "1:1: ID_AA64PFR0_EL1 is missing, which every arm64 KVM lists",
    ],
  ])("%s is told", (text, problem) => {
    expect(problemsOf(readHostInput(text, "x", { kernel: "6.12" }))).toEqual([problem]);
  });
});

describe("a capture of KVM's answers", () => {
  // Without what a capture has no lines for.
  const plain = (profile: HostProfile): unknown => ({
    kernel: profile.kernel,
    capabilities: profile.capabilities,
    configurations: [...profile.configurations.values()].map(
      ({ tried: _tried, attributes: _attributes, vectorLengths: _lengths, ...one }) => one,
    ),
  });

  it.each(["max.linux-6.18", "neoverse-v1.linux-7.2", "cortex-a53.linux-6.1"])(
    "of %s is that host",
    (name) => {
      const recorded = shipped(name);
      const input = readHostInput(capture(recorded), "x");
      expect(input.form).toBe("kvm-capture");
      expect(notesOf(input)).toEqual([]);
      expect(plain(host(input))).toEqual(plain(recorded));
      expect(host(input).configurations.get("sve")?.vectorLengths).toEqual(
        recorded.configurations.get("sve")?.vectorLengths,
      );
      expect(host(input).assumed).toBeUndefined();
      expect(readHostProfile(formatHostProfile(host(input)), "x")).toEqual({ profile: host(input) });
    },
  );

  it("that is cut short says what it lacks", () => {
    const text = capture(shipped("cortex-a53.linux-6.1"));
    const cut = text.slice(0, text.indexOf("\nM base"));
    expect(notesOf(readHostInput(cut, "x"))).toEqual(["cut-off"]);
    const bare = cut.replaceAll(/^K.*\n/gm, "");
    expect(notesOf(readHostInput(bare, "x"))).toEqual(["cut-off", "capabilities"]);
    expect(host(readHostInput(bare, "x")).assumed?.capabilities).toBe(true);
    const nameless = bare.replace(/^ORACLE.*\n/, "");
    expect(readHostInput(nameless, "x")).toMatchObject({ problems: [{ lacks: "kernel" }] });
    expect(host(readHostInput(nameless, "x", { kernel: "6.1" })).kernel.version).toBe("6.1");
    expect(problemsOf(readHostInput(text, "x", { kernel: "6.1" }))[0]).toContain("no other can be given");
  });

  it.each([
    ["X 1", "2:1: a line begins with one of ORACLE, DONE, K, C, MC, M, R, W, S, found `X 1`"],
    ["K 1 2", "2:1: a line of `K` has 4 words, this one 3, found `K 1 2`"],
    ["K a 1 1", "2:1: expected three decimal numbers, found `K a 1 1`"],
    ["C huge init 0", "2:1: guestc knows no vCPU configuration `huge`, found `C huge init 0`"],
    ["C base nregs x", "2:1: `x` is no number of registers, found `C base nregs x`"],
    ["C base jump 0", "2:1: there is no step `jump`, found `C base jump 0`"],
    ["R base zz 0 0", "2:1: `zz` is no register's id, found `R base zz 0 0`"],
    [
      "R base 0000000000001234 0 0",
      "2:1: 0000000000001234 is no ONE_REG id of arm64, found `R base 0000000000001234 0 0`",
    ],
    [
      "S base 603000000013c020 ..",
      "2:1: expected 16 groups of 16 answers, of `.xINBPO`, found `S base 603000000013c020 ..`",
    ],
  ])("with the line %s says so", (line, problem) => {
    expect(problemsOf(readHostInput(`ORACLE 6.12\n${line}\n`, "x"))).toEqual([problem]);
  });

  it("of which nothing worked is no host", () => {
    expect(problemsOf(readHostInput("ORACLE 6.12\nC base init EINVAL\nDONE\n", "x"))).toEqual([
      "1:1: it has no registers of the configuration `base`, of which every profile is made",
    ]);
  });
});

describe("a vCPU with EL2", () => {
  it("is told by its list, and what EL2 changes stays in `base`, which is said", () => {
    const nested = shipped("max-nested.linux-6.18").configurations.get("el2")?.registers ?? new Map();
    const text = [...nested].map(([id, value]) => `0x${id.toString(16)} 0x${(value ?? 0n).toString(16)}`);
    const input = readHostInput(text.join("\n"), "x", { kernel: "6.18" });
    expect([...host(input).configurations.values()].at(1)?.features).toEqual(["PSCI_0_2", "HAS_EL2"]);
    const [note] = "notes" in input ? input.notes.filter(({ id }) => id === "vcpu-features") : [];
    expect(note?.cost).toContain("what HAS_EL2 adds cannot be told");
  });
});

describe("the table of inputs", () => {
  const rows = inputsTable();
  it("names registers, features and capabilities that there are, each with its source", () => {
    for (const row of rows.facilities) {
      expect(() => systemId(row.shownBy)).not.toThrow();
      expect(
        row.feature === undefined ? capability(row.capability ?? "") : vcpuFeature(row.feature),
      ).toBeDefined();
      for (const block of row.brings ?? [])
        if (block.is !== undefined) expect(() => systemId(block.is ?? "")).not.toThrow();
    }
    for (const { except } of rows.state)
      for (const name of except ?? []) expect(() => systemId(name)).not.toThrow();
    for (const { register } of rows.fingerprintWrites) expect(() => systemId(register)).not.toThrow();
    for (const { capability: name } of rows.templateCapabilities) expect(capability(name)).toBeDefined();
    for (const { feature } of rows.templateRefusals) expect(vcpuFeature(feature), feature).toBeDefined();
    for (const { register } of rows.idregs)
      if (register !== undefined) expect(() => systemId(register)).not.toThrow();
    for (const { id } of rows.fingerprintSkips) expect(describeOneReg(BigInt(id))?.known).toBe(true);
    for (const { source } of [
      ...rows.facilities,
      ...rows.fingerprintSkips,
      ...rows.fingerprintWrites,
      ...rows.templateCapabilities,
      ...rows.templateRefusals,
      ...rows.idregs,
    ])
      expect(source).toMatch(/\w/);
  });
});

describe("what was converted", () => {
  it.each([
    ["fingerprint.json", {}],
    ["cpu-config.json", { kernel: "6.6.30" }],
    ["idregs", { kernel: "6.18" }],
    ["idregs", { kernel: "7.2.13+deb14-cloud-arm64" }],
    ["registers.txt", { kernel: "6.12" }],
  ] satisfies readonly (readonly [string, Given])[])("of %s %j is read back the same", (name, given) => {
    const profile = host(read(name, given));
    const text = formatHostProfile(profile);
    expect(readHostProfile(text, "x")).toEqual({ profile });
    expect(formatHostProfile(host(readHostInput(text, "x")))).toBe(text);
  });

  it("names in `assumed` only configurations that there are", () => {
    const text = formatHostProfile(host(read("fingerprint.json"))).replace(
      '"configurations": ["pmu", "gic"]',
      '"configurations": ["pmv", "gic"]',
    );
    expect(problemsOf(readHostInput(text, "x"))[0]).toContain(
      "there is no configuration `pmv` that could be assumed",
    );
  });

  it("is so for every core of the table", () => {
    const named = cpus().filter(({ registers }) => registers !== null);
    const old = sample("idregs").replace(/^.*(?:SYS_MIDR|SYS_REVIDR|SYS_AIDR).*\n/gm, "");
    for (const { name } of named) {
      const profile = host(readHostInput(old, "x", { kernel: "6.12", cpu: name }));
      expect(readHostProfile(formatHostProfile(profile), "x")).toEqual({ profile });
    }
  });
});
