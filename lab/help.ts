/** Help texts, from the table of commands. */
import type { LabCommand } from "./command.ts";

const width = 100;

/** Breaks a paragraph into lines. */
function wrap(text: string, room: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Two columns; the second is wrapped and hangs. */
function table(rows: readonly (readonly [string, string])[]): readonly string[] {
  const left = Math.max(...rows.map(([name]) => name.length)) + 4;
  return rows.flatMap(([name, title]) =>
    wrap(title, width - left).map((text, at) => (at === 0 ? `  ${name}` : "").padEnd(left) + text),
  );
}

export function commandHelp(command: LabCommand): string {
  const options = [
    ...command.options.map(({ name, value, title }): readonly [string, string] => [
      `--${name}${value === undefined ? "" : ` ${value}`}`,
      title,
    ]),
    ["--help", "shows this"] as const,
  ];
  return [
    `lab ${command.name}: ${command.summary}`,
    "",
    `Usage: npm run lab -- ${[command.name, command.usage].filter((part) => part !== "").join(" ")}`,
    ...command.description.flatMap((paragraph) => ["", ...wrap(paragraph, width)]),
    "",
    "Options:",
    ...table(options),
    "",
  ].join("\n");
}

export function mainHelp(commands: readonly LabCommand[]): string {
  return [
    "The lab boots arm64 kernels with KVM in an emulated machine and runs programs there.",
    "",
    "Usage: npm run lab -- COMMAND [OPERANDS] [OPTIONS]",
    "",
    "Commands:",
    ...table(commands.map(({ name, summary }) => [name, summary])),
    "",
    "Exit status: 0 good; 1 a difference or a failed check; 2 a wrong command line or a missing part.",
    "`npm run lab -- COMMAND --help` says more. Kernels, QEMU and results lie in `.lab/`, or in the folder that the",
    "environment variable GUESTC_LAB names.",
    "",
  ].join("\n");
}
