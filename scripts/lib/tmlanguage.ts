/** The TextMate grammar of the language, from the lexical rules of the lexer and the words of the vocabulary. */
import type { LexicalName, LexicalRule } from "../../src/parser/tokens.ts";

export interface TmPattern {
  readonly include?: string;
  readonly name?: string;
  readonly match?: string;
  readonly begin?: string;
  readonly end?: string;
  readonly captures?: Readonly<
    Record<string, { readonly name?: string; readonly patterns?: readonly TmPattern[] }>
  >;
  readonly beginCaptures?: Readonly<Record<string, { readonly name: string }>>;
  readonly patterns?: readonly TmPattern[];
}

export interface TmLanguage {
  readonly $schema: string;
  readonly name: string;
  readonly scopeName: string;
  readonly fileTypes: readonly string[];
  readonly patterns: readonly TmPattern[];
  readonly repository: Readonly<Record<string, { readonly patterns: readonly TmPattern[] }>>;
}

export interface Words {
  /** Names of statements; coloured where a statement begins. */
  readonly statements: readonly string[];
  /** Words that the forms of statements fix, such as `off`. */
  readonly fixed: readonly string[];
}

const scoped = (scope: string): string => `${scope}.guest`;

/** Not inside a longer name or number. */
const wordEnd = "(?![0-9A-Za-z_]|-+[0-9A-Za-z_]|\\.[0-9A-Za-z_])";
const numberEnd = "(?![0-9A-Za-z_]|\\.[0-9])";

/** What the architecture's names look like; which ones exist is known to the tables only. */
const shapes = [
  { match: `FEAT_[0-9A-Za-z_]+${wordEnd}`, name: scoped("support.constant.feature") },
  {
    match: `[A-Z][0-9A-Z_]*_EL[0-3](?:\\.[0-9A-Za-z_]+)?${wordEnd}`,
    name: scoped("support.variable.register"),
  },
];

const alternatives = (words: readonly string[]): string =>
  [...words]
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
    .map((word) => word.replace(/[^\w-]/g, "\\$&"))
    .join("|");

export function tmLanguage(
  lexicon: Readonly<Record<LexicalName, LexicalRule>>,
  numberForms: readonly LexicalName[],
  words: Words,
): TmLanguage {
  const rule = (name: LexicalName, end = ""): TmPattern => ({
    match: lexicon[name].pattern + end,
    name: scoped(lexicon[name].scope),
  });
  /** A sign at the end of a line, behind which the line goes on: what follows begins no statement. */
  const continuing = (name: LexicalName): TmPattern => ({
    begin: `(${lexicon[name].pattern})(?=[ \\t]*(?://.*)?$)`,
    beginCaptures: { 1: { name: scoped(lexicon[name].scope) } },
    end: "(?=[^\\s/]|/(?!/))",
    patterns: [{ include: "#comments" }],
  });
  const signs: readonly LexicalName[] = ["through", "below", "equals", "comma"];
  return {
    $schema: "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
    name: "Guest",
    scopeName: "source.guest",
    fileTypes: ["guest"],
    patterns: ["comments", "strings", "statements", "continuations", "signs", "numbers", "names"].map(
      (name) => ({
        include: `#${name}`,
      }),
    ),
    repository: {
      comments: { patterns: [rule("documentation"), rule("comment")] },
      strings: {
        patterns: [
          {
            match: lexicon.string.pattern,
            name: scoped(lexicon.string.scope),
            captures: { 0: { patterns: [rule("escape")] } },
          },
          { match: '".*$', name: `${scoped(lexicon.string.scope)} ${scoped("invalid.illegal.string")}` },
        ],
      },
      statements: {
        patterns: [
          {
            match: `(?:^|(?<=[;{]))[ \\t]*(${alternatives(words.statements)})${wordEnd}`,
            captures: { 1: { name: scoped("keyword.other.statement") } },
          },
        ],
      },
      continuations: { patterns: signs.map(continuing) },
      signs: {
        patterns: [...signs, "semicolon" as const, "open" as const, "close" as const].map((name) =>
          rule(name),
        ),
      },
      numbers: { patterns: [...numberForms.map((name) => rule(name, numberEnd)), rule("numeral")] },
      names: {
        patterns: [
          ...shapes,
          { match: `(?:${alternatives(words.fixed)})${wordEnd}`, name: scoped("keyword.other.modifier") },
          rule("word"),
        ],
      },
    },
  };
}

/** The file's text. */
export function tmLanguageText(language: TmLanguage): string {
  return `${JSON.stringify(language, undefined, 2)}\n`;
}
