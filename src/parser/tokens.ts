/**
 * The lexical rules of the language as plain regular expressions, in the subset that JavaScript and
 * Oniguruma share. The lexer, the TextMate grammar and the test of `grammar/guest.ebnf` take them from here.
 */

/** One lexical rule. */
export interface LexicalRule {
  /** Source of a regular expression; matches one whole token. */
  readonly pattern: string;
  /** TextMate scope of the token, without the closing `.guest`. */
  readonly scope: string;
}

export const lexicon = {
  documentation: { pattern: "///[^\\n]*", scope: "comment.line.documentation" },
  comment: { pattern: "//[^\\n]*", scope: "comment.line.double-slash" },
  escape: { pattern: '\\\\["\\\\]', scope: "constant.character.escape" },
  string: { pattern: '"(?:[^"\\\\\\r\\n]|\\\\["\\\\])*"', scope: "string.quoted.double" },
  /** What the lexer takes as one number, well formed or not; the rules below say which ones are. */
  numeral: { pattern: "[0-9][0-9A-Za-z_]*(?:\\.[0-9][0-9A-Za-z_]*)*", scope: "invalid.illegal.number" },
  hexadecimal: { pattern: "0x[0-9A-Fa-f]+(?:_[0-9A-Fa-f]+)*", scope: "constant.numeric.hexadecimal" },
  binary: { pattern: "0b[01]+(?:_[01]+)*", scope: "constant.numeric.binary" },
  decimal: { pattern: "(?:0|[1-9][0-9]*(?:_[0-9]+)*)", scope: "constant.numeric.decimal" },
  /** At most nine digits a part, so that every part is exact in any language that reads it. */
  version: { pattern: "[0-9]{1,9}(?:\\.[0-9]{1,9})+", scope: "constant.numeric.version" },
  word: { pattern: "[A-Za-z_][0-9A-Za-z_]*(?:(?:-+|\\.)[0-9A-Za-z_]+)*", scope: "variable.other" },
  through: { pattern: "\\.\\.=", scope: "keyword.operator.range" },
  below: { pattern: "\\.\\.<", scope: "keyword.operator.range" },
  equals: { pattern: "=", scope: "keyword.operator.assignment" },
  comma: { pattern: ",", scope: "punctuation.separator.list" },
  semicolon: { pattern: ";", scope: "punctuation.terminator.statement" },
  open: { pattern: "\\{", scope: "punctuation.section.block.begin" },
  close: { pattern: "\\}", scope: "punctuation.section.block.end" },
  /** With the blank lines and the indentation behind it. */
  newline: { pattern: "(?:\\r?\\n[ \\t]*)+", scope: "" },
  blank: { pattern: "[ \\t]+", scope: "" },
} as const satisfies Readonly<Record<string, LexicalRule>>;

export type LexicalName = keyof typeof lexicon;

/** The well-formed numbers, in the order in which they are tried. */
export const numberForms = ["hexadecimal", "binary", "version", "decimal"] as const;

/**
 * Characters that do not show or that reorder the text around them: controls, and the bidirectional
 * controls of Unicode (UAX #9) with which a comment can pose as code.
 */
export const hiddenCharacters =
  "[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]|\\r(?!\\n)";

/** A regular expression that matches a whole text by one rule. */
export function wholly(name: LexicalName): RegExp {
  return new RegExp(`^(?:${lexicon[name].pattern})$`);
}
