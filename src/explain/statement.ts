/** Pages of the language's statements, one for each place where a statement of that name may stand. */
import { usageLines } from "../checker/forms.ts";
import { type Context, type StatementRow, statementsIn, vocabulary } from "../language/vocabulary.ts";
import { fact, type Page, table } from "./page.ts";

const places: Readonly<Record<Context, string>> = {
  file: "at the top level",
  host: "in a `host` block",
  fleet: "in a `fleet` block",
  cpu: "in a `cpu` block",
  pmu: "in a `pmu on` block",
  mte: "in an `mte on` block",
  guest: "in a `guest` block",
  smccc: "in an `smccc` block",
  test: "in a `test` block",
};

function statementPage(row: StatementRow): Page {
  const inside = row.opens === undefined ? [] : statementsIn(row.opens);
  return {
    kind: "statement",
    name: row.name,
    title: row.title,
    facts: [
      fact("place", "stands", places[row.in]),
      fact("repeatable", "repeated", row.repeatable === true ? "may stand more than once" : "at most once"),
      fact("default", "if absent", row.default),
    ],
    sections: [
      { key: "forms", title: "Forms", text: usageLines(row).join("\n") },
      { key: "example", title: "Example", text: row.example },
      table(
        "block",
        "In its block",
        ["name", "title"],
        inside.map(({ name, title }) => ({ name, title })),
      ),
    ],
  };
}

export const statementPages = (name: string): readonly Page[] =>
  vocabulary.filter((row) => row.name === name).map(statementPage);

export const statementNames = (): readonly string[] => vocabulary.map(({ name }) => name);
