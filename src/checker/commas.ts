/** Commas that are missing or one too many: the usual cause of an argument that does not fit. */
import type { Details, Fix } from "../diagnostics/diagnostic.ts";
import type { Span } from "../diagnostics/span.ts";
import { type Context, type Part, statementRow } from "../language/vocabulary.ts";
import type { Argument, Atom } from "../parser/ast.ts";

/** What stands between two neighbours. */
const between = (before: { readonly span: Span }, behind: { readonly span: Span }): Span => ({
  ...before.span,
  start: before.span.end,
  end: behind.span.start,
});

const isStatement = (atom: Atom, context: Context): boolean =>
  atom.kind === "word" && statementRow(context, atom.text) !== undefined;

/** `cpu neoverse-v1, kernel linux 6.18`: a list where one argument is wanted. */
function commaTooMany(argument: Argument, context: Context): Details {
  const [first, second] = argument.items;
  if (first === undefined || second === undefined) return {};
  if (!isStatement(second, context)) return { label: "no list stands here" };
  const fix: Fix = {
    title: "write `;` instead of the comma",
    confidence: "unsafe",
    edits: [{ span: between(first, second), text: "; " }],
  };
  return { label: "statements on one line are separated by `;`", fixes: [fix] };
}

/** A comma at the end of a line, by which the next statement became an item of the list. */
function commaAtLineEnd(list: Argument, context: Context): Details | undefined {
  for (const [index, item] of list.items.entries()) {
    const before = list.items[index - 1];
    if (before === undefined || !isStatement(item, context)) continue;
    const gap = between(before, item);
    const text = gap.file.text.slice(gap.start, gap.end);
    if (!text.includes("\n")) continue;
    const comma = { ...gap, start: gap.start + text.indexOf(","), end: gap.start + text.indexOf(",") + 1 };
    return {
      related: [{ span: comma, message: "behind this comma the list goes on with the next line" }],
      fixes: [{ title: "remove the comma", confidence: "unsafe", edits: [{ span: comma, text: "" }] }],
    };
  }
  return undefined;
}

/**
 * What is to be said of the commas around the argument at which a form stopped.
 *
 * @param expected the part of the form that stands there; undefined behind the last one.
 * @param before the argument in front, with the part that it is.
 */
export function commaDetails(
  argument: Argument,
  expected: Part | undefined,
  before: { readonly argument: Argument; readonly part: Part } | undefined,
  context: Context,
): Details {
  if (expected !== undefined)
    return "slot" in expected && expected.list !== true ? commaTooMany(argument, context) : {};
  if (before === undefined || !("slot" in before.part) || before.part.list !== true) return {};
  const atLineEnd = commaAtLineEnd(before.argument, context);
  if (atLineEnd !== undefined) return atLineEnd;
  const at = { ...before.argument.span, start: before.argument.span.end };
  return {
    label: "items of a list are separated by commas",
    fixes: [{ title: "add the comma", confidence: "unsafe", edits: [{ span: at, text: "," }] }],
  };
}
