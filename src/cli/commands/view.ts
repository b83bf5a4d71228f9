/** `guestc view`: what a guest sees on a host. */
import { noColours } from "../../diagnostics/text/palette.ts";
import { plan } from "../../planner/planner.ts";
import { viewDocument } from "../../sim/view/document.ts";
import { viewText } from "../../sim/view/table.ts";
import { guestView } from "../../sim/view/view.ts";
import { colours, wantsColours } from "../colours.ts";
import { readSource } from "../files.ts";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { exitCodeFor, jsonText, reportText } from "../report.ts";
import { chosenGuest, chosenHost, compileForHosts } from "../subjects.ts";
import { giveProduct } from "../write.ts";

export async function run(line: CommandLine, io: Io): Promise<number> {
  const compiled = compileForHosts(readSource(line.operands[0] ?? "-", io), line);
  await reportText(compiled.diagnostics, line, io);
  if (exitCodeFor(compiled.diagnostics, line) !== 0) return 1;
  const contract = chosenGuest(compiled, line);
  const { name: hostName, profile } = await chosenHost(compiled, contract, line);
  const view = guestView({ contract, plan: plan(contract), hostName, profile });
  const out = optionValue(line, "out");
  if (optionValue(line, "format") === "json") giveProduct(jsonText(viewDocument(view)), out, io);
  else {
    const colourful = out === undefined && wantsColours(optionValue(line, "color"), "out", io);
    const columns = io.terminal("out")?.columns;
    const text = viewText(view, {
      all: line.flags.has("all"),
      palette: colourful ? await colours() : noColours,
      ...(columns === undefined || out !== undefined ? {} : { width: columns }),
    });
    giveProduct(text, out, io);
  }
  return view.outcome.kind === "refused" ? 1 : 0;
}
