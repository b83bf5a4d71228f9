/**
 * The tree of a `.guest` file: statements as written, with the comments between them, so that the
 * printer can give the file back. Knows nothing of what a name means.
 */
import type { SourceFile, Span } from "../diagnostics/span.ts";

/** `// text` (or `/// text` for documentation), without its line end. */
export interface Comment {
  readonly text: string;
  readonly span: Span;
}

/** A name: `cpu`, `n1-lts`, `FEAT_LSE`, `armv8.2-a`, `ID_AA64PFR0_EL1.SVE`. */
export interface Word {
  readonly kind: "word";
  readonly text: string;
  readonly span: Span;
}

/** Anything that begins with a digit: `40`, `0x8400_0050`, `0b1010`, `1.1`, `6.12.117`. */
export interface NumberLiteral {
  readonly kind: "number";
  readonly text: string;
  readonly span: Span;
}

export interface StringLiteral {
  readonly kind: "string";
  /** With escapes resolved. */
  readonly value: string;
  /** As written, with its quotes. */
  readonly text: string;
  readonly span: Span;
}

export type Scalar = Word | NumberLiteral | StringLiteral;

/** `from ..= to` (the end is in) or `from ..< to` (the end is out). */
export interface Range {
  readonly kind: "range";
  readonly from: Scalar;
  readonly to: Scalar;
  readonly inclusive: boolean;
  readonly span: Span;
}

export type Atom = Scalar | Range;

/** One argument: a single atom, or several separated by commas. Never empty. */
export interface Argument {
  readonly items: readonly Atom[];
  readonly span: Span;
}

export interface Block {
  readonly statements: readonly Statement[];
  /** Comments after the last statement. */
  readonly comments: readonly Comment[];
  /** From `{` to `}`. */
  readonly span: Span;
}

export interface Statement {
  readonly name: Word;
  readonly args: readonly Argument[];
  /** What stands after `=`. */
  readonly value: readonly Argument[] | undefined;
  readonly block: Block | undefined;
  /** Own-line comments directly above, documentation (`///`) among them, in order. */
  readonly leading: readonly Comment[];
  /** A comment at the end of the statement's line (for a block: behind `{`). */
  readonly trailing: Comment | undefined;
  /** Whether a blank line stands before the statement and its leading comments. */
  readonly blankBefore: boolean;
  /** From the name to the last argument or `}`. */
  readonly span: Span;
}

export interface GuestFile {
  readonly source: SourceFile;
  readonly statements: readonly Statement[];
  /** Comments after the last statement. */
  readonly comments: readonly Comment[];
}

/** The text of a statement's `///` comments, one string a line, without the slashes. */
export function documentation(statement: Statement): readonly string[] {
  return statement.leading
    .filter((comment) => comment.text.startsWith("///"))
    .map((comment) => comment.text.slice(3).replace(/^ /, "").trimEnd());
}
