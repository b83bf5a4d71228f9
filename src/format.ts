/** The canonical text of a file. */
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import type { SourceFile } from "./diagnostics/span.ts";
import { isInline } from "./language/vocabulary.ts";
import { parse } from "./parser/parse.ts";
import { print } from "./parser/printer.ts";

/** A file with syntax errors has no canonical text. */
export function format(
  source: SourceFile,
): { readonly text: string } | { readonly diagnostics: readonly Diagnostic[] } {
  const { file, diagnostics } = parse(source);
  if (diagnostics.some((found) => found.severity === "error")) return { diagnostics };
  return { text: print(file, { inline: isInline }) };
}
