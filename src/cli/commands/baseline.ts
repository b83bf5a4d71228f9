/** `guestc baseline`: the common guest CPU of a fleet, who limits it, and where there is none. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../../checker/compile.ts";
import { type Baseline, baselineOf, usualFacilities } from "../../fleet/baseline.ts";
import { baselineDocument, readFleet } from "../../fleet/baseline-document.ts";
import { classOf, type Fleet, mergeFleets } from "../../fleet/classes.ts";
import { guestText } from "../../fleet/guest-text.ts";
import { offerOf } from "../../fleet/host-offer.ts";
import { declaredFleets } from "../../fleet/members.ts";
import { type FacilityName, facilityNames, isFacilityName } from "../../fleet/offer.ts";
import { baselineTable } from "../../fleet/table.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import { UsageError } from "../errors.ts";
import { loaderFor, readSource, readText } from "../files.ts";
import { readHosts } from "../hosts.ts";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { exitCodeFor, jsonText, reportText } from "../report.ts";
import { nearby } from "../subjects.ts";
import { giveProduct } from "../write.ts";

interface Named {
  readonly name: string;
  readonly profile: HostProfile;
}

/** A folder stands for the JSON files in it, in order of name. */
function pathsIn(operand: string): readonly string[] {
  const isFolder = statSync(operand, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder) return [operand];
  const files = readdirSync(operand).filter((name) => name.endsWith(".json"));
  if (files.length === 0) throw new UsageError(`${operand}: has no profile (*.json)`);
  return files.sort().map((name) => join(operand, name));
}

/** The hosts of a `.guest` file: those of one of its fleets, or all that it declares. */
async function declaredIn(path: string, line: CommandLine, io: Io): Promise<readonly Named[] | undefined> {
  const source = readSource(path, io);
  const compilation = compile(source, loaderFor(source, optionValue(line, "root")));
  // Only what keeps a host from being known matters here; guests have commands of their own.
  const errors = compilation.diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0 && compilation.hosts.size === 0) {
    await reportText(compilation.diagnostics, line, io);
    if (exitCodeFor(compilation.diagnostics, line) !== 0) return undefined;
  }
  const fleets = declaredFleets(compilation.files);
  const wanted = optionValue(line, "fleet");
  const members = wanted === undefined ? [...compilation.hosts.keys()] : fleets.get(wanted);
  if (members === undefined)
    throw new UsageError(
      `${path}: has no fleet \`${wanted}\``,
      nearby(wanted ?? "", [...fleets.keys()], "its fleets"),
    );
  if (members.length === 0) throw new UsageError(`${path}: declares no host`);
  return members.map((name) => {
    const profile = compilation.hosts.get(name);
    if (profile === undefined)
      throw new UsageError(`${path}: host \`${name}\` cannot be read`, [`\`guestc check ${path}\` says why`]);
    return { name, profile };
  });
}

/** `2/5`: the second of five parts. */
function shardOf(line: CommandLine): { readonly part: number; readonly of: number } {
  const given = optionValue(line, "shard");
  if (given === undefined) return { part: 1, of: 1 };
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(given);
  const [part, of] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || part < 1 || part > of)
    throw new UsageError(`--shard takes PART/PARTS such as 2/5, not \`${given}\``);
  return { part, of };
}

function wantedFacilities(line: CommandLine): readonly FacilityName[] {
  const given = (line.values.get("with") ?? []).flatMap((words) => words.split(","));
  if (given.length === 0) return usualFacilities;
  if (given.length === 1 && given[0] === "none") return [];
  return facilityNames.filter((name) =>
    given.some((word) => {
      if (!isFacilityName(word))
        throw new UsageError(
          `--with knows no \`${word}\``,
          nearby(word, [...facilityNames, "none"], "it takes"),
        );
      return word === name;
    }),
  );
}

function mergedFleet(paths: readonly string[]): Fleet {
  return mergeFleets(
    paths.map((path) => {
      const { text } = readText(path);
      const read = readFleet(text);
      if ("problem" in read) throw new UsageError(`${path}: ${read.problem}`);
      return read.fleet;
    }),
  );
}

async function fleetOf(line: CommandLine, io: Io): Promise<Fleet | undefined> {
  const { part, of } = shardOf(line);
  const operands = line.operands.flatMap(pathsIn);
  if (line.flags.has("merge")) return mergedFleet(operands);
  // One after another: a profile is forgotten when its offer is known.
  let fleet: Fleet = [];
  let at = 0;
  for (const operand of operands) {
    const isProgram = operand.endsWith(".guest");
    // A profile of another part is not even read.
    if (!isProgram && at++ % of !== part - 1) continue;
    const found = isProgram
      ? await declaredIn(operand, line, io)
      : (await readHosts([operand])).map((profile) => ({ name: profile.name, profile }));
    if (found === undefined) return undefined;
    for (const { name, profile } of found) {
      if (isProgram && at++ % of !== part - 1) continue;
      const offer = offerOf(profile);
      if (offer === undefined)
        throw new UsageError(`${operand}: host \`${name}\` has no vCPU configuration that works`);
      fleet = mergeFleets([fleet, [classOf(offer, name)]]);
    }
  }
  return fleet;
}

function remarksOf(baseline: Baseline): readonly string[] {
  const { guest, common, fleet } = baseline;
  const hosts = fleet.reduce((sum, { count }) => sum + count, 0);
  const services = guest.services.length === 0 ? "" : `; services ${guest.services.join(", ")}`;
  return [
    `What ${hosts === 1 ? "one host offers" : `${hosts} hosts have in common`}, linux ${common.kernel} or later.`,
    `Every one also takes psci ${guest.psci ?? "host"}${services}.`,
  ];
}

export async function run(line: CommandLine, io: Io): Promise<number> {
  const wanted = wantedFacilities(line);
  const fleet = await fleetOf(line, io);
  if (fleet === undefined) return 1;
  const out = optionValue(line, "out");
  const format = optionValue(line, "format") ?? "table";
  const baseline = baselineOf(fleet, wanted);
  if (format === "json") {
    giveProduct(jsonText(baselineDocument(fleet, baseline)), out, io);
    return baseline === undefined || baseline.conflicts.length === 0 ? 0 : 1;
  }
  if (baseline === undefined) throw new UsageError("this part of the fleet has no host");
  const exists = baseline.conflicts.length === 0;
  if (format === "table") giveProduct(baselineTable(baseline), out, io);
  else if (exists || line.flags.has("open"))
    giveProduct(guestText(baseline, "common", remarksOf(baseline)).text, out, io);
  else
    io.err(
      "guestc: the fleet has no common guest\n  `--format table` says why; `--open` leaves the fields in conflict to each host\n",
    );
  return exists ? 0 : 1;
}
