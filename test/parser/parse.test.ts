/** Trees, and what is said about texts that are none. */
import { describe, expect, it } from "vitest";
import { syntax } from "../../src/diagnostics/codes/syntax.ts";
import type { DiagnosticRow } from "../../src/diagnostics/registry.ts";
import { spanText } from "../../src/diagnostics/span.ts";
import type { Statement } from "../../src/parser/ast.ts";
import { depthLimit } from "../../src/parser/braces.ts";
import { makeGrammar } from "../../src/parser/grammar.ts";
import { errorsOf, examples, outline, page, parseText } from "./support.ts";

const tree = (text: string): readonly string[] => outline(parseText(text).file);

describe("the grammar itself", () => {
  it("passes chevrotain's own validations", () => {
    // Chevrotain 13 validates with `Object.groupBy`, which Node 20 lacks.
    const object = Object as { groupBy?: unknown };
    const present = object.groupBy;
    object.groupBy ??= <T>(items: Iterable<T>, keyOf: (item: T) => string): Record<string, T[]> => {
      const groups: Record<string, T[]> = {};
      for (const item of items) {
        const key = keyOf(item);
        groups[key] = [...(groups[key] ?? []), item];
      }
      return groups;
    };
    try {
      expect(() => makeGrammar(false)).not.toThrow();
    } finally {
      if (present === undefined) delete object.groupBy;
    }
  });
});

describe("trees", () => {
  it("of the sample page and the examples, without diagnostics", () => {
    for (const { text } of [...examples, { text: page }]) expect(errorsOf(text)).toEqual([]);
    expect(tree(page)).toMatchSnapshot();
  });

  it("of words and numbers next to dots", () => {
    expect(tree("a armv8.2-a A.B 1.1 0x40..=0x5f a..<b a.b..=c-d 6.12.117")).toEqual([
      "a | warmv8.2-a | wA.B | n1.1 | n0x40 ..= n0x5f | wa ..< wb | wa.b ..= wc-d | n6.12.117",
    ]);
  });

  it("of lines that go on", () => {
    expect(tree("a x,\n  y,\r\n\n z = \n 1 ..=\n 2\nb")).toEqual(["a | wx , wy , wz | = | n1 ..= n2", "b"]);
  });

  it("of statements on one line, CRLF, tabs and a byte order mark", () => {
    expect(tree("\ufeffa 1;\tb { c; d }\r\n;;e\r\n")).toEqual(["a | n1", "b {", "  c", "  d", "e"]);
  });

  it("of strings with escapes", () => {
    expect(tree('a "b\\"c\\\\d" ""')).toEqual(['a | s"b\\"c\\\\d" | s""']);
  });

  it("give every comment a place", () => {
    const text = [
      "// first",
      "",
      "/// about a",
      "a { // open",
      "  // about b",
      "  b 1 // after b",
      "  // last",
      "} // close",
      "c { d } // after c",
      "e x, // after x",
      "  // about y",
      "  y // after e",
      "f; // after f",
      "// end",
    ].join("\n");
    expect(tree(text)).toEqual([
      "leading // first",
      "leading /// about a",
      "a {",
      "  trailing // open",
      "  leading // about b",
      "  b | n1",
      "    trailing // after b",
      "  end // last",
      "  closing // close",
      "c {",
      "  trailing // after c",
      "  d",
      "e | wx , [// after x][own // about y]wy",
      "  trailing // after e",
      "f",
      "  trailing // after f",
      "end // end",
    ]);
  });

  it("know of blank lines", () => {
    const { statements } = parseText("\na\n\n// doc\n\nb\n// doc\nc").file;
    expect(statements.map((one) => [one.blankBefore, one.detached])).toEqual([
      [false, false],
      [true, true],
      [false, false],
    ]);
  });

  it("have spans that cover what they name", () => {
    const [a] = parseText('\ufeffa x, "y" 1 ..= 2 = 3 { b; c }').file.statements;
    expect(a?.span.start).toBe(1);
    expect(a && spanText(a.span)).toBe('a x, "y" 1 ..= 2 = 3 { b; c }');
    expect(a?.args.map((one) => spanText(one.span))).toEqual(['x, "y"', "1 ..= 2"]);
    expect(a?.value?.map((one) => spanText(one.span))).toEqual(["3"]);
    expect(a?.block && spanText(a.block.span)).toBe("{ b; c }");
  });
});

