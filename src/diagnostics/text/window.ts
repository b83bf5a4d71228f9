/** The part of a source line that is shown: all of it where it fits, else what lies around its markers. */
import { type Cell, cellsOf, columnOf } from "./display.ts";

export interface ShownLine {
  readonly text: string;
  /** Column in `text` of an offset in the line; what was cut off lies on its edges. */
  readonly column: (offset: number) => number;
}

/** Columns of context kept before the first marker of a cut line. */
const lead = 20;

const totalWidth = (cells: readonly Cell[]): number => cells.reduce((sum, cell) => sum + cell.width, 0);

/**
 * @param line without its end
 * @param marked offsets in the line that should stay visible, in any order
 * @param width columns at hand, at least 20
 */
export function showLine(line: string, marked: readonly number[], width: number): ShownLine {
  const cells = cellsOf(line);
  const text = (shown: readonly Cell[]): string => shown.map((cell) => cell.text).join("");
  if (totalWidth(cells) <= width)
    return { text: text(cells).trimEnd(), column: (offset) => columnOf(cells, offset) };
  const first = marked.length === 0 ? 0 : columnOf(cells, Math.min(...marked));
  const last = marked.length === 0 ? 0 : columnOf(cells, Math.max(...marked));
  const from = last < width - 1 ? 0 : Math.max(0, Math.min(first - lead, totalWidth(cells) - width + 1));
  const room = width - (from > 0 ? 1 : 0);
  let column = 0;
  const shown: Cell[] = [];
  let begin: number | undefined;
  let cut = false;
  for (const cell of cells) {
    if (column >= from) {
      begin ??= column;
      const left = room - (column - begin);
      const isLast = cell === cells.at(-1);
      if (cell.width > left - (isLast ? 0 : 1)) {
        cut = true;
        break;
      }
      shown.push(cell);
    }
    column += cell.width;
  }
  const shift = from > 0 ? 1 : 0;
  const shownWidth = totalWidth(shown);
  return {
    text: `${from > 0 ? "…" : ""}${text(shown)}${cut ? "…" : ""}`,
    column: (offset) =>
      Math.min(Math.max(columnOf(cells, offset) - (begin ?? 0), shift === 1 ? -1 : 0), shownWidth + 1) +
      shift,
  };
}
