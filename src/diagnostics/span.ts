/** Source text and places in it. Offsets are UTF-16 code units from the start of the file. */

export interface SourceFile {
  /** As the user gave it, relative where possible; printed in every message. */
  readonly path: string;
  readonly text: string;
}

/** A half-open range `[start, end)` of one file. */
export interface Span {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

/** One-based line and column, as editors and compilers count. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const lineStartsOf = new WeakMap<SourceFile, number[]>();

function lineStarts(file: SourceFile): number[] {
  let starts = lineStartsOf.get(file);
  if (starts === undefined) {
    starts = [0];
    for (let at = file.text.indexOf("\n"); at !== -1; at = file.text.indexOf("\n", at + 1))
      starts.push(at + 1);
    lineStartsOf.set(file, starts);
  }
  return starts;
}

export function positionAt(file: SourceFile, offset: number): Position {
  const starts = lineStarts(file);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}

/** The text of a one-based line, without its line end. */
export function lineText(file: SourceFile, line: number): string {
  const starts = lineStarts(file);
  const start = starts[line - 1] ?? file.text.length;
  const end = starts[line] ?? file.text.length + 1;
  return file.text.slice(start, end - 1).replace(/\r$/, "");
}

export function lineCount(file: SourceFile): number {
  return lineStarts(file).length;
}

export function spanText(span: Span): string {
  return span.file.text.slice(span.start, span.end);
}

/** The smallest span that holds both; they lie in one file. */
export function joinSpans(a: Span, b: Span): Span {
  return { file: a.file, start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}

/** `file:line:column`, the form that editors and terminals make clickable. */
export function formatLocation(span: Span): string {
  const { line, column } = positionAt(span.file, span.start);
  return `${span.file.path}:${line}:${column}`;
}
