/** `guestc host check`, `guestc host convert`: what files say of hosts, in whichever form, and the same in our own. */
import { basename } from "node:path";
import type { SourceFile } from "../../diagnostics/span.ts";
import {
  formTitles,
  type Given,
  type InputForm,
  type InputNote,
  type InputProblem,
  readHostInput,
} from "../../hosts/inputs/read.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import { type ConfigurationSummary, cpuLine, type HostSummary, summariseHost } from "../../hosts/summary.ts";
import { readEach, UsageError } from "../errors.ts";
import { readSource, readUnpacked } from "../files.ts";
import { conversion, derivedHost, optionFor, profilePath } from "../hosts.ts";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { jsonText } from "../report.ts";
import { giveProduct } from "../write.ts";

type Checked =
  | {
      readonly path: string;
      readonly form: InputForm;
      readonly summary: HostSummary;
      readonly notes: readonly InputNote[];
    }
  | {
      readonly path: string;
      readonly form: InputForm | undefined;
      readonly problems: readonly InputProblem[];
    };

const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

function configurationLine(one: ConfigurationSummary): string {
  if (one.refused !== undefined) return `refused: ${one.refused}`;
  return [
    `${plural(one.listed ?? one.registers, "register")}, ${one.values} with a value`,
    ...(one.assumed ? ["computed, not read"] : []),
    one.writable === undefined ? "no masks" : `${one.writable} writable`,
    one.sweeps === 0 ? "not swept" : `${one.sweeps} swept`,
    ...(one.tried === 0 ? [] : [`${one.tried} tried with whole values`]),
  ].join("; ");
}

/** Two columns, the first as wide as its widest. */
function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd());
}

function textOf(path: string, form: InputForm, summary: HostSummary, notes: readonly InputNote[]): string {
  const { name, kernel, cpu, recorder, origin, facilities, configurations } = summary;
  // What the form lacks goes before what every profile without it lacks, and is not said twice.
  const gaps = [...notes, ...summary.gaps.filter(({ id }) => notes.every((note) => note.id !== id))];
  return [
    `${path}: ${name}`,
    ...columns([
      ["kernel", kernel],
      ["cpu", cpuLine(cpu)],
      ...(form === "guestc-profile" ? [] : [["form", formTitles[form]] as const]),
      ["made", recorder === undefined ? origin : `${origin} by ${recorder}`],
      ...facilities.map((one): readonly [string, string] => [
        one.name,
        one.offered ? ["yes", one.detail].filter(Boolean).join(": ") : `no: ${one.fact}`,
      ]),
    ]),
    "",
    "  configurations",
    ...columns(configurations.map((one) => [`  ${one.name}`, configurationLine(one)])),
    ...(gaps.length === 0 ? [] : ["", "  missing"]),
    ...gaps.map(({ what, cost }) => `    ${what}; so ${cost}`),
    "",
  ].join("\n");
}

const problemLine = (path: string, { line, column, message }: InputProblem): string =>
  line === undefined ? `${path}: ${message}` : `${path}:${line}:${column}: ${message}`;

/** The problems of a file, a line each, and what to do about a fact that it lacks. */
function complain(path: string, problems: readonly InputProblem[], io: Io): void {
  io.err(problems.map((each) => `${problemLine(path, each)}\n`).join(""));
  for (const problem of problems) {
    const { lacks, alsoUnknown } = problem;
    if (lacks !== undefined) {
      const facts = [lacks, ...(alsoUnknown === undefined ? [] : [alsoUnknown])];
      io.err(`  give ${facts.map((one) => `\`${optionFor(one)}\``).join(" and ")}\n`);
    } else for (const line of conversion(path, problem)) io.err(`  ${line}\n`);
  }
}

/** A host's file, which may be packed by gzip; `-` is standard input. */
const readHostFile = (given: string, io: Io): SourceFile =>
  given === "-" ? readSource(given, io) : readUnpacked(profilePath(given));

/** A bigint is a hexadecimal string in every document of ours. */
const jsonOf = ({ cpu, ...rest }: HostSummary): object => ({
  ...rest,
  cpu: {
    ...cpu,
    ...(cpu.midr === undefined ? {} : { midr: `0x${cpu.midr.toString(16).padStart(16, "0")}` }),
  },
});

function givenBy(line: CommandLine): Given {
  const [kernel, cpu] = [optionValue(line, "kernel"), optionValue(line, "cpu")];
  return { ...(kernel === undefined ? {} : { kernel }), ...(cpu === undefined ? {} : { cpu }) };
}

/** A derived host under the name of its document, which has no remarks in it; undefined: `given` is of another form. */
async function derivedCalled(given: string, line: CommandLine): Promise<HostProfile | undefined> {
  const derived = await derivedHost(given);
  if (derived === undefined) return undefined;
  for (const option of ["kernel", "cpu"])
    if (line.values.has(option))
      throw new UsageError(`\`${given}\` says its ${option}, and takes no --${option}`);
  return { ...derived, name: derived.name.replace(/ .*/, "") };
}

