/**
 * Matches statements against their rows in the vocabulary: is the name known here, may it stand again,
 * which of its forms is it. What the arguments mean is left to the handlers.
 */
import type { Origin } from "../contract.ts";
import type { Fix, Related, TextEdit } from "../diagnostics/diagnostic.ts";
import { joinSpans, type Span, spanText } from "../diagnostics/span.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import {
  type Context,
  type Form,
  overrideWord,
  type Part,
  type SlotType,
  type StatementRow,
  statementRow,
  statementsIn,
  vocabulary,
} from "../language/vocabulary.ts";
import type { Argument, Atom, Block, Statement, Word } from "../parser/ast.ts";
import { smcccOwners } from "../tables/index.ts";
import { commaDetails } from "./commas.ts";
import type { Report } from "./report.ts";

/** A statement whose shape is right. */
export interface Matched {
  readonly row: StatementRow;
  readonly statement: Statement;
  /** The statement's own name: for `override field …` the word `field`. */
  readonly name: Word;
  /** The word `override`, where it stands in front. */
  readonly override: Word | undefined;
  /** Arguments by slot. */
  readonly slots: ReadonlyMap<string, readonly Atom[]>;
  /** Fixed words that the form holds (`off`, `lengths`). */
  readonly words: ReadonlySet<string>;
  /** From the name to the last argument, without the block. */
  readonly head: Span;
}

/** The statement as the origin of what it decides. */
export const byStatement = (matched: Matched): Origin => ({ kind: "statement", span: matched.head });

/** The single atom of a slot that the form guarantees. */
export function slotAtom(matched: Matched, slot: string): Atom {
  const atom = matched.slots.get(slot)?.[0];
  if (atom === undefined) throw new Error(`form of \`${matched.row.name}\` has no slot \`${slot}\``);
  return atom;
}

/** How an argument of a type is called in a usage line, and which atoms can be one. */
const slotShapes: Readonly<
  Record<SlotType, { readonly usage: string; readonly kinds: readonly Atom["kind"][] }>
> = {
  "new-name": { usage: "NAME", kinds: ["word"] },
  cpu: { usage: "CPU", kinds: ["word"] },
  host: { usage: "HOST", kinds: ["word"] },
  "host-or-fleet": { usage: "HOST-OR-FLEET", kinds: ["word"] },
  fleet: { usage: "FLEET", kinds: ["word"] },
  guest: { usage: "GUEST", kinds: ["word"] },
  path: { usage: '"PATH"', kinds: ["string"] },
  text: { usage: '"TEXT"', kinds: ["string"] },
  integer: { usage: "NUMBER", kinds: ["number"] },
  bits: { usage: "NUMBER bits", kinds: ["number"] },
  version: { usage: "VERSION", kinds: ["number"] },
  edition: { usage: "YEAR", kinds: ["number"] },
  baseline: { usage: "ARCHITECTURE-OR-CORE", kinds: ["word"] },
  core: { usage: "CORE", kinds: ["word"] },
  "core-revision": { usage: "rNpN", kinds: ["word"] },
  feature: { usage: "FEATURE", kinds: ["word"] },
  field: { usage: "REGISTER.FIELD", kinds: ["word"] },
  "register-or-field": { usage: "REGISTER[.FIELD]", kinds: ["word"] },
  "field-value": { usage: "VALUE", kinds: ["word", "number"] },
  "register-value": { usage: "NUMBER", kinds: ["number"] },
  service: { usage: "SERVICE", kinds: ["word"] },
  capability: { usage: "CAPABILITY", kinds: ["word"] },
  workaround: { usage: "REGISTER", kinds: ["word"] },
  "workaround-level": { usage: "LEVEL", kinds: ["word"] },
  "smccc-owner": { usage: "OWNER", kinds: ["word"] },
  "smccc-convention": { usage: "CONVENTION", kinds: ["word"] },
  "function-numbers": { usage: "NUMBERS", kinds: ["number", "range"] },
  "function-ids": { usage: "FUNCTION-IDS", kinds: ["number", "range", "word"] },
  events: { usage: "EVENTS", kinds: ["number", "range"] },
  address: { usage: "NUMBER", kinds: ["number"] },
  "call-result": { usage: "NUMBER", kinds: ["number", "word"] },
};

/** Types that take a unit behind the number. */
const unitTypes: ReadonlySet<SlotType> = new Set(["bits", "field-value"]);

/** Types whose words are few, so that another form may claim the rest. */
const closedWords: Partial<Record<SlotType, () => ReadonlySet<string>>> = {
  "smccc-owner": () => new Set(smcccOwners().map((owner) => owner.name)),
};

