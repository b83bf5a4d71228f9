/** CPU models and contracts from short texts, for the checker's own tests. */
import { type CpuModel, cpuModels } from "../../src/checker/cpu/model.ts";
import type { ResolvedCpu } from "../../src/checker/cpu/resolve.ts";
import { load } from "../../src/checker/load.ts";
import { declare } from "../../src/checker/names.ts";
import { newReport } from "../../src/checker/report.ts";
import type { Contract } from "../../src/contract.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { architectures, architectureWord, cpus } from "../../src/tables/index.ts";
import { compileText } from "../support/compile-text.ts";

export interface CheckedModel {
  readonly model: CpuModel;
  readonly resolved: ResolvedCpu;
  readonly diagnostics: readonly Diagnostic[];
}

const askedFor = (what: string) => (): never => {
  throw new Error(`asked for ${what}, which only \`baseline common of\` needs`);
};

/** Fleets and profiles are read where a statement needs them, and nowhere else. */
const noFleets = { hostsOf: askedFor("a fleet's hosts"), profiles: askedFor("profiles") };

/** The model `c` of a text; throws where it has none that resolves. */
export function modelOf(text: string): CheckedModel {
  const report = newReport();
  const source = { path: "sample.guest", text };
  const scope = declare(load(source, { read: () => undefined, inside: () => true }, report), report);
  const models = cpuModels(scope, noFleets, report);
  const declaration = scope.cpu.get("c");
  if (declaration === undefined) throw new Error(`no cpu c in ${text}`);
  const model = models.get(declaration);
  if (model.resolved === undefined) throw new Error(`not resolved: ${text}`);
  return { model, resolved: model.resolved, diagnostics: report.diagnostics };
}

export const cpuText = (...statements: readonly string[]): string =>
  `edition 2026\ncpu c {\n${statements.map((one) => `  ${one}\n`).join("")}}\n`;

/** `field=value` of a resolved model; `host` where it is open. */
export function fieldValue({ resolved }: CheckedModel, key: string): bigint | "host" | undefined {
  return resolved.cells.get(key)?.value;
}

export const slugs = (found: readonly Diagnostic[]): readonly string[] => found.map((one) => one.slug);

/** The only contract of a text; throws with the diagnostics where there is none. */
export function contractOf(text: string): Contract {
  const { guests, diagnostics } = compileText(text);
  const [contract] = guests;
  if (contract === undefined || guests.length > 1)
    throw new Error(diagnostics.map((one) => `${one.code} ${one.message}`).join("\n"));
  return contract;
}

export const architectureBaselines: readonly string[] = architectures().map((one) =>
  architectureWord(one.name),
);
export const coreBaselines: readonly string[] = cpus()
  .filter((one) => one.registers !== null)
  .map((one) => one.name);
export const allBaselines: readonly string[] = [...architectureBaselines, ...coreBaselines, "host"];
