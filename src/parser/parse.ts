/** Text to tree. */
import { type Diagnostic, sortDiagnostics } from "../diagnostics/diagnostic.ts";
import type { SourceFile } from "../diagnostics/span.ts";
import type { GuestFile } from "./ast.ts";
import { balance } from "./braces.ts";
import { parseTokens } from "./grammar.ts";
import { lex } from "./lexer.ts";
import { startRun } from "./run.ts";

/** One place is told of once. */
function isFirstOfPlace(found: Diagnostic, index: number, all: readonly Diagnostic[]): boolean {
  return all[index - 1]?.span.start !== found.span.start;
}

/**
 * Reads a file. Any text gives a tree and, where it is wrong, diagnostics (`GC0001` to `GC0019`), in the
 * order of the text; no text makes it throw. Statements that a diagnostic lies in are marked `broken`.
 */
export function parse(source: SourceFile): { file: GuestFile; diagnostics: readonly Diagnostic[] } {
  const lexed = lex(source);
  const balanced = balance(lexed, source);
  const told = [...lexed.diagnostics, ...balanced.diagnostics];
  const run = startRun(source, lexed.comments, lexed.faults, told);
  const { statements } = parseTokens(balanced.tokens, run);
  const comments = run.takeComments(Number.POSITIVE_INFINITY);
  const diagnostics = sortDiagnostics(run.diagnostics);
  return { file: { source, statements, comments }, diagnostics: diagnostics.filter(isFirstOfPlace) };
}
