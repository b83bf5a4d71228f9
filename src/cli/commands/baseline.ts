/** `guestc baseline`: the common guest CPU of a fleet, who limits it, and where there is none. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { compile } from "../../checker/compile.ts";
import { assumptionRemarks } from "../../fleet/assumption-text.ts";
import { type Baseline, baselineOf, usualFacilities } from "../../fleet/baseline.ts";
import { baselineDocument, readFleet } from "../../fleet/baseline-document.ts";
import { guestText } from "../../fleet/guest-text.ts";
import { declaredFleets, errorsAboutHosts } from "../../fleet/members.ts";
import { type FacilityName, facilityNames, isFacilityName } from "../../fleet/offer.ts";
import { type FleetRecord, joinRecords } from "../../fleet/part.ts";
import { baselineTable } from "../../fleet/table.ts";
import { type UnreadableHosts, unreadableLine } from "../../fleet/unreadable.ts";
import { plural } from "../../fleet/words.ts";
import { UsageError } from "../errors.ts";
import { loaderFor, namesIn, readSource, readText, statOf } from "../files.ts";
import { type GatherRequest, gather, type NamedProfile } from "../fleet/gather.ts";
import { filesMatching, isPattern } from "../fleet/glob.ts";
import { fleetOperand } from "../fleet/operands.ts";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { jsonText, reportText } from "../report.ts";
import { nearby } from "../subjects.ts";
import { tablesName } from "../version.ts";
import { giveProduct } from "../write.ts";

/** The fleet cannot be read, and that was told. */
class FleetRefused extends Error {}

