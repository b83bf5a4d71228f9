import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { callRule, callRules } from "../../../src/sim/kvm/objects.ts";
import { compareVersions, source } from "../../../src/tables/index.ts";
import { hostOf } from "./calls-support.ts";

const folder = resolve(import.meta.dirname, "../../../src/sim/kvm");
const code = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(join(folder, file), "utf8"))
  .join("\n");
const names = [...new Set(callRules().map(({ rule }) => rule))];

describe("rules of KVM's calls", () => {
  it("say why, and where that is known from", () => {
    for (const row of callRules()) {
      expect(row.why, row.rule).not.toBe("");
      expect(source(row.source), row.rule).toBeDefined();
    }
  });
  it("follow each other without overlap, from the oldest kernel to the newest", () => {
    for (const name of names) {
      const rows = callRules()
        .filter(({ rule }) => rule === name)
        .sort((a, b) => compareVersions(a.since ?? "0", b.since ?? "0"));
      for (const [at, { since }] of rows.entries()) {
        const before = rows[at - 1]?.until;
        if (before !== undefined) expect(compareVersions(since ?? "0", before), name).toBeGreaterThan(0);
      }
      expect(rows.at(-1)?.until, name).toBeUndefined();
    }
  });
  it("change something, and are asked for", () => {
    for (const name of names) {
      const values = callRules().filter(({ rule }) => rule === name);
      expect(new Set(values.map(({ value }) => JSON.stringify(value))).size, name).toBe(values.length);
      expect(code, name).toContain(`"${name}"`);
    }
  });
  it("between two kernels that were looked at, the older one's holds", () => {
    const { profile } = hostOf("neoverse-n1.linux-6.12");
    const on = (version: string) => ({ profile: { ...profile, kernel: { release: version, version } } });
    expect(["6.1", "6.6", "6.12", "6.14"].map((version) => callRule(on(version), "pmu.type"))).toEqual([
      8, 8, 10, 10,
    ]);
    expect(() => callRule(on("6.1"), "no such rule")).toThrow("no rule is called");
  });
});
