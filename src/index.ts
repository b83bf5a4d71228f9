/**
 * The library: everything that the command line does, without a file system. Runs in a browser.
 *
 * ```ts
 * const { guests, diagnostics } = compile({ path: "web.guest", text }, loader);
 * const [web] = guests;
 * if (web !== undefined) console.log(planFor(web).operations);
 * ```
 */
import type { Contract } from "./contract.ts";
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import type { SourceFile } from "./diagnostics/span.ts";
import { isInline } from "./language/vocabulary.ts";
import { parse } from "./parser/parse.ts";
import { print } from "./parser/printer.ts";
import type { Plan } from "./planner/plan.ts";
import { plan } from "./planner/planner.ts";

export { type Compilation, type CompileOptions, compile } from "./checker/compile.ts";
export type { FileLoader } from "./checker/load.ts";
export type { Emission, EmitOptions, EmittedFile, Target } from "./codegen/target.ts";
export { findTarget, targets } from "./codegen/targets.ts";
export type * from "./contract.ts";
export {
  type Diagnostic,
  type Fix,
  type Related,
  type Severity,
  sortDiagnostics,
} from "./diagnostics/diagnostic.ts";
export { type DiagnosticRow, type DiagnosticSlug, findDiagnostic, registry } from "./diagnostics/registry.ts";
export { formatLocation, type Position, positionAt, type SourceFile, type Span } from "./diagnostics/span.ts";
export type { HostProfile } from "./hosts/profile.ts";
export { readHostProfile } from "./hosts/read.ts";
export { vocabulary } from "./language/vocabulary.ts";
export type { GuestFile } from "./parser/ast.ts";
export { parse } from "./parser/parse.ts";
export type { Operation, Phase, Plan } from "./planner/plan.ts";
export type { CallOutcome, Expected, Prediction, RegisterOutcome, View } from "./predict/index.ts";
export { predict } from "./predict/index.ts";
export { parseRecording, type Recording, type RecordingError } from "./recordings/index.ts";

/** The KVM operations that establish a contract. */
export function planFor(contract: Contract): Plan {
  return plan(contract);
}

/** The canonical text of a file; a file with syntax errors has none. */
export function format(
  source: SourceFile,
): { readonly text: string } | { readonly diagnostics: readonly Diagnostic[] } {
  const { file, diagnostics } = parse(source);
  if (diagnostics.some((found) => found.severity === "error")) return { diagnostics };
  return { text: print(file, { inline: isInline }) };
}
