/** What one parse carries along: the comments that wait for their place, and the diagnostics. */
import type { IToken } from "chevrotain";
import { type Details, type Diagnostic, diagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceFile, Span } from "../diagnostics/span.ts";
import type { Comment } from "./ast.ts";
import { faultIn, lineEnds } from "./lexer.ts";

export interface Run {
  readonly source: SourceFile;
  readonly diagnostics: Diagnostic[];
  /** Takes the waiting comments that begin before `offset`. Offsets of successive calls may only grow. */
  readonly takeComments: (offset: number) => readonly Comment[];
  /** The next waiting comment, if it begins before `offset` and shares its line with code. */
  readonly peekLineEnd: (offset: number) => Comment | undefined;
  /** Whether a lexical fault lies in `[start, end)`. */
  readonly faultIn: (start: number, end: number) => boolean;
  readonly endOfLine: (offset: number) => number;
  /** Up to where no `unexpected-token` is told any more: one is enough for a line. */
  quietUntil: number;
  readonly spanOf: (token: IToken) => Span;
}

const noComments: readonly Comment[] = [];

/** `faults`: where code has lexical faults, ascending. `told`: what earlier steps have found. */
export function startRun(
  source: SourceFile,
  comments: readonly Comment[],
  faults: readonly number[],
  told: readonly Diagnostic[],
): Run {
  let next = 0;
  return {
    source,
    diagnostics: [...told],
    endOfLine: lineEnds(source.text),
    quietUntil: 0,
    takeComments(offset) {
      const first = next;
      for (
        let waiting = comments[next];
        waiting !== undefined && waiting.span.start < offset;
        waiting = comments[next]
      ) {
        next += 1;
      }
      return next === first ? noComments : comments.slice(first, next);
    },
    peekLineEnd(offset) {
      const waiting = comments[next];
      return waiting !== undefined && waiting.span.start < offset && !waiting.ownLine ? waiting : undefined;
    },
    faultIn: (start, end) => faultIn(faults, start, end),
    spanOf: (token) => ({
      file: source,
      start: token.startOffset,
      end: token.startOffset + token.image.length,
    }),
  };
}

/** The run of a parser that is not parsing. */
export const restingRun: Run = startRun({ path: "", text: "" }, [], [], []);

/**
 * Files `unexpected-token`, unless the line already has one, or has a lexical fault from `since` on: then the
 * parser saw a text with holes.
 */
export function reportUnexpected(
  run: Run,
  since: number,
  place: Span,
  expected: string,
  found: string,
  details: Details = {},
): void {
  if (place.start < run.quietUntil || run.faultIn(since, place.end + 1)) return;
  run.quietUntil = run.endOfLine(place.end);
  run.diagnostics.push(diagnostic("unexpected-token", place, { expected, found }, details));
}
