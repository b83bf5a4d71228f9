/**
 * The language by example. Every file in `accept/` gives no diagnostic. Every file in `reject/` says in
 * comments which diagnostics it gives, and gives no others:
 *
 *     with FEAT_DOTPORD //~ GC0401 no feature
 *     //~^ GC0401           the line above
 *
 * The text behind the code is part of the message, of its label, a note, help or related message.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { positionAt } from "../../src/diagnostics/span.ts";
import { compileText, describeDiagnostic } from "../support/compile-text.ts";

interface Expected {
  readonly line: number;
  readonly code: string;
  readonly text: string;
}

function expectations(source: string): readonly Expected[] {
  return source.split("\n").flatMap((line, index) =>
    [...line.matchAll(/\/\/~(\^*) *(GC\d{4}) ?(.*?)(?=\s*\/\/~|$)/g)].map(
      ([, up = "", code = "", text = ""]) => ({
        line: index + 1 - up.length,
        code,
        text: text.trim(),
      }),
    ),
  );
}

function words(found: Diagnostic): string {
  const related = found.related.map((one) => one.message);
  return [
    found.message,
    found.label ?? "",
    ...found.notes,
    ...found.help,
    ...related,
    ...found.fixes.map((fix) => fix.title),
  ].join("\n");
}

const folder = (name: string): string[] =>
  readdirSync(`test/conformance/${name}`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".guest"))
    .map((file) => `test/conformance/${name}/${file}`)
    .sort();

describe("programs that are refused or warned about", () => {
  const files = folder("reject");

  it("are at least a hundred", () => {
    expect(files.length).toBeGreaterThanOrEqual(100);
  });

  it.each(files)("%s", (path) => {
    const source = readFileSync(path, "utf8");
    const expected = expectations(source);
    const found = compileText(source, path).diagnostics;
    const place = (one: Diagnostic): string =>
      `${positionAt(one.span.file, one.span.start).line} ${one.code}`;
    expect(expected.length, "the file expects something").toBeGreaterThan(0);
    expect(found.map(place).sort(), found.map(describeDiagnostic).join("\n")).toEqual(
      expected.map((one) => `${one.line} ${one.code}`).sort(),
    );
    for (const one of expected) {
      const candidates = found.filter((diagnostic) => place(diagnostic) === `${one.line} ${one.code}`);
      expect(
        candidates.some((diagnostic) => words(diagnostic).includes(one.text)),
        `${one.code} says "${one.text}":\n${candidates.map(words).join("\n")}`,
      ).toBe(true);
    }
  });
});

describe("programs that are accepted", () => {
  it.each(folder("accept"))("%s", (path) => {
    const found = compileText(readFileSync(path, "utf8"), path).diagnostics;
    expect(found.map(describeDiagnostic)).toEqual([]);
  });
});
