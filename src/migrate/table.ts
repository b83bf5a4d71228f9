/** Migrations as a text for people: who may go where, then why not. */
import { formatLocation } from "../diagnostics/span.ts";
import { safeText, wrap } from "../diagnostics/text/display.ts";
import { noColours, type Palette } from "../diagnostics/text/palette.ts";
import { gridLines } from "../sim/view/grid.ts";
import type { Fact, FieldChange, Verdict, Weight } from "./fact.ts";
import type { Journeys } from "./journeys.ts";
import type { Migration } from "./pair.ts";
import { statementsFor } from "./statements.ts";

export interface TableOptions {
  /** Columns at hand, 72 to 120; default 100. */
  readonly width?: number;
  /** Remarks too. */
  readonly all?: boolean;
  readonly palette?: Palette;
}

const narrowest = 72;
const widest = 120;

export const verdictWords: Readonly<Record<Verdict, string>> = {
  safe: "safe",
  "safe-with-notes": "safe, notes",
  unsafe: "UNSAFE",
};
const weights: readonly Weight[] = ["unsafe", "note", "remark"];
const weightWords: Readonly<Record<Weight, string>> = { unsafe: "unsafe", note: "note", remark: "remark" };

const paint = (weight: Weight, palette: Palette) =>
  weight === "unsafe" ? palette.error : weight === "note" ? palette.warning : palette.note;

function matrixLines({ hosts, migrations }: Journeys, width: number): readonly string[] {
  const numbered = hosts.map(({ name, profile }, at) => ({
    label: String(at + 1),
    name,
    profile,
  }));
  const cell = (from: string, to: string): string => {
    if (from === to) return "=";
    const found = migrations.find((one) => one.from.name === from && one.to.name === to);
    return found === undefined ? "" : verdictWords[found.verdict];
  };
  const head = ["from", "", ...numbered.map(({ label }) => `to ${label}`)];
  const rows = numbered.map(({ label, name, profile }) => [
    label,
    `${name} (${profile.cpu.name}, linux ${profile.kernel.version})`,
    ...numbered.map((to) => cell(name, to.name)),
  ]);
  return gridLines([head, ...rows], width, 2);
}

const number = (value: bigint): string => (value < 10n ? String(value) : `0x${value.toString(16)}`);

export function fieldWords({ field, before, after, meaning: [was, is] }: FieldChange): string {
  const words = (value: bigint, meant: string | undefined): string =>
    meant === undefined ? number(value) : `${number(value)} (${meant})`;
  return `${field} ${words(before, was)} to ${words(after, is)}`;
}

/** So many names before the rest is counted. */
const mostNamed = 8;

function named(names: readonly string[]): string {
  const rest = names.length - mostNamed;
  return rest > 1 ? `${names.slice(0, mostNamed).join(", ")} and ${rest} more` : names.join(", ");
}

