/** Differences for people: by group, a line each, what is alike drawn together unless all is asked for. */
import { safeText, wrap } from "../diagnostics/text/display.ts";
import { noColours, type Palette } from "../diagnostics/text/palette.ts";
import type { Diff, Difference, Group, Side } from "./difference.ts";
import { reasonWords, sentenceOf, signOf, whereWords } from "./sentence.ts";
import { groupTitle } from "./titles.ts";

export interface DiffTextOptions {
  /** Columns at hand, 72 to 120; default 100. */
  readonly width?: number;
  /** Every difference a line of its own, those that follow from others among them. */
  readonly all?: boolean;
  readonly palette?: Palette;
}

const narrowest = 72;
const widest = 120;
/** Names in a line that draws many together, unless all is asked for. */
const mostNames = 12;

interface Line {
  readonly sign: "+" | "-" | "~";
  readonly text: string;
}

const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** Rows that share a key, in the order in which the first of each stands. */
function grouped<Row>(
  rows: readonly Row[],
  key: (row: Row) => string,
): readonly (readonly [Row, ...Row[]])[] {
  const groups = new Map<string, [Row, ...Row[]]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

function nameList(names: readonly string[]): string {
  const more = names.length - mostNames;
  return more <= 1 ? names.join(", ") : `${names.slice(0, mostNames).join(", ")} and ${more} more`;
}

/** Rows of KVM_GET_REG_LIST by whose registers they are. */
const listLines = (rows: readonly Difference[]): readonly Line[] =>
  grouped(rows, (one) => `${signOf(one)} ${one.family} ${whereWords(one)}`).map((group) => ({
    sign: signOf(group[0]),
    text: `register list: ${signOf(group[0])} ${group.length} (${group[0].family}): ${nameList(
      group.map(({ subject }) => subject),
    )}${whereWords(group[0])}`,
  }));

/** Masks that say more or less, of fields that take the same values as before. */
const maskLines = (rows: readonly Difference[]): readonly Line[] =>
  grouped(rows, (one) => `${one.before} ${one.after} ${whereWords(one)}`).map((group) => {
    const registers = grouped(group, ({ family }) => family).map((fields) => {
      const names = fields.map(({ subject, family }) => subject.slice(family.length + 1));
      return `${fields[0].family} ${names.join(", ")}`;
    });
    const { before, after } = group[0];
    return {
      sign: "~",
      text: `by mask ${before} → ${after}, although the values taken are the same: ${registers.join("; ")}${whereWords(group[0])}`,
    };
  });

/** Ranges of function ids by whose they are. */
const callLines = (rows: readonly Difference[]): readonly Line[] =>
  grouped(
    rows,
    (one) => `${one.title} ${one.before} ${one.after} ${one.title === "" ? one.subject : ""}`,
  ).map((group) => {
    const [first] = group;
    if (group.length === 1) return { sign: signOf(first), text: sentenceOf(first) };
    const ranges = group.map(({ subject }) => subject.replace(/^calls /, ""));
    return {
      sign: signOf(first),
      text: `calls of ${first.title} ${first.before} → ${first.after}: ${nameList(ranges)}`,
    };
  });

/** What stands in one line for many. */
const condensed: Readonly<
  Partial<Record<Difference["about"], (rows: readonly Difference[]) => readonly Line[]>>
> = { listed: listLines, mask: maskLines, call: callLines };

const plainLines = (rows: readonly Difference[]): readonly Line[] =>
  rows.map((one) => ({ sign: signOf(one), text: sentenceOf(one) }));

function linesOf(rows: readonly Difference[], all: boolean): readonly Line[] {
  return grouped(rows, ({ about }) => about).flatMap((group) => {
    const draw = all ? undefined : condensed[group[0].about];
    return draw === undefined ? plainLines(group) : draw(group);
  });
}

interface Layout {
  readonly width: number;
  readonly all: boolean;
  readonly palette: Palette;
}

function printed({ sign, text }: Line, indent: number, { width }: Layout): readonly string[] {
  return wrap(safeText(text), width - indent - 4).map((line, at) =>
    at === 0 ? `${" ".repeat(indent)}${sign} ${line}` : `${" ".repeat(indent + 4)}${line}`,
  );
}

/** The rows of a contract below the statements that decide them. */
function byReason(rows: readonly Difference[], layout: Layout): readonly string[] {
  return grouped(rows, ({ reasons }) => JSON.stringify(reasons)).flatMap((group) => {
    const { reasons } = group[0];
    const lines = linesOf(group, layout.all);
    if (reasons === null) return lines.flatMap((line) => printed(line, 2, layout));
    const heads = [`before: ${reasonWords(reasons.before)}`, `after:  ${reasonWords(reasons.after)}`].flatMap(
      (head) =>
        wrap(safeText(head), layout.width - 2).map((line, at) => `${at === 0 ? "  " : "          "}${line}`),
    );
    return [...heads, ...lines.flatMap((line) => printed(line, 4, layout))];
  });
}

function groupLines(diff: Diff, group: Group, layout: Layout): readonly string[] {
  const rows = diff.differences.filter((one) => one.group === group);
  if (rows.length === 0) return [];
  const shown = rows.filter(({ follows }) => layout.all || !follows);
  const hidden = rows.length - shown.length;
  return [
    "",
    layout.palette.strong(groupTitle(diff.kind, group)),
    ...byReason(shown, layout),
    ...(hidden === 0
      ? []
      : [
          `  ${plural(hidden, "difference")} more that ${hidden === 1 ? "follows" : "follow"} from what is shown (--all)`,
        ]),
  ];
}

function headingLines({ before, after }: Diff, layout: Layout): readonly string[] {
  const line = (sign: string, { name, facts }: Side): readonly string[] =>
    wrap(safeText([name, ...facts.map(([, value]) => value)].join(", ")), layout.width - 6).map((part, at) =>
      at === 0 ? `${sign} ${part}` : `      ${part}`,
    );
  return [...line("---", before), ...line("+++", after)];
}

/** Ends with a line end. */
export function diffText(diff: Diff, options: DiffTextOptions = {}): string {
  const layout: Layout = {
    width: Math.min(widest, Math.max(narrowest, options.width ?? 100)),
    all: options.all ?? false,
    palette: options.palette ?? noColours,
  };
  const groups = [...new Set(diff.differences.map(({ group }) => group))];
  const names = { before: diff.before.name, after: diff.after.name };
  const unsaid = diff.unsaid.flatMap(({ what, by }) =>
    wrap(safeText(`  only ${names[by]} says: ${what}`), layout.width),
  );
  const count = diff.differences.length;
  return [
    ...headingLines(diff, layout),
    ...groups.flatMap((group) => groupLines(diff, group, layout)),
    ...(unsaid.length === 0 ? [] : ["", layout.palette.strong("Not compared"), ...unsaid]),
    "",
    count === 0 ? "no difference" : plural(count, "difference"),
    "",
  ].join("\n");
}
