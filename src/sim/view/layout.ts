/** What every part of the table is told. */
import { positionAt, type SourceFile, type Span } from "../../diagnostics/span.ts";
import type { Palette } from "../../diagnostics/text/palette.ts";

export interface Layout {
  readonly width: number;
  readonly all: boolean;
  readonly palette: Palette;
  /** The file whose lines are told by number alone. */
  readonly file: SourceFile;
}

/** `line 13`; in another file than the guest's `lib.guest:13`. */
export function lineOf(span: Span, { file }: Layout): string {
  const { line } = positionAt(span.file, span.start);
  return span.file === file ? `line ${line}` : `${span.file.path}:${line}`;
}
