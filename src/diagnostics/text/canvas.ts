/** One row of characters below a source line, painted by runs of the same style. */
import type { Paint } from "./palette.ts";

export interface Canvas {
  /** Writes single-column characters from `column` on; what stood there is covered. */
  readonly put: (column: number, text: string, paint: Paint) => void;
  readonly at: (column: number) => string;
  readonly toString: () => string;
}

export function newCanvas(): Canvas {
  const characters: string[] = [];
  const paints: (Paint | undefined)[] = [];
  return {
    put(column, text, paint) {
      let at = column;
      for (const character of text) {
        characters[at] = character;
        paints[at] = paint;
        at++;
      }
    },
    at: (column) => characters[column] ?? " ",
    toString() {
      let out = "";
      for (let at = 0; at < characters.length; ) {
        const paint = paints[at];
        let run = "";
        while (at < characters.length && paints[at] === paint) run += characters[at++] ?? " ";
        out += paint === undefined ? run : paint(run);
      }
      return out.trimEnd();
    },
  };
}