async function check(paths: readonly string[], line: CommandLine, io: Io): Promise<number> {
  // All files are read first: a wrong name among them is known before anything is said.
  const sources = await readEach<string, HostProfile | SourceFile>(
    paths,
    async (path) => (await derivedCalled(path, line)) ?? readHostFile(path, io),
  );
  const checked = sources.map((source, at): Checked => {
    if (!("text" in source)) {
      const path = paths[at] ?? "";
      return { path, form: "guestc-profile", summary: summariseHost(source), notes: [] };
    }
    const { path, text } = source;
    const read = readHostInput(text, path, givenBy(line));
    return "profile" in read
      ? { path, form: read.form, summary: summariseHost(read.profile), notes: read.notes }
      : { path, form: read.form, problems: read.problems };
  });
  if (optionValue(line, "format") === "json") {
    io.out(
      jsonText({
        schema: "guestc.hosts/1",
        hosts: checked.map((one) => ({
          file: one.path,
          form: one.form ?? null,
          ...("summary" in one
            ? { problems: [], notes: one.notes, host: jsonOf(one.summary) }
            : { problems: one.problems }),
        })),
      }),
    );
  } else {
    for (const one of checked) if ("problems" in one) complain(one.path, one.problems, io);
    io.out(
      checked
        .flatMap((one) => ("summary" in one ? [textOf(one.path, one.form, one.summary, one.notes)] : []))
        .join("\n"),
    );
  }
  return checked.some((one) => "problems" in one) ? 1 : 0;
}

/** A name for the profile of a file's own name. */
const nameOf = (path: string): string =>
  basename(path)
    .replace(/\.json$/, "")
    .replace(/[^A-Za-z0-9._-]/g, "-");

/** The host as guests of a template see it; undefined: KVM refuses the template, which is told. */
async function underTemplate(profile: HostProfile, path: string, io: Io): Promise<HostProfile | undefined> {
  const { changesNothing, readTemplate } = await import("../../hosts/inputs/template.ts");
  const { applyTemplate } = await import("../../hosts/inputs/template-effect.ts");
  const { placed } = await import("../../hosts/inputs/firecracker-json.ts");
  const source = readSource(path, io);
  const read = readTemplate(source.text, source.path);
  if ("problems" in read) {
    complain(source.path, read.problems, io);
    return undefined;
  }
  if (changesNothing(read.template))
    io.err(`${source.path}: the template changes nothing: guests are shown what they are without it\n`);
  const { profile: shown, refusals, remarks } = applyTemplate(profile, read.template, nameOf(path));
  const told = refusals.map(({ pointer, message, unless }) => ({
    pointer,
    message:
      unless === undefined ? message : `${message}; Firecracker cannot start such a guest unless ${unless}`,
  }));
  complain(source.path, [...placed(source.text, told), ...placed(source.text, remarks)], io);
  if (refusals.every(({ unless }) => unless !== undefined)) return shown;
  io.err(`  Firecracker cannot start a guest with this template on ${profile.name}; no profile was made\n`);
  return undefined;
}

interface ToConvert {
  readonly path: string;
  readonly profile: HostProfile;
  readonly notes: readonly InputNote[];
}

/** undefined: the file is none, which is told. */
async function hostToConvert(given: string, line: CommandLine, io: Io): Promise<ToConvert | undefined> {
  const derived = await derivedCalled(given, line);
  if (derived !== undefined) return { path: given, profile: derived, notes: [] };
  const { path, text } = readHostFile(given, io);
  const read = readHostInput(text, path, givenBy(line));
  if ("profile" in read) return { path, profile: read.profile, notes: read.notes };
  complain(path, read.problems, io);
  return undefined;
}

async function convert(paths: readonly string[], line: CommandLine, io: Io): Promise<number> {
  const [only, second] = paths;
  if (only === undefined || second !== undefined)
    throw new UsageError("`host convert` takes one file", ["`guestc host --help` shows examples"]);
  const read = await hostToConvert(only, line, io);
  if (read === undefined) return 1;
  const template = optionValue(line, "template");
  if (template === "-" && only === "-") throw new UsageError("only one of the two can be standard input");
  const profile = template === undefined ? read.profile : await underTemplate(read.profile, template, io);
  if (profile === undefined) return 1;
  const { formatHostProfile } = await import("../../hosts/write.ts");
  giveProduct(formatHostProfile(profile), optionValue(line, "out"), io);
  io.err(read.notes.map(({ what, cost }) => `${read.path}: does not say ${what}; so ${cost}\n`).join(""));
  return 0;
}

export async function run(line: CommandLine, io: Io): Promise<number> {
  const [verb, ...paths] = line.operands;
  const refuse = (option: string): void => {
    if (line.values.has(option)) throw new UsageError(`\`--${option}\` is no option of \`host ${verb}\``);
  };
  switch (verb) {
    case "check":
      refuse("out");
      refuse("template");
      return check(paths, line, io);
    case "convert":
      refuse("format");
      return convert(paths, line, io);
    default:
      throw new UsageError(`\`host\` knows no \`${verb}\``, [
        "`guestc host check FILE…` checks host profiles and other files that describe a host",
        "`guestc host convert FILE` makes a host profile of one",
      ]);
  }
}
