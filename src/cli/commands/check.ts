/** `guestc check`: says what is wrong. */
// Not from the library's index: that would load the targets, which only `build` needs.
import { compile } from "../../checker/compile.ts";
import { distinctDiagnostics, sortDiagnostics } from "../../diagnostics/diagnostic.ts";
import { loaderFor, readSource } from "../files.ts";
import { readHosts } from "../hosts.ts";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { exitCodeFor, reportText } from "../report.ts";
import { version } from "../version.ts";

export async function run(line: CommandLine, io: Io): Promise<number> {
  const hosts = await readHosts(line.values.get("host") ?? []);
  // All files are read first: a wrong name among them is known before anything is said.
  const sources = line.operands.map((path) => readSource(path, io));
  const found = sources.flatMap(
    (source) => compile(source, loaderFor(source, optionValue(line, "root")), { hosts }).diagnostics,
  );
  // A file that two others import is compiled twice.
  const diagnostics = sources.length === 1 ? found : distinctDiagnostics(sortDiagnostics(found));
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
