/** Names for findings that survive edits elsewhere in the file. */
import type { Diagnostic } from "./diagnostic.ts";
import { lineText, positionAt } from "./span.ts";

const prime = 0x100000001b3n;
const offsetBasis = 0xcbf29ce484222325n;

/** FNV-1a over UTF-16 code units, 64 bits, as 16 hexadecimal digits. */
export function fnv1a(text: string): string {
  let hash = offsetBasis;
  for (let at = 0; at < text.length; at++)
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(at))) * prime);
  return hash.toString(16).padStart(16, "0");
}

/**
 * One for each diagnostic, in the same order: of its code, its file, its line's words and, where these are
 * the same, its count among its like. Line numbers and the message take no part, so that moving the line or
 * wording the message anew keeps the finding's history.
 */
export function fingerprints(diagnostics: readonly Diagnostic[]): readonly string[] {
  const seen = new Map<string, number>();
  return diagnostics.map(({ code, span }) => {
    const line = lineText(span.file, positionAt(span.file, span.start).line);
    const hash = fnv1a(`${code}\n${span.file.path}\n${line.trim().replace(/\s+/g, " ")}`);
    const count = (seen.get(hash) ?? 0) + 1;
    seen.set(hash, count);
    return `${hash}:${count}`;
  });
}
