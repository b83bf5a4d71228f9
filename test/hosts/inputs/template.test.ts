/** Firecracker's CPU templates on hosts. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { diffHosts } from "../../../src/diff/hosts/diff.ts";
import { placed } from "../../../src/hosts/inputs/firecracker-json.ts";
import { readHostInput } from "../../../src/hosts/inputs/read.ts";
import { readTemplate, type Template } from "../../../src/hosts/inputs/template.ts";
import { applyTemplate, type Effect } from "../../../src/hosts/inputs/template-effect.ts";
import type { HostProfile } from "../../../src/hosts/profile.ts";
import { readHostProfile } from "../../../src/hosts/read.ts";
import { formatHostProfile } from "../../../src/hosts/write.ts";
import { idRegister } from "../../../src/tables/index.ts";
import { shipped } from "../shipped.ts";
import { fingerprint, registersOf } from "./printed.ts";

const idOf = (name: string): bigint => idRegister(name)?.id ?? 0n;
const addr = (name: string): string => `0x${idOf(name).toString(16)}`;

function templateOf(text: string): Template {
  const read = readTemplate(text, "t.json");
  if ("problems" in read) throw new Error(JSON.stringify(read.problems));
  return read.template;
}

const problemsOf = (text: string): readonly string[] => {
  const read = readTemplate(text, "t.json");
  return "problems" in read
    ? read.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`)
    : [];
};

const modifying = (...entries: readonly (readonly [string, string])[]): string =>
  JSON.stringify({ reg_modifiers: entries.map(([name, bitmap]) => ({ addr: name, bitmap })) });

const effectOf = (profile: HostProfile, text: string): Effect =>
  applyTemplate(profile, templateOf(text), "t");

const told = (profile: HostProfile, text: string): readonly string[] => {
  const { refusals, remarks } = effectOf(profile, text);
  return [...placed(text, refusals), ...placed(text, remarks)].map(
    ({ line, column, message }) => `${line}:${column}: ${message}`,
  );
};

/** A fingerprint of a derived core, read. */
function host(core: string, kernel: string, midr: bigint): HostProfile {
  const read = readHostInput(
    fingerprint(registersOf(core, kernel, "base", midr), `${kernel}.30-example`),
    "x",
  );
  if ("problems" in read) throw new Error(JSON.stringify(read.problems));
  return read.profile;
}
const v1 = host("neoverse-v1", "6.18", 0x411f_d40fn);
const n1 = host("neoverse-n1", "6.18", 0x410f_d0cfn);

