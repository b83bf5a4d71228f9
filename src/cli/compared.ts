/** What `guestc diff` is given: a host, a contract or a plan, told from its text. */
import { existsSync } from "node:fs";
import type { Contract } from "../contract.ts";
import { type PlanDocument, readPlan } from "../diff/plans/read.ts";
import { describesHost } from "../hosts/inputs/read.ts";
import type { HostProfile } from "../hosts/profile.ts";
import type { SourceFile } from "../index.ts";
import { UsageError } from "./errors.ts";
import { readSource, readUnpacked } from "./files.ts";
import { derivedHost, hostIn, profilePath, type toldApart } from "./hosts.ts";
import type { Io } from "./io.ts";
import type { CommandLine } from "./options.ts";
import { exitCodeFor, reportText } from "./report.ts";
import { chosenGuest, compileForHosts } from "./subjects.ts";

export type Compared =
  | { readonly kind: "host"; readonly name: string; readonly profile: HostProfile }
  | { readonly kind: "plan"; readonly name: string; readonly plan: PlanDocument }
  | { readonly kind: "contract"; readonly name: string; readonly contract: Contract }
  /** A program with errors, which are told already. */
  | { readonly kind: "refused" };

/** The file, and the guest that stands behind a colon; a file whose name has one is the file. */
function located(given: string): { readonly path: string; readonly guest: string | undefined } {
  if (given === "-" || existsSync(given)) return { path: given, guest: undefined };
  const colon = given.lastIndexOf(":");
  const path = given.slice(0, Math.max(0, colon));
  if (colon > 0 && (path === "-" || existsSync(path) || path.endsWith(".guest")))
    return { path, guest: given.slice(colon + 1) };
  return { path: given.endsWith(".guest") ? given : profilePath(given), guest: undefined };
}

const isJson = (text: string): boolean => /^\s*[{[]/.test(text);

/** No program of the language has such a line. */
const isHeader = (text: string): boolean => /^[ \t]*#[ \t]*(?:ifndef|pragma once|include)\b/m.test(text);

/** The `schema` of a JSON object; undefined: it has none, or is no JSON. */
function schemaOf(text: string): { readonly document: unknown; readonly schema: unknown } {
  try {
    const document: unknown = JSON.parse(text);
    const has = typeof document === "object" && document !== null && "schema" in document;
    return { document, schema: has ? document.schema : undefined };
  } catch {
    return { document: undefined, schema: undefined };
  }
}

const expected =
  "expected a host, a `.guest` file, or a plan as `guestc build FILE --target one-reg` writes it";

interface Read {
  readonly problem: string;
  readonly line?: number;
  readonly column?: number;
}

function planOperand(name: string, read: { readonly plan: PlanDocument } | Read): Compared {
  if ("plan" in read) return { kind: "plan", name, plan: read.plan };
  const place = read.line === undefined ? name : `${name}:${read.line}:${read.column}`;
  throw new UsageError(`${place}: ${read.problem}`);
}

async function contractOperand(
  source: SourceFile,
  guest: string | undefined,
  line: CommandLine,
  io: Io,
): Promise<Compared> {
  if (isHeader(source.text)) throw new UsageError(`${source.path}: is a C header`, [expected]);
  if (!source.path.endsWith(".guest") && !/^[ \t]*guest[ \t]/m.test(source.text))
    throw new UsageError(`${source.path}: is no host and no plan, and declares no guest`, [expected]);
  const values = guest === undefined ? line.values : new Map([...line.values, ["guest", [guest]]]);
  const own = { ...line, values };
  const compiled = compileForHosts(source, own);
  await reportText(compiled.diagnostics, own, io);
  if (exitCodeFor(compiled.diagnostics, own) !== 0) {
    if (source.path.endsWith(".guest")) return { kind: "refused" };
    throw new UsageError(`${source.path}: is no host and no plan, and as a program has errors`, [expected]);
  }
  return { kind: "contract", name: source.path, contract: chosenGuest(compiled, own) };
}

/**
 * @param apart tells the two apart where they are hosts
 * @throws UsageError for a file that cannot be read, or is none of the three
 */
export async function readCompared(
  given: string,
  line: CommandLine,
  io: Io,
  apart: ReturnType<typeof toldApart>,
): Promise<Compared> {
  const derived = await derivedHost(given);
  if (derived !== undefined) return { kind: "host", name: given, profile: derived };
  const { path, guest } = located(given);
  const source = path === "-" ? readSource(path, io) : readUnpacked(path);
  const { path: name, text } = source;
  if (text.trim() === "") throw new UsageError(`${name}: is empty`, [expected]);
  const { isYamlPlan, readYamlPlan } = await import("../diff/plans/yaml.ts");
  const isYaml = isYamlPlan(text);
  if (path.endsWith(".guest") || !(isJson(text) || isYaml || describesHost(text)))
    return contractOperand(source, guest, line, io);
  if (guest !== undefined) throw new UsageError(`${name}: has no guests, so none is called \`${guest}\``);
  if (isYaml) return planOperand(name, readYamlPlan(text));
  const { document, schema } = schemaOf(text);
  if (schema === "guestc.plan/1") return planOperand(name, readPlan(document));
  if (describesHost(text)) return { kind: "host", name, profile: apart(await hostIn(source), name) };
  const what =
    typeof schema === "string" ? `is a document of ${JSON.stringify(schema)}` : "is no host and no plan";
  throw new UsageError(`${name}: ${what}`, [expected]);
}
