/** `guestc init`: a file to start from. */
import { join } from "node:path";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { jsonText } from "../report.ts";
import starter from "../starter.guest?raw";
import { writeNew } from "../write.ts";

export async function run(line: CommandLine, io: Io): Promise<number> {
  const path = join(line.operands[0] ?? ".", "main.guest");
  writeNew(path, starter);
  if (optionValue(line, "format") === "json") io.out(jsonText({ schema: "guestc.init/1", files: [path] }));
  else io.err(`wrote ${path}; next: guestc check ${path}\n`);
  return 0;
}
