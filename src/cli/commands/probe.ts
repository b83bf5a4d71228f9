/** `guestc probe`: the source of the program that records a host. */
import source from "../../../probe/guestc-probe.c?raw";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { writeIfChanged } from "../write.ts";

export async function run(line: CommandLine, io: Io): Promise<number> {
  const text = String(source);
  const path = optionValue(line, "out");
  if (path === undefined) io.out(text);
  else io.err(`${writeIfChanged(path, text)} ${path}\n`);
  return 0;
}
