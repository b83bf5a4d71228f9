import { describe, expect, it } from "vitest";
import { source, sources } from "../../src/tables/index.ts";
import { dataFiles, isObject, type Json, otherData, readData, readText } from "./data.ts";

/** Every `source` key in a value, with where it stands. */
function sourceKeys(value: Json, path: string): readonly (readonly [path: string, key: string])[] {
  if (Array.isArray(value)) return value.flatMap((one, index) => sourceKeys(one, `${path}[${index}]`));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "source" && typeof inner === "string"
      ? [[path, inner] as const]
      : sourceKeys(inner, `${path}.${key}`),
  );
}

const tables = dataFiles.filter((name) => name !== "sources.json");
/** Tables whose rows are arrays name their source in the last column. */
const columns = tables.flatMap((name) => {
  const file = readData(name);
  if (!isObject(file) || !Array.isArray(file["columns"])) return [];
  const at = file["columns"].indexOf("source");
  const rows = Object.values(file).filter(Array.isArray).at(-1) ?? [];
  return rows.flatMap((row) =>
    Array.isArray(row) && typeof row[at] === "string" ? [[name, row[at]] as const] : [],
  );
});

describe("sources", () => {
  it.each(tables)("of %s resolve", (name) => {
    const unknown = [
      ...sourceKeys(readData(name), name),
      ...columns.filter(([file]) => file === name),
    ].filter(([, key]) => source(key) === undefined);
    expect(unknown).toEqual([]);
  });

  it.each(tables)("are given for every row of %s", (name) => {
    const file = readData(name);
    if (!isObject(file)) throw new Error(name);
    if (typeof file["source"] === "string") return expect(source(file["source"])).toBeDefined();
    const rows = Object.values(file).flatMap((value) => (Array.isArray(value) ? value : []));
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter((row) => !isObject(row) || typeof row["source"] !== "string")).toEqual([]);
  });

  it("are all used", () => {
    const inTables = tables.flatMap((name) => sourceKeys(readData(name), name));
    const elsewhere = otherData().flatMap(([name, value]) => sourceKeys(value, name));
    const used = new Set([...inTables, ...columns, ...elsewhere].map(([, key]) => key));
    expect(Object.keys(sources()).filter((key) => !used.has(key))).toEqual([]);
  });

  it("say what they are and under which licence", () => {
    for (const [key, one] of Object.entries(sources())) {
      expect(one.what, key).not.toBe("");
      expect(one.licence, key).not.toBe("");
    }
  });

  it("are not looked up on the prototype", () => {
    expect(source("constructor")).toBeUndefined();
  });
});

describe("data files", () => {
  it("that every check reads stay small", () => {
    const always = [
      "registers",
      "features",
      "architectures",
      "constraints-requires",
      "field-rules",
      "services",
      "firmware",
      "smccc",
    ];
    const bytes = always.map((name) => readText(`${name}.json`).length).reduce((sum, one) => sum + one, 0);
    expect(bytes).toBeLessThan(250_000);
  });
});
