/** `grammar/guest.ebnf` says what the lexer and the parser do, no more and no less. */

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lex } from "../../src/parser/lexer.ts";
import { parse } from "../../src/parser/parse.ts";
import { type LexicalName, lexicon, wholly } from "../../src/parser/tokens.ts";
import { examples, fileText, page } from "../parser/support.ts";
import { accepts, mentions, readGrammar, regularSource, ruleOf } from "./ebnf.ts";

const grammar = readGrammar(readFileSync("grammar/guest.ebnf", "utf8"));

/** Rules whose tokens the lexer makes; all below them are lexical too. */
const tokenRules = ["word", "number", "string", "newline"] as const;
const pattern = (rule: string): RegExp =>
  new RegExp(`^(?:${regularSource(grammar, ruleOf(grammar, rule))})$`);

/** Texts that come near the tokens of a rule. */
const near = fc.string({
  unit: fc.constantFrom(...'0019afFxbz_-."\\/ \t\n\r=<,;{}é'),
  maxLength: 7,
});

describe("the rules", () => {
  it("are all defined and all used", () => {
    const used = new Set([...grammar.values()].flatMap((rule) => mentions(rule).rules));
    expect([...used].filter((name) => !grammar.has(name))).toEqual([]);
    expect([...grammar.keys()].filter((name) => !used.has(name)).sort()).toEqual(["file", "ignored"]);
  });

  it("name every lexical rule of the lexer, and mention each of its signs", () => {
    const signs: Partial<Record<LexicalName, string>> = {
      through: "..=",
      below: "..<",
      equals: "=",
      comma: ",",
      semicolon: ";",
      open: "{",
      close: "}",
    };
    const texts = new Set([...grammar.values()].flatMap((rule) => mentions(rule).texts));
    for (const name of Object.keys(lexicon) as LexicalName[]) {
      const sign = signs[name];
      if (name === "numeral") continue;
      if (sign === undefined) expect(grammar.has(name), name).toBe(true);
      else {
        expect(texts.has(sign), sign).toBe(true);
        expect(wholly(name).test(sign)).toBe(true);
      }
    }
  });
});

describe("the tokens", () => {
  const same = [
    "word",
    "hexadecimal",
    "binary",
    "decimal",
    "version",
    "string",
    "escape",
    "blank",
    "comment",
    "documentation",
  ] as const;
  it.each(same)("%s: the pattern of the lexer", (name) => {
    const [ours, theirs] = [wholly(name), pattern(name)];
    const samples = fc.oneof(
      near,
      fc.stringMatching(ours),
      fc.stringMatching(theirs),
      fc.stringMatching(ours).chain((text) => near.map((more) => text + more)),
    );
    let matching = 0;
    fc.assert(
      fc.property(samples, (text) => {
        // The limit on the digits of a version is said in words.
        fc.pre(name !== "version" || !/[0-9]{10}/.test(text));
        if (theirs.test(text)) matching += 1;
        expect(ours.test(text), JSON.stringify(text)).toBe(theirs.test(text));
      }),
      { seed: 5, numRuns: 2000 },
    );
    expect(matching).toBeGreaterThan(300);
  });

  it("newline: the pattern of the lexer, which takes several at once", () => {
    expect(wholly("newline").source).toContain("(?:\\r?\\n[ \\t]*)+");
    for (const text of ["\n", "\r\n"]) {
      expect(pattern("newline").test(text)).toBe(true);
      expect(wholly("newline").test(text)).toBe(true);
    }
    for (const text of ["\r", "\n\r", ""]) {
      expect(pattern("newline").test(text)).toBe(false);
      expect(wholly("newline").test(text)).toBe(false);
    }
  });

  it("are what the lexer makes of a text, if it makes no diagnostic", () => {
    const rules = tokenRules.map(pattern);
    const signs = /^(?:[={},;]|\.\.[=<])$/;
    fc.assert(
      fc.property(fc.oneof(near, fileText), (text) => {
        const { tokens, diagnostics } = lex({ path: "", text });
        fc.pre(diagnostics.length === 0);
        for (const { image, tokenType } of tokens) {
          if (image === ".." || /^\.{3,}$/.test(image)) continue;
          if (tokenType.name === "Newline") expect(image).toMatch(/^(?:\r?\n[ \t]*)+$/);
          else expect(signs.test(image) || rules.some((rule) => rule.test(image)), image).toBe(true);
        }
      }),
      { seed: 6, numRuns: 1000 },
    );
  });
});

/** Reads a text by the EBNF alone, its tokens apart. */
function inLanguage(tokens: readonly string[]): boolean {
  const patterns = new Map(tokenRules.map((rule) => [rule as string, pattern(rule)]));
  return accepts(grammar, "file", tokens, (rule, token) => patterns.get(rule)?.test(token));
}

/** The tokens of a text, newlines one by one. */
function split(text: string): readonly string[] {
  return lex({ path: "", text }).tokens.flatMap((token) =>
    token.tokenType.name === "Newline" ? (token.image.match(/\r?\n/g) ?? []) : [token.image],
  );
}

describe("the statements", () => {
  it("accept the sample page and the examples", () => {
    for (const text of [page, ...examples.map((one) => one.text)]) expect(inLanguage(split(text))).toBe(true);
  });

  it("accept random sequences of tokens exactly if the parser gives no diagnostic", () => {
    const token = fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom("a", "b-c", "1", "0x2", '"s"') },
      { weight: 4, arbitrary: fc.constantFrom("\n", ";", "\n", "{", "}") },
      { weight: 2, arbitrary: fc.constantFrom(",", "=", "..=", "..<", "..") },
    );
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(token, { maxLength: 9 }), (tokens) => {
        const expected = inLanguage(tokens);
        if (expected) accepted += 1;
        const { diagnostics } = parse({ path: "", text: tokens.join(" ") });
        expect(diagnostics.length === 0, JSON.stringify(tokens)).toBe(expected);
      }),
      { seed: 8, numRuns: 20_000 },
    );
    expect(accepted).toBeGreaterThan(1500);
  }, 30_000);

  it("accept random files that the parser accepts", () => {
    fc.assert(
      fc.property(fileText, (text) => {
        expect(inLanguage(split(text))).toBe(parse({ path: "", text }).diagnostics.length === 0);
      }),
      { seed: 9, numRuns: 150 },
    );
  });
});
