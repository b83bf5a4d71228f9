/** `guestc host check`: whether files are host profiles, and what these hold. */
import { type ProfileProblem, readHostProfile } from "../../hosts/read.ts";
import { type ConfigurationSummary, cpuLine, type HostSummary, summariseHost } from "../../hosts/summary.ts";
import { UsageError } from "../errors.ts";
import { readText } from "../files.ts";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { jsonText } from "../report.ts";

type Checked =
  | { readonly path: string; readonly summary: HostSummary }
  | { readonly path: string; readonly problems: readonly ProfileProblem[] };

const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

function configurationLine(one: ConfigurationSummary): string {
  if (one.refused !== undefined) return `refused: ${one.refused}`;
  return [
    `${plural(one.listed ?? one.registers, "register")}, ${one.values} with a value`,
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

function textOf(path: string, summary: HostSummary): string {
  const { name, kernel, cpu, recorder, origin, facilities, configurations, gaps } = summary;
  return [
    `${path}: ${name}`,
    ...columns([
      ["kernel", kernel],
      ["cpu", cpuLine(cpu)],
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

const problemLine = (path: string, { line, column, message }: ProfileProblem): string =>
  line === undefined ? `${path}: ${message}` : `${path}:${line}:${column}: ${message}`;

/** A bigint is a hexadecimal string in every document of ours. */
const jsonOf = ({ cpu, ...rest }: HostSummary): object => ({
  ...rest,
  cpu: {
    ...cpu,
    ...(cpu.midr === undefined ? {} : { midr: `0x${cpu.midr.toString(16).padStart(16, "0")}` }),
  },
});

export async function run(line: CommandLine, io: Io): Promise<number> {
  const [verb, ...paths] = line.operands;
  if (verb !== "check") {
    throw new UsageError(`\`host\` knows no \`${verb}\``, ["`guestc host check FILE…` checks host profiles"]);
  }
  // All files are read first: a wrong name among them is known before anything is said.
  const checked = paths
    .map((path) => readText(path))
    .map(({ path, text }): Checked => {
      const read = readHostProfile(text, path);
      return "profile" in read
        ? { path, summary: summariseHost(read.profile) }
        : { path, problems: read.problems };
    });
  if (optionValue(line, "format") === "json") {
    io.out(
      jsonText({
        schema: "guestc.hosts/1",
        hosts: checked.map((one) =>
          "summary" in one
            ? { file: one.path, problems: [], host: jsonOf(one.summary) }
            : { file: one.path, problems: one.problems },
        ),
      }),
    );
  } else {
    for (const one of checked) {
      if ("problems" in one) io.err(one.problems.map((each) => `${problemLine(one.path, each)}\n`).join(""));
    }
    io.out(checked.flatMap((one) => ("summary" in one ? [textOf(one.path, one.summary)] : [])).join("\n"));
  }
  return checked.some((one) => "problems" in one) ? 1 : 0;
}
