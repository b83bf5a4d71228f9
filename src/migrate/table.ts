/** Migrations as a text for people: who may go where, then why not. */
import { formatLocation } from "../diagnostics/span.ts";
import { safeText, wrap } from "../diagnostics/text/display.ts";
import { noColours, type Palette } from "../diagnostics/text/palette.ts";
import { gridLines } from "../sim/view/grid.ts";
import { type Fact, type FieldChange, type Verdict, verdicts, type Weight, weights } from "./fact.ts";
import type { Journey, Journeys } from "./journeys.ts";

interface TableOptions {
  /** Columns at hand, 72 to 120; default 100. */
  readonly width?: number;
  /** Remarks too. */
  readonly all?: boolean;
  readonly palette?: Palette;
}

const narrowest = 72;
const widest = 120;

const verdictWords: Readonly<Record<Verdict, string>> = {
  safe: "safe",
  "safe-with-notes": "safe, notes",
  undecided: "safe?",
  unsafe: "UNSAFE",
};
const weightWords: Readonly<Record<Weight, string>> = {
  unsafe: "unsafe",
  open: "open",
  note: "note",
  remark: "remark",
};
/** Behind a count. */
const countWords: Readonly<Record<Verdict, string>> = {
  safe: "safe",
  "safe-with-notes": "safe with notes",
  undecided: "safe as far as is known",
  unsafe: "unsafe",
};

const paint = (weight: Weight, palette: Palette) =>
  weight === "unsafe"
    ? palette.error
    : weight === "note" || weight === "open"
      ? palette.warning
      : palette.note;

/** So many hosts have their names beside the matrix and in titles; more are told by their numbers. */
const mostInWords = 4;

/** So many have verdicts in words; of more, one letter each. */
const mostWithWords = 9;

const verdictLetters: Readonly<Record<Verdict, string>> = {
  safe: "s",
  "safe-with-notes": "n",
  undecided: "?",
  unsafe: "U",
};

function matrixLines({ hosts, migrations }: Journeys, width: number): readonly string[] {
  const found = new Map(migrations.map((one) => [`${one.from.name}\n${one.to.name}`, one.verdict]));
  const words = hosts.length > mostWithWords ? verdictLetters : verdictWords;
  const cell = (from: string, to: string): string => {
    const verdict = found.get(`${from}\n${to}`);
    return from === to ? "=" : verdict === undefined ? "" : words[verdict];
  };
  const names = hosts.map(
    ({ name, profile }) => `${name} (${profile.cpu.name}, linux ${profile.kernel.version})`,
  );
  const isNarrow = hosts.length > mostInWords;
  const head = [
    "from",
    ...(isNarrow ? [] : [""]),
    ...hosts.map((_, at) => `${isNarrow ? "" : "to "}${at + 1}`),
  ];
  const rows = hosts.map(({ name }, at) => [
    String(at + 1),
    ...(isNarrow ? [] : [names[at] ?? ""]),
    ...hosts.map((to) => cell(name, to.name)),
  ]);
  // Too wide for its lines, a matrix is no picture of anything; the groups below say it all.
  const matrix =
    hosts.length <= mostWithWords || 4 * (hosts.length + 2) <= width
      ? gridLines([head, ...rows], width, 2)
      : [];
  if (!isNarrow) return matrix;
  const legend = gridLines(
    names.map((name, at) => [String(at + 1), name]),
    width,
    2,
  );
  const key =
    words === verdictLetters && matrix.length > 0
      ? [`  ${verdicts.map((one) => `${verdictLetters[one]} ${countWords[one]}`).join(", ")}`, ""]
      : [];
  return [...legend, "", ...key, ...matrix];
}

/** `3, 5-7` of ascending numbers. */
function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const one of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === one - 1) last[1] = one;
    else runs.push([one, one]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(", ");
}

/** Who goes where: by name where there are few, else by number, sources with the same targets together. */
function titleOf(ones: readonly Journey[], hosts: Journeys["hosts"]): string {
  if (hosts.length <= mostInWords || ones.length === 1)
    return ones.map(({ from, to }) => `${from.name} to ${to.name}`).join(", ");
  const numberOf = new Map(hosts.map(({ name }, at) => [name, at + 1]));
  const targets = new Map<number, number[]>();
  for (const { from, to } of ones) {
    const source = numberOf.get(from.name) ?? 0;
    targets.set(source, [...(targets.get(source) ?? []), numberOf.get(to.name) ?? 0]);
  }
  const sources = new Map<string, number[]>();
  for (const [source, to] of targets) sources.set(ranges(to), [...(sources.get(ranges(to)) ?? []), source]);
  return [...sources].map(([to, from]) => `${ranges(from)} to ${to}`).join("; ");
}

const number = (value: bigint): string => (value < 10n ? String(value) : `0x${value.toString(16)}`);

function fieldWords({ field, before, after, meaning: [was, is] }: FieldChange): string {
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
export function pairGroups(migrations: readonly Journey[], shown: (fact: Fact) => boolean) {
  const found = new Map<string, { readonly ones: Journey[]; readonly facts: readonly Fact[] }>();
  for (const one of migrations) {
    const facts = one.facts.filter(shown);
    const key = JSON.stringify([
      one.verdict,
      one.executed,
      adviceWords(one),
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

/** What comes of the statements that would help, all of them together. */
function adviceWords(journey: Journey): string {
  const { advised } = journey;
  if (advised === undefined) return "No statement that the tables know makes it safe.";
  if (typeof advised === "string") return `Whether what would help makes it safe is not known: ${advised}.`;
  if (advised.verdict !== "unsafe")
    return `With all of what would help it is ${countWords[advised.verdict]}: that was judged, too.`;
  const left = advised.facts.filter(({ weight }) => weight === "unsafe").map(({ subject }) => subject);
  return `With all of what would help it is still unsafe: ${named([...new Set(left)])}.`;
}

function pairLines(
  ones: readonly Journey[],
  title: string,
  facts: readonly Fact[],
  width: number,
  palette: Palette,
): readonly string[] {
  const [first] = ones;
  if (first === undefined) return [];
  const run = first.executed === true ? "run on both" : `not run on both: ${first.executed}`;
  const advice = first.verdict === "unsafe" ? [adviceWords(first)] : [];
  return [
    ...wrap(safeText(title), width).map((line) => palette.strong(line)),
    ...wrap(
      `${first.verdict === "undecided" ? countWords.undecided : verdictWords[first.verdict]} (${run})`,
      width - 2,
    ).map((line) => `  ${line}`),
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
    ...pairGroups(migrations, shown).flatMap(({ ones, facts }) =>
      pairLines(ones, titleOf(ones, hosts), facts, width, palette),
    ),
  ];
  const count = (verdict: Verdict): number => migrations.filter((one) => one.verdict === verdict).length;
  const total = verdicts
    .filter((verdict) => verdict !== "undecided" || count(verdict) > 0)
    .map((verdict) => `${count(verdict)} ${countWords[verdict]}`)
    .join(", ");
  return `${[...lines, palette.strong(total)].join("\n")}\n`;
}
