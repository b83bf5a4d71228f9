/** Pages of diagnostics, from their rows in the registry. */
import { findDiagnostic, registry } from "../diagnostics/registry.ts";
import { fact, type Page } from "./page.ts";

export function diagnosticPage(codeOrSlug: string): Page | undefined {
  const found = findDiagnostic(codeOrSlug);
  if (found === undefined) return undefined;
  const { slug, row } = found;
  return {
    kind: "diagnostic",
    name: row.code,
    title: slug,
    facts: [
      fact("severity", "severity", row.severity),
      fact("message", "message", row.message.replace(/\{\w+\}/g, "…")),
    ],
    sections: [
      { key: "explanation", title: "What it means", text: row.page().explain, prose: true },
      { key: "wrong", title: "Wrong", text: row.page().wrong.trimEnd() },
      { key: "right", title: "Right", text: row.page().right.trimEnd() },
    ],
  };
}

export const diagnosticNames = (): readonly string[] =>
  Object.entries(registry).flatMap(([slug, row]) => [row.code, slug]);
