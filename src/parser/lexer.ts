/** Text to tokens and comments. Whatever the text, every character is in a token, a comment, a blank or a diagnostic. */
import { createToken, type IToken, type TokenType } from "chevrotain";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceFile, Span } from "../diagnostics/span.ts";
import type { Comment } from "./ast.ts";
import {
  foreignComment,
  hiddenCharactersIn,
  malformedNumber,
  stringFaults,
  unexpectedCharacters,
} from "./lexical-faults.ts";
import { isNumber } from "./numbers.ts";
import { type Destination, type ScanRule, scanner } from "./scanner.ts";
import { type LexicalName, lexicon } from "./tokens.ts";

const digits = "0123456789";
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

const closedString = /"[^"\\\r\n]*(?:\\[^\r\n][^"\\\r\n]*)*"/y;
const foreignString = /[“”„‟«»‘’‚'][^\r\n“”„‟«»‘’‚'"]*[“”„‟«»‘’‚']/y;

function matchAt(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end;
}

/**
 * A string, or what was meant as one. A string that is not closed reaches to the end of its line, but
 * leaves the braces there, so that one fault does not become two.
 */
function matchString(text: string, offset: number): string | undefined {
  if (text[offset] !== '"') {
    return matchAt(foreignString, text, offset);
  }
  const closed = matchAt(closedString, text, offset);
  if (closed !== undefined) return closed;
  let end = lineEnd(text, offset);
  let last = end;
  while (last > offset + 1 && " \t\r;{}".includes(text.charAt(last - 1))) {
    last -= 1;
    if (text[last] === "{" || text[last] === "}") end = last;
  }
  while (end > offset + 1 && " \t\r;".includes(text.charAt(end - 1))) end -= 1;
  return text.slice(offset, end);
}

/** How far `*\/` is looked for; a limit keeps a file full of `/*` from taking quadratic time. */
const longestForeignComment = 4096;

/** `# …` and `/* … *\/`, the comments of other languages. A `#` inside a line only with blanks around it. */
function matchForeignComment(text: string, offset: number): string | undefined {
  if (text[offset] === "/") {
    if (text[offset + 1] !== "*") return undefined;
    const end = text.slice(offset + 2, offset + longestForeignComment).indexOf("*/");
    return text.slice(offset, end === -1 ? lineEnd(text, offset) : offset + end + 4);
  }
  const before = offset === 0 ? "\n" : text.charAt(offset - 1);
  const after = text.charAt(offset + 1);
  const stands =
    before === "\n" || ((before === " " || before === "\t") && (after === " " || after === "\t"));
  return stands ? text.slice(offset, lineEnd(text, offset)) : undefined;
}

const byPattern = (pattern: string): ScanRule["match"] => {
  const sticky = new RegExp(pattern, "y");
  return (text, offset) => matchAt(sticky, text, offset);
};

const rules: ScanRule[] = [];

/** A token type with the rule that finds it; rules are tried in the order in which they are made. */
function rule(name: string, starts: string, match: ScanRule["match"], to: Destination = "tokens"): TokenType {
  const type = createToken({ name });
  rules.push({ type, starts, match, to });
  return type;
}

const regular = (name: string, starts: string, from: LexicalName, to?: Destination): TokenType =>
  rule(name, starts, byPattern(lexicon[from].pattern), to);

regular("Blank", " \t", "blank", "nowhere");
regular("Comment", "/", "comment", "comments");
const ForeignComment = rule("ForeignComment", "#/", matchForeignComment, "comments");
export const Newline = regular("Newline", "\n\r", "newline");
export const Word = regular("Word", letters, "word");
export const NumberToken = regular("Number", digits, "numeral");
export const StringToken = rule("String", "\"'“”„‟«»‘’‚", matchString);
export const Comma = regular("Comma", ",", "comma");
export const Equals = regular("Equals", "=", "equals");
export const Semicolon = regular("Semicolon", ";", "semicolon");
export const LeftBrace = regular("LeftBrace", "{", "open");
export const RightBrace = regular("RightBrace", "}", "close");
export const Through = regular("Through", ".", "through");
export const Below = regular("Below", ".", "below");
/** `..` without saying whether the end is in. */
export const Dots = rule("Dots", ".", byPattern("\\.\\.+"));

/** The tokens that reach the parser. */
export const tokenTypes: readonly TokenType[] = rules
  .filter(({ to }) => to === "tokens")
  .map(({ type }) => type);

const scan = scanner(rules);

export interface Lexed {
  readonly tokens: readonly IToken[];
  /** In the order of the text. */
  readonly comments: readonly Comment[];
  readonly diagnostics: readonly Diagnostic[];
  /** Where the diagnostics lie that are about code, not about comments; ascending. */
  readonly faults: readonly number[];
}

/**
 * Finds the end of the line of an offset. Remembers the last answer, so that asking for every place of a
 * long line stays cheap.
 */
export function lineEnds(text: string): (offset: number) => number {
  let [start, end] = [0, -1];
  return (offset) => {
    if (offset < start || offset > end) [start, end] = [offset, lineEnd(text, offset)];
    return end;
  };
}

/** Whether one of `faults` lies in `[start, end)`. */
export function faultIn(faults: readonly number[], start: number, end: number): boolean {
  let low = 0;
  let high = faults.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((faults[middle] ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  const fault = faults[low];
  return fault !== undefined && fault < end;
}

/** Whether a line break stands in `text` before `offset` with nothing but blanks between, or nothing at all. */
function beginsLine(text: string, offset: number): boolean {
  let at = offset - 1;
  while (at >= 0 && (text[at] === " " || text[at] === "\t" || text[at] === "\ufeff")) at -= 1;
  return at < 0 || text[at] === "\n";
}

/** Whether an empty line stands before `offset`. */
export function blankLineBefore(text: string, offset: number): boolean {
  let lines = 0;
  for (let at = offset - 1; at >= 0 && lines < 2; at -= 1) {
    const character = text[at];
    if (character === "\n") lines += 1;
    else if (character !== " " && character !== "\t" && character !== "\r") return false;
  }
  return lines >= 2;
}

function comment(token: IToken, source: SourceFile): Comment {
  const text = token.image.trimEnd();
  return {
    text,
    ownLine: beginsLine(source.text, token.startOffset),
    blankBefore: blankLineBefore(source.text, token.startOffset),
    span: { file: source, start: token.startOffset, end: token.startOffset + text.length },
  };
}

const structural: ReadonlySet<string> = new Set([
  "unexpected-character",
  "unterminated-string",
  "wrong-quotes",
]);

/**
 * Drops what follows from an earlier fault: a line on which a character could not be read, and could not
 * simply be replaced, is told once, for its rest is read with a hole in it.
 */
function firstOfLines(found: readonly Diagnostic[], text: string): Diagnostic[] {
  let lineEnds = -1;
  return [...found]
    .sort((a, b) => a.span.start - b.span.start)
    .filter(({ slug, span, fixes }) => {
      if (!structural.has(slug)) return true;
      if (span.start < lineEnds) return false;
      if (!fixes.some((fix) => fix.confidence === "safe")) lineEnds = lineEnd(text, span.start);
      return true;
    });
}

/** A byte order mark at the start is dropped. Spans count in the text as given. */
export function lex(source: SourceFile): Lexed {
  const text = source.text.startsWith("\ufeff") ? ` ${source.text.slice(1)}` : source.text;
  const { tokens, comments: commentTokens, errors } = scan(text);
  const diagnostics: Diagnostic[] = [];
  const spanOf = (token: IToken): Span => ({
    file: source,
    start: token.startOffset,
    end: token.startOffset + token.image.length,
  });
  let chunkEnd = -1;
  for (const { offset, length } of errors) {
    // One diagnostic for each stretch without blanks: `naïveté` is one mistake.
    const sameChunk = chunkEnd !== -1 && offset - chunkEnd < 64 && !/\s/.test(text.slice(chunkEnd, offset));
    chunkEnd = offset + length;
    if (!sameChunk)
      diagnostics.push(unexpectedCharacters({ file: source, start: offset, end: offset + length }));
  }
  const strings: Span[] = [];
  for (const token of tokens) {
    if (token.tokenType === NumberToken) {
      if (!isNumber(token.image)) diagnostics.push(malformedNumber(spanOf(token)));
    } else if (token.tokenType === StringToken) {
      diagnostics.push(...stringFaults(spanOf(token)));
      strings.push(spanOf(token));
    }
  }
  diagnostics.push(...hiddenCharactersIn(source, strings));
  const faults = diagnostics.map((fault) => fault.span.start).sort((a, b) => a - b);
  const told = firstOfLines(diagnostics, text);
  for (const token of commentTokens) {
    if (token.tokenType === ForeignComment) told.push(foreignComment(spanOf(token)));
  }
  told.push(...hiddenCharactersIn(source, commentTokens.map(spanOf)));
  return {
    tokens,
    comments: commentTokens.map((token) => comment(token, source)),
    diagnostics: told,
    faults,
  };
}
