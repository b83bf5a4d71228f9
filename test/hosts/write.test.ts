/** What `formatHostProfile` writes, `readHostProfile` reads back as the same profile. */
import { describe, expect, it } from "vitest";
import { deriveHost } from "../../src/hosts/derive.ts";
import type { HostProfile } from "../../src/hosts/profile.ts";
import { readHostProfile } from "../../src/hosts/read.ts";
import { formatHostProfile } from "../../src/hosts/write.ts";
import { cpus } from "../../src/tables/index.ts";
import { shipped, shippedNames } from "./shipped.ts";

function readBack(profile: HostProfile): HostProfile {
  const read = readHostProfile(formatHostProfile(profile), "written.json");
  if ("problems" in read) throw new Error(JSON.stringify(read.problems.slice(0, 3)));
  return read.profile;
}

describe("a written profile", () => {
  it.each(shippedNames)("is %s again", (name) => {
    expect(readBack(shipped(name))).toEqual(shipped(name));
  });

  it("is a derived host again", () => {
    const derived = cpus().flatMap((cpu) => {
      const made = deriveHost("h", cpu, "6.18");
      return "problem" in made ? [] : [made];
    });
    expect(derived.length).toBeGreaterThan(20);
    for (const host of derived) expect(readBack(host)).toEqual(host);
  });

  it("has one register a line, and the same bytes each time", () => {
    const host = shipped("neoverse-v1.linux-6.18");
    const text = formatHostProfile(host);
    expect(formatHostProfile(readBack(host))).toBe(text);
    expect(text).toMatch(/\n {8}"0x603000000013c020": "0x[0-9a-f]{16}",\n/);
    expect(text).toContain('\n  "kernel": { "release": ');
    expect(text.split("\n").every((line) => !line.endsWith(" "))).toBe(true);
  });
});
