/** What the README shows is what the compiler prints. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { renderText } from "../../src/diagnostics/render-text.ts";
import { planFor } from "../../src/index.ts";
import { runTests } from "../../src/sim/tests/run.ts";
import { resultsText } from "../../src/sim/tests/text.ts";
import { viewText } from "../../src/sim/view/table.ts";
import { guestView } from "../../src/sim/view/view.ts";
import { compileFile, compileText } from "../support/compile-text.ts";

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

  it("shows the program whose test fails, and what the test says", () => {
    const hidden = readFileSync("test/docs/readme/hidden.guest", "utf8");
    expect(readme).toContain(`\`\`\`guest\n${hidden}\`\`\``);
    const { guests, hosts } = compileText(hidden, "hidden.guest");
    const runs = guests.flatMap((guest) =>
      runTests(
        guest,
        planFor(guest),
        [...hosts].map(([name, profile]) => ({ name, profile })),
      ),
    );
    expect(readme).toContain(`\`\`\`\n${resultsText(runs)}\`\`\``);
  });

  it("shows lines of what the example's guest sees, in their order", () => {
    const { guests, hosts } = compileFile("examples/portable-web.guest");
    const [contract] = guests;
    const profile = hosts.get("n1-618");
    if (contract === undefined || profile === undefined) throw new Error("no guest, no host");
    const view = viewText(
      guestView({ contract, plan: planFor(contract), hostName: "n1-618", profile }),
    ).split("\n");
    const [, shown = ""] = /```\n(guest web on host n1-618\n[\s\S]*?)```/.exec(readme) ?? [];
    const lines = shown.split("\n").filter((line) => line !== "" && line.trim() !== "…");
    expect(lines.length).toBeGreaterThan(20);
    const places = lines.map((line) => view.indexOf(line));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it("has a picture of the report, which a script makes, small enough for a repository", () => {
    expect(readme).toMatch(/!\[[^\]]{40,}\]\(docs\/report\.png\)/);
    const picture = readFileSync("docs/report.png");
    expect(picture.subarray(1, 4).toString()).toBe("PNG");
    expect(picture.length).toBeLessThan(200_000);
    expect(readFileSync("scripts/screenshot.mjs", "utf8")).toContain("docs/report.png");
  });

  it("shows a guest without errors first", () => {
    const [, first = ""] = /```guest\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(compileText(first).diagnostics).toEqual([]);
  });
});
