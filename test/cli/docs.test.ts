/** docs/cli.md follows the table of commands. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { commandNames } from "../../src/cli/command-names.ts";
import { commands, globalOptions } from "../../src/cli/commands.ts";

const text = readFileSync("docs/cli.md", "utf8");

describe("docs/cli.md", () => {
  it.each(commands)("has a section on $name with all its options", ({ name, operands, options }) => {
    const section = text.split(`## ${`guestc ${name} ${operands}`.trim()}\n`)[1]?.split("\n## ")[0] ?? "";
    for (const option of options) {
      expect(section).toContain(`--${option.name}`);
      for (const choice of option.choices ?? []) expect(section).toContain(`--${option.name} ${choice}`);
    }
  });

  it("names every command once, and the options of all", () => {
    expect(commands.map(({ name }) => name)).toEqual([...commandNames]);
    expect([...text.matchAll(/^## guestc (\w+)/gm)].map(([, name]) => name)).toEqual([...commandNames]);
    for (const { name } of globalOptions.filter((option) => option.value !== undefined))
      expect(text).toContain(`--${name}`);
  });

  it("shows documents that are JSON and name their form", () => {
    const documents = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json]) => JSON.parse(json ?? ""));
    expect(documents.length).toBeGreaterThan(3);
    for (const { schema } of documents) expect(schema).toMatch(/^guestc\.[a-z]+\/1$/);
  });
});
