/** A diagnostic as a value. Renderers turn it into text, JSON or SARIF. */
import { type DiagnosticSlug, registry } from "./registry.ts";
import type { Span } from "./span.ts";

export type Severity = "error" | "warning" | "note";

export interface Related {
  readonly span: Span;
  readonly message: string;
}

export interface TextEdit {
  readonly span: Span;
  readonly text: string;
}

/** `safe`: means the same and can be applied without looking. `unsafe`: changes what the guest gets. */
export interface Fix {
  readonly title: string;
  readonly confidence: "safe" | "unsafe";
  readonly edits: readonly TextEdit[];
}

export interface Diagnostic {
  /** `GC0302`: stable, never reused. */
  readonly code: string;
  /** `value-not-in-enumeration`: the same in words. */
  readonly slug: DiagnosticSlug;
  readonly severity: Severity;
  readonly message: string;
  readonly span: Span;
  /** Stands at the primary span, under the caret; what was expected there. */
  readonly label: string | undefined;
  readonly related: readonly Related[];
  /** Facts: a table row, a host's reading. */
  readonly notes: readonly string[];
  /** What to write instead. */
  readonly help: readonly string[];
  readonly fixes: readonly Fix[];
}

/** The `{name}`s of a message template. */
type Parameters<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Parameters<Rest>
  : never;

type Registry = typeof registry;
type ParametersOf<Slug extends DiagnosticSlug> = {
  readonly [Name in Parameters<Registry[Slug]["message"]>]: string | number | bigint;
};

export interface Details {
  readonly label?: string;
  readonly related?: readonly Related[];
  readonly notes?: readonly string[];
  readonly help?: readonly string[];
  readonly fixes?: readonly Fix[];
}

/** Makes a diagnostic from its registry row; a missing or unknown parameter does not compile. */
export function diagnostic<Slug extends DiagnosticSlug>(
  slug: Slug,
  span: Span,
  parameters: ParametersOf<Slug>,
  details: Details = {},
): Diagnostic {
  const row = registry[slug];
  const values: Readonly<Record<string, string | number | bigint>> = parameters;
  return {
    code: row.code,
    slug,
    severity: row.severity,
    message: row.message.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name])),
    span,
    label: details.label,
    related: details.related ?? [],
    notes: details.notes ?? [],
    help: details.help ?? [],
    fixes: details.fixes ?? [],
  };
}

/** The same diagnostics in the same order, each told once: one that is met on two ways is one. */
export function distinctDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ code, span, message }) => {
    const key = [code, span.file.path, span.start, span.end, message].join("\0");
    return !seen.has(key) && seen.add(key);
  });
}

/** By file, place and code, so that output does not depend on the order of checks. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...diagnostics].sort(
    (a, b) =>
      compare(a.span.file.path, b.span.file.path) ||
      a.span.start - b.span.start ||
      a.span.end - b.span.end ||
      compare(a.code, b.code) ||
      compare(a.message, b.message),
  );
}
