/** Hosts that the command line names. */
import { basename } from "node:path";
import type { SourceFile } from "../diagnostics/span.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { InputProblem } from "../hosts/inputs/readings.ts";
import type { HostProfile } from "../hosts/profile.ts";
import { readEach, UsageError } from "./errors.ts";
import { lstatOf, readUnpacked } from "./files.ts";
import { shippedNames, shippedPath } from "./shipped.ts";

/** `CPU.linux-KERNEL`, a line for each set of kernels: one name after another would fill a screen. */
function shippedLines(names: readonly string[]): readonly string[] {
  const infix = ".linux-";
  const kernels = new Map<string, string[]>();
  for (const name of names.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }))) {
    const [cpu = "", kernel = ""] = name.split(infix);
    kernels.set(cpu, [...(kernels.get(cpu) ?? []), kernel]);
  }
  const cpus = new Map<string, string[]>();
  for (const [cpu, of] of kernels) {
    const key = of.join(", ");
    cpus.set(key, [...(cpus.get(key) ?? []), cpu]);
  }
  return [...cpus].map(([of, all]) => `${all.join(", ")}: ${of}`);
}

/** The file that a name of a host means: a path, else the name of a shipped profile. */
export function profilePath(given: string): string {
  // A link that leads nowhere is somebody's file: its reader says what is wrong with it.
  if (given.trim() === "") throw new UsageError("the name of a host is empty");
  if (lstatOf(given) !== undefined || /[/\\]|\.json$/.test(given)) return given;
  const names = shippedNames();
  if (names.includes(given)) return shippedPath(given);
  const [, core] = /^\s*cpu\s+([^\s;]+)/.exec(given) ?? [];
  if (core !== undefined)
    throw new UsageError(`\`${given}\` is no host: the form is \`cpu CORE kernel linux VERSION\``, [
      `for instance \`cpu ${core} kernel linux 6.18\``,
    ]);
  const near = didYouMean(given, names).map((name) => `\`${name}\``);
  throw new UsageError(`no file and no shipped host is called \`${given}\``, [
    ...(near.length === 0 ? [] : [`did you mean ${near.join(" or ")}?`]),
    "shipped, as CPU.linux-KERNEL:",
    ...shippedLines(names).map((line) => `  ${line}`),
  ]);
}

/** A path as a shell takes it. */
const shellWord = (path: string): string =>
  /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;

/** How a missing fact is given to `guestc host`. */
export const optionFor = (fact: "kernel" | "cpu"): string =>
  ({ kernel: "--kernel VERSION", cpu: "--cpu CORE" })[fact];

/** The command line that makes a profile of a file that lacks a fact, or of a host and a template. */
export function conversion(
  path: string,
  { lacks, alsoUnknown, isTemplate }: InputProblem,
): readonly string[] {
  if (isTemplate === true)
    return [
      `\`guestc host convert HOST --template ${shellWord(path)} -o FILE\` makes a profile of what its guests see`,
    ];
  if (lacks === undefined) return [];
  const name = basename(path).replace(/(?:\.(?:json|txt|log|csv|gz))+$/, "");
  const product = basename(path) === `${name}.json` ? `${name}.profile.json` : `${name}.json`;
  const facts = [lacks, ...(alsoUnknown === undefined ? [] : [alsoUnknown])].map(optionFor).join(" ");
  return [
    `\`guestc host convert ${shellWord(path)} ${facts} -o ${shellWord(product)}\` makes a profile of it; then name that`,
  ];
}

/**
 * Tells the hosts of one command apart: two machines may have equal cores and kernels, and the later one's name then has
 * its path. A file that is named twice is one host.
 *
 * @param names that other hosts of the command have
 */
export function toldApart(names: Iterable<string> = []): (profile: HostProfile, path: string) => HostProfile {
  const owners = new Map<string, string | undefined>([...names].map((name) => [name, undefined]));
  return (profile, path) => {
    if (!owners.has(profile.name)) owners.set(profile.name, path);
    return owners.get(profile.name) === path ? profile : { ...profile, name: `${profile.name} (${path})` };
  };
}

/**
 * A host from a text in any form that describes one: every command reads hosts by this.
 *
 * @throws UsageError when it is none, or lacks a fact
 */
export async function hostIn({ path, text }: SourceFile): Promise<HostProfile> {
  const { readHostInput } = await import("../hosts/inputs/read.ts");
  const read = readHostInput(text, path);
  if ("profile" in read) return read.profile;
  const whole = read.problems.every(({ lacks }) => lacks !== undefined);
  throw new UsageError(
    whole ? `${path}: lacks a fact about its host` : `${path}: cannot be read as a host`,
    read.problems.flatMap((problem) => [
      problem.line === undefined
        ? problem.message
        : `${path}:${problem.line}:${problem.column}: ${problem.message}`,
      ...conversion(path, problem),
    ]),
  );
}

/** `cpu neoverse-v1 kernel linux 6.18`: what stands in the block of a derived host. */
const derivedForm = /^\s*cpu\s+([^\s;]+)[\s;]+kernel\s+linux\s+([^\s;]+)[\s;]*$/;

/** @returns undefined where `given` is of another form @throws UsageError when it is of that form and the tables cannot derive it */
export async function derivedHost(given: string): Promise<HostProfile | undefined> {
  const [, core = "", kernel = ""] = derivedForm.exec(given) ?? [];
  if (core === "") return undefined;
  const [{ cpu }, { deriveHost }] = await Promise.all([
    import("../tables/index.ts"),
    import("../hosts/derive.ts"),
  ]);
  const row = cpu(core);
  if (row === undefined) {
    const { unknownCore } = await import("./cores.ts");
    const { near, known } = unknownCore(core);
    throw new UsageError(`no core is called \`${core}\``, [
      ...near.map((name) => `did you mean \`cpu ${name} kernel linux ${kernel}\`?`),
      `cores that can be derived: ${known.join(", ")}`,
    ]);
  }
  const host = deriveHost(`${row.name}.linux-${kernel} (derived)`, row, kernel);
  if ("problem" in host) throw new UsageError(`\`${given}\` cannot be derived: ${host.problem}`);
  return host;
}

/** Gives a host by what a command line calls it. @throws UsageError when it cannot be read or is none */
export type HostReader = (given: string) => Promise<HostProfile>;

/**
 * A reader of the hosts of one command, which tells them apart.
 *
 * @param names that other hosts of the command have
 */
export function hostReader(names: Iterable<string> = []): HostReader {
  const apart = toldApart(names);
  return async (given) => {
    const derived = await derivedHost(given);
    if (derived !== undefined) return derived;
    const source = readUnpacked(profilePath(given));
    return apart(await hostIn(source), source.path);
  };
}

/**
 * A host by what a command line calls it: the path of a file that describes it, the name of a shipped profile, or the
 * core and kernel of a derived one. It has its own name, whatever other hosts there are.
 *
 * @throws UsageError when it cannot be read or is none
 */
export const hostCalled: HostReader = (given) => hostReader()(given);

/** @throws UsageError that tells all that cannot be read or are none */
export const readHosts = (given: readonly string[]): Promise<readonly HostProfile[]> =>
  readEach(given, hostReader());
