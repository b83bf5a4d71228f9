/** Reads a command line by the table of commands. */
import { parseArgs } from "node:util";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { CommandName } from "./command-names.ts";
import { UsageError } from "./errors.ts";

export interface OptionRow {
  readonly name: string;
  readonly short?: string;
  /** Name of its value in the help; absent: a switch. */
  readonly value?: string;
  /** The only values it takes. */
  readonly choices?: readonly string[];
  /** May be given several times. */
  readonly repeatable?: true;
  readonly title: string;
}

export interface CommandRow {
  readonly name: CommandName;
  readonly title: string;
  /** What stands behind the command, for the help: `FILE…`. */
  readonly operands: string;
  /** How many operands it takes. */
  readonly least: number;
  readonly most: number;
  readonly options: readonly OptionRow[];
  /** Paragraphs for the help. */
  readonly description: readonly string[];
  readonly examples: readonly { readonly line: string; readonly title: string }[];
}

/** What was asked for. Options that were not given are absent. */
export interface CommandLine {
  readonly command: CommandRow;
  readonly operands: readonly string[];
  readonly flags: ReadonlySet<string>;
  /** Values in the order given. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

export type Request =
  | { readonly kind: "run"; readonly line: CommandLine }
  | { readonly kind: "help"; readonly command: CommandRow | undefined }
  | { readonly kind: "version" };

const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(" or ");

function suggestion(wrong: string, known: readonly string[], prefix = ""): readonly string[] {
  const found = didYouMean(wrong, known).map((name) => prefix + name);
  return found.length === 0 ? [] : [`did you mean ${quoted(found)}?`];
}

/**
 * @param globals options that stand before or behind any command
 * @throws UsageError when the line fits no command
 */
export function readCommandLine(
  argv: readonly string[],
  commands: readonly CommandRow[],
  globals: readonly OptionRow[],
): Request {
  const every = [...globals, ...commands.flatMap((command) => command.options)];
  const { tokens } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      every.map(({ name, short, value }) => [
        name,
        {
          type: value === undefined ? "boolean" : "string",
          ...(short === undefined ? {} : { short }),
        } as const,
      ]),
    ),
  });
  const words = tokens.flatMap((token) => (token.kind === "positional" ? [token.value] : []));
  const given = tokens.flatMap((token) => (token.kind === "option" ? [token] : []));
  const asksHelp = given.some(({ name }) => name === "help");
  const helpWord = words[0] === "help";
  const word = helpWord ? words[1] : words[0];
  const command = commands.find(({ name }) => name === word);
  if (word !== undefined && command === undefined) {
    throw new UsageError(`there is no command \`${word}\``, [
      ...suggestion(
        word,
        commands.map(({ name }) => name),
      ),
      "`guestc --help` lists the commands",
    ]);
  }
  if (asksHelp || helpWord) return { kind: "help", command };
  if (command === undefined && given.some(({ name }) => name === "version")) return { kind: "version" };

  const own = [...(command?.options ?? []), ...globals];
  const flags = new Set<string>();
  const values = new Map<string, string[]>();
  const more = command === undefined ? "`guestc --help`" : `\`guestc ${command.name} --help\``;
  for (const { name, rawName, value } of given) {
    const row = own.find((option) => option.name === name);
    if (row === undefined) {
      const where = command === undefined ? "" : ` of \`${command.name}\``;
      throw new UsageError(`\`${rawName}\` is no option${where}`, [
        ...suggestion(
          name,
          own.map((option) => option.name),
          "--",
        ),
        `${more} lists the options`,
      ]);
    }
    if (row.value === undefined) {
      if (value !== undefined) throw new UsageError(`\`--${name}\` takes no value`, [`${more} says more`]);
      flags.add(name);
      continue;
    }
    // An empty value is as good as none: no option of ours has a use for it.
    if (value === undefined || value === "")
      throw new UsageError(`\`--${name}\` needs a value: ${row.choices?.join("|") ?? row.value}`);
    const before = values.get(name) ?? [];
    if (before.length > 0 && row.repeatable !== true) throw new UsageError(`\`--${name}\` is given twice`);
    if (row.choices !== undefined && !row.choices.includes(value)) {
      throw new UsageError(
        `\`--${name}\` takes ${row.choices.join(", ")}, not \`${value}\``,
        suggestion(value, row.choices),
      );
    }
    values.set(name, [...before, value]);
  }
  if (command === undefined) {
    throw new UsageError("no command is given", ["`guestc --help` lists the commands"]);
  }
  const operands = words.slice(1);
  if (operands.length < command.least)
    throw new UsageError(`\`${command.name}\` needs ${command.operands}`, [`${more} shows examples`]);
  if (operands.length > command.most) {
    const surplus = operands.slice(command.most).map((one) => `\`${one}\``);
    throw new UsageError(`\`${command.name}\` takes no further operand: ${surplus.join(", ")}`, [
      `${more} says more`,
    ]);
  }
  return { kind: "run", line: { command, operands, flags, values } };
}

/** The value of an option that is given at most once. */
export function optionValue(line: CommandLine, option: string): string | undefined {
  return line.values.get(option)?.[0];
}
