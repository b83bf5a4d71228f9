/** The lab's command line. */
import { readArguments } from "./arguments.ts";
import type { LabIo } from "./command.ts";
import { commands } from "./commands.ts";
import { LabError, systemError } from "./errors.ts";
import { commandHelp, mainHelp } from "./help.ts";
import { openParts } from "./parts.ts";

const processIo: LabIo = {
  out: (text) => {
    process.stdout.write(text);
  },
  err: (text) => {
    process.stderr.write(text);
  },
};

/**
 * Runs one command to its end.
 *
 * @param project the project's folder, absolute
 * @param argv words behind the program's name
 * @returns exit status: 0 good, 1 a difference or a failed check, 2 a wrong command line or a missing part
 */
export async function main(project: string, argv: readonly string[], io: LabIo = processIo): Promise<number> {
  const [first, ...rest] = argv;
  const asksHelp = first === "help" || first === "--help" || first === "-h";
  const word = asksHelp ? rest[0] : first;
  if (word === undefined) {
    (asksHelp ? io.out : io.err)(mainHelp(commands));
    return asksHelp ? 0 : 2;
  }
  try {
    const command = commands.find(({ name }) => name === word);
    if (command === undefined)
      throw new LabError(`there is no command \`${word}\``, [
        `there are: ${commands.map(({ name }) => name).join(", ")}`,
      ]);
    // Behind a program's name, `--help` is the program's.
    const own = command.verbatim === true ? rest.slice(0, command.least) : rest;
    if (asksHelp || own.includes("--help") || own.includes("-h")) {
      io.out(commandHelp(command));
      return 0;
    }
    return await command.run(readArguments(command, rest), { parts: openParts(project, process.env), io });
  } catch (error) {
    const { message, help } = error instanceof LabError ? error : systemError("the lab cannot go on", error);
    io.err([`lab: ${message}`, ...help.map((line) => `  ${line}`), ""].join("\n"));
    return 2;
  }
}
