/** Columns of text in a given width: a cell that is too wide goes on below itself. */
import { displayWidth, wrap } from "../../diagnostics/text/display.ts";

const gap = 2;
const narrowest = 12;

const cellsOf = (rows: readonly (readonly string[])[], column: number): readonly string[] =>
  rows.map((row) => row[column] ?? "");
const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map(displayWidth));

/** Where words alone are too wide, the widest column takes what is left, and its words are broken. */
function withBrokenWords(widths: readonly number[], surplus: number): readonly number[] {
  const widest = widths.lastIndexOf(Math.max(...widths));
  return widths.map((width, column) => (column === widest ? Math.max(narrowest, width - surplus) : width));
}

/** Lines no wider than `width`: broken at blanks, and inside words that are wider. */
const lines = (text: string, width: number): readonly string[] =>
  wrap(text, width).flatMap((line) =>
    displayWidth(line) <= width ? [line] : (line.match(new RegExp(`.{1,${width}}`, "gu")) ?? [line]),
  );

/** Widths of the columns: their own, until they fill the width; then the widest that has blanks to break at gives. */
function columnWidths(rows: readonly (readonly string[])[], room: number): readonly number[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const columns = Array.from({ length: count }, (_, column) => cellsOf(rows, column));
  const least = columns.map((cells) => widest(cells.flatMap((cell) => cell.split(" "))));
  const widths = columns.map(widest);
  const surplus = (): number =>
    widths.reduce((total, width) => total + (width === 0 ? 0 : width + gap), -gap) - room;
  while (surplus() > 0) {
    const slack = widths.map((width, column) => (width > (least[column] ?? 0) ? width : 0));
    const largest = Math.max(0, ...slack);
    if (largest === 0) return withBrokenWords(widths, surplus());
    const column = slack.lastIndexOf(largest);
    widths[column] = Math.max(least[column] ?? 0, largest - surplus());
  }
  return widths;
}

/**
 * Rows of the same columns, two blanks between these; an empty column is left out, no line ends in blanks.
 *
 * @param width columns of the terminal at hand, the indent included
 */
export function gridLines(
  rows: readonly (readonly string[])[],
  width: number,
  indent: number,
): readonly string[] {
  const widths = columnWidths(rows, width - indent);
  return rows.flatMap((row) => {
    const cells = widths.map((room, column) => lines(row[column] ?? "", Math.max(1, room)));
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) => {
      const texts = cells.flatMap((lines, column) => {
        const room = widths[column] ?? 0;
        const text = lines[line] ?? "";
        return room === 0 ? [] : [text + " ".repeat(Math.max(0, room - displayWidth(text)))];
      });
      return `${" ".repeat(indent)}${texts.join(" ".repeat(gap))}`.trimEnd();
    });
  });
}

/** A label with a text behind it that hangs in the same column. */
export const hangingLines = (
  label: string,
  text: string,
  width: number,
  indent: number,
): readonly string[] => {
  const from = indent + displayWidth(label) + gap;
  return wrap(text, Math.max(20, width - from)).map((line, at) =>
    at === 0 ? `${" ".repeat(indent)}${label}${" ".repeat(gap)}${line}` : " ".repeat(from) + line,
  );
};
