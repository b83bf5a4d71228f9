/** Diagnostics on their way to the user. */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Palette } from "../diagnostics/render-text.ts";
import { colours, wantsColours } from "./colours.ts";
import type { Io } from "./io.ts";
import { type CommandLine, optionValue } from "./options.ts";

/** Lines longer than this are hard to read, however wide the terminal. */
export const widest = 120;

/** For people, on stderr: the diagnostics and how many there are. */
export async function reportText(
  diagnostics: readonly Diagnostic[],
  line: CommandLine,
  io: Io,
): Promise<void> {
  const [first] = diagnostics;
  if (first === undefined) return;
  // Loaded here only: most runs have nothing to say.
  const { noColours, renderText, summarise } = await import("../diagnostics/render-text.ts");
  const palette: Palette = wantsColours(optionValue(line, "color"), "err", io) ? await colours() : noColours;
  const columns = io.terminal("err")?.columns;
  const width = columns === undefined ? undefined : Math.min(columns, widest);
  io.err(renderText(diagnostics, width === undefined ? { palette } : { palette, width }));
  io.err(`\n${summarise(diagnostics, palette)}; \`guestc explain ${first.code}\` says more\n`);
}

/** 1 where the diagnostics say that the input is refused. */
export function exitCodeFor(diagnostics: readonly Diagnostic[], line: CommandLine): 0 | 1 {
  const denied = optionValue(line, "deny") === "warnings";
  return diagnostics.some(({ severity }) => severity === "error" || (denied && severity === "warning"))
    ? 1
    : 0;
}

/** A JSON document of ours, as every command prints it. */
export const jsonText = (document: object): string => `${JSON.stringify(document, null, 2)}\n`;