/** The hosts of a `.guest` file: those of one of its fleets, or all that it declares. */
async function declaredIn(path: string, line: CommandLine, io: Io): Promise<readonly NamedProfile[]> {
  const source = readSource(path, io);
  const compilation = compile(source, loaderFor(source, optionValue(line, "root")));
  const fleets = declaredFleets(compilation.files);
  const wanted = optionValue(line, "fleet");
  // Only what keeps a host from being known matters here; guests have commands of their own.
  const errors = errorsAboutHosts(compilation.files, compilation.diagnostics, wanted);
  if (errors.length > 0) {
    await reportText(errors, line, io);
    throw new FleetRefused();
  }
  const members = wanted === undefined ? [...compilation.hosts.keys()] : fleets.get(wanted);
  if (members === undefined)
    throw new UsageError(
      `${path}: has no fleet \`${wanted}\``,
      fleets.size === 0 ? ["it declares none"] : nearby(wanted ?? "", [...fleets.keys()], "its fleets"),
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
function shardOf(line: CommandLine): GatherRequest["shard"] {
  const given = optionValue(line, "shard");
  if (given === undefined) return undefined;
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(given);
  const [index, of] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || index < 1 || index > of)
    throw new UsageError(`--shard takes PART/PARTS such as 2/5, not \`${given}\``);
  return { index, of };
}

function wantedFacilities(line: CommandLine): readonly FacilityName[] {
  const given = (line.values.get("with") ?? []).flatMap((words) => words.split(","));
  if (given.length === 0) return usualFacilities;
  if (given.includes("none")) {
    if (given.some((word) => word !== "none"))
      throw new UsageError("--with takes `none`, or facilities, and not both");
    return [];
  }
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

/** The files that the operands of `--merge` stand for, each once. */
function documentPaths(words: readonly string[]): readonly string[] {
  const paths = words.flatMap((word) => {
    const stat = statOf(word);
    if (stat === undefined && isPattern(word)) {
      const found = filesMatching(word);
      if (found.length === 0) throw new UsageError(`no file matches \`${word}\``);
      return found;
    }
    if (stat?.isDirectory() !== true) return [word];
    const names = namesIn(word).filter((name) => name.endsWith(".json"));
    if (names.length === 0) throw new UsageError(`${word}: has no document (*.json)`);
    return names.map((name) => join(word, name));
  });
  return [...paths].sort();
}

function merged(line: CommandLine): FleetRecord {
  for (const option of ["shard", "fleet", "keep-going"])
    if (line.values.has(option) || line.flags.has(option))
      throw new UsageError(`--merge takes whole documents, and no --${option}`);
  const records = documentPaths(line.operands).map((path) => {
    const { path: name, text } = readText(path);
    const read = readFleet(text, tablesName);
    if ("problem" in read) throw new UsageError(`${name}: ${read.problem}`);
    return { name, ...read };
  });
  const joined = joinRecords(records);
  if ("problem" in joined) throw new UsageError(joined.problem, joined.help);
  return joined;
}

/** Lines for people: the first hosts that cannot be read, and how many more there are. */
function unreadableLines({ count, first }: UnreadableHosts): readonly string[] {
  const more = count - first.length;
  return [...first.map(unreadableLine), ...(more > 0 ? [`and ${more} more`] : [])];
}

/** @throws FleetRefused when hosts cannot be read and none may be left out; it is told then */
async function read(line: CommandLine, io: Io): Promise<FleetRecord> {
  const keepGoing = line.flags.has("keep-going");
  const operands = line.operands.map(fleetOperand);
  if (operands.filter((one) => one.kind === "inventory" && one.path === undefined).length > 1)
    throw new UsageError("`-` is given twice, and standard input can be read once");
  const gathered = await gather(
    {
      operands,
      declared: (path) => declaredIn(path, line, io),
      shard: shardOf(line),
      keepGoing,
      showProgress: !line.flags.has("no-progress"),
    },
    io,
  );
  const { fleet, part, unreadable, taken, complete } = gathered;
  if (unreadable.count > 0 && !keepGoing) {
    const many = complete ? `${unreadable.count} of ${taken}` : `${unreadable.count} and more`;
    const say = [
      ...unreadableLines(unreadable),
      ...(complete ? [] : ["these are so many that the rest was not read"]),
      "`--keep-going` leaves them out and says how many there are",
    ];
    io.err([`guestc: ${many} hosts cannot be read`, ...say.map((text) => `  ${text}`), ""].join("\n"));
    throw new FleetRefused();
  }
  return { fleet, part, unreadable, tables: tablesName };
}

function remarksOf(baseline: Baseline, { unreadable, part }: FleetRecord): readonly string[] {
  const { guest, common, fleet } = baseline;
  const hosts = fleet.reduce((sum, { count }) => sum + count, 0);
  const services = guest.services.length === 0 ? "" : `; services ${guest.services.join(", ")}`;
  return [
    `What ${hosts === 1 ? "one host offers" : `${hosts} hosts have in common`}, linux ${common.kernel} or later.`,
    `Every one also takes psci ${guest.psci ?? "host"}${services}.`,
    ...assumptionRemarks(fleet),
    ...(part === undefined
      ? []
      : [`Part ${part.index} of ${part.of} alone: what the whole fleet has in common is less.`]),
    ...(unreadable.count === 0 ? [] : [`Without ${plural(unreadable.count, "host")} that cannot be read.`]),
  ];
}

function tableText(baseline: Baseline, { unreadable, part }: FleetRecord): string {
  const lines = [
    ...(part === undefined
      ? []
      : [`part ${part.index} of ${part.of}: what the whole fleet has in common is less`]),
    ...(unreadable.count === 0
      ? []
      : [
          `left out: ${plural(unreadable.count, "host")} that cannot be read`,
          ...unreadableLines(unreadable).map((text) => `  ${text}`),
        ]),
  ];
  return [baselineTable(baseline), ...(lines.length === 0 ? [] : ["\n", `${lines.join("\n")}\n`])].join("");
}

/** What was asked for and would have no effect is a mistake. */
function refuseIdle(line: CommandLine): void {
  if (line.flags.has("open") && optionValue(line, "format") !== "guest")
    throw new UsageError("--open has a meaning with `--format guest` alone");
  if (line.values.has("fleet") && !line.operands.some((word) => word.endsWith(".guest")))
    throw new UsageError("--fleet names a fleet of a `.guest` file, and there is none among the operands");
}

export async function run(line: CommandLine, io: Io): Promise<number> {
  const wanted = wantedFacilities(line);
  refuseIdle(line);
  const out = optionValue(line, "out");
  // Told before the hosts are read, not after.
  if (out !== undefined && !existsSync(dirname(out)))
    throw new UsageError(`${out}: there is no folder ${dirname(out)}`);
  let record: FleetRecord;
  try {
    record = line.flags.has("merge") ? merged(line) : await read(line, io);
  } catch (error) {
    if (error instanceof FleetRefused) return 1;
    throw error;
  }
  const { fleet, part, unreadable } = record;
  const format = optionValue(line, "format") ?? "table";
  // A part is no verdict: the document that is merged with the others says what its hosts offer, and no more.
  const isForMerging = part !== undefined && format === "json";
  const baseline = isForMerging ? undefined : baselineOf(fleet, wanted);
  if (baseline === undefined && !isForMerging)
    throw new UsageError(
      `this ${part === undefined ? "fleet" : "part of the fleet"} has no host${unreadable.count === 0 ? "" : " that can be read"}`,
      unreadableLines(unreadable),
    );
  const exists = baseline === undefined || baseline.conflicts.length === 0;
  if (unreadable.count > 0 && format !== "table")
    io.err(`guestc: ${plural(unreadable.count, "host")} cannot be read and are left out\n`);
  if (format === "json" || baseline === undefined)
    giveProduct(jsonText(baselineDocument(fleet, baseline, record)), out, io);
  else if (format === "table") giveProduct(tableText(baseline, record), out, io);
  else if (exists || line.flags.has("open"))
    giveProduct(guestText(baseline, "common", remarksOf(baseline, record)).text, out, io);
  else
    io.err(
      "guestc: the fleet has no common guest\n  `--format table` says why; `--open` leaves the fields in conflict to each host\n",
    );
  return exists ? 0 : 1;
}
