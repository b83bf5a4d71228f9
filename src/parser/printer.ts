/**
 * The canonical text of a tree: one format, no options. Two blanks a level, one statement a line, at most one
 * blank line kept, columns aligned as in `alignment.ts`, lists broken behind a comma where a line would be too
 * long, short blocks on one line where the vocabulary says so.
 */
import { alignRows, columns, limits, naturalText, type Row, width } from "./alignment.ts";
import type { Argument, Atom, Block, Comment, GuestFile, Scalar, Statement } from "./ast.ts";
import { quote } from "./lexical-faults.ts";

/** What the printer is told about names; the parser itself knows none. */
export interface Layout {
  /**
   * Whether the block of a statement is printed on one line where it fits. `path`: the names of the
   * statements from the file down to it.
   */
  readonly inline: (path: readonly string[]) => boolean;
}

/** Lines are broken behind commas to stay within this many columns. Comments may reach beyond. */
export const lineWidth = 100;

const step = 2;
const commentGap = "  ";

function scalarText(scalar: Scalar): string {
  return scalar.kind === "string" ? quote(scalar.value) : scalar.text;
}

function atomText(atom: Atom): string {
  if (atom.kind !== "range") return scalarText(atom);
  return `${scalarText(atom.from)} ${atom.inclusive ? "..=" : "..<"} ${scalarText(atom.to)}`;
}

const argumentText = (argument: Argument): string => argument.items.map(atomText).join(", ");

function hasInnerComments(argument: Argument): boolean {
  return argument.items.some((item) =>
    item.kind === "range" ? item.from.before.length + item.to.before.length > 0 : item.before.length > 0,
  );
}

const allArguments = (statement: Statement): readonly Argument[] => [
  ...statement.args,
  ...(statement.value ?? []),
];

/** A statement's head without alignment. */
function headText(statement: Statement): string {
  const value = statement.value === undefined ? [] : ["=", ...statement.value.map(argumentText)];
  return [statement.name.text, ...statement.args.map(argumentText), ...value].join(" ");
}

/** Lines under construction, with the column that the last one has reached. */
interface Lines {
  readonly done: string[];
  current: string;
}

function breakLine(lines: Lines, indentation: number): void {
  lines.done.push(lines.current.trimEnd());
  lines.current = " ".repeat(indentation);
}

/** What stands between a `,`, `=` or range operator and the next scalar: a blank, or a break with comments. */
function continueBefore(lines: Lines, before: readonly Comment[], column: number): void {
  before.forEach((comment, index) => {
    if (index === 0 && !comment.ownLine) lines.current += commentGap + comment.text;
    else {
      breakLine(lines, column);
      lines.current += comment.text;
    }
  });
  if (before.length > 0) breakLine(lines, column);
  else lines.current += " ";
}

function layAtom(lines: Lines, atom: Atom, column: number): void {
  if (atom.kind !== "range" || atom.to.before.length === 0) {
    lines.current += atomText(atom);
    return;
  }
  lines.current += `${scalarText(atom.from)} ${atom.inclusive ? "..=" : "..<"}`;
  continueBefore(lines, atom.to.before, column);
  lines.current += scalarText(atom.to);
}

/** An argument over as many lines as it needs; continued lines stand under its first item. */
function layArgument(lines: Lines, argument: Argument, indentation: number): void {
  const start = width(lines.current) + 1;
  const column = start > lineWidth * 0.7 ? indentation + 2 * step : start;
  argument.items.forEach((atom, index) => {
    const before = atom.kind === "range" ? atom.from.before : atom.before;
    if (index > 0) lines.current += ",";
    const last = index === argument.items.length - 1;
    const end = width(lines.current) + 1 + width(atomText(atom)) + (last ? 0 : 1);
    if (index > 0 && before.length === 0 && end > lineWidth) breakLine(lines, column);
    else continueBefore(lines, before, column);
    layAtom(lines, atom, column);
  });
}

/** A head over several lines. */
function layHead(statement: Statement, nameWidth: number, indentation: number): readonly string[] {
  const name = " ".repeat(indentation) + statement.name.text;
  const padding = statement.args.length === 0 ? 0 : nameWidth - width(statement.name.text);
  const lines: Lines = { done: [], current: name + " ".repeat(Math.max(0, padding)) };
  for (const argument of statement.args) layArgument(lines, argument, indentation);
  if (statement.value !== undefined) {
    lines.current += " =";
    for (const argument of statement.value) layArgument(lines, argument, indentation);
  }
  return [...lines.done, lines.current];
}

type Shape =
  /** One line, or several for its long lists; no block. */
  | { readonly kind: "leaf" }
  /** One line with its block. */
  | { readonly kind: "inline"; readonly block: string }
  | { readonly kind: "expanded"; readonly block: Block };

function isPlainLeaf(statement: Statement): boolean {
  return (
    statement.block === undefined &&
    statement.leading.length === 0 &&
    statement.trailing === undefined &&
    !allArguments(statement).some(hasInnerComments)
  );
}

