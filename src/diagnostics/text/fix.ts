/** A fix as the lines that it takes away and the lines that it puts in their place. */
import type { Fix, TextEdit } from "../diagnostic.ts";
import { lineText, positionAt, type SourceFile } from "../span.ts";
import { safeText } from "./display.ts";
import type { FrameOptions } from "./frame.ts";
import type { Paint } from "./palette.ts";
import { showLine } from "./window.ts";

export interface FixOptions extends FrameOptions {
  readonly added: Paint;
  readonly removed: Paint;
}

interface Hunk {
  readonly first: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** Lines shown of one side of a hunk. */
const mostLines = 12;

/** Edits of one file whose lines touch, in order of place; of two that overlap the first counts. */
function groups(file: SourceFile, edits: readonly TextEdit[]): readonly (readonly TextEdit[])[] {
  const out: TextEdit[][] = [];
  let lastLine = Number.NEGATIVE_INFINITY;
  let lastEnd = Number.NEGATIVE_INFINITY;
  for (const edit of [...edits].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end)) {
    if (edit.span.start < lastEnd) continue;
    const line = positionAt(file, edit.span.start).line;
    if (line <= lastLine + 1) out.at(-1)?.push(edit);
    else out.push([edit]);
    lastLine = positionAt(file, edit.span.end).line;
    lastEnd = edit.span.end;
  }
  return out;
}

function hunk(file: SourceFile, edits: readonly TextEdit[]): Hunk | undefined {
  const begin = edits[0];
  const finish = edits.at(-1);
  if (begin === undefined || finish === undefined) return undefined;
  let first = positionAt(file, begin.span.start).line;
  const last = positionAt(file, finish.span.end).line;
  const removed: string[] = [];
  for (let line = first; line <= last; line++) removed.push(lineText(file, line));
  const from = begin.span.start - (positionAt(file, begin.span.start).column - 1);
  const to = finish.span.end + lineText(file, last).length - (positionAt(file, finish.span.end).column - 1);
  let text = "";
  let at = from;
  for (const edit of edits) {
    text += file.text.slice(at, edit.span.start) + edit.text;
    at = edit.span.end;
  }
  const added = (text + file.text.slice(at, Math.max(at, to))).split(/\r?\n/);
  while (removed.length > 0 && added.length > 0 && removed[0] === added[0]) {
    removed.shift();
    added.shift();
    first++;
  }
  while (removed.length > 0 && added.length > 0 && removed.at(-1) === added.at(-1)) {
    removed.pop();
    added.pop();
  }
  return { first, removed, added };
}

/** The changed lines, each behind its number and `-` or `+`; a fix without edits has none. */
export function fixLines(fix: Fix, where: SourceFile, options: FixOptions): readonly string[] {
  const { digits, gutter, width } = options;
  const out: string[] = [];
  const files = [...new Set(fix.edits.map((edit) => edit.span.file))];
  for (const file of files) {
    const edits = fix.edits.filter((edit) => edit.span.file === file);
    out.push(gutter(`${" ".repeat(digits)} |`));
    if (file !== where) out.push(`${gutter(`${" ".repeat(digits)}--> `)}${safeText(file.path)}`);
    for (const group of groups(file, edits)) {
      const found = hunk(file, group);
      if (found === undefined) continue;
      const side = (lines: readonly string[], sign: string, paint: Paint): void => {
        for (const [at, line] of lines.slice(0, mostLines).entries()) {
          const number = String(found.first + at).padStart(digits);
          out.push(
            `${gutter(number)} ${paint(`${sign} ${showLine(line, [], width - digits - 3).text}`.trimEnd())}`,
          );
        }
        if (lines.length > mostLines)
          out.push(
            `${gutter(" ".repeat(digits))} ${paint(`${sign} … ${lines.length - mostLines} more lines`)}`,
          );
      };
      side(found.removed, "-", options.removed);
      side(found.added, "+", options.added);
    }
  }
  return out;
}
