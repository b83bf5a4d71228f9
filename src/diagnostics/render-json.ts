/** Diagnostics for programs: one JSON document, described by `schemas/diagnostics.schema.json`. */
import type { Diagnostic, Fix, TextEdit } from "./diagnostic.ts";
import { countBySeverity } from "./render-text.ts";
import { positionAt, type Span } from "./span.ts";

/** Name and major version of the document; a reader that does not know it should stop. */
export const diagnosticsSchema = "guestc.diagnostics/1";

interface PointJson {
  /** UTF-16 code units from the start of the file. */
  readonly offset: number;
  /** One-based. */
  readonly line: number;
  /** One-based, in UTF-16 code units. */
  readonly column: number;
}

export interface LocationJson {
  readonly file: string;
  readonly start: PointJson;
  /** Behind the last character. */
  readonly end: PointJson;
}

export interface DiagnosticJson {
  readonly code: string;
  readonly slug: string;
  readonly severity: "error" | "warning" | "note";
  readonly message: string;
  readonly location: LocationJson;
  /** What stands under the marker; null: nothing. */
  readonly label: string | null;
  readonly related: readonly { readonly location: LocationJson; readonly message: string }[];
  readonly notes: readonly string[];
  readonly help: readonly string[];
  readonly fixes: readonly {
    readonly title: string;
    readonly confidence: "safe" | "unsafe";
    readonly edits: readonly { readonly location: LocationJson; readonly text: string }[];
  }[];
}

export interface DiagnosticsJson {
  readonly schema: typeof diagnosticsSchema;
  readonly summary: { readonly errors: number; readonly warnings: number; readonly notes: number };
  readonly diagnostics: readonly DiagnosticJson[];
}

function location(span: Span): LocationJson {
  const point = (offset: number): PointJson => ({ offset, ...positionAt(span.file, offset) });
  return { file: span.file.path, start: point(span.start), end: point(span.end) };
}

const edit = ({ span, text }: TextEdit) => ({ location: location(span), text });
const fix = ({ title, confidence, edits }: Fix) => ({ title, confidence, edits: edits.map(edit) });

export function diagnosticJson(found: Diagnostic): DiagnosticJson {
  return {
    code: found.code,
    slug: found.slug,
    severity: found.severity,
    message: found.message,
    location: location(found.span),
    label: found.label ?? null,
    related: found.related.map(({ span, message }) => ({ location: location(span), message })),
    notes: found.notes,
    help: found.help,
    fixes: found.fixes.map(fix),
  };
}

/** All diagnostics, in the order given, as a value that `JSON.stringify` takes. */
export function diagnosticsJson(diagnostics: readonly Diagnostic[]): DiagnosticsJson {
  const { error, warning, note } = countBySeverity(diagnostics);
  return {
    schema: diagnosticsSchema,
    summary: { errors: error, warnings: warning, notes: note },
    diagnostics: diagnostics.map(diagnosticJson),
  };
}

/** The document as text, with a line end at its end. */
export function renderJson(diagnostics: readonly Diagnostic[]): string {
  return `${JSON.stringify(diagnosticsJson(diagnostics), null, 2)}\n`;
}
