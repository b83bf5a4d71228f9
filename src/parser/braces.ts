/**
 * Balances braces before the parser sees them. A missing `}` swallows the rest of a file and a stray one
 * throws it out of its block; where the indentation of the lines tells what was meant, the tokens are
 * mended accordingly, so that one slip costs one diagnostic.
 */
import type { IToken } from "chevrotain";
import { type Diagnostic, diagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceFile, Span } from "../diagnostics/span.ts";
import { faultIn, LeftBrace, type Lexed, lineEnds, Newline, RightBrace } from "./lexer.ts";

/** Blocks inside blocks; the language itself needs four. */
export const depthLimit = 64;

interface Open {
  readonly token: IToken;
  /** Where its line begins, behind the indentation. */
  readonly lineStart: number;
  /** Width of the indentation of the line that the brace stands on. */
  readonly indentation: number;
}

export interface Balanced {
  readonly tokens: readonly IToken[];
  readonly diagnostics: readonly Diagnostic[];
}

interface Attempt extends Balanced {
  readonly unclosed: number;
  readonly stray: number;
}

function spanAt(file: SourceFile, token: IToken): Span {
  return { file, start: token.startOffset, end: token.startOffset + token.image.length };
}

/** A tab counts as one column: only equality and order within one file matter. */
function indentationBehind(newline: IToken): number {
  return newline.image.length - newline.image.lastIndexOf("\n") - 1;
}

function closingBraceAt(offset: number): IToken {
  return {
    image: "",
    startOffset: offset,
    endOffset: offset - 1,
    tokenType: RightBrace,
    tokenTypeIdx: RightBrace.tokenTypeIdx ?? 0,
  };
}

/**
 * Walks the tokens once. With `trustIndentation` a line that begins a statement no deeper than the line
 * of an open block ends that block, and a `}` is stray where it begins a line deeper than the line of its block,
 * or ends a block of several lines without beginning a line.
 */
function walk({ tokens, faults }: Lexed, source: SourceFile, trustIndentation: boolean): Attempt {
  const kept: IToken[] = [];
  const diagnostics: Diagnostic[] = [];
  const open: Open[] = [];
  let indentation = tokens[0]?.tokenType === Newline ? 0 : (tokens[0]?.startOffset ?? 0);
  let firstOfLine = true;
  let lineStart = 0;
  let unclosed = 0;
  let stray = 0;
  let skipped = 0;

  /** A line with a lexical fault: its braces may have been meant as text, or have been lost. */
  const endOfLine = lineEnds(source.text);
  const faultyLine = (start: number, token: IToken): boolean =>
    faultIn(faults, start, endOfLine(token.startOffset));
  const reportUnclosed = ({ token, lineStart: start }: Open, place: Span, message: string): void => {
    unclosed += 1;
    if (faultyLine(start, token)) return;
    diagnostics.push(
      diagnostic(
        "unclosed-block",
        spanAt(source, token),
        {},
        { related: [{ span: place, message }], help: ["add a `}`"] },
      ),
    );
  };
  /** Behind the last token of an earlier line. */
  const closeBeforeLine = (): void => {
    const newlines: IToken[] = [];
    for (let last = kept.at(-1); last?.tokenType === Newline; last = kept.at(-1)) {
      newlines.push(last);
      kept.pop();
    }
    const last = kept.at(-1);
    kept.push(
      closingBraceAt(last === undefined ? 0 : last.startOffset + last.image.length),
      ...newlines.reverse(),
    );
  };

  for (const token of tokens) {
    const type = token.tokenType;
    if (type === Newline) {
      indentation = indentationBehind(token);
      lineStart = token.startOffset + token.image.length;
      firstOfLine = true;
      if (skipped === 0) kept.push(token);
      continue;
    }
    if (skipped > 0) {
      if (type === LeftBrace) skipped += 1;
      else if (type === RightBrace) skipped -= 1;
      firstOfLine = false;
      continue;
    }
    if (trustIndentation && firstOfLine && type !== RightBrace && type !== LeftBrace) {
      for (
        let block = open.at(-1);
        block !== undefined && indentation <= block.indentation;
        block = open.at(-1)
      ) {
        reportUnclosed(block, spanAt(source, token), "by its indentation this is not in the block any more");
        closeBeforeLine();
        open.pop();
      }
    }
    if (type === LeftBrace) {
      if (open.length === depthLimit) {
        diagnostics.push(diagnostic("blocks-too-deep", spanAt(source, token), { limit: depthLimit }));
        skipped = 1;
        continue;
      }
      open.push({ token, lineStart, indentation });
      kept.push(token);
    } else if (type === RightBrace) {
      const block = open.at(-1);
      const misplaced =
        block !== undefined &&
        (firstOfLine ? indentation > block.indentation : block.lineStart !== lineStart);
      if (block === undefined || (trustIndentation && misplaced)) {
        stray += 1;
        if (faultyLine(lineStart, token)) continue;
        diagnostics.push(
          diagnostic(
            "stray-brace",
            spanAt(source, token),
            {},
            {
              fixes: [
                {
                  title: "remove the `}`",
                  confidence: "unsafe",
                  edits: [{ span: spanAt(source, token), text: "" }],
                },
              ],
            },
          ),
        );
      } else {
        open.pop();
        kept.push(token);
      }
    } else kept.push(token);
    firstOfLine = false;
  }
  const end = { file: source, start: source.text.length, end: source.text.length };
  while (open.length > 0) {
    const block = open.pop();
    if (block !== undefined) reportUnclosed(block, end, "the file ends here");
    kept.push(closingBraceAt(end.start));
  }
  return { tokens: kept, diagnostics, unclosed, stray };
}

export function balance(lexed: Lexed, source: SourceFile): Balanced {
  const plain = walk(lexed, source, false);
  if (plain.unclosed + plain.stray === 0) return plain;
  const indented = walk(lexed, source, true);
  // Indentation is believed only where it explains the file at least as well as counting does.
  return indented.unclosed <= plain.unclosed && indented.stray <= plain.stray ? indented : plain;
}
