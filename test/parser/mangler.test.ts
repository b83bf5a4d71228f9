/** Damaged texts: no text makes the parser throw, and one slip costs few diagnostics. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sortDiagnostics } from "../../src/diagnostics/diagnostic.ts";
import type { Span } from "../../src/diagnostics/span.ts";
import type { Statement } from "../../src/parser/ast.ts";
import { examples, fileText, format, page, parseText } from "./support.ts";

const texts = [page, ...examples.map((one) => one.text)];
const seed = 1234;

/** All spans of a tree and of what is said about it. */
function spansOf(text: string): readonly Span[] {
  const { file, diagnostics } = parseText(text);
  const ofStatement = (one: Statement): Span[] => [
    one.span,
    one.name.span,
    ...[...one.args, ...(one.value ?? [])].flatMap((argument) => [
      argument.span,
      ...argument.items.map((item) => item.span),
    ]),
    ...one.leading.map((comment) => comment.span),
    ...(one.trailing === undefined ? [] : [one.trailing.span]),
    ...(one.block === undefined ? [] : [one.block.span, ...one.block.statements.flatMap(ofStatement)]),
  ];
  return [
    ...file.statements.flatMap(ofStatement),
    ...diagnostics.flatMap((found) => [
      found.span,
      ...found.related.map((related) => related.span),
      ...found.fixes.flatMap((fix) => fix.edits.map((edit) => edit.span)),
    ]),
  ];
}

function holds(text: string): void {
  const { diagnostics } = parseText(text);
  for (const { start, end } of spansOf(text)) {
    expect(start).toBeGreaterThanOrEqual(0);
    expect(end).toBeGreaterThanOrEqual(start);
    expect(end).toBeLessThanOrEqual(text.length);
  }
  expect(diagnostics).toEqual(sortDiagnostics(diagnostics));
  expect(diagnostics.length).toBeLessThanOrEqual(text.length + 1);
  if (diagnostics.length === 0) expect(format(format(text))).toBe(format(text));
}

const snippet = fc.constantFrom(
  ..."{}=,;.\"\\/#@'-_ \n\r\t0x9éA",
  "..",
  "..=",
  "//",
  "/*",
  "*/",
  "\u0000",
  "\u202e",
  "\ufeff",
  "\ud800",
  "😀",
  "“",
);

/** Cuts, doubles and replaces stretches of a text. */
const mangled = fc
  .tuple(
    fc.constantFrom(...texts),
    fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(12), snippet, fc.nat(3)), {
      minLength: 1,
      maxLength: 8,
    }),
  )
  .map(([text, cuts]) =>
    cuts.reduce((current, [place, length, by, kind]) => {
      const at = Math.floor(place * current.length);
      const [before, cut, after] = [
        current.slice(0, at),
        current.slice(at, at + length),
        current.slice(at + length),
      ];
      return (
        [before + after, before + by + cut + after, before + by + after, before + cut + by + cut + after][
          kind
        ] ?? ""
      );
    }, text),
  );

describe("any text", () => {
  it("is parsed: damaged files", () => {
    fc.assert(fc.property(mangled, holds), { seed, numRuns: 500 });
  });

  it("is parsed: random pieces of the language", () => {
    const pieces = fc.array(fc.oneof(snippet, fc.constantFrom("a ", "b-c", " 1.2 ", '"s"', "{ ", " }\n")), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        pieces.map((all) => all.join("")),
        holds,
      ),
      { seed, numRuns: 3000 },
    );
  });

  it("is parsed: random characters", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), holds), { seed, numRuns: 1000 });
  });

  it("is parsed: well-formed files cut off anywhere", () => {
    fc.assert(
      fc.property(fileText, fc.double({ min: 0, max: 1, noNaN: true }), (text, part) => {
        holds(text.slice(0, Math.floor(text.length * part)));
      }),
      { seed, numRuns: 300 },
    );
  });
});

describe("one wrong character", () => {
  it("is told once in the median, twice at most in 99 of 100 cases, and never more than three times", {
    timeout: 60_000,
  }, () => {
    /** How many diagnostics each change gives, over all places of all sample files. */
    const counts = texts.flatMap((text) =>
      [...'@={"x'].flatMap((by) =>
        Array.from({ length: text.length }, (_, at) => {
          const replaced = text.slice(0, at) + by + text.slice(at + 1);
          return replaced === text ? 0 : parseText(replaced).diagnostics.length;
        }),
      ),
    );
    const broken = counts.filter((one) => one > 0).sort((a, b) => a - b);
    expect(broken.length).toBeGreaterThan(5000);
    expect(broken[Math.floor(broken.length / 2)]).toBe(1);
    expect(broken[Math.floor(broken.length * 0.99)]).toBeLessThanOrEqual(2);
    expect(broken.at(-1)).toBeLessThanOrEqual(3);
  });

  it("that is missing is told likewise", () => {
    const missing = texts.flatMap((text) =>
      Array.from({ length: text.length }, (_, at) => ({
        at,
        count: parseText(text.slice(0, at) + text.slice(at + 1)).diagnostics.length,
      })),
    );
    expect(Math.max(...missing.map((one) => one.count))).toBeLessThanOrEqual(2);
  });

  it("leaves the other top-level statements whole", () => {
    const statement = /^(?:cpu|guest|test|host|fleet)\b/gm;
    const names = (text: string): number => parseText(text).file.statements.length;
    for (const text of texts) {
      const whole = names(text);
      for (const brace of text.matchAll(/[{}]/g)) {
        const cut = text.slice(0, brace.index) + text.slice(brace.index + 1);
        expect(names(cut), cut).toBeGreaterThanOrEqual(whole - 1);
      }
      expect(text.match(statement)?.length).toBeGreaterThan(1);
    }
  });
});
