/** `guestc diff`: what two hosts, contracts or plans say differently. */
import { existsSync } from "node:fs";
import type { Contract } from "../../contract.ts";
import { noColours } from "../../diagnostics/text/palette.ts";
import { diffContracts } from "../../diff/contracts/diff.ts";
import type { Diff } from "../../diff/difference.ts";
import { diffDocument } from "../../diff/document.ts";
import { diffHosts } from "../../diff/hosts/diff.ts";
import { diffPlans } from "../../diff/plans/diff.ts";
import { type PlanDocument, readPlan } from "../../diff/plans/read.ts";
import { diffText } from "../../diff/text.ts";
import { describesHost } from "../../hosts/inputs/read.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import { colours, wantsColours } from "../colours.ts";
import { UsageError } from "../errors.ts";
import { readSource, readUnpacked } from "../files.ts";
import { derivedHost, hostIn, profilePath } from "../hosts.ts";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { exitCodeFor, jsonText, reportText } from "../report.ts";
import { chosenGuest, compileForHosts } from "../subjects.ts";
import { giveProduct } from "../write.ts";

type Operand =
  | { readonly kind: "host profile"; readonly name: string; readonly profile: HostProfile }
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

const schemaOf = (document: unknown): unknown =>
  typeof document === "object" && document !== null && "schema" in document ? document.schema : undefined;

/** A JSON value; undefined: it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function readOperand(given: string, line: CommandLine, io: Io): Promise<Operand> {
  const derived = await derivedHost(given);
  if (derived !== undefined) return { kind: "host profile", name: given, profile: derived };
  const { path, guest } = located(given);
  const source = path === "-" ? readSource(path, io) : readUnpacked(path);
  // No program of the language begins with a brace, nor with a register.
  const isProgram = !/^\s*\{/.test(source.text) && !describesHost(source.text);
  if (isProgram || path.endsWith(".guest")) {
    const values = guest === undefined ? line.values : new Map([...line.values, ["guest", [guest]]]);
    const own = { ...line, values };
    const compiled = compileForHosts(source, own);
    await reportText(compiled.diagnostics, own, io);
    if (exitCodeFor(compiled.diagnostics, own) !== 0) return { kind: "refused" };
    return { kind: "contract", name: source.path, contract: chosenGuest(compiled, own) };
  }
  if (guest !== undefined)
    throw new UsageError(`${source.path}: has no guests, so none is called \`${guest}\``);
  const document = parsed(source.text);
  if (schemaOf(document) === "guestc.plan/1") {
    const read = readPlan(document);
    if ("problem" in read) throw new UsageError(`${source.path}: ${read.problem}`);
    return { kind: "plan", name: source.path, plan: read.plan };
  }
  if (!describesHost(source.text))
    throw new UsageError(`${source.path}: is neither a host nor a plan`, [
      "it has no `schema` of guestc's, and is no file of Firecracker's",
    ]);
  return { kind: "host profile", name: source.path, profile: await hostIn(source) };
}

/** undefined: one of them has errors. */
function compare(before: Operand, after: Operand): Diff | undefined {
  if (before.kind === "refused" || after.kind === "refused") return undefined;
  if (before.kind === "host profile" && after.kind === "host profile")
    return diffHosts(before.profile, after.profile);
  if (before.kind === "contract" && after.kind === "contract")
    return diffContracts(before.contract, after.contract);
  if (before.kind === "plan" && after.kind === "plan")
    return diffPlans(before.plan, after.plan, { before: before.name, after: after.name });
  throw new UsageError(`a ${before.kind} cannot be compared with a ${after.kind}`, [
    `${before.name} is a ${before.kind}, ${after.name} a ${after.kind}`,
  ]);
}

export async function run(line: CommandLine, io: Io): Promise<number> {
  const [a = "-", b = "-"] = line.operands;
  if (a === "-" && b === "-") throw new UsageError("only one of the two can be standard input");
  const diff = compare(await readOperand(a, line, io), await readOperand(b, line, io));
  if (diff === undefined) return 1;
  const out = optionValue(line, "out");
  if (optionValue(line, "format") === "json") giveProduct(jsonText(diffDocument(diff)), out, io);
  else {
    const colourful = out === undefined && wantsColours(optionValue(line, "color"), "out", io);
    const columns = io.terminal("out")?.columns;
    const text = diffText(diff, {
      all: line.flags.has("all"),
      palette: colourful ? await colours() : noColours,
      ...(columns === undefined || out !== undefined ? {} : { width: columns }),
    });
    giveProduct(text, out, io);
  }
  return line.flags.has("exit-code") && diff.differences.length > 0 ? 1 : 0;
}
