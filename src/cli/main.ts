/** The command line: reads it, runs the command, turns what goes wrong into an exit code. */

import { wantsColours } from "./colours.ts";
import type { CommandName } from "./command-names.ts";
import { commands, globalOptions } from "./commands.ts";
import { internalErrorReport, UsageError } from "./errors.ts";
import { BrokenPipe, type Io, processIo } from "./io.ts";
import { type CommandLine, type CommandRow, readCommandLine } from "./options.ts";
import { refuseOverwriting } from "./overwrite.ts";
import { version } from "./version.ts";

type Run = (line: CommandLine, io: Io) => Promise<number>;

/** Each command's code is loaded when it is called for. The program without the simulator has some without `run`. */
const runners: Readonly<Record<CommandName, () => Promise<{ readonly run?: Run }>>> = {
  check: () => import("./commands/check.ts"),
  build: () => import("./commands/build.ts"),
  view: () => import("./commands/view.ts"),
  migrate: () => import("./commands/migrate.ts"),
  report: () => import("./commands/report.ts"),
  test: () => import("./commands/test.ts"),
  run: () => import("./commands/run.ts"),
  diff: () => import("./commands/diff.ts"),
  fmt: () => import("./commands/fmt.ts"),
  explain: () => import("./commands/explain.ts"),
  init: () => import("./commands/init.ts"),
  probe: () => import("./commands/probe.ts"),
  host: () => import("./commands/host.ts"),
  replay: () => import("./commands/replay.ts"),
  baseline: () => import("./commands/baseline.ts"),
};

async function help(command: CommandRow | undefined): Promise<string> {
  const { commandHelp, mainHelp } = await import("./help.ts");
  if (command === undefined) return mainHelp(version);
  if (command.name !== "build") return commandHelp(command, []);
  const { targets } = await import("../codegen/targets.ts");
  return commandHelp(
    command,
    targets.map(({ name, title, formats }) => [
      name,
      `${title} (${formats.map((format) => format.name).join(", ")})`,
    ]),
  );
}

/** `guestc: …` on stderr, with remarks below. */
function complain(error: UsageError, argv: readonly string[], io: Io): void {
  const colour = /^--color(?:=(.*))?$/;
  const at = argv.findIndex((word) => colour.test(word));
  const when = at === -1 ? undefined : (colour.exec(argv[at] ?? "")?.[1] ?? argv[at + 1]);
  const red = wantsColours(when, "err", io)
    ? (text: string) => `\u001b[1m\u001b[31m${text}\u001b[39m\u001b[22m`
    : String;
  io.err([`${red("guestc:")} ${error.message}`, ...error.help.map((line) => `  ${line}`), ""].join("\n"));
}

/**
 * Runs one command line to its end.
 *
 * @param argv without the interpreter and the script
 * @returns 0 clean, 1 findings, 2 a wrong command line, a file that cannot be read or written, or a fault of ours; of
 *   `guestc run` the guest's own; undefined: this program does not have the command
 */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number | undefined> {
  try {
    const request = readCommandLine(argv, commands, globalOptions);
    if (request.kind === "version") {
      io.out(`guestc ${version}\n`);
      return 0;
    }
    if (request.kind === "help") {
      io.out(await help(request.command));
      return 0;
    }
    refuseOverwriting(request.line);
    const { run } = await runners[request.line.command.name]();
    return run === undefined ? undefined : await run(request.line, io);
  } catch (error) {
    if (error instanceof BrokenPipe) return 2;
    try {
      if (error instanceof UsageError) complain(error, argv, io);
      else io.err(internalErrorReport(error, version, argv));
    } catch {
      // Standard error takes nothing either: the status alone can tell.
    }
    return 2;
  }
}