function shapeOf(statement: Statement, path: readonly string[], indentation: number, layout: Layout): Shape {
  const { block } = statement;
  if (block === undefined) return { kind: "leaf" };
  const bare = block.comments.length === 0 && block.closing === undefined;
  if (!bare || allArguments(statement).some(hasInnerComments)) return { kind: "expanded", block };
  const text = block.statements.length === 0 ? "{}" : `{ ${block.statements.map(headText).join("; ")} }`;
  const fits = indentation + width(headText(statement)) + 1 + width(text) <= lineWidth;
  const short = block.statements.length === 0 || (layout.inline(path) && block.statements.every(isPlainLeaf));
  return fits && short ? { kind: "inline", block: text } : { kind: "expanded", block };
}

/** A statement with the form that it takes. */
interface Shaped {
  readonly statement: Statement;
  readonly shape: Shape;
}

function rowOf({ statement, shape }: Shaped): Row {
  return {
    name: statement.name.text,
    cells: statement.args.map(argumentText),
    value: statement.value?.map(argumentText).join(" "),
    block: shape.kind === "inline" ? shape.block : undefined,
  };
}

/** Leaf statements, or inline ones, on consecutive lines and aligned with one another. */
function printRun(run: readonly Shaped[], indentation: number, out: string[]): void {
  const available = lineWidth - indentation;
  const widths = run.map(({ statement, shape }) =>
    shape.kind === "inline" || statement.args.length === 0 ? undefined : width(statement.name.text),
  );
  const names = columns(widths, limits.name);
  const rows = run.map((shaped, index) => {
    const row = rowOf(shaped);
    const oneLine = shaped.shape.kind === "inline" || width(naturalText(row, names[index] ?? 0)) <= available;
    return oneLine && !allArguments(shaped.statement).some(hasInnerComments) ? row : undefined;
  });
  const texts = alignRows(rows, names, available);
  let from = 0;
  while (from < run.length) {
    let to = from + 1;
    const commented = (index: number): boolean =>
      run[index]?.statement.trailing !== undefined && texts[index] !== undefined;
    while (commented(from) && commented(to)) to += 1;
    const ends = columns(
      texts.slice(from, to).map((text) => width(text ?? "")),
      limits.comment,
    );
    run.slice(from, to).forEach(({ statement }, index) => {
      const text = texts[from + index];
      const lines =
        text === undefined
          ? layHead(statement, names[from + index] ?? 0, indentation)
          : [" ".repeat(indentation) + text];
      const last = lines.at(-1) ?? "";
      const padding = text === undefined ? 0 : (ends[index] ?? 0) - width(text);
      const { trailing } = statement;
      const comment = trailing === undefined ? "" : " ".repeat(padding) + commentGap + trailing.text;
      out.push(...lines.slice(0, -1), last + comment);
    });
    from = to;
  }
}

/** What stands in a block or a file. */
interface Content {
  readonly statements: readonly Statement[];
  readonly comments: readonly Comment[];
}

function printComments(
  comments: readonly Comment[],
  indentation: number,
  out: string[],
  atStart: boolean,
): void {
  comments.forEach((comment, index) => {
    if (comment.blankBefore && !(atStart && index === 0)) out.push("");
    out.push(" ".repeat(indentation) + comment.text);
  });
}

function printContent(content: Content, path: readonly string[], layout: Layout, out: string[]): void {
  const indentation = path.length * step;
  const start = out.length;
  let run: Shaped[] = [];
  const endRun = (): void => {
    if (run.length > 0) printRun(run, indentation, out);
    run = [];
  };
  let previous: Shape | undefined;
  for (const statement of content.statements) {
    const inner = [...path, statement.name.text];
    const shape = shapeOf(statement, inner, indentation, layout);
    const apart = path.length === 0 && (shape.kind === "expanded" || previous?.kind === "expanded");
    const blank = previous !== undefined && (apart || statement.blankBefore);
    if (blank || statement.leading.length > 0 || shape.kind === "expanded" || shape.kind !== previous?.kind)
      endRun();
    if (blank && statement.leading[0]?.blankBefore !== true) out.push("");
    printComments(statement.leading, indentation, out, out.length === start);
    if (statement.detached) out.push("");
    if (shape.kind === "expanded") printExpanded(statement, shape.block, inner, layout, out);
    else run.push({ statement, shape });
    previous = shape;
  }
  endRun();
  printComments(content.comments, indentation, out, out.length === start);
}

function printExpanded(
  statement: Statement,
  block: Block,
  path: readonly string[],
  layout: Layout,
  out: string[],
): void {
  const indentation = (path.length - 1) * step;
  const natural = headText(statement);
  const oneLine =
    indentation + width(natural) + 2 <= lineWidth && !allArguments(statement).some(hasInnerComments);
  const lines = oneLine ? [" ".repeat(indentation) + natural] : layHead(statement, 0, indentation);
  const behind = (comment: Comment | undefined): string =>
    comment === undefined ? "" : commentGap + comment.text;
  out.push(...lines.slice(0, -1), `${lines.at(-1) ?? ""} {${behind(statement.trailing)}`);
  printContent(block, path, layout, out);
  out.push(`${" ".repeat(indentation)}}${behind(block.closing)}`);
}

/** The text of a tree without syntax errors. Ends with a line break unless it is empty. */
export function print(file: GuestFile, layout: Layout): string {
  const out: string[] = [];
  printContent(file, [], layout, out);
  return out.map((line) => `${line}\n`).join("");
}
