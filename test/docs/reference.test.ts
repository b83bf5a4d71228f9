/** The reference pages say what the compiler's own tables say. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { registry } from "../../src/diagnostics/registry.ts";
import { diagnosticsPage, statementsPage } from "../support/reference.ts";

const pages = [
  ["docs/statements.md", statementsPage],
  ["docs/diagnostics.md", diagnosticsPage],
] as const;

describe("reference pages", () => {
  it.each(pages)("%s is up to date", (path, render) => {
    const text = render();
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, text);
    expect(existsSync(path) ? readFileSync(path, "utf8") : "").toBe(text);
  });

  it("name every diagnostic", () => {
    const text = diagnosticsPage();
    const missing = Object.values(registry).filter(({ code }) => !text.includes(`### ${code} `));
    expect(missing.map(({ code }) => code)).toEqual([]);
  });
});