describe("each diagnostic's samples", () => {
  const rows: readonly (readonly [string, DiagnosticRow])[] = Object.entries(syntax);
  it.each(rows)("%s", (_, row) => {
    expect(parseText(row.page().wrong).diagnostics.map((found) => found.code)).toEqual([row.code]);
    expect(errorsOf(row.page().right)).toEqual([]);
  });
});

describe("fixes", () => {
  const texts = [
    "x 40bits",
    "x 1__0",
    "x 0x_1_",
    "x 007",
    "x 0o17",
    "x 8f",
    "x 0XF",
    "x “hi”",
    "x 'hi'",
    "x a\u00a0b",
    "x a,",
    "x { a b, }",
    "a { b } c",
    "a\n{\n b\n}",
    "# hi\na",
    "/* hi */",
    "a }",
    'a "b\\c"',
    'a "b',
    "a 1 .. 2",
    "a // x\u202e",
    "a\u200b b",
  ];
  it.each(texts)("of %j mend it", (text) => {
    const { diagnostics } = parseText(text);
    expect(diagnostics.length).toBeGreaterThan(0);
    const fixes = diagnostics.flatMap((found) => found.fixes);
    expect(fixes.length).toBeGreaterThan(0);
    for (const fix of fixes) {
      let mended = text;
      for (const { span, text: by } of [...fix.edits].reverse()) {
        mended = mended.slice(0, span.start) + by + mended.slice(span.end);
      }
      expect(errorsOf(mended), mended).toEqual([]);
    }
  });
});

/** Names of statements, with their blocks. */
function names(statements: readonly Statement[]): string {
  return statements
    .map(
      (one) =>
        one.name.text + (one.broken ? "!" : "") + (one.block ? `{${names(one.block.statements)}}` : ""),
    )
    .join(" ");
}

describe("errors", () => {
  const cases: readonly (readonly [text: string, errors: readonly string[], survivors: string])[] = [
    ["a = = 4\nb", ["1:5 GC0005 expected a value behind `=`, found `=`"], "a! b"],
    ["a x = 1 = 2\nb", ["1:9 GC0005 expected `{` or the end of the line, found `=`"], "a! b"],
    ["a , x\nb", ["1:3 GC0005 expected an argument, `=`, `{` or the end of the line, found `,`"], "a! b"],
    ["a { b x, }\nc", ["1:8 GC0005 expected an item behind `,`, found `}`"], "a{b!} c"],
    ["a 1 ..= { b }\nc", ["1:9 GC0005 expected the end of the range behind `..=`, found `{`"], "a!{b} c"],
    [
      "a 1 ..= 2 ..= 3\nb",
      ["1:11 GC0005 expected an argument, `=`, `{` or the end of the line, found `..=`"],
      "a! b",
    ],
    ["a { b } c { d }\ne", ["1:9 GC0005 expected the end of the line behind `}`, found `c`"], "a{b} c{d} e"],
    ["a { b } { c }\nd", ["1:9 GC0005 expected the end of the line behind `}`, found `{`"], "a!{b} d"],
    ["a { b } 4 x\nc", ["1:9 GC0005 expected the end of the line behind `}`, found `4`"], "a!{b} c"],
    ["4 x { y }\na", ["1:1 GC0005 expected a statement, found `4`"], "a"],
    ["{ y }\na", ["1:1 GC0005 expected a statement, found `{`"], "a"],
    ["a x\n , y\nb", ["2:2 GC0005 expected a statement, found `,`"], "a b"],
    ["a\n{\n  b\n}\nc", ["2:1 GC0010 the `{` of a block stands on the line of its statement"], "a{b} c"],
    ['a "b }\nc', ["1:3 GC0002 this string is not closed"], "a! c"],
    ["a @x = @\nb", ["1:3 GC0001 unexpected character `@`"], "a! b"],
    ["a été\nb", ["1:3 GC0001 unexpected character `é`"], "a! b"],
    ["a \u0007\nb", ["1:3 GC0001 unexpected character `U+0007`"], "a! b"],
    ["a \u{1f600}\nb", ["1:3 GC0001 unexpected character `\u{1f600}`"], "a! b"],
    ["a x\rb\n", ["1:4 GC0001 unexpected character `U+000D`"], "a!"],
    [
      "a 1.\nb 1-2\nc -d",
      [
        "1:4 GC0001 unexpected character `.`",
        "2:4 GC0001 unexpected character `-`",
        "3:3 GC0001 unexpected character `-`",
      ],
      "a! b! c!",
    ],
    ["a: x\nb", ["1:2 GC0001 unexpected character `:`"], "a! b"],
  ];
  it.each(cases)("%j", (text, errors, survivors) => {
    expect(errorsOf(text)).toEqual(errors);
    expect(names(parseText(text).file.statements)).toBe(survivors);
  });

  it("are all told in one run, each once, and the rest is read", () => {
    const text = [
      "edition 2026",
      "cpu c {",
      "  baseline = = host",
      "  field A.B = 40bits",
      "}",
      "guest g {",
      "  cpu c,",
      "}",
      "test g “sample” {",
      "  hvc 1 .. 2 = denied",
      "  smccc {",
      "    deny oem",
      "  psci 1.1",
      "}",
      "4",
      "fleet f { hosts a }",
    ].join("\n");
    expect(errorsOf(text)).toEqual([
      "3:14 GC0005 expected a value behind `=`, found `=`",
      "4:15 GC0004 `40bits` is not a number",
      "7:8 GC0005 expected an item behind `,`, found `}`",
      '9:8 GC0013 a string stands between `"`, not between `“` and `”`',
      "10:9 GC0008 a range says whether its end is in: `..=` or `..<`",
      "11:9 GC0006 this block is never closed",
      "15:1 GC0005 expected a statement, found `4`",
    ]);
    expect(names(parseText(text).file.statements)).toBe(
      "edition cpu{baseline! field!} guest{cpu!} test!{hvc! smccc{deny} psci} fleet{hosts}",
    );
  });

  it("never say what a token type is called", () => {
    for (const [text] of cases)
      for (const error of errorsOf(text)) expect(error).not.toMatch(/Newline|Brace|token/i);
  });
});

