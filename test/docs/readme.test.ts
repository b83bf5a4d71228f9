/** What the README shows is what the compiler prints. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { renderText } from "../../src/diagnostics/render-text.ts";
import { compileText } from "../support/compile-text.ts";

const readme = readFileSync("README.md", "utf8");
const sample = readFileSync("test/docs/readme/sample.guest", "utf8");

describe("the README", () => {
  it("shows the program with mistakes as it is", () => {
    expect(readme).toContain(`\`\`\`guest-with-mistakes\n${sample}\`\`\``);
  });

  it("shows what the compiler says of it", () => {
    const { diagnostics } = compileText(sample, "sample.guest");
    expect(readme).toContain(renderText(diagnostics).trimEnd());
  });

  it("shows a guest without errors first", () => {
    const [, first = ""] = /```guest\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(compileText(first).diagnostics).toEqual([]);
  });
});
