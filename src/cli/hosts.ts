/** Hosts that the command line names. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { HostProfile } from "../hosts/profile.ts";
import { UsageError } from "./errors.ts";
import { readText } from "./files.ts";

/** Profiles that come with the compiler, beside `dist/`. */
const shippedFolder = join(__dirname, "../hosts");

/** In no order. */
export function shippedNames(): readonly string[] {
  if (!existsSync(shippedFolder)) return [];
  return readdirSync(shippedFolder).flatMap((file) => (file.endsWith(".json") ? [file.slice(0, -5)] : []));
}

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
  if (existsSync(given) || /[/\\]|\.json$/.test(given)) return given;
  const names = shippedNames();
  if (names.includes(given)) return join(shippedFolder, `${given}.json`);
  const near = didYouMean(given, names).map((name) => `\`${name}\``);
  throw new UsageError(`no file and no shipped host is called \`${given}\``, [
    ...(near.length === 0 ? [] : [`did you mean ${near.join(" or ")}?`]),
    "shipped, as CPU.linux-KERNEL:",
    ...shippedLines(names).map((line) => `  ${line}`),
  ]);
}

/** @throws UsageError when a profile cannot be read or is none */
export async function readHosts(given: readonly string[]): Promise<readonly HostProfile[]> {
  if (given.length === 0) return [];
  const { readHostInput } = await import("../hosts/inputs/read.ts");
  return given.map((name) => {
    const { path, text } = readText(profilePath(name));
    const read = readHostInput(text, path);
    if ("profile" in read) return read.profile;
    throw new UsageError(
      `--host ${name}: is no host profile`,
      read.problems.flatMap(({ message, line, column, lacks }) => [
        line === undefined ? `${path}: ${message}` : `${path}:${line}:${column}: ${message}`,
        ...(lacks === undefined
          ? []
          : [`\`guestc host convert ${path} --${lacks} VERSION -o FILE\` adds it`]),
      ]),
    );
  });
}
