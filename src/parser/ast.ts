/**
 * The tree of a `.guest` file: statements as written, with the comments between them, so that the
 * printer can give the file back. Knows nothing of what a name means.
 */
import type { SourceFile, Span } from "../diagnostics/span.ts";

/** `// text` (or `/// text` for documentation), without its line end. */
export interface Comment {
  /** Without blanks at its end. */
  readonly text: string;
  /** Whether nothing but blanks stands before it on its line. */
  readonly ownLine: boolean;
  /** Whether a blank line stands before it. */
  readonly blankBefore: boolean;
  readonly span: Span;
}

/**
 * What every scalar has. A line may end behind `,`, `=` and a range operator, and comments may stand
 * there; they belong to the scalar that the line goes on with.
 */
interface Continued {
  readonly before: readonly Comment[];
}

/** A name: `cpu`, `n1-lts`, `FEAT_LSE`, `armv8.2-a`, `ID_AA64PFR0_EL1.SVE`. */
export interface Word extends Continued {
  readonly kind: "word";
  readonly text: string;
  readonly span: Span;
}

/** Anything that begins with a digit: `40`, `0x8400_0050`, `0b1010`, `1.1`, `6.12.117`. */
export interface NumberLiteral extends Continued {
  readonly kind: "number";
  readonly text: string;
  readonly span: Span;
}

export interface StringLiteral extends Continued {
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
  /** A comment behind `}`, unless the block stands on one line: then it is the statement's `trailing`. */
  readonly closing: Comment | undefined;
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
  /** Whether a blank line stands between the leading comments and the statement. */
  readonly detached: boolean;
  /** Whether a syntax error lies in its head (not: in its block), so that its arguments are not to be judged. */
  readonly broken: boolean;
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
