/** Diagnostics for the renderers' tests, made by hand so that no rule of the checker can change them. */
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import type { SourceFile, Span } from "../../src/diagnostics/span.ts";

/** The span of the `count`-th occurrence (from 1) of `part` in the file. */
export function spanOf(file: SourceFile, part: string, count = 1): Span {
  let start = -1;
  for (let n = 0; n < count; n++) {
    start = file.text.indexOf(part, start + 1);
    if (start === -1) throw new Error(`"${part}" stands fewer than ${count} times in the sample`);
  }
  return { file, start, end: start + part.length };
}

export function sample(span: Span, more: Partial<Diagnostic> = {}): Diagnostic {
  return {
    code: "GC0302",
    slug: "number-out-of-range",
    severity: "error",
    message: "the number of vCPUs lies between 1 and 512, not 0",
    span,
    label: undefined,
    related: [],
    notes: [],
    help: [],
    fixes: [],
    ...more,
  };
}

export const web: SourceFile = {
  path: "web.guest",
  text: "edition 2026\n\nguest web {\n  cpu portable\n  vcpus 0\n}\n",
};
