/** `guestc probe`: the source of the program that records a host. */
import source from "../../../probe/guestc-probe.c?raw";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { giveProduct } from "../write.ts";

export async function run(line: CommandLine, io: Io): Promise<number> {
  giveProduct(String(source), optionValue(line, "out"), io);
  return 0;
}