function printPart(part: Part): string {
  if ("word" in part) return part.word;
  const { usage } = slotShapes[part.type];
  return part.list ? `${usage}, …` : usage;
}

/** `sve off`, `sve lengths NUMBER, …`: one line a form, for messages and documentation. */
export function usageLines(row: StatementRow): readonly string[] {
  return row.forms.map((form) =>
    [
      row.name,
      ...form.args.map(printPart),
      ...(form.value === undefined ? [] : ["=", ...form.value.map(printPart)]),
      ...(form.block === undefined ? [] : [form.block === "required" ? "{ … }" : "[{ … }]"]),
    ].join(" "),
  );
}

interface Progress {
  readonly slots: Map<string, readonly Atom[]>;
  readonly words: Set<string>;
  /** Parts matched before the first that was not. */
  readonly matched: number;
  /** The argument that did not match, or undefined when one was missing. */
  readonly stoppedAt: Argument | undefined;
  readonly complete: boolean;
}

/** @param open whether a type whose words are few takes any word: an owner that nobody knows is one that is misspelt. */
function matchesPart(part: Part, argument: Argument, open: boolean): boolean {
  const [first] = argument.items;
  if (first === undefined) return false;
  if ("word" in part) return argument.items.length === 1 && first.kind === "word" && first.text === part.word;
  if (part.list !== true && argument.items.length !== 1) return false;
  const { kinds } = slotShapes[part.type];
  if (!argument.items.every((item) => kinds.includes(item.kind))) return false;
  const closed = open ? undefined : closedWords[part.type]?.();
  return closed === undefined || (first.kind === "word" && closed.has(first.text));
}

/** Walks `parts` over `given`. A quantity takes a unit word behind it as a second atom of its slot. */
function matchParts(
  parts: readonly Part[],
  given: readonly Argument[],
  into: Omit<Progress, "complete" | "stoppedAt" | "matched">,
  open: boolean,
): Omit<Progress, "slots" | "words"> {
  let at = 0;
  let matched = 0;
  for (const part of parts) {
    const argument = given[at];
    if (argument === undefined || !matchesPart(part, argument, open))
      return { matched, stoppedAt: argument, complete: false };
    at += 1;
    matched += 1;
    if ("word" in part) {
      into.words.add(part.word);
      continue;
    }
    let atoms = argument.items;
    const unit = given[at]?.items;
    if (
      unitTypes.has(part.type) &&
      atoms[0]?.kind === "number" &&
      unit?.length === 1 &&
      unit[0]?.kind === "word"
    ) {
      atoms = [...atoms, ...unit];
      at += 1;
    }
    into.slots.set(part.slot, atoms);
  }
  return { matched, stoppedAt: given[at], complete: given[at] === undefined };
}

function matchForm(
  form: Form,
  args: readonly Argument[],
  value: readonly Argument[] | undefined,
  open = false,
): Progress {
  const slots = new Map<string, readonly Atom[]>();
  const words = new Set<string>();
  const front = matchParts(form.args, args, { slots, words }, open);
  if (!front.complete || form.value === undefined) return { slots, words, ...front };
  const back = matchParts(form.value, value ?? [], { slots, words }, open);
  return {
    slots,
    words,
    matched: front.matched + back.matched,
    stoppedAt: back.stoppedAt,
    complete: back.complete,
  };
}

function headOf(statement: Statement): Span {
  const last = [...statement.args, ...(statement.value ?? [])].at(-1);
  return last === undefined ? statement.name.span : joinSpans(statement.name.span, last.span);
}

/** `override field X = 1` is a `field` statement with a mark. */
function takeOverride(statement: Statement): {
  name: Word;
  args: readonly Argument[];
  override: Word | undefined;
} {
  const [first, ...rest] = statement.args;
  const inner = first?.items[0];
  if (statement.name.text !== overrideWord || first?.items.length !== 1 || inner?.kind !== "word")
    return { name: statement.name, args: statement.args, override: undefined };
  return { name: inner, args: rest, override: statement.name };
}

/** Whether a block has a statement of that name, well-formed or not. */
export function hasStatement(block: Block | undefined, name: string): boolean {
  return (block?.statements ?? []).some((statement) => takeOverride(statement).name.text === name);
}

