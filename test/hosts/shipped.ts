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

/** `6.12` */
export const seriesOf = ({ kernel }: HostProfile): string => kernel.version.split(".").slice(0, 2).join(".");

/** Names of few hosts that have every kernel and every CPU among them, for what takes too long on all. */
export const spread: ReadonlySet<string> = (() => {
  const hosts = shippedNames.map(shipped);
  const kernels = [...new Set(hosts.map(seriesOf))];
  const cpus = [...new Set(hosts.map((host) => host.cpu.name))];
  const rounds = Array.from({ length: Math.max(kernels.length, cpus.length) }, (_, at) => at);
  const chosen = rounds.map((at) =>
    hosts.find(
      (host) => seriesOf(host) === kernels[at % kernels.length] && host.cpu.name === cpus[at % cpus.length],
    ),
  );
  return new Set(chosen.flatMap((host) => (host === undefined ? [] : [host.name])));
})();