describe("braces", () => {
  it("that are missing are found by indentation", () => {
    const { file, diagnostics } = parseText(
      "guest g {\n  smccc {\n    deny oem\n  sealed\n}\ntest g {\n  a\n}\n",
    );
    expect(diagnostics.map((one) => [one.slug, spanText(one.span), one.span.start])).toEqual([
      ["unclosed-block", "{", 18],
    ]);
    expect(diagnostics[0]?.related.map((one) => spanText(one.span))).toEqual(["sealed"]);
    expect(names(file.statements)).toBe("guest{smccc{deny} sealed} test{a}");
  });

  it("that are missing in a file without indentation are counted", () => {
    const { file, diagnostics } = parseText("a {\nb {\nc\n}\nd {\ne\n}\n");
    expect(diagnostics.map((one) => one.slug)).toEqual(["unclosed-block"]);
    expect(diagnostics[0]?.related[0]?.message).toBe("the file ends here");
    expect(names(file.statements)).toBe("a{b{c} d{e}}");
  });

  it("that are too many are found by indentation", () => {
    const { file, diagnostics } = parseText("a {\n  b\n  }\n  c\n}\nd\n");
    expect(diagnostics.map((one) => [one.slug, one.span.start])).toEqual([["stray-brace", 10]]);
    expect(names(file.statements)).toBe("a{b c} d");
  });

  it("may be nested to a limit", () => {
    const nested = (depth: number): string => "a {\n".repeat(depth) + "}\n".repeat(depth);
    expect(errorsOf(nested(depthLimit))).toEqual([]);
    expect(errorsOf(nested(depthLimit + 1))).toEqual(["65:3 GC0009 blocks are nested deeper than 64"]);
    const deep = parseText(nested(100_000));
    expect(deep.diagnostics.map((one) => one.slug)).toEqual(["blocks-too-deep"]);
    expect(parseText("{".repeat(100_000)).diagnostics.length).toBeLessThanOrEqual(2 * depthLimit + 1);
  });
});
