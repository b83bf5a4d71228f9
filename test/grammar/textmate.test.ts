/** The colours of an editor agree with the lexer. */

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { tmLanguage, tmLanguageText } from "../../scripts/lib/tmlanguage.ts";
import { fixedWords, statementWords } from "../../src/language/vocabulary.ts";
import { lex } from "../../src/parser/lexer.ts";
import { lexicon, numberForms, wholly } from "../../src/parser/tokens.ts";
import { examples, fileText, format, page } from "../parser/support.ts";
import { loadTokeniser, type Scoped, type Tokeniser } from "./textmate.ts";

const text = readFileSync("grammar/guest.tmLanguage.json", "utf8");
let tokenise: Tokeniser;

beforeAll(async () => {
  tokenise = await loadTokeniser(text);
});

/** `text scope`, blanks left out, without `.guest`. */
function scopesOf(source: string): readonly string[] {
  return tokenise(source)
    .filter((one) => one.text.trim() !== "")
    .map(
      (one) => `${one.text.trim()} ${one.scopes.map((scope) => scope.replace(/\.guest$/, "")).join(" > ")}`,
    );
}

it("the checked-in file is what the generator makes", () => {
  const made = tmLanguage(lexicon, numberForms, { statements: statementWords(), fixed: fixedWords() });
  expect(text).toBe(tmLanguageText(made));
});

describe("scopes", () => {
  it("of the sample page", () => {
    expect(scopesOf(page)).toMatchSnapshot();
  });

  it.each([
    ["cpu cpu", ["cpu keyword.other.statement", "cpu variable.other"]],
    ["cpu-x", ["cpu-x variable.other"]],
    [
      "{ deny oem; deny sip}",
      [
        "{ punctuation.section.block.begin",
        "deny keyword.other.statement",
        "oem variable.other",
        "; punctuation.terminator.statement",
        "deny keyword.other.statement",
        "sip variable.other",
        "} punctuation.section.block.end",
      ],
    ],
    [
      "with A, // why\n  // more\n  cpu",
      [
        "with keyword.other.statement",
        "A variable.other",
        ", punctuation.separator.list",
        "// why comment.line.double-slash",
        "// more comment.line.double-slash",
        "cpu variable.other",
      ],
    ],
    ["/// doc", ["/// doc comment.line.documentation"]],
    [
      'x "a\\"b" "',
      [
        "x variable.other",
        '"a string.quoted.double',
        '\\" string.quoted.double > constant.character.escape',
        'b" string.quoted.double',
        '" string.quoted.double > invalid.illegal.string',
      ],
    ],
    [
      "x 0x8400_0050 0b1 1.1 40 0x 40bits 1.1.x",
      [
        "x variable.other",
        "0x8400_0050 constant.numeric.hexadecimal",
        "0b1 constant.numeric.binary",
        "1.1 constant.numeric.version",
        "40 constant.numeric.decimal",
        "0x invalid.illegal.number",
        "40bits invalid.illegal.number",
        "1.1 constant.numeric.version",
        ". ",
        "x variable.other",
      ],
    ],
    [
      "x 1..=2 a..<b",
      [
        "x variable.other",
        "1 constant.numeric.decimal",
        "..= keyword.operator.range",
        "2 constant.numeric.decimal",
        "a variable.other",
        "..< keyword.operator.range",
        "b variable.other",
      ],
    ],
    [
      "with FEAT_LSE, ID_AA64PFR0_EL1.SVE",
      [
        "with keyword.other.statement",
        "FEAT_LSE support.constant.feature",
        ", punctuation.separator.list",
        "ID_AA64PFR0_EL1.SVE support.variable.register",
      ],
    ],
    ["sve off", ["sve keyword.other.statement", "off keyword.other.modifier"]],
  ] as const)("of %j", (source, expected) => {
    expect(scopesOf(source)).toEqual(expected);
  });
});

describe("every token of the lexer", () => {
  /** What the engine says of each stretch of a span. */
  const within = (all: readonly Scoped[], start: number, end: number): readonly Scoped[] =>
    all.filter((one) => one.start < end && one.end > start);

  function agrees(source: string): void {
    const all = tokenise(source);
    const { tokens, comments } = lex({ path: "", text: source });
    const holds = (start: number, end: number, scope: RegExp): void => {
      const found = within(all, start, end);
      expect(found.length, source.slice(start, end)).toBeGreaterThan(0);
      for (const one of found)
        expect(one.scopes.join(" "), `${JSON.stringify(source)} ${source.slice(start, end)}`).toMatch(scope);
      // And no further: the neighbours are something else, or blanks.
      expect(Math.min(...found.map((one) => one.start))).toBeGreaterThanOrEqual(start);
    };
    const kinds: Readonly<Record<string, RegExp>> = {
      Number: /^(?:constant\.numeric|invalid\.illegal\.number)/,
      String: /^string\.quoted\.double/,
      Word: /^(?:variable\.other|keyword\.other|support\.)/,
      Through: /^keyword\.operator\.range/,
      Below: /^keyword\.operator\.range/,
      Equals: /^keyword\.operator\.assignment/,
      Comma: /^punctuation\.separator/,
      Semicolon: /^punctuation\.terminator/,
      LeftBrace: /^punctuation\.section\.block\.begin/,
      RightBrace: /^punctuation\.section\.block\.end/,
    };
    for (const { tokenType, startOffset, image } of tokens) {
      const scope = kinds[tokenType.name];
      if (scope !== undefined) holds(startOffset, startOffset + image.length, scope);
    }
    for (const { span } of comments) holds(span.start, span.end, /^comment\.line/);
  }

  it("has its scope: the sample page and the examples", () => {
    for (const source of [page, ...examples.map((one) => one.text)]) agrees(source);
  });

  it("has its scope: random files", () => {
    fc.assert(
      fc.property(fileText, (source) => {
        agrees(source);
        agrees(format(source));
      }),
      { seed: 21, numRuns: 60 },
    );
  });
});

describe("the language configuration", () => {
  const configuration: {
    wordPattern: string;
    indentationRules: { increaseIndentPattern: string; decreaseIndentPattern: string };
    comments: { lineComment: string };
    brackets: readonly (readonly string[])[];
  } = JSON.parse(readFileSync("grammar/language-configuration.json", "utf8"));

  it("takes a word for what the lexer takes for one", () => {
    expect(configuration.wordPattern).toBe(lexicon.word.pattern);
    expect(wholly("comment").test(`${configuration.comments.lineComment} x`)).toBe(true);
    expect(configuration.brackets).toEqual([["{", "}"]]);
  });

  it("indents behind an open brace only", () => {
    const { increaseIndentPattern, decreaseIndentPattern } = configuration.indentationRules;
    const increase = new RegExp(increaseIndentPattern);
    for (const line of ["cpu c {", "cpu c {  // open", 'test g "a { b" {', "  smccc { "])
      expect(increase.test(line), line).toBe(true);
    for (const line of ["host h { cpu x }", "// {", "a // b {", 'x "{"', "}"])
      expect(increase.test(line), line).toBe(false);
    expect(new RegExp(decreaseIndentPattern).test("  } // end")).toBe(true);
    expect(new RegExp(decreaseIndentPattern).test("a }")).toBe(false);
  });
});