/** Facts of one kind in one place: those that say the same of several subjects share a line. */
export function grouped(facts: readonly Fact[]): readonly (readonly Fact[])[] {
  const found = new Map<string, Fact[]>();
  for (const [at, one] of facts.entries()) {
    const { topic, text, detail, fields, source } = one;
    const alone = fields.length > 0 || source !== undefined || topic === "lists" || topic === "calls";
    const key = alone ? String(at) : `${topic} ${text} ${detail}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, [one]);
    else known.push(one);
  }
  return [...found.values()];
}

function factLines(facts: readonly Fact[], width: number, palette: Palette): readonly string[] {
  const [first] = facts;
  if (first === undefined) return [];
  const { weight, text, detail, fields, source } = first;
  const members = facts.length > 1 ? [] : first.members;
  const remedies = [...new Set(facts.flatMap((one) => one.remedies))];
  // Where fields are told, the register's values are theirs; what follows them is not.
  const words = fields.length === 0 ? detail : detail.split("; ").slice(1).join("; ");
  const label = weightWords[weight];
  const indent = " ".repeat(10);
  const hang = (words: string): readonly string[] =>
    wrap(safeText(words), width - indent.length).map((line) => indent + line);
  const subject = named(facts.map((one) => one.subject));
  const [head = "", ...rest] = hang(`${subject}: ${text}`);
  return [
    `  ${paint(weight, palette)(label)}${" ".repeat(8 - label.length)}${head.trimStart()}`,
    ...rest,
    ...(fields.length === 0 ? [] : hang(named(fields.map(fieldWords)))),
    ...(words === "" ? [] : hang(words)),
    ...(members.length === 0 ? [] : hang(named(members))),
    ...(source === undefined ? [] : hang(`asked for at ${formatLocation(source)}`)),
    ...(remedies.length === 0 ? [] : hang(`would help: ${remedies.map((one) => `\`${one}\``).join(", ")}`)),
  ];
}

/** Pairs that have the same facts are told together. */
export function pairGroups(migrations: readonly Migration[], shown: (fact: Fact) => boolean) {
  const found = new Map<string, { readonly ones: Migration[]; readonly facts: readonly Fact[] }>();
  for (const one of migrations) {
    const facts = one.facts.filter(shown);
    const key = JSON.stringify([
      one.verdict,
      one.executed,
      facts.map(({ register, source, fields, ...rest }) => [
        rest,
        String(register),
        source?.start,
        fields.map(fieldWords),
      ]),
    ]);
    const known = found.get(key);
    if (known === undefined) found.set(key, { ones: [one], facts });
    else known.ones.push(one);
  }
  return [...found.values()];
}

function pairLines(
  ones: readonly Migration[],
  facts: readonly Fact[],
  width: number,
  palette: Palette,
): readonly string[] {
  const [first] = ones;
  if (first === undefined) return [];
  const title = ones.map(({ from, to }) => `${from.name} to ${to.name}`).join(", ");
  const run = first.executed === true ? "run on both" : `not run on both: ${first.executed}`;
  const { statements, complete } = statementsFor(first);
  const advice =
    first.verdict !== "unsafe"
      ? []
      : [
          statements.length === 0
            ? "No statement that the tables know makes it safe."
            : complete
              ? "All of what would help, together, makes it safe."
              : "For what is unsafe and names no statement, the tables know none.",
        ];
  return [
    ...wrap(safeText(title), width).map((line) => palette.strong(line)),
    ...wrap(`${verdictWords[first.verdict]} (${run})`, width - 2).map((line) => `  ${line}`),
    ...weights.flatMap((weight) =>
      grouped(facts.filter((one) => one.weight === weight)).flatMap((same) =>
        factLines(same, width, palette),
      ),
    ),
    ...advice.flatMap((line) => wrap(line, width - 2).map((part) => `  ${part}`)),
    "",
  ];
}

/** Ends with a line end. */
export function migrationsText(journeys: Journeys, options: TableOptions = {}): string {
  const palette = options.palette ?? noColours;
  const width = Math.max(narrowest, Math.min(widest, options.width ?? 100));
  const { guest, vmm, hosts, migrations } = journeys;
  const shown = ({ weight }: Fact): boolean => options.all === true || weight !== "remark";
  const lines = [
    palette.strong(`guest ${guest.guest}`),
    ...wrap(`${formatLocation(guest.span)}; VMM ${vmm.name}: ${vmm.title}`, width - 2).map(
      (line) => `  ${line}`,
    ),
    "",
    ...(hosts.length > 1 ? [...matrixLines(journeys, width), ""] : []),
    ...pairGroups(migrations, shown).flatMap(({ ones, facts }) => pairLines(ones, facts, width, palette)),
  ];
  const count = (verdict: Verdict): number => migrations.filter((one) => one.verdict === verdict).length;
  const total = `${count("safe")} safe, ${count("safe-with-notes")} safe with notes, ${count("unsafe")} unsafe`;
  return `${[...lines, palette.strong(total)].join("\n")}\n`;
}
