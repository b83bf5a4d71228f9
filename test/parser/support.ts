/** Trees and texts for the tests of the parser. */

import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { positionAt } from "../../src/diagnostics/span.ts";
import { isInline } from "../../src/language/vocabulary.ts";
import type { Argument, Atom, Block, Comment, GuestFile, Statement } from "../../src/parser/ast.ts";
import { lex } from "../../src/parser/lexer.ts";
import { parse } from "../../src/parser/parse.ts";
import { type Layout, print } from "../../src/parser/printer.ts";

export const layout: Layout = { inline: isInline };

export const parseText = (text: string): ReturnType<typeof parse> => parse({ path: "sample.guest", text });

export const format = (text: string): string => print(parseText(text).file, layout);

/** `3:7 GC0005 message`. */
export function describeAll(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map((found) => {
    const { line, column } = positionAt(found.span.file, found.span.start);
    return `${line}:${column} ${found.code} ${found.message}`;
  });
}

export const errorsOf = (text: string): readonly string[] => describeAll(parseText(text).diagnostics);

export const examples: readonly { readonly path: string; readonly text: string }[] = readdirSync("examples")
  .filter((name) => name.endsWith(".guest"))
  .sort()
  .map((name) => ({ path: `examples/${name}`, text: readFileSync(`examples/${name}`, "utf8") }));

/** The sample page of the language: every construct, with comments in the usual places. */
export const page = readFileSync("test/parser/page.guest", "utf8");

/** Tokens as text, without what only ends a statement. */
export function tokenTexts(text: string): readonly string[] {
  return lex({ path: "", text })
    .tokens.map((token) => token.image)
    .filter((image) => image.trim() !== "" && image !== ";");
}

/** A tree as plain text, without places and blank lines. */
export function outline(file: GuestFile): readonly string[] {
  const lines: string[] = [];
  const note = (depth: number, text: string): void => {
    lines.push("  ".repeat(depth) + text);
  };
  const comment = (depth: number, label: string, one: Comment | undefined): void => {
    if (one !== undefined) note(depth, `${label} ${one.text}`);
  };
  const atom = (one: Atom): string => {
    if (one.kind === "range") return `${atom(one.from)} ${one.inclusive ? "..=" : "..<"} ${atom(one.to)}`;
    const text = one.kind === "string" ? JSON.stringify(one.value) : one.text;
    return (
      one.before.map((inner) => `[${inner.ownLine ? "own " : ""}${inner.text}]`).join("") + one.kind[0] + text
    );
  };
  const argument = (one: Argument): string => one.items.map(atom).join(" , ");
  const block = (depth: number, one: Block): void => {
    for (const inner of one.statements) statement(depth, inner);
    for (const inner of one.comments) comment(depth, "end", inner);
    comment(depth, "closing", one.closing);
  };
  const statement = (depth: number, one: Statement): void => {
    for (const leading of one.leading) comment(depth, "leading", leading);
    const value = one.value === undefined ? [] : ["=", ...one.value.map(argument)];
    note(
      depth,
      [one.name.text, ...one.args.map(argument), ...value].join(" | ") +
        (one.block === undefined ? "" : " {"),
    );
    comment(depth + 1, "trailing", one.trailing);
    if (one.block !== undefined) block(depth + 1, one.block);
  };
  for (const one of file.statements) statement(0, one);
  for (const one of file.comments) comment(0, "end", one);
  return lines;
}

const identifier = fc.oneof(
  fc.constantFrom(
    "cpu",
    "host",
    "fleet",
    "guest",
    "smccc",
    "with",
    "deny",
    "field",
    "timer",
    "workaround",
    "test",
    "pmu",
  ),
  fc.stringMatching(/^[A-Za-z_][0-9A-Za-z_]{0,9}(?:[-.][0-9A-Za-z_]{1,8}){0,2}$/),
);
const numeral = fc.oneof(
  fc.constantFrom("0", "40", "0x8400_0050", "0b1010", "1.1", "6.12.117", "0xC600_01FF", "1_000"),
  fc.bigInt(0n, (1n << 64n) - 1n).map(String),
);
const stringLiteral = fc
  .string({
    unit: fc.constantFrom(
      "a",
      "b",
      " ",
      "/",
      ".",
      "\\\\",
      '\\"',
      "é",
      "{",
      "}",
      ";",
      "//",
      "#",
      "=",
      "漢",
      "😀",
    ),
  })
  .map((text) => `"${text}"`);
