/** `guestc explain`: pages from the tables. */
import { explain } from "../../explain/index.ts";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { jsonText, widest } from "../report.ts";

export async function run(line: CommandLine, io: Io): Promise<number> {
  const columns = io.terminal("out")?.columns;
  // All subjects are looked up first, so that a wrong one among them leaves stdout empty.
  const pages = line.operands.flatMap((subject) => {
    const found = explain(subject, columns === undefined ? {} : { width: Math.min(columns, widest) });
    if ("pages" in found) return found.pages;
    const near = found.suggestions.map((name) => `\`${name}\``);
    throw new UsageError(`nothing is known by the name \`${subject}\``, [
      ...(near.length === 0 ? [] : [`did you mean ${near.join(" or ")}?`]),
      "`guestc explain --help` lists what can be explained",
    ]);
  });
  if (optionValue(line, "format") === "json") {
    io.out(
      jsonText({
        schema: "guestc.explanations/1",
        pages: pages.map(({ kind, json }) => ({ kind, ...json })),
      }),
    );
  } else io.out(pages.map(({ text }) => text).join("\n"));
  return 0;
}
