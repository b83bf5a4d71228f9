/** `guestc replay`: recordings of real KVM, put to the simulated one. */
import { didYouMean } from "../../diagnostics/suggest.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import { parseRecording, type Recording, type StepKind, stepKinds } from "../../recordings/index.ts";
import {
  type Count,
  type Difference,
  derivedFor,
  profileFor,
  type Replay,
  replay,
  underKernel,
} from "../../sim/replay/index.ts";
import { UsageError } from "../errors.ts";
import { readUnpacked } from "../files.ts";
import { hostCalled } from "../hosts.ts";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { jsonText } from "../report.ts";
import { shippedNames } from "../shipped.ts";

/** Differences that are shown of each recording unless `--limit` says otherwise. */
const SHOWN = 20;

interface Host {
  readonly profile: HostProfile;
  readonly how: "given" | "shipped" | "nearest" | "derived";
}

interface Replayed {
  readonly path: string;
  readonly recording: Recording;
  readonly host: Host;
  readonly result: Replay;
}

function limitOf(line: CommandLine): number {
  const given = optionValue(line, "limit");
  if (given === undefined) return SHOWN;
  if (!/^\d{1,9}$/.test(given)) throw new UsageError(`\`--limit\` takes a number, not \`${given}\``);
  return Number(given);
}

function kindOf(line: CommandLine): StepKind | undefined {
  const given = optionValue(line, "step");
  const kind = stepKinds.find((one) => one === given);
  if (given === undefined || kind !== undefined) return kind;
  const near = didYouMean(given, stepKinds).map((name) => `\`${name}\``);
  throw new UsageError(`no step is called \`${given}\``, [
    ...(near.length === 0 ? [] : [`did you mean ${near.join(" or ")}?`]),
    `steps: ${stepKinds.join(", ")}`,
  ]);
}

function read(given: string): { readonly path: string; readonly recording: Recording } {
  const { path, text } = readUnpacked(given);
  const parsed = parseRecording(text);
  if (parsed.ok) return { path, recording: parsed.value };
  throw new UsageError(`${path}:${parsed.error.line}: ${parsed.error.message}`);
}

/** Profiles are read once, however many recordings are of one machine. */
function hostReader(line: CommandLine): (path: string, recording: Recording) => Promise<Host> {
  const known = new Map<string, HostProfile>();
  const readOne = async (name: string): Promise<HostProfile> => {
    const found = known.get(name) ?? (await hostCalled(name));
    known.set(name, found);
    return found;
  };
  const given = optionValue(line, "host");
  return async (path, { header }) => {
    if (given !== undefined) return { profile: await readOne(given), how: "given" };
    const named = profileFor(header, shippedNames());
    if (named !== undefined) {
      const profile = await readOne(named.name);
      return { profile: named.how === "nearest" ? underKernel(profile, header) : profile, how: named.how };
    }
    const profile = derivedFor(header);
    if (!("problem" in profile)) return { profile, how: "derived" };
    throw new UsageError(`${path}: no profile of its machine is shipped, and none can be derived`, [
      profile.problem,
      "`--host PROFILE` gives one; `guestc probe` prints the program that records it",
    ]);
  };
}

const hostWords: Readonly<Record<Host["how"], string>> = {
  given: "as --host says",
  shipped: "shipped, of this machine",
  nearest: "shipped, of the same CPU with another kernel",
  derived: "derived from the tables",
};

const total = ({ agreed, differed }: Count): number => agreed + differed;

/** Columns of numbers below each other. */
function kindLines({ byKind }: Replay): readonly string[] {
  const rows = [...byKind].map(([kind, { agreed, differed }]) => [kind, String(agreed), String(differed)]);
  const table = [["step", "agree", "differ"], ...rows];
  const width = (at: number): number => Math.max(...table.map((row) => (row[at] ?? "").length));
  return table.map(
    ([kind = "", agreed = "", differed = ""]) =>
      `  ${kind.padEnd(width(0))}  ${agreed.padStart(width(1))}  ${differed.padStart(width(2))}`,
  );
}

const differenceLines = (path: string, difference: Difference): readonly string[] => [
  `${path}:${difference.line}: case ${difference.title}, step ${difference.number}`,
  `  ${difference.step}`,
  `  expected  ${difference.expected}`,
  `  seen      ${difference.seen}`,
];

function textOf({ path, recording, host, result }: Replayed): string {
  const { header } = recording;
  const { agreed, differed } = result.count;
  const hidden = differed - result.differences.length;
  return [
    `${path}: ${header.cpu}${header.nested ? ", nested" : ""}, linux ${header.kernel}, seed ${header.seed}`,
    `  host ${host.profile.name} (${hostWords[host.how]})`,
    `  ${agreed} of ${total(result.count)} answers agree`,
    ...(differed === 0 ? [] : ["", ...kindLines(result)]),
    ...result.differences.flatMap((one) => ["", ...differenceLines(path, one)]),
    ...(hidden === 0 || result.differences.length === 0 ? [] : ["", `  and ${hidden} more`]),
    "",
  ].join("\n");
}

const documentOf = ({ path, recording, host, result }: Replayed): object => ({
  file: path,
  ...recording.header,
  host: { name: host.profile.name, how: host.how },
  ...result.count,
  kinds: Object.fromEntries(result.byKind),
  subjects: Object.fromEntries(result.bySubject),
  differences: result.differences,
});

export async function run(line: CommandLine, io: Io): Promise<number> {
  const keep = limitOf(line);
  const kind = kindOf(line);
  const hostOf = hostReader(line);
  const json = optionValue(line, "format") === "json";
  const documents: object[] = [];
  const sum = { agreed: 0, differed: 0 };
  for (const given of line.operands) {
    const { path, recording } = read(given);
    const host = await hostOf(path, recording);
    const result = replay(recording, host.profile, { keep, ...(kind === undefined ? {} : { kind }) });
    sum.agreed += result.count.agreed;
    sum.differed += result.count.differed;
    const replayed = { path, recording, host, result };
    if (json) documents.push(documentOf(replayed));
    else io.out(textOf(replayed));
  }
  if (json) io.out(jsonText({ schema: "guestc.replay/1", ...sum, recordings: documents }));
  else if (line.operands.length > 1) io.out(`\n${sum.agreed} of ${total(sum)} answers agree\n`);
  return sum.differed === 0 ? 0 : 1;
}
