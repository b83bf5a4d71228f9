/** Where checks leave their diagnostics. */
import { type Details, type Diagnostic, diagnostic } from "../diagnostics/diagnostic.ts";
import type { Span } from "../diagnostics/span.ts";

export interface Report {
  /** Makes a diagnostic, with the parameters of `diagnostic`, and files it. */
  readonly add: typeof diagnostic;
  /** Files a diagnostic that another room made. */
  readonly file: (made: Diagnostic) => void;
  readonly diagnostics: readonly Diagnostic[];
}

export function newReport(): Report {
  const diagnostics: Diagnostic[] = [];
  const file = (made: Diagnostic): void => {
    diagnostics.push(made);
  };
  return {
    diagnostics,
    file,
    add: (slug, span, parameters, details?: Details) => {
      const made = diagnostic(slug, span, parameters, details);
      file(made);
      return made;
    },
  };
}

/** Whether an error is filed at the statement that begins there: the one reason is enough. */
export function hasErrorAt(report: Report, span: Span): boolean {
  return report.diagnostics.some(
    (found) => found.severity === "error" && found.span.file === span.file && found.span.start === span.start,
  );
}
