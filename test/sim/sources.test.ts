/** The simulator's tables: every row says where it comes from, or its file does. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { source } from "../../src/tables/index.ts";
import { isObject, type Json } from "../tables/data.ts";

const files = readdirSync("src/sim", { recursive: true, encoding: "utf8" })
  .filter((name) => /(^|\/)data\/[^/]+\.json$/.test(name))
  .sort();

const read = (name: string): Json => JSON.parse(readFileSync(`src/sim/${name}`, "utf8"));

function sourceKeys(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(sourceKeys);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "source" && typeof inner === "string" ? [inner] : sourceKeys(inner),
  );
}

describe("tables of the simulator", () => {
  it("are found", () => {
    expect(files).toContain("kvm/data/rules-calls.json");
    expect(files).toContain("vcpu/system/data/behaviour.json");
  });

  it.each(files)("%s has sources that sources.json knows", (name) => {
    const keys = sourceKeys(read(name));
    expect(keys.filter((key) => source(key) === undefined)).toEqual([]);
    expect(keys.length).toBeGreaterThan(0);
  });

  it.each(files)("%s gives one for every row", (name) => {
    const file = read(name);
    if (!isObject(file)) throw new Error(`${name} is no object`);
    if (typeof file["source"] === "string") return;
    const rows = Object.values(file).flatMap((value) => (Array.isArray(value) ? value : []));
    expect(rows.filter((row) => !isObject(row) || typeof row["source"] !== "string")).toEqual([]);
  });
});
