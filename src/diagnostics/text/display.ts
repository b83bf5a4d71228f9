/**
 * How text looks in a terminal: how many columns a character takes, and what stands for one that must not
 * reach the terminal as it is (control characters, and those that reorder what follows).
 */

/** What the reader sees as one character. */
export interface Cell {
  readonly text: string;
  /** Columns: 0, 1 or 2; a tab counts as its spaces. */
  readonly width: number;
  /** Offset of its first UTF-16 code unit. */
  readonly start: number;
}

const tabWidth = 4;
/** East Asian wide and fullwidth blocks (Unicode 16, EastAsianWidth.txt), merged over unassigned gaps. */
const wide =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u;
const emoji = /^\p{Emoji_Presentation}|^\p{Emoji}\ufe0f|^\p{Regional_Indicator}/u;
const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]+$/u;
/** Formatting characters that change the order or the look of what stands beside them. */
const reordering = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const plain = /^[ -~]*$/;

let segmenter: Intl.Segmenter | undefined;

/** Control characters as their pictures (`␛`), reordering and C1 ones as `�`; a tab as spaces. */
function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === "\t") return " ".repeat(tabWidth);
  if (character === "\r\n") return "\u240d\u240a";
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  if ((code > 0x7f && code < 0xa0) || reordering.test(character)) return "\ufffd";
  return character;
}

function widthOf(shown: string): number {
  if (plain.test(shown)) return shown.length;
  if (wide.test(shown) || emoji.test(shown)) return 2;
  return zeroWidth.test(shown) ? 0 : shown === "\u240d\u240a" ? 2 : 1;
}

/** The characters of a line, without its end. */
export function cellsOf(line: string): readonly Cell[] {
  if (plain.test(line)) return Array.from(line, (text, start) => ({ text, width: 1, start }));
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return Array.from(segmenter.segment(line), ({ segment, index }) => {
    const text = visible(segment);
    return { text, width: widthOf(text), start: index };
  });
}

/** A text as it may be printed; line ends stay. */
export function safeText(text: string): string {
  if (plain.test(text)) return text;
  return text
    .split("\n")
    .map((line) =>
      cellsOf(line)
        .map((cell) => cell.text)
        .join(""),
    )
    .join("\n");
}

/** Columns that a safe text takes. */
export function displayWidth(text: string): number {
  return plain.test(text) ? text.length : cellsOf(text).reduce((sum, cell) => sum + cell.width, 0);
}

/** Columns before the character at `offset`; an offset inside a character counts as its start. */
export function columnOf(cells: readonly Cell[], offset: number): number {
  let column = 0;
  for (let at = 0; at < cells.length; at++) {
    const next = cells[at + 1]?.start ?? Number.POSITIVE_INFINITY;
    const cell = cells[at];
    if (cell === undefined || offset < next) {
      return offset > (cell?.start ?? 0) && at === cells.length - 1 ? column + (cell?.width ?? 0) : column;
    }
    column += cell.width;
  }
  return column;
}

/** Breaks a text at spaces so that no line is wider than `width`; a longer word keeps its own line. */
export function wrap(text: string, width: number): readonly string[] {
  return safeText(text)
    .split("\n")
    .flatMap((paragraph) => {
      if (displayWidth(paragraph) <= width) return [paragraph];
      const lines: string[] = [];
      let line = "";
      for (const word of paragraph.split(" ")) {
        const longer = line === "" ? word : `${line} ${word}`;
        if (line !== "" && displayWidth(longer) > width) {
          lines.push(line);
          line = word;
        } else line = longer;
      }
      return [...lines, line];
    });
}
