/** Large files: linear time, bounded stack. */
import { describe, expect, it } from "vitest";
import { format, parseText } from "./support.ts";

const unit = (at: number): string =>
  `/// Guest ${at}.\nguest g${at} {\n  cpu portable // the fleet's\n  psci 1.1\n  services trng, pv-time,\n    // and\n    ptp\n  smccc {\n    forward 0xC600_0100 ..= 0xC600_01FF\n  }\n}\n\n`;
const file = (count: number): string => Array.from({ length: count }, (_, at) => unit(at)).join("");

/** Processor time, for the wall clock also counts what else the machine does; the least of several goes. */
function milliseconds(work: () => void): number {
  const times = Array.from({ length: 4 }, () => {
    const start = process.cpuUsage();
    work();
    return process.cpuUsage(start).user / 1000;
  });
  return Math.max(Math.min(...times), 5);
}

describe("large files", () => {
  it("are parsed and printed in linear time", { timeout: 60_000 }, () => {
    const [small, large] = [file(250), file(4000)];
    parseText(small);
    const parse = milliseconds(() => parseText(large)) / milliseconds(() => parseText(small));
    const print = milliseconds(() => format(large)) / milliseconds(() => format(small));
    // Sixteen times the text. Quadratic work would take 256 times as long; the rest is room for a busy machine.
    expect(parse).toBeLessThan(90);
    expect(print).toBeLessThan(90);
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
  it.each(repeated)("of %j over and over", { timeout: 60_000 }, (piece) => {
    const of = (size: number): string => piece.repeat(size / piece.length);
    parseText(of(5000));
    const small = milliseconds(() => parseText(of(10_000)));
    const large = milliseconds(() => parseText(of(160_000)));
    // Sixteen times the text. Quadratic work would take 256 times as long; the rest is room for a busy machine.
    expect(large).toBeLessThan(90 * small);
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