describe("a CPU template", () => {
  it.each([
    ["", "1:1: t.json is not JSON: expected a value, found the end of the text"],
    ["[]", "1:1: a CPU template is an object"],
    [
      '{"cpuid_modifiers": []}',
      "1:21: `cpuid_modifiers` is of templates for x86-64; this is to be one for arm64",
    ],
    [
      '{"guest_cpu_config": {}}',
      "1:22: this is a fingerprint, which describes a host; a template changes one",
    ],
    ['{"schema": "x"}', "1:12: this is a document of guestc's, not a CPU template"],
    [
      '{"a/b": 1}',
      "1:9: Firecracker refuses a template with `a/b`; it knows kvm_capabilities, vcpu_features, reg_modifiers",
    ],
    ['{"reg_modifiers": [], "reg_modifiers": []}', "1:23: `reg_modifiers` stands twice in the same object"],
    [
      modifying(["0x606000000015ffff", "0b1"]),
      "1:27: Firecracker changes registers of 32, 64, 128 bits, not of 512",
    ],
    [
      modifying([addr("MIDR_EL1"), `0b${"0".repeat(65)}`]),
      "1:57: Firecracker refuses it: there are digits for more than the 64 bits of 0x603000000013c000; leave them out at the left",
    ],
    ['{"vcpu_features": [{"index": 7, "bitmap": "1"}]}', "1:30: the index is 0 to 6"],
    [
      '{"kvm_capabilities": [170]}',
      "1:23: a capability is its number as a string, with `!` where it is taken away",
    ],
  ])("%s is refused as Firecracker refuses it", (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it("changes the bits that it decides, and those alone", () => {
    const text = modifying([addr("ID_AA64ISAR0_EL1"), "0b000000000000xxxxxxxxxxxxxxxx0001xxxx_xxxx_xxxx"]);
    const { profile, refusals, remarks } = effectOf(v1, text);
    expect([refusals, remarks]).toEqual([[], []]);
    const [before, after] = [v1, profile].map(
      (one) => one.configurations.get("base")?.registers.get(idOf("ID_AA64ISAR0_EL1")) ?? 0n,
    );
    expect(after).toBe(((before ?? 0n) & ~0xfff_0000_f000n) | 0x1000n);
    // 128 digits of `x` are above the register and decide nothing.
    expect(effectOf(v1, modifying([addr("MIDR_EL1"), "x".repeat(128)])).refusals).toEqual([]);
  });

  it("makes a profile that says so, and reads back the same", () => {
    const { profile } = effectOf(v1, modifying([addr("ID_AA64MMFR2_EL1"), `0b0000${"x".repeat(32)}`]));
    expect(profile.name).toBe("neoverse-v1.linux-6.18.30+t");
    expect(profile.description).toContain("as guests of Firecracker's CPU template t see it");
    expect(profile.recorder).toBe("Firecracker 1.12.0; CPU template t applied by guestc");
    expect([...profile.configurations.keys()]).toEqual(["base", "impid", "gic"]);
    expect([...(profile.assumed?.configurations ?? [])]).toEqual(["impid", "gic"]);
    expect(readHostProfile(formatHostProfile(profile), "x")).toEqual({ profile });
  });

  it("is followed by vCPU features, whose registers the guest then has", () => {
    const text =
      '{ "kvm_capabilities": ["170", "171", "172"], "vcpu_features": [{ "index": 0, "bitmap": "0b111xxxx" }] }';
    const { profile, refusals } = effectOf(v1, text);
    expect(refusals).toEqual([]);
    const base = profile.configurations.get("base");
    expect([...(base?.features ?? [])].sort()).toEqual([
      "PSCI_0_2",
      "PTRAUTH_ADDRESS",
      "PTRAUTH_GENERIC",
      "SVE",
    ]);
    expect(((base?.registers.get(idOf("ID_AA64PFR0_EL1")) ?? 0n) >> 32n) & 15n).toBe(1n);
    expect([...profile.configurations.keys()]).toEqual(["base"]);
    expect(readHostProfile(formatHostProfile(profile), "x")).toEqual({ profile });
    expect(told(n1, text).map((one) => one.slice(0, 60))).toEqual([
      "1:24: Firecracker does not start without KVM_CAP_ARM_SVE: KV",
      "1:31: Firecracker does not start without KVM_CAP_ARM_PTRAUTH",
      "1:38: Firecracker does not start without KVM_CAP_ARM_PTRAUTH",
      "1:88: SVE is asked for, and the host does not have it: KVM_C",
      "1:88: PTRAUTH_ADDRESS is asked for, and the host does not ha",
      "1:88: PTRAUTH_GENERIC is asked for, and the host does not ha",
    ]);
  });

  it.each([
    [
      '{"vcpu_features": [{"index": 0, "bitmap": "1xxx"}]}',
      /1:43: PMU_V3 is asked for, which Firecracker refuses/,
    ],
    ['{"vcpu_features": [{"index": 0, "bitmap": "0xx"}]}', /1:43: PSCI_0_2 is taken away/],
    ['{"vcpu_features": [{"index": 1, "bitmap": "1"}]}', /1:43: there is no vCPU feature 32: .*ENOENT/],
    ['{"kvm_capabilities": ["9999"]}', /1:23: Firecracker does not start without capability 9999/],
    ['{"kvm_capabilities": ["!9999"]}', /^$/],
    [modifying(["0x603000000013c212", "0b1"]), /1:27: the host does not have .*0x603000000013c212/],
    [modifying([addr("ID_AA64ISAR0_EL1"), `0b1111${"x".repeat(60)}`]), /1:57: KVM refuses .*RNDR 0x1 → 0xf/],
    [
      modifying(["0x6030000000140000", "0b100000000000000000011"]),
      /1:57: KVM refuses PSCI_VERSION = 0x100003/,
    ],
    [modifying(["0x6030000000140000", "0b1xxxxxxxxxxxxxxxx"]), /^$/],
    [
      modifying(["0x6030000000140001", "0b11"]),
      /1:57: KVM refuses KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1 = 0x3/,
    ],
    [modifying(["0x6030000000140001", "0b00"]), /1:57: KVM takes 0x0 .* its guests see 0x2 all the same/],
    [
      modifying(["0x6030000000160002", "0b1xx"]),
      /1:57: KVM refuses the bits 0x4 of KVM_REG_ARM_VENDOR_HYP_BMAP/,
    ],
    [modifying(["0x6030000000160002", "0b0x"]), /^$/],
    [modifying(["0x6030000000100000", "0b0"]), /1:57: x0 is the vCPU's state/],
    [modifying([addr("CTR_EL0"), `0b1${"x".repeat(40)}`]), /1:57: KVM refuses it: the bits 0x10000000000/],
  ])("%s on a Neoverse V1 comes to that", (text, expected) => {
    expect(told(v1, text).join("\n")).toMatch(expected);
  });

  it("may count on a backport, and on a newer Firecracker, where that would help", () => {
    const dit = modifying([addr("ID_AA64PFR0_EL1"), `0b0000${"x".repeat(48)}`]);
    const old = host("neoverse-v1", "6.1", 0x411f_d40fn);
    const [refusal] = effectOf(old, dit).refusals;
    expect(refusal?.message).toContain("KVM refuses ID_AA64PFR0_EL1 with DIT 0x1 → 0x0");
    expect(refusal?.unless).toBe("the host's kernel has a backport of linux 6.7, which takes that");
    const midr = modifying([addr("MIDR_EL1"), "0b1111"]);
    const [needs] = effectOf(n1, modifying([addr("MIDR_EL1"), "0b0000"])).refusals;
    expect(needs?.unless).toContain("it enables KVM_CAP_ARM_WRITABLE_IMP_ID_REGS");
    expect(effectOf(old, modifying([addr("MIDR_EL1"), "0b0000"])).refusals[0]?.unless).toBeUndefined();
    expect(effectOf(n1, midr).refusals).toEqual([]);
  });

  it("is refused for good where the host itself was asked", () => {
    const dit = modifying([addr("ID_AA64ISAR0_EL1"), `0b0000${"x".repeat(44)}`]);
    const { profile } = effectOf(shipped("neoverse-v1.linux-6.18"), dit);
    expect(profile.assumed).toBeUndefined();
    expect(readHostProfile(formatHostProfile(profile), "x")).toEqual({ profile });
    const [refusal] = effectOf(shipped("neoverse-v1.linux-6.1"), dit).refusals;
    expect(refusal?.message).toContain("when this host was swept");
    expect(refusal?.unless).toBeUndefined();
    expect(effectOf(shipped("neoverse-v1.linux-6.18"), dit).refusals).toEqual([]);
  });
});

describe("what is left between a V1 shown as an N1, and an N1", () => {
  // As the static template V1N1 of Firecracker has it, by fields.
  const down: Readonly<Record<string, Readonly<Record<string, bigint>>>> = {
    ID_AA64PFR0_EL1: { SVE: 0n, DIT: 0n },
    ID_AA64ISAR0_EL1: { RNDR: 0n, TS: 0n, FHM: 0n, SM4: 0n, SM3: 0n, SHA3: 0n, SHA2: 1n },
    ID_AA64ISAR1_EL1: { I8MM: 0n, DGH: 0n, BF16: 0n, LRCPC: 1n, FCMA: 0n, JSCVT: 0n, DPB: 1n },
    ID_AA64MMFR2_EL1: { AT: 0n },
  };
  const text = modifying(
    ...Object.entries(down).map(([name, fields]): readonly [string, string] => {
      const digits = Array.from({ length: 64 }, () => "x");
      for (const { name: field, lsb, width } of idRegister(name)?.fields ?? []) {
        const value = fields[field];
        if (value === undefined) continue;
        for (let bit = 0; bit < width; bit++)
          digits[63 - lsb - bit] = ((value >> BigInt(bit)) & 1n).toString();
      }
      return [addr(name), `0b${digits.join("")}`];
    }),
  );
  const fields = (kernel: string): readonly string[] => {
    const { profile } = effectOf(host("neoverse-v1", kernel, 0x411f_d40fn), text);
    const { differences } = diffHosts(profile, host("neoverse-n1", kernel, 0x410f_d0cfn));
    return differences.flatMap((one) => (one.group === "guest" ? [one.subject] : []));
  };

  it("is what nobody can lower, by name", () => {
    const left = fields("6.18");
    for (const name of [
      "ID_AA64PFR0_EL1.RAS",
      "ID_AA64DFR0_EL1.DoubleLock",
      "ID_AA64MMFR2_EL1.BBM",
      "ID_AA64MMFR2_EL1.FWB",
      "ID_AA64MMFR2_EL1.IDS",
      "ID_AA64MMFR2_EL1.IESB",
    ])
      expect(left).toContain(name);
    for (const [register, taken] of Object.entries(down))
      for (const field of Object.keys(taken)) expect(left).not.toContain(`${register}.${field}`);
  });
});

describe("the sample in docs/hosts.md", () => {
  it("does what it says", () => {
    const page = readFileSync("docs/hosts.md", "utf8");
    const [, json = ""] = /<!-- plain-crypto\.json -->\n```json\n([\s\S]*?)```/.exec(page) ?? [];
    const before = shipped("neoverse-v1.linux-6.18");
    const { profile, refusals } = applyTemplate(before, templateOf(json), "plain-crypto");
    expect(refusals).toEqual([]);
    const { differences } = diffHosts(before, profile);
    const shown = differences.filter(({ group }) => group === "guest");
    expect(shown.length).toBe(4);
  });
});
