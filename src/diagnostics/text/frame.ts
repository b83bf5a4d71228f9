/** Lines of one file with markers and labels under them. */
import { lineCount, lineText, positionAt, type SourceFile, type Span } from "../span.ts";
import { type Canvas, newCanvas } from "./canvas.ts";
import { safeText } from "./display.ts";
import type { Paint } from "./palette.ts";
import { type ShownLine, showLine } from "./window.ts";

export interface Annotation {
  /** All annotations of a frame lie in its file. */
  readonly span: Span;
  /** Empty: markers only. */
  readonly label: string;
  readonly marker: "^" | "-";
  readonly paint: Paint;
}

export interface FrameOptions {
  /** Digits that line numbers take. */
  readonly digits: number;
  readonly width: number;
  readonly gutter: Paint;
}

/** One-based lines and the offsets within them. */
interface Place {
  readonly annotation: Annotation;
  readonly first: number;
  readonly from: number;
  readonly last: number;
  readonly to: number;
}

/** A span of several lines and the margin column that its bar runs in. */
interface Bar extends Place {
  readonly slot: number;
  /** Only blanks before it on its first line: the bar begins beside that line, not below it. */
  readonly atLineStart: boolean;
}

/** Lines of a long span shown before the gap; its last line follows the gap. */
const shownOfSpan = 3;

/** Where a span lies, drawn back to the last character that a reader can see of it. */
export function placeOf(span: Span): { first: number; from: number; last: number; to: number } {
  const length = span.file.text.length;
  const start = Math.min(span.start, length);
  const begin = positionAt(span.file, start);
  const end = positionAt(span.file, Math.max(start, Math.min(span.end, length)));
  const from = begin.column - 1;
  if (end.column === 1 && end.line > begin.line) {
    const last = end.line - 1;
    return { first: begin.line, from, last, to: lineText(span.file, last).length };
  }
  return { first: begin.line, from, last: end.line, to: end.column - 1 };
}

/** Gives every span of several lines a margin column of its own while it runs. */
function barsOf(places: readonly Place[], file: SourceFile): readonly Bar[] {
  const bars: Bar[] = [];
  const several = places.filter(({ first, last }) => last > first);
  for (const place of [...several].sort((a, b) => a.first - b.first || b.last - a.last)) {
    const taken = new Set(bars.filter((bar) => bar.last >= place.first).map((bar) => bar.slot));
    let slot = 0;
    while (taken.has(slot)) slot++;
    const atLineStart = lineText(file, place.first).slice(0, place.from).trim() === "";
    bars.push({ ...place, slot, atLineStart });
  }
  return bars;
}

/** The lines to show, ascending: all that begin or end something, and a gap of one line filled in. */
function shownLines(places: readonly Place[]): readonly number[] {
  const lines = new Set<number>();
  for (const { first, last } of places) {
    lines.add(first).add(last);
    for (let line = first; line < Math.min(first + shownOfSpan, last); line++) lines.add(line);
  }
  for (const line of [...lines]) if (lines.has(line + 2)) lines.add(line + 1);
  return [...lines].sort((a, b) => a - b);
}

/** Markers and labels of the annotations that lie within one line, as the rows below it. */
function rowsBelow(places: readonly Place[], shown: ShownLine, offset: number): readonly Canvas[] {
  if (places.length === 0) return [];
  const marks = places
    .map(({ annotation, from, to }) => {
      const start = offset + shown.column(from);
      return { annotation, start, end: Math.max(start + 1, offset + shown.column(to)) };
    })
    .sort((a, b) => b.start - a.start || a.end - b.end);
  const markers = newCanvas();
  for (const secondary of [true, false])
    for (const { annotation, start, end } of marks)
      if ((annotation.marker === "-") === secondary)
        markers.put(start, annotation.marker.repeat(end - start), annotation.paint);
  const rows = [markers];
  const furthest = Math.max(...marks.map(({ end }) => end));
  const labelled = marks.filter(({ annotation }) => annotation.label !== "");
  const beside = labelled.find((mark) => mark === labelled[0] && mark.end === furthest);
  if (beside !== undefined)
    markers.put(
      beside.end + 1,
      safeText(beside.annotation.label).replaceAll("\n", " "),
      beside.annotation.paint,
    );
  let waiting = labelled.filter((mark) => mark !== beside);
  if (waiting.length > 0) rows.push(newCanvas());
  const connect = (row: Canvas | undefined): void => {
    for (const { start, annotation } of [...waiting].reverse()) row?.put(start, "|", annotation.paint);
  };
  connect(rows.at(-1));
  while (waiting.length > 0) {
    const row = newCanvas();
    connect(row);
    const [next, ...rest] = waiting;
    if (next !== undefined)
      row.put(next.start, safeText(next.annotation.label).replaceAll("\n", " "), next.annotation.paint);
    rows.push(row);
    waiting = rest;
  }
  return rows;
}

