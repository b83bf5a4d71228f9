/** A program with further statements, so that what would help can be judged as well as said. */
import type { SourceFile, Span } from "../diagnostics/span.ts";
import { type Context, statementRow } from "../language/vocabulary.ts";
import type { Atom, Block, Statement } from "../parser/ast.ts";
import { parse } from "../parser/parse.ts";

const withText = (source: SourceFile, text: string): SourceFile => ({ ...source, text });

const replaced = (source: SourceFile, { start, end }: Pick<Span, "start" | "end">, by: string): SourceFile =>
  withText(source, `${source.text.slice(0, start)}${by}${source.text.slice(end)}`);

/** Before the brace that ends the block. */
const appended = (source: SourceFile, block: Block, text: string): SourceFile =>
  replaced(source, { start: block.span.end - 1, end: block.span.end - 1 }, `\n${text}\n`);

const textOf = (atom: Atom | undefined): string | undefined =>
  atom?.kind === "word" ? atom.text : undefined;
const firstWord = (statement: Statement | undefined): string | undefined =>
  textOf(statement?.args[0]?.items[0]);

const declaration = (source: SourceFile, kind: string, name: string): Statement | undefined =>
  parse(source).file.statements.find((one) => one.name.text === kind && firstWord(one) === name);

/** The statement that another of the same kind would stand beside and contradict. */
function rivalOf(block: Block, wanted: Statement, context: Context): Statement | undefined {
  const name = wanted.name.text;
  const many = statementRow(context, name)?.repeatable === true;
  const decides = (one: Statement): boolean =>
    !many || (one.value !== undefined && firstWord(one) === firstWord(wanted));
  return block.statements.find((one) => one.name.text === name && decides(one));
}

/** The statement as the parser reads it in a block of that kind. */
function readIn(source: SourceFile, context: Context, text: string): Statement | undefined {
  const file = withText(source, `edition 2026\n\n${context} sample {\n${text}\n}\n`);
  return parse(file).file.statements.find((one) => one.name.text === context)?.block?.statements[0];
}

function amendedBy(source: SourceFile, guest: string, text: string): SourceFile | undefined {
  const owner = declaration(source, "guest", guest);
  const [name = ""] = text.split(" ");
  const context: Context = statementRow("guest", name) === undefined ? "cpu" : "guest";
  const cpu = firstWord(owner?.block?.statements.find((one) => one.name.text === "cpu"));
  const target = context === "guest" ? owner : declaration(source, "cpu", cpu ?? "");
  const wanted = readIn(source, context, text);
  if (target?.block === undefined || wanted === undefined) return undefined;
  const rival = rivalOf(target.block, wanted, context);
  if (rival === undefined) return appended(source, target.block, text);
  const entries = wanted.block;
  if (name !== "smccc" || rival.block === undefined || entries === undefined)
    return replaced(source, rival.span, text);
  const inner = text.slice(text.indexOf("{") + 1, text.lastIndexOf("}")).trim();
  return appended(source, rival.block, inner);
}

/**
 * The program with statements added to a guest and its CPU, one after another; a statement that says otherwise is replaced.
 *
 * @param guest one that the file itself declares, as it does its CPU
 * @returns undefined: the file declares one of both elsewhere
 */
export function amended(
  source: SourceFile,
  guest: string,
  statements: readonly string[],
): SourceFile | undefined {
  let now: SourceFile | undefined = source;
  for (const statement of statements) now = now && amendedBy(now, guest, statement);
  return now;
}
