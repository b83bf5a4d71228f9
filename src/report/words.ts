/** Words that all parts of the page share. */
import { formatLocation, positionAt, type Span, spanText } from "../diagnostics/span.ts";
import { safeText } from "../diagnostics/text/display.ts";

/** Small numbers as people write them, others in hexadecimal. */
export const number = (value: bigint): string => (value < 10n ? String(value) : `0x${value.toString(16)}`);

export const register64 = (value: bigint): string => `0x${value.toString(16).padStart(16, "0")}`;

/** An SMCCC function id. */
export const functionId = (id: number): string => `0x${id.toString(16).padStart(8, "0")}`;

export const count = (many: number, one: string, several = `${one}s`): string =>
  `${many} ${many === 1 ? one : several}`;

/** A number of 1 or more with commas between thousands. */
export const grouped = (many: number): string => String(many).replace(/\B(?=(\d{3})+$)/g, ",");

/** Texts of the user's files as a page may hold them: without control characters and what reorders others. */
export const shown = (text: string): string => safeText(text).replace(/\s+/g, " ").trim();

/** So much of a statement is quoted. */
const longest = 72;

export interface Place {
  /** `line 13`; in another file than `path` `lib.guest:13`. */
  readonly short: string;
  /** `web.guest:13:3` */
  readonly full: string;
  /** The statement's text on one line. */
  readonly text: string;
}

export function placeOf(span: Span, path: string): Place {
  const { line } = positionAt(span.file, span.start);
  const text = shown(spanText(span));
  return {
    short: span.file.path === path ? `line ${line}` : shown(`${span.file.path}:${line}`),
    full: shown(formatLocation(span)),
    text: text.length > longest ? `${text.slice(0, longest)}…` : text,
  };
}
