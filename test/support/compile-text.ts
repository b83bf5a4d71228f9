import { existsSync, readFileSync, statSync } from "node:fs";
import { type Compilation, compile } from "../../src/checker/compile.ts";
import type { FileLoader } from "../../src/checker/load.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { positionAt } from "../../src/diagnostics/span.ts";

/** Reads the project's own files, by paths relative to its root. */
export const projectLoader: FileLoader = {
  read: (path) => (existsSync(path) && statSync(path).isFile() ? readFileSync(path, "utf8") : undefined),
  inside: (path) => !path.startsWith("../") && path !== "..",
};

/** Compiles a text as if it were the file `path` of the project. */
export function compileText(text: string, path = "sample.guest"): Compilation {
  return compile({ path, text }, projectLoader);
}

export function compileFile(path: string): Compilation {
  return compileText(readFileSync(path, "utf8"), path);
}

/** `4:8 GC0401 no feature …`: one line a diagnostic, for messages of failing tests. */
export function describeDiagnostic(found: Diagnostic): string {
  const { line, column } = positionAt(found.span.file, found.span.start);
  return `${found.span.file.path}:${line}:${column} ${found.code} ${found.severity}: ${found.message}`;
}