const scalar = fc.oneof(
  { weight: 4, arbitrary: identifier },
  { weight: 2, arbitrary: numeral },
  stringLiteral,
);
const commentText = fc
  .tuple(
    fc.constantFrom("//", "///", "//!", "// "),
    fc.string({ unit: fc.constantFrom("a", "é", " ", "{", "}", '"', "/", "=", "\t") }),
  )
  .map(([start, text]) => `${start}${text}`);
const gap = fc.constantFrom("", " ", "  ", "\t");
const blankLines = fc.constantFrom("", "", "\n", "\n\n", " \n\t\n");
/** What may stand where a line goes on. */
const going = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("", " ") },
  { weight: 1, arbitrary: fc.constantFrom("\n", "\r\n   ", "\n\n") },
  {
    weight: 1,
    arbitrary: fc.array(commentText, { minLength: 1, maxLength: 2 }).map((all) => ` ${all.join("\n")}\n   `),
  },
  { weight: 1, arbitrary: commentText.map((text) => `\n ${text}\n `) },
);
const atomText = fc.oneof(
  { weight: 5, arbitrary: scalar },
  {
    weight: 1,
    arbitrary: fc
      .tuple(scalar, fc.constantFrom(" ..= ", "..=", " ..< "), going, scalar)
      .map((parts) => parts.join("")),
  },
);
const argumentText = fc
  .array(fc.tuple(atomText, going), { minLength: 1, maxLength: 12 })
  .map((items) =>
    items.map(([item, after], at) => (at === items.length - 1 ? item : `${item},${after}`)).join(""),
  );
const argumentsText = (minLength: number): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.constantFrom(" ", "  ", "\t"), argumentText), { minLength, maxLength: 3 })
    .map((all) => all.map((parts) => parts.join("")).join(""));
const headText = fc
  .tuple(
    identifier,
    argumentsText(0),
    fc.option(
      fc.tuple(going, argumentsText(1)).map(([after, value]) => ` =${after}${value}`),
      { freq: 2, nil: "" },
    ),
  )
  .map((parts) => parts.join(""));

/** Where a statement ends: the end of the line, with or without a comment, or a `;`. */
const ending = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("\n", "\n", "\r\n", ";\n", "; ", ";;") },
  { weight: 3, arbitrary: fc.tuple(gap, commentText).map(([blank, text]) => `${blank} ${text}\n`) },
);
const ownComments = fc
  .array(fc.tuple(blankLines, gap, commentText), { maxLength: 2 })
  .map((all) => all.map(([lines, blank, text]) => `\n${lines}${blank}${text}\n`).join(""));

const statements = fc.letrec<{ list: string; statement: string; block: string }>((tie) => ({
  list: fc
    .array(fc.tuple(ownComments, blankLines, gap, tie("statement"), gap, ending), {
      maxLength: 5,
      depthIdentifier: "list",
    })
    .chain((all) => ownComments.map((end) => all.map((parts) => parts.join("")).join("") + end)),
  statement: fc.oneof(
    { depthIdentifier: "statement", maxDepth: 3 },
    { weight: 4, arbitrary: headText },
    { weight: 2, arbitrary: fc.tuple(headText, tie("block")).map((parts) => parts.join(" ")) },
  ),
  block: fc.oneof(
    fc.tuple(fc.constantFrom("", " ", "\n"), tie("list")).map(([after, list]) => `{${after}${list}}`),
    fc.tuple(commentText, tie("list")).map(([text, list]) => `{ ${text}\n${list}}`),
    fc.array(headText, { maxLength: 3 }).map((heads) => `{ ${heads.join("; ")} }`),
  ),
}));

/** Well-formed files in every bad style. */
export const fileText: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom("", "\ufeff", "\n\n", "  "), statements.list)
  .map((parts) => parts.join(""));
