/** Text for terminals. */

/** Lines of columns, each but the last as wide as its widest cell, two blanks between them. */
export function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** The same as a text. */
export const textTable = (rows: readonly (readonly string[])[]): string =>
  aligned(rows)
    .map((line) => `${line}\n`)
    .join("");
