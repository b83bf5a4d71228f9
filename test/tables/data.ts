/** The data files as they are, for tests that look at every row. */
import { readdirSync, readFileSync } from "node:fs";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const folder = new URL("../../src/tables/data/", import.meta.url);

export const dataFiles: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .sort();

export function readData(name: string): Json {
  const parsed: Json = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
  return parsed;
}

/** Data of other rooms, whose rows may name the same sources. */
export function otherData(): readonly (readonly [path: string, value: Json])[] {
  return readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((path) => /\/data\/[^/]+\.json$/.test(path) && !path.startsWith("tables/"))
    .sort()
    .map((path) => [path, JSON.parse(readFileSync(`src/${path}`, "utf8"))]);
}

export const readText = (name: string): string => readFileSync(new URL(name, folder), "utf8");

export const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Every name that stands more than once. */
export function repeated<T>(names: readonly T[]): readonly T[] {
  const seen = new Set<T>();
  return names.filter((name) => seen.size === seen.add(name).size);
}
