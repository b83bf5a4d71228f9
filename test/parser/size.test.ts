/** Large files: they are read to the end. How fast is measured in bench/. */
import { describe, expect, it } from "vitest";
import { format, parseText } from "./support.ts";

const unit = (at: number): string =>
  `/// Guest ${at}.\nguest g${at} {\n  cpu portable // the fleet's\n  psci 1.1\n  services trng, pv-time,\n    // and\n    ptp\n  smccc {\n    forward 0xC600_0100 ..= 0xC600_01FF\n  }\n}\n\n`;
const file = (count: number): string => Array.from({ length: count }, (_, at) => unit(at)).join("");

describe("large files", () => {
  it("are parsed and printed", () => {
    const text = file(4000);
    expect(parseText(text).file.statements.length).toBe(4000);
    expect(format(format(text))).toBe(format(text));
  });

  /** Texts that tempt a lexer or a parser into repeating itself. */
  const repeated = [
    "/*",
    "/* \n",
    "'",
    '"\n',
    '"{',
    '"}\n',
    "#\n",
    "{\n",
    "}\n",
    ";=",
    "a,",
    "a=\n",
    "1..",
    "a 1..2;",
    "}",
    "}@",
    "{}@\n",
    "a = =;",
    "a{}",
    "//\n",
    "\n\n",
    "a //\n",
    "a.",
    "a-",
    "1_",
    "@ ",
    "é",
    '\\"',
    "a { b }",
    "a, //\n",
    "\u202e//\n",
    " ",
  ];
  // Quadratic work on so much text would not end within the test's time.
  it.each(repeated)("of %j over and over", { timeout: 60_000 }, (piece) => {
    const { file: parsed, diagnostics } = parseText(piece.repeat(320_000 / piece.length));
    expect(parsed.source.text.length).toBeGreaterThan(300_000);
    for (const { span } of diagnostics) expect(span.end).toBeLessThanOrEqual(parsed.source.text.length);
  });

  it("of one token may be long", () => {
    const long = 4_000_000;
    expect(parseText(`x "${"a".repeat(long)}"`).diagnostics).toEqual([]);
    expect(parseText(`x "${"\\\\".repeat(long / 2)}"`).diagnostics).toEqual([]);
    expect(parseText(`// ${"a".repeat(long)}`).diagnostics).toEqual([]);
    expect(parseText(`x ${"a-".repeat(long / 2)}b`).diagnostics).toEqual([]);
    expect(parseText(`x ${"1_".repeat(long / 2)}1`).diagnostics).toEqual([]);
  });
});
