/** The samples in the documentation compile. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findTarget, planFor } from "../../src/index.ts";
import { compileFile, compileText, describeDiagnostic } from "../support/compile-text.ts";

/** Pages whose samples are statements, or are tested with the registry. */
const elsewhere = new Set(["docs/statements.md", "docs/diagnostics.md"]);

const pages = ["README.md", ...readdirSync("docs").map((file) => `docs/${file}`)]
  .filter((path) => path.endsWith(".md") && !elsewhere.has(path))
  .sort();

const samples = (language: string): readonly (readonly [string, string])[] =>
  pages.flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(
      ([, text = ""], index): readonly [string, string] => [`${path} #${index + 1}`, text],
    ),
  );

describe("guest samples", () => {
  it.each(samples("guest"))("%s gives no error", (_, text) => {
    const errors = compileText(text).diagnostics.filter((one) => one.severity === "error");
    expect(errors.map(describeDiagnostic)).toEqual([]);
  });
});

describe("C samples", () => {
  const compiler = ["aarch64-linux-gnu-gcc", "gcc"].find(
    (name) => spawnSync(name, ["--version"]).status === 0,
  );

  it("find a compiler where CI is", () => {
    if (process.env.CI === "true") expect(compiler).toBeDefined();
  });

  it.runIf(compiler !== undefined).each(samples("c"))("%s compiles with the example's header", (_, text) => {
    const folder = mkdtempSync(join(tmpdir(), "guestc-docs-"));
    try {
      const [web] = compileFile("examples/portable-web.guest").guests;
      const emission = web === undefined ? undefined : findTarget("c-header")?.emit(planFor(web), web);
      if (emission === undefined || !("files" in emission)) throw new Error("no header");
      for (const file of emission.files) writeFileSync(join(folder, file.name), file.text);
      writeFileSync(join(folder, "sample.c"), text);
      const options = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "sample.c"];
      const { status, stderr } = spawnSync(compiler ?? "", options, { cwd: folder, encoding: "utf8" });
      expect(stderr).toBe("");
      expect(status).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
