/** Help texts, from the table of commands. */
import { wrap } from "../diagnostics/text/display.ts";
import { commands, globalOptions } from "./commands.ts";
import type { CommandRow, OptionRow } from "./options.ts";

const width = 100;

/** Two columns; the second is wrapped and hangs. */
function table(rows: readonly (readonly [string, string])[]): readonly string[] {
  const left = Math.max(...rows.map(([name]) => name.length)) + 4;
  return rows.flatMap(([name, title]) =>
    wrap(title, width - left).map((text, at) => (at === 0 ? `  ${name}` : "").padEnd(left) + text),
  );
}

const optionName = ({ name, short, value, choices }: OptionRow): string =>
  `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${choices?.join("|") ?? value}`}`;

const section = (title: string, lines: readonly string[]): readonly string[] => ["", `${title}:`, ...lines];

/** @param targets rows for `build`: name and what it makes, with its formats */
export function commandHelp(command: CommandRow, targets: readonly (readonly [string, string])[]): string {
  return [
    `guestc ${command.name}: ${command.title}`,
    "",
    `Usage: ${["guestc", command.name, command.operands, "[OPTIONS]"].filter(Boolean).join(" ")}`,
    "",
    ...command.description.flatMap((paragraph) => wrap(paragraph, width)),
    ...section(
      "Options",
      table([...command.options, ...globalOptions].map((row) => [optionName(row), row.title])),
    ),
    ...(targets.length === 0 ? [] : section("Targets", table(targets))),
    ...section(
      "Examples",
      command.examples.flatMap(({ line, title }) => [`  # ${title}`, `  ${line}`]),
    ),
    "",
  ].join("\n");
}

export function mainHelp(version: string): string {
  return [
    `guestc ${version}: compiler for arm64 guest contracts`,
    "",
    "Usage: guestc COMMAND [OPERANDS] [OPTIONS]",
    ...section(
      "Commands",
      table(commands.map(({ name, operands, title }) => [`${name} ${operands}`, title])),
    ),
    ...section("Options", table(globalOptions.map((row) => [optionName(row), row.title]))),
    ...section("Examples", [
      "  # write a file to start from, check it, see the KVM calls that it means",
      "  guestc init",
      "  guestc check main.guest",
      "  guestc build main.guest --format table",
      "  # what was that?",
      "  guestc explain GC0302",
    ]),
    ...section("Exit status", [
      "  0  no errors (warnings allowed, unless --deny warnings)",
      "  1  errors in the input; for fmt --check: files that are not in the canonical form; for view: KVM",
      "     refuses the guest; for test: an expectation does not hold; for replay: an answer differs; for",
      "     baseline: no common guest; for migrate --exit-code: an unsafe migration; for diff --exit-code:",
      "     a difference",
      "  2  a wrong command line, or a file that cannot be read or written",
      "  run exits with the guest's own status, or 124 to 126: `guestc run --help` says when",
    ]),
    "",
    "`guestc COMMAND --help` shows a command's options and examples.",
    "",
  ].join("\n");
}