/** The lines of `file` that the annotations touch, numbered, with markers below. No line end at the end. */
export function frame(file: SourceFile, annotations: readonly Annotation[], options: FrameOptions): string {
  const { digits, gutter } = options;
  const places = annotations.map((annotation) => ({ annotation, ...placeOf(annotation.span) }));
  const bars = barsOf(places, file);
  const slots = bars.reduce((most, bar) => Math.max(most, bar.slot + 1), 0);
  /** Columns of the margin; a blank stands between it and the text. */
  const margin = slots === 0 ? 0 : slots * 2;
  const within = places.filter(({ first, last }) => first === last);
  const out: string[] = [];
  const emit = (number: string, row: string, separator = "|"): void => {
    out.push(`${gutter(`${number.padStart(digits)} ${separator}`)}${row === "" ? "" : ` ${row}`}`.trimEnd());
  };
  const open = new Set<Bar>();
  const drawBars = (row: Canvas): void => {
    for (const bar of open) row.put(bar.slot * 2, "|", bar.annotation.paint);
  };

  emit("", "");
  let previous: number | undefined;
  for (const line of shownLines(places)) {
    if (previous !== undefined && line > previous + 1) {
      const row = newCanvas();
      drawBars(row);
      const bar = row.toString();
      out.push(`${gutter("...".padEnd(digits + 2))}${bar === "" ? "" : ` ${bar}`}`.trimEnd());
    }
    previous = line;
    const touching = places.filter(({ first, last }) => first === line || last === line);
    const marked = touching.flatMap((place) => [
      ...(place.first === line ? [place.from] : []),
      ...(place.last === line ? [place.to] : []),
    ]);
    const shown = showLine(lineText(file, line), marked, Math.max(20, options.width - digits - 3 - margin));
    const beginning = bars.filter((bar) => bar.first === line);
    const head = newCanvas();
    drawBars(head);
    for (const bar of beginning)
      if (bar.atLineStart) {
        head.put(bar.slot * 2, "/", bar.annotation.paint);
        open.add(bar);
      }
    const left = head.toString();
    const pad = " ".repeat(Math.max(0, margin - marginWidth(head, margin)));
    emit(String(line), shown.text === "" ? left : `${left}${pad}${shown.text}`);

    const here = within.filter((place) => place.first === line);
    for (const row of rowsBelow(here, shown, margin)) {
      drawBars(row);
      emit("", row.toString());
    }
    for (const bar of beginning) {
      if (bar.atLineStart) continue;
      const row = newCanvas();
      drawBars(row);
      const end = margin + shown.column(bar.from);
      for (let at = bar.slot * 2 + 1; at < end; at++)
        if (row.at(at) === " ") row.put(at, "_", bar.annotation.paint);
      row.put(end, bar.annotation.marker, bar.annotation.paint);
      emit("", row.toString());
      open.add(bar);
    }
    for (const bar of bars.filter(({ last }) => last === line).sort((a, b) => b.slot - a.slot)) {
      const row = newCanvas();
      drawBars(row);
      const end = Math.max(margin, margin + shown.column(bar.to) - 1);
      for (let at = bar.slot * 2 + 1; at < end; at++)
        if (row.at(at) === " ") row.put(at, "_", bar.annotation.paint);
      row.put(end, bar.annotation.marker, bar.annotation.paint);
      if (bar.annotation.label !== "")
        row.put(end + 2, safeText(bar.annotation.label).replaceAll("\n", " "), bar.annotation.paint);
      emit("", row.toString());
      open.delete(bar);
    }
  }
  return out.join("\n");
}

/** Columns that the margin's bars take of `margin`. */
function marginWidth(head: Canvas, margin: number): number {
  for (let at = margin - 1; at >= 0; at--) if (head.at(at) !== " ") return at + 1;
  return 0;
}

/** Digits of the largest line number that frames of these spans show. */
export function digitsFor(spans: readonly Span[]): number {
  return String(Math.max(1, ...spans.map((span) => Math.min(placeOf(span).last, lineCount(span.file)))))
    .length;
}
