/** `guestc fmt`: the canonical form. */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnosticsJson } from "../../diagnostics/render-json.ts";
import { format } from "../../format.ts";
import { UsageError } from "../errors.ts";
import { readSource } from "../files.ts";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { exitCodeFor, jsonText, reportText } from "../report.ts";
import { writeIfChanged } from "../write.ts";

/**
 * `formatted`: was not canonical and now is. `canonical`: nothing to do. `differs`: is not canonical, and
 * `--check` left it so. `refused`: has syntax errors.
 */
type State = "formatted" | "canonical" | "differs" | "refused";

interface Outcome {
  readonly path: string;
  readonly state: State;
  readonly diagnostics: readonly Diagnostic[];
}

export async function run(line: CommandLine, io: Io): Promise<number> {
  const check = line.flags.has("check");
  const asJson = optionValue(line, "format") === "json";
  const fromStdin = line.operands.includes("-");
  if (fromStdin && line.operands.length > 1)
    throw new UsageError("`-` stands alone: its text goes to stdout");
  if (fromStdin && asJson && !check) {
    throw new UsageError("`--format json` with `-` needs `--check`", [
      "stdout cannot hold both the report and the text",
    ]);
  }
  const sources = line.operands.map((given) => ({ given, source: readSource(given, io) }));
  const outcomes = sources.map(({ given, source }): Outcome => {
    const formatted = format(source);
    if ("diagnostics" in formatted) {
      return { path: source.path, state: "refused", diagnostics: formatted.diagnostics };
    }
    const same = formatted.text === source.text;
    if (fromStdin && !check) io.out(formatted.text);
    else if (!same && !check) writeIfChanged(given, formatted.text);
    return {
      path: source.path,
      state: same ? "canonical" : check ? "differs" : "formatted",
      diagnostics: [],
    };
  });
  const diagnostics = outcomes.flatMap((outcome) => outcome.diagnostics);
  const differing = outcomes.filter(({ state }) => state === "differs");
  if (asJson) {
    const files = outcomes.map(({ path, state }) => ({ path, state }));
    io.out(
      jsonText({ schema: "guestc.fmt/1", files, diagnostics: diagnosticsJson(diagnostics).diagnostics }),
    );
  } else {
    await reportText(diagnostics, line, io);
    for (const { path } of differing) io.out(`${path}\n`);
  }
  return differing.length > 0 ? 1 : exitCodeFor(diagnostics, line);
}
