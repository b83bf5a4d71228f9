/** What is predicted for every example on every shipped host, as `test/golden/predictions.txt` has it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { shipped, shippedNames } from "../hosts/shipped.ts";
import { answersOf, type Example, examples, predicted } from "./support.ts";

function line(example: Example, host: string): string {
  const prediction = predicted(example, shipped(host));
  if (prediction.kind === "refused") {
    const operation = example.plan.operations[prediction.operation];
    return `refused: ${operation?.ioctl.name} ${operation?.name}: ${prediction.errno}`;
  }
  const answers = answersOf(prediction.view);
  return `runs: ${answers.filter((one) => one?.known === true).length} known, ${answers.filter((one) => one?.known !== true).length} open`;
}

describe("predictions", () => {
  it("are as test/golden/predictions.txt says", () => {
    const text = examples
      .map((example) => {
        const byLine = new Map<string, string[]>();
        for (const host of shippedNames) {
          const said = line(example, host);
          byLine.set(said, [...(byLine.get(said) ?? []), host]);
        }
        const groups = [...byLine].map(
          ([said, hosts]) => `  ${said}\n${hosts.map((host) => `    ${host}\n`).join("")}`,
        );
        return `${example.name}\n${groups.join("")}`;
      })
      .join("");
    const golden = "test/golden/predictions.txt";
    if (process.env.UPDATE_GOLDEN === "1") writeFileSync(golden, text);
    expect(text).toBe(existsSync(golden) ? readFileSync(golden, "utf8") : "");
  });

  it("leave next to nothing open on recorded hosts", () => {
    for (const host of shippedNames)
      for (const example of examples) {
        const prediction = predicted(example, shipped(host));
        if (prediction.kind === "refused") continue;
        const unknown = answersOf(prediction.view).filter((one) => one?.known !== true);
        expect(unknown.length, `${example.name} on ${host}`).toBeLessThanOrEqual(3);
      }
  });
});
