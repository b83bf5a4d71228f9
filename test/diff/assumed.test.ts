/** Hosts of files that say less than a profile: what only the tables say is no difference, but can be had. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mirrored } from "../../src/diff/difference.ts";
import { diffDocument } from "../../src/diff/document.ts";
import { diffHosts } from "../../src/diff/hosts/diff.ts";
import { diffText } from "../../src/diff/text.ts";
import { readHostInput } from "../../src/hosts/inputs/read.ts";
import type { HostProfile } from "../../src/hosts/profile.ts";
import { shipped } from "../hosts/shipped.ts";

const text = readFileSync("test/hosts/inputs/samples/fingerprint.json", "utf8");

function host(edit: (text: string) => string): HostProfile {
  const read = readHostInput(edit(text), "fingerprint.json");
  if ("problems" in read) throw new Error(JSON.stringify(read.problems.slice(0, 3)));
  return read.profile;
}

const before = host((one) => one);
const after = host((one) => one.replace("6.1.150-174", "6.18.20-55"));

describe("two fingerprints", () => {
  it("with the same readings do not differ, whatever the tables say of their kernels", () => {
    const diff = diffHosts(before, after);
    expect(diff.differences).toEqual([]);
    expect(diff.assumed.map(({ about }) => about)).toEqual(expect.arrayContaining(["capability", "accepts"]));
    expect(diff.unsaid).toEqual([]);
    const told = diffText(diff);
    expect(told).toContain("\nno differences\n");
    expect(told).toContain(
      `Expected by guestc's tables, not read on both hosts: ${diff.assumed.length} differences more`,
    );
    expect(diffDocument(diff)).toMatchObject({
      count: 0,
      groups: [],
      assumed: { count: diff.assumed.length },
    });
    expect(diffHosts(after, before)).toEqual(mirrored(diff));
  });

  it("differ in what was read, and each such thing is told once", () => {
    // ID_AA64MMFR2_EL1 is in the sample; IESB is bits 15:12.
    const edited = host((one) => {
      const at = one.indexOf("0x603000000013c03a");
      const digits = one.indexOf("0b", at) + 2;
      const bit = digits + 127 - 12;
      return `${one.slice(0, bit)}${one.charAt(bit) === "1" ? "0" : "1"}${one.slice(bit + 1)}`;
    });
    const { differences, assumed } = diffHosts(before, edited);
    expect(differences.map(({ about, subject, where }) => [about, subject, where])).toEqual([
      ["field", "ID_AA64MMFR2_EL1.IESB", null],
    ]);
    expect(assumed.filter(({ about }) => about === "field")).toEqual([]);
  });
});

describe("a fingerprint and a recorded host", () => {
  const diff = diffHosts(before, shipped("neoverse-n1.linux-6.1"));

  it("differ only in what both read", () => {
    expect(diff.differences.map(({ about }) => about)).not.toContain("capability");
    expect(diff.differences.map(({ about }) => about)).not.toContain("accepts");
    expect(diff.differences.map(({ about }) => about)).not.toContain("ioctl");
    expect(diff.differences.every(({ where }) => where === null)).toBe(true);
  });

  it("leave out nothing", () => {
    const all = diffText(diff, { all: true });
    const lines = all.split("\n").filter((line) => /^ {2}[-+~] /.test(line));
    expect(lines).toHaveLength(diff.differences.length + diff.assumed.length);
  });
});

describe("two hosts of which no configuration was read alike", () => {
  it("are compared as completed, and it is said", () => {
    const idregs = readFileSync("test/hosts/inputs/samples/idregs", "utf8");
    const read = readHostInput(idregs, "idregs", { kernel: "6.18" });
    if ("problems" in read) throw new Error("no host");
    expect(read.profile.assumed?.configurations.has("base")).toBe(true);
    const diff = diffHosts(read.profile, before);
    expect(diff.differences.filter(({ about }) => about === "field").length).toBeGreaterThan(10);
    expect(diff.notes).toEqual([expect.stringContaining("No configuration was read on both hosts: base is")]);
    expect(diffText(diff)).toContain("No configuration was read on both hosts");
    expect(diffHosts(before, read.profile)).toEqual(mirrored(diff));
    expect(diffHosts(read.profile, read.profile).differences).toEqual([]);
  });

  it("differ in what `base` was made with", () => {
    const base = before.configurations.get("base");
    if (base === undefined || before.assumed === undefined) throw new Error("no base");
    const templated: HostProfile = {
      ...before,
      assumed: { ...before.assumed, configurations: new Set(["base"]) },
      configurations: new Map([["base", { ...base, features: [...base.features, "SVE"] }]]),
    };
    const { differences, notes } = diffHosts(before, templated);
    expect(differences.map((one) => [one.subject, one.before, one.after])).toEqual([
      ["configuration base was made with", "no further feature", "SVE"],
    ]);
    expect(notes).toHaveLength(1);
  });
});
