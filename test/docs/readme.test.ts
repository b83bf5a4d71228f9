/** What the README shows is what the compiler prints. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { renderText } from "../../src/diagnostics/render-text.ts";
import { diffHosts } from "../../src/diff/hosts/diff.ts";
import { diffText } from "../../src/diff/text.ts";
import { baselineOf } from "../../src/fleet/baseline.ts";
import { classOf, mergeFleets } from "../../src/fleet/classes.ts";
import { offerOf } from "../../src/fleet/host-offer.ts";
import { baselineTable } from "../../src/fleet/table.ts";
import type { HostProfile } from "../../src/hosts/profile.ts";
import { readHostProfile } from "../../src/hosts/read.ts";
import { planFor } from "../../src/index.ts";
import { runTests } from "../../src/sim/tests/run.ts";
import { resultsText } from "../../src/sim/tests/text.ts";
import { viewText } from "../../src/sim/view/table.ts";
import { guestView } from "../../src/sim/view/view.ts";
import { compileFile, compileText } from "../support/compile-text.ts";

const readme = readFileSync("README.md", "utf8");
const sample = readFileSync("test/docs/readme/sample.guest", "utf8");

/** A block of the README holds lines of a text, in their order; `…` stands for what is left out. */
function expectLines(begin: string, text: string): void {
  const at = readme.indexOf(`\`\`\`\n${begin}`);
  expect(at, begin).toBeGreaterThan(-1);
  const block = readme.slice(at + 4, readme.indexOf("\n```", at + 4));
  const shown = block.split("\n").filter((line) => line !== "" && line.trim() !== "…");
  expect(shown.length).toBeGreaterThan(10);
  const lines = text.split("\n");
  let from = 0;
  for (const line of shown) {
    const found = lines.indexOf(line, from);
    expect(found, line).toBeGreaterThan(-1);
    from = found + 1;
  }
}

const shipped = (name: string): HostProfile => {
  const read = readHostProfile(readFileSync(`hosts/${name}.json`, "utf8"), name);
  if ("problems" in read) throw new Error(`${name} is no profile`);
  return read.profile;
};

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
    const view = viewText(guestView({ contract, plan: planFor(contract), hostName: "n1-618", profile }));
    expectLines("guest web on host n1-618", view);
  });

  it("shows lines of what three hosts have in common, and of a kernel update, in their order", () => {
    const fleet = mergeFleets(
      ["neoverse-n1.linux-6.18", "cortex-a76.linux-7.2", "neoverse-v1.linux-6.18"].map((name) => {
        const offer = offerOf(shipped(name));
        return offer === undefined ? [] : [classOf(offer, name)];
      }),
    );
    const baseline = baselineOf(fleet);
    if (baseline === undefined) throw new Error("the hosts have nothing in common");
    expectLines("  hosts           3 in 3 classes", baselineTable(baseline));
    const update = diffHosts(shipped("neoverse-n1.linux-6.12"), shipped("neoverse-n1.linux-6.18"));
    expectLines("--- neoverse-n1.linux-6.12", diffText(update));
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
