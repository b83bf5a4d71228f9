/** Reads the words behind a command's name. */

import type { Arguments, LabCommand, LabOption } from "./command.ts";
import { LabError } from "./errors.ts";

type Grammar = Pick<LabCommand, "name" | "usage" | "options" | "least" | "most" | "verbatim">;

/** `--name` or `--name=value`; undefined: an operand. */
function readOption(word: string): { readonly name: string; readonly value: string | undefined } | undefined {
  const match = /^--([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(word);
  return match?.[1] === undefined ? undefined : { name: match[1], value: match[2] };
}

/**
 * @param args words behind the command's name
 * @throws LabError for an unknown option, a missing or surplus value, or a wrong number of operands
 */
export function readArguments(command: Grammar, args: readonly string[]): Arguments {
  const more = [`usage: npm run lab -- ${command.name} ${command.usage}`];
  const operands: string[] = [];
  const flags = new Set<string>();
  const values = new Map<string, string[]>();
  const words = [...args];
  const optionRow = (word: string, name: string): LabOption => {
    const row = command.options.find((option) => option.name === name);
    if (row === undefined) throw new LabError(`\`${word}\` is no option of \`${command.name}\``, more);
    return row;
  };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--") {
      operands.push(...words.splice(0));
      break;
    }
    const option = word.startsWith("-") && word !== "-" ? readOption(word) : undefined;
    if (option === undefined) {
      if (word.startsWith("-") && word !== "-")
        throw new LabError(`\`${word}\` is no option of \`${command.name}\``, more);
      operands.push(word);
      if (command.verbatim === true && operands.length === command.least) operands.push(...words.splice(0));
      continue;
    }
    const row = optionRow(word, option.name);
    if (row.value === undefined) {
      if (option.value !== undefined) throw new LabError(`\`--${row.name}\` takes no value`, more);
      flags.add(row.name);
      continue;
    }
    const value = option.value ?? words.shift();
    if (value === undefined || value === "") throw new LabError(`\`--${row.name}\` needs ${row.value}`, more);
    const before = values.get(row.name);
    if (before !== undefined && row.repeatable !== true)
      throw new LabError(`\`--${row.name}\` is given twice`, more);
    values.set(row.name, [...(before ?? []), value]);
  }
  const most = command.verbatim === true ? Number.POSITIVE_INFINITY : (command.most ?? command.least);
  if (operands.length < command.least) throw new LabError(`\`${command.name}\` needs ${command.usage}`, more);
  if (operands.length > most) {
    const surplus = operands.slice(most).map((operand) => `\`${operand}\``);
    throw new LabError(`\`${command.name}\` takes no further operand: ${surplus.join(", ")}`, more);
  }
  return { operands, flags, values };
}

/** The value of an option that is given at most once. */
export const optionValue = (args: Arguments, name: string): string | undefined => args.values.get(name)?.[0];

/** The parts of a list with commas; undefined when the option was not given. */
export function listOf(args: Arguments, name: string): readonly string[] | undefined {
  const value = optionValue(args, name);
  if (value === undefined) return undefined;
  const parts = value.split(",").map((part) => part.trim());
  if (parts.includes("")) throw new LabError(`\`--${name} ${value}\` has an empty part`);
  return parts;
}

/**
 * A whole number from 1 on.
 *
 * @throws LabError for anything else
 */
export function countOf(args: Arguments, name: string, otherwise: number): number {
  const value = optionValue(args, name);
  if (value === undefined) return otherwise;
  if (!/^[1-9]\d{0,5}$/.test(value))
    throw new LabError(`\`--${name}\` needs a whole number from 1 on, not \`${value}\``);
  return Number(value);
}
