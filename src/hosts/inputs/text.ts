/** Lines of a text with their places. */
import type { ProfileProblem } from "../read.ts";

export interface Line {
  readonly text: string;
  /** One-based. */
  readonly number: number;
  /** UTF-16 offset of its first character. */
  readonly offset: number;
}

/** Lines without their ends (LF, or CR LF). */
export function linesOf(text: string): readonly Line[] {
  let offset = 0;
  return text.split("\n").map((raw, at) => {
    const line = { text: raw.endsWith("\r") ? raw.slice(0, -1) : raw, number: at + 1, offset };
    offset += raw.length + 1;
    return line;
  });
}

/** A problem at a zero-based column of a line. */
export function problemIn(line: Line, at: number, message: string): ProfileProblem {
  return { message, instancePath: "", offset: line.offset + at, line: line.number, column: at + 1 };
}

/** A comment, or nothing. */
export const saysNothing = ({ text }: Line): boolean => /^\s*(?:#.*|\/\/.*|;.*)?$/.test(text);

/** What is shown of a line in a message. */
export const shown = (text: string): string => {
  const whole = text.trim();
  return whole.length > 60 ? `${whole.slice(0, 57)}…` : whole;
};

/** More problems than this of one file help nobody. */
export const MOST_PROBLEMS = 20;
