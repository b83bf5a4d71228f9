/** The profiles that the project ships, read once. */
import { readdirSync, readFileSync } from "node:fs";
import type { HostProfile } from "../../src/hosts/profile.ts";
import { readHostProfile } from "../../src/hosts/read.ts";

const folder = new URL("../../hosts/", import.meta.url);

export const shippedFiles: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .sort();

export function shippedText(file: string): string {
  return readFileSync(new URL(file, folder), "utf8");
}

const profiles = new Map<string, HostProfile>();

/** By name without `.json`; throws with the problems where it does not read. */
export function shipped(name: string): HostProfile {
  let profile = profiles.get(name);
  if (profile === undefined) {
    const read = readHostProfile(shippedText(`${name}.json`), `hosts/${name}.json`);
    if ("problems" in read) throw new Error(JSON.stringify(read.problems.slice(0, 3)));
    profile = read.profile;
    profiles.set(name, profile);
  }
  return profile;
}

export const shippedNames: readonly string[] = shippedFiles.map((file) => file.replace(/\.json$/, ""));
