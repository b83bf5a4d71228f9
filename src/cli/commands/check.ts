/** `guestc check`: says what is wrong. */
// Not from the library's index: that would load the targets, which only `build` needs.
import { compile } from "../../checker/compile.ts";
import { type Diagnostic, sortDiagnostics } from "../../diagnostics/diagnostic.ts";
import { loaderFor, readSource } from "../files.ts";
import { readHosts } from "../hosts.ts";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { exitCodeFor, reportText } from "../report.ts";
import { version } from "../version.ts";

/** A file that two others import is compiled twice; what is wrong with it is said once. */
function unique(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ code, span, message }) => {
    const key = [code, span.file.path, span.start, span.end, message].join("\0");
    return !seen.has(key) && seen.add(key);
  });
}

export async function run(line: CommandLine, io: Io): Promise<number> {
  const hosts = await readHosts(line.values.get("host") ?? []);
  // All files are read first: a wrong name among them is known before anything is said.
  const sources = line.operands.map((path) => readSource(path, io));
  const found = sources.flatMap(
    (source) => compile(source, loaderFor(source, optionValue(line, "root")), { hosts }).diagnostics,
  );
  const diagnostics = sources.length === 1 ? found : unique(sortDiagnostics(found));
  const format = optionValue(line, "format");
  if (format === "json") {
    const { renderJson } = await import("../../diagnostics/render-json.ts");
    io.out(renderJson(diagnostics));
  } else if (format === "sarif") {
    const { renderSarif } = await import("../../diagnostics/render-sarif.ts");
    io.out(renderSarif(diagnostics, { version }));
  } else await reportText(diagnostics, line, io);
  return exitCodeFor(diagnostics, line);
}
