/** Why a contract has a value, in the words of its file. */
import type { Origin } from "../../contract.ts";
import { formatLocation, lineText, positionAt, type Span, spanText } from "../../diagnostics/span.ts";
import type { Reason } from "../difference.ts";

/** A statement with a block in it is named by what stands before the block. */
const oneLine = (text: string): string => {
  const [head = ""] = text.split("{");
  return head.replace(/\s+/g, " ").trim();
};

/** An argument is told with the word that its statement begins with: `with FEAT_RAS`, `services trng`. */
function statementWords(span: Span): string {
  const { line, column } = positionAt(span.file, span.start);
  const before = lineText(span.file, line).slice(0, column - 1);
  const [, word] = /^\s*([a-z][a-z-]*)\s[^{}]*$/.exec(before) ?? [];
  const own = oneLine(spanText(span));
  return word === undefined ? own : `${word} ${own}`;
}

export function reasonOf(origin: Origin): Reason {
  const source = formatLocation(origin.span);
  if (origin.kind === "default") return { by: "default", source, statement: origin.statement, because: null };
  return {
    by: origin.kind,
    source,
    statement: statementWords(origin.span),
    because: origin.kind === "derived" || origin.kind === "baseline" ? (origin.because ?? null) : null,
  };
}
