/** Differences for people: by group, a line each, what is alike drawn together unless all is asked for. */
import { safeText, wrap } from "../diagnostics/text/display.ts";
import { noColours, type Palette } from "../diagnostics/text/palette.ts";
import { grouped, type Line, linesOf, plural } from "./condense.ts";
import type { Diff, Difference, Group, Side } from "./difference.ts";
import { movedGuestText } from "./moves.ts";
import { reasonWords } from "./sentence.ts";
import { groupTitle } from "./titles.ts";

interface DiffTextOptions {
  /** Columns at hand, 72 to 120; default 100. */
  readonly width?: number;
  /** Every difference a line of its own, those that follow from others among them. */
  readonly all?: boolean;
  readonly palette?: Palette;
}

const narrowest = 72;
const widest = 120;

interface Layout {
  readonly width: number;
  readonly all: boolean;
  readonly palette: Palette;
}

/** Lines of a width; most are short and plain, and need no measuring. */
const folded = (words: string, width: number): readonly string[] =>
  words.length <= width && /^[ -~→]*$/.test(words) ? [words] : wrap(safeText(words), width);

function printed({ sign, text, details = [] }: Line, indent: number, { width }: Layout): readonly string[] {
  const lines = (words: string, first: string, rest: number): readonly string[] =>
    folded(words, width - rest).map((line, at) =>
      at === 0 ? `${first}${line}` : `${" ".repeat(rest)}${line}`,
    );
  return [
    ...lines(text, `${" ".repeat(indent)}${sign} `, indent + 4),
    ...details.flatMap((detail) => lines(detail, " ".repeat(indent + 4), indent + 8)),
  ];
}

/** The rows of a contract below the statements that decide them. */
function byReason(rows: readonly Difference[], layout: Layout): readonly string[] {
  return grouped(rows, ({ reasons }) => JSON.stringify(reasons)).flatMap((group) => {
    const { reasons } = group[0];
    const lines = linesOf(group, layout.all);
    if (reasons === null) return lines.flatMap((line) => printed(line, 2, layout));
    const heads = [
      ...(reasons.before === null ? [] : [`before: ${reasonWords(reasons.before)}`]),
      ...(reasons.after === null ? [] : [`after:  ${reasonWords(reasons.after)}`]),
    ].flatMap((head) =>
      wrap(safeText(head), layout.width - 10).map((line, at) => `${at === 0 ? "  " : "          "}${line}`),
    );
    return [...heads, ...lines.flatMap((line) => printed(line, 4, layout))];
  });
}

const notes = (text: string, { width }: Layout): readonly string[] =>
  text === "" ? [] : wrap(text, width - 4).map((line, at) => `${" ".repeat(at === 0 ? 2 : 4)}${line}`);

/** What only guestc's tables say of one of the hosts: a line, or all of it. */
function assumedLines({ assumed }: Diff, layout: Layout): readonly string[] {
  if (assumed.length === 0) return [];
  const title = "Expected by guestc's tables, not read on both hosts";
  if (!layout.all) {
    const told = `${title}: ${plural(assumed.length, "difference")} more (--all)`;
    return ["", ...wrap(told, layout.width)];
  }
  const lines = linesOf(assumed, true).flatMap((line) => printed(line, 2, layout));
  return ["", layout.palette.strong(title), ...lines];
}

function groupLines(diff: Diff, group: Group, layout: Layout): readonly string[] {
  const rows = diff.differences.filter((one) => one.group === group);
  const shown = rows.filter(({ follows }) => layout.all || !follows);
  const hidden = rows.length - shown.length;
  return [
    "",
    layout.palette.strong(groupTitle(diff.kind, group)),
    ...byReason(shown, layout),
    ...(group === "guest" ? notes(movedGuestText(diff), layout) : []),
    ...(hidden === 0
      ? []
      : [
          `  ${plural(hidden, "difference")} more that ${hidden === 1 ? "follows" : "follow"} from others or ${hidden === 1 ? "changes" : "change"} nothing (--all)`,
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
  const unsaid = grouped(diff.unsaid, ({ by }) => by).flatMap((rows) => {
    const told = rows.map(({ what }) => what).join(", ");
    return wrap(safeText(`only ${names[rows[0].by]} says: ${told}`), layout.width - 6).map(
      (line, at) => `${at === 0 ? "  " : "      "}${line}`,
    );
  });
  const count = diff.differences.length;
  return [
    ...headingLines(diff, layout),
    ...diff.notes.flatMap((note) => ["", ...wrap(safeText(note), layout.width)]),
    ...groups.flatMap((group) => groupLines(diff, group, layout)),
    ...assumedLines(diff, layout),
    ...(unsaid.length === 0 ? [] : ["", layout.palette.strong("Not compared"), ...unsaid]),
    "",
    count === 0 ? "no differences" : plural(count, "difference"),
    "",
  ].join("\n");
}
