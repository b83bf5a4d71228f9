/**
 * Columns of consecutive statements, in the manner of gofmt. Within a run the first arguments line up, so do
 * the further arguments of neighbours with the same name and as many arguments, the `=` of neighbours that
 * have one, and the `{` of blocks on one line. A row that would pad the others too far stands out by itself.
 */

/** A statement on one line, in pieces. */
export interface Row {
  readonly name: string;
  /** The arguments before `=`. */
  readonly cells: readonly string[];
  /** What stands behind `= `. */
  readonly value: string | undefined;
  /** A block on the same line, with its braces. */
  readonly block: string | undefined;
}

/** How much wider than the narrowest row a row may be to take part in a column. */
export const limits = { name: 12, cell: 24, head: 24, comment: 40 } as const;

/** Columns that a text takes: one a code point. */
export function width(text: string): number {
  let surrogates = 0;
  for (let at = 0; at < text.length; at += 1) if ((text.charCodeAt(at) & 0xfc00) === 0xdc00) surrogates += 1;
  return text.length - surrogates;
}

const padTo = (text: string, columns: number): string =>
  text + " ".repeat(Math.max(0, columns - width(text)));

/** The width to pad each row to; rows without a width (undefined) and rows that stand out keep their own. */
export function columns(widths: readonly (number | undefined)[], limit: number): readonly number[] {
  const present = widths.filter((one) => one !== undefined);
  const most = present.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY) + limit;
  const column = present.reduce((widest, one) => (one <= most ? Math.max(widest, one) : widest), 0);
  return widths.map((one) => (one === undefined ? 0 : one <= most ? column : one));
}

/** Splits indices into stretches of neighbours of which each `joins` the one before it. */
function stretches(
  count: number,
  joins: (index: number, before: number) => boolean,
): readonly (readonly number[])[] {
  const found: number[][] = [];
  for (let index = 0; index < count; index += 1) {
    const current = found.at(-1);
    if (current !== undefined && joins(index, index - 1)) current.push(index);
    else found.push([index]);
  }
  return found;
}

/** A row on one line; `widths`: to which its name and its arguments but the last are padded. */
function headText(row: Row, widths: readonly number[]): string {
  const pieces = [row.name, ...row.cells];
  return pieces
    .map((piece, at) => (at === pieces.length - 1 ? piece : padTo(piece, widths[at] ?? 0)))
    .join(" ");
}

function tail(row: Row): string {
  return (
    (row.value === undefined ? "" : ` = ${row.value}`) + (row.block === undefined ? "" : ` ${row.block}`)
  );
}

/** A row whose name is padded and nothing else. */
export function naturalText(row: Row, nameWidth: number): string {
  return headText(row, [nameWidth]) + tail(row);
}

/**
 * The lines of a run. `rows` holds undefined for a statement that takes several lines, `names` the widths of
 * the name column. A padding that would make a line longer than `available` is left out.
 */
export function alignRows(
  rows: readonly (Row | undefined)[],
  names: readonly number[],
  available: number,
): readonly (string | undefined)[] {
  const heads: (string | undefined)[] = rows.map((row, index) =>
    row === undefined ? undefined : headText(row, [names[index] ?? 0]),
  );
  const fits = (index: number, head: string): boolean => {
    const row = rows[index];
    return row === undefined || width(head + tail(row)) <= available;
  };
  const alike = (index: number, before: number): boolean => {
    const [a, b] = [rows[index], rows[before]];
    return a !== undefined && b !== undefined && a.name === b.name && a.cells.length === b.cells.length;
  };
  for (const stretch of stretches(rows.length, alike)) {
    const cells = stretch.map((index) => rows[index]?.cells ?? []);
    const count = (cells[0]?.length ?? 0) - 1;
    const perCell = Array.from({ length: Math.max(0, count) }, (_, at) =>
      columns(
        cells.map((row) => width(row[at] ?? "")),
        limits.cell,
      ),
    );
    const padded = stretch.map((index, at) => {
      const row = rows[index];
      return row === undefined
        ? ""
        : headText(row, [names[index] ?? 0, ...perCell.map((cell) => cell[at] ?? 0)]);
    });
    if (stretch.length > 1 && stretch.every((index, at) => fits(index, padded[at] ?? ""))) {
      stretch.forEach((index, at) => {
        heads[index] = padded[at];
      });
    }
  }
  const goesOn = (index: number, before: number): boolean => {
    const [a, b] = [rows[index], rows[before]];
    if (a === undefined || b === undefined) return false;
    return (
      (a.value !== undefined && b.value !== undefined) || (a.block !== undefined && b.block !== undefined)
    );
  };
  for (const stretch of stretches(rows.length, goesOn)) {
    if (stretch.length === 1) continue;
    const target = columns(
      stretch.map((index) => width(heads[index] ?? "")),
      limits.head,
    );
    const padded = stretch.map((index, at) => padTo(heads[index] ?? "", target[at] ?? 0));
    if (stretch.every((index, at) => fits(index, padded[at] ?? ""))) {
      stretch.forEach((index, at) => {
        heads[index] = padded[at];
      });
    }
  }
  return rows.map((row, index) => (row === undefined ? undefined : (heads[index] ?? "") + tail(row)));
}