function reportUnknownStatement(name: Word, context: Context, report: Report): void {
  const here = statementsIn(context).map((row) => row.name);
  const elsewhere = [...new Set(vocabulary.filter((row) => row.name === name.text).map((row) => row.in))];
  const suggestions = didYouMean(name.text, here);
  const fixes: Fix[] = suggestions.slice(0, 1).map((suggestion) => replaceFix(name.span, suggestion));
  report.add(
    "unknown-statement",
    name.span,
    { name: name.text, place: placeName(context) },
    {
      ...(suggestions[0] === undefined ? {} : { label: `did you mean \`${suggestions[0]}\`?` }),
      notes:
        elsewhere.length === 0 ? [] : [`\`${name.text}\` belongs ${elsewhere.map(placeName).join(" or ")}`],
      help:
        suggestions.length > 0
          ? []
          : [`${placeName(context)} stand: ${here.map((known) => `\`${known}\``).join(", ")}`],
      fixes,
    },
  );
}

export function replaceFix(span: Span, text: string): Fix {
  const edit: TextEdit = { span, text };
  return { title: `write \`${text}\``, confidence: "unsafe", edits: [edit] };
}

function placeName(context: Context): string {
  return context === "file" ? "at the top level" : `in a \`${context}\` block`;
}

function matchOne(statement: Statement, context: Context, report: Report): Matched | undefined {
  const { name, args, override } = takeOverride(statement);
  const row = statementRow(context, name.text);
  // Where the syntax is wrong already, what is left of the statement is not to be judged.
  if (row === undefined) {
    if (!statement.broken) reportUnknownStatement(name, context, report);
    return undefined;
  }
  if (override !== undefined && context !== "cpu") {
    report.add("override-outside-cpu", override.span, { name: name.text });
    return undefined;
  }
  const head = headOf(statement);
  const attempt = (open: boolean): readonly { form: Form; progress: Progress }[] =>
    row.forms.map((form) => ({ form, progress: matchForm(form, args, statement.value, open) }));
  const isHit = ({ form, progress }: { form: Form; progress: Progress }): boolean =>
    progress.complete && (form.value !== undefined || statement.value === undefined);
  // `version host` is the form with the word, not a feature called `host`.
  const closest = (
    tries: readonly { form: Form; progress: Progress }[],
  ): (typeof tries)[number] | undefined =>
    tries.filter(isHit).sort((a, b) => b.progress.words.size - a.progress.words.size)[0];
  const attempts = attempt(false);
  const hit = closest(attempts) ?? closest(attempt(true));
  const usage = usageLines(row);
  const help = [
    `${usage.length === 1 ? "the form is" : "the forms are"} ${usage.map((line) => `\`${line}\``).join(", ")}`,
  ];
  if (hit === undefined) {
    if (statement.broken) return undefined;
    const best = attempts.reduce((a, b) => (b.progress.matched > a.progress.matched ? b : a));
    const { stoppedAt } = best.progress;
    if (stoppedAt !== undefined) {
      const given = [...args, ...(statement.value ?? [])];
      const parts = [...best.form.args, ...(best.form.value ?? [])];
      const { matched } = best.progress;
      const [part, argument] = [parts[matched - 1], given[given.indexOf(stoppedAt) - 1]];
      const before = part === undefined || argument === undefined ? undefined : { part, argument };
      report.add(
        "unexpected-argument",
        stoppedAt.span,
        { statement: name.text, found: spanText(stoppedAt.span) },
        { help, ...commaDetails(stoppedAt, parts[matched], before, context) },
      );
    } else if (statement.value !== undefined && row.forms.every((form) => form.value === undefined)) {
      const first = statement.value[0];
      report.add("unexpected-value", first?.span ?? head, { statement: name.text }, { help });
    } else {
      report.add("missing-argument", head, { statement: name.text }, { help });
    }
    return undefined;
  }
  if (hit.form.block === "required" && statement.block === undefined) {
    if (!statement.broken) report.add("missing-block", head, { statement: name.text }, { help });
    return undefined;
  }
  if (hit.form.block === undefined && statement.block !== undefined) {
    report.add("unexpected-block", statement.block.span, { statement: spanText(head) }, { help });
    return undefined;
  }
  return { row, statement, name, override, slots: hit.progress.slots, words: hit.progress.words, head };
}

/** The well-formed statements of a block, in order; the others are reported. */
export function matchStatements(
  statements: readonly Statement[],
  context: Context,
  report: Report,
): readonly Matched[] {
  const firstOf = new Map<string, Span>();
  const matched: Matched[] = [];
  for (const statement of statements) {
    const one = matchOne(statement, context, report);
    if (one === undefined) continue;
    const first = firstOf.get(one.row.name);
    if (first !== undefined && one.row.repeatable !== true) {
      const related: Related[] = [{ span: first, message: "first stated here" }];
      report.add("repeated-statement", one.name.span, { statement: one.row.name }, { related });
      continue;
    }
    firstOf.set(one.row.name, one.head);
    matched.push(one);
  }
  return matched;
}
