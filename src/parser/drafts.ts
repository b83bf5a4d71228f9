/** Parts of the tree while they are being built, and where the comments at line ends go. */
import type { SourceFile } from "../diagnostics/span.ts";
import type { Block, Comment, Statement } from "./ast.ts";
import type { Run } from "./run.ts";

type Draft<T> = { -readonly [Key in keyof T]: T[Key] };

export type BlockDraft = Draft<Block>;
export interface StatementDraft extends Draft<Omit<Statement, "block">> {
  block: BlockDraft | undefined;
}

/** The statements of a block or a file. */
export interface StatementList {
  readonly statements: StatementDraft[];
  /** The comment behind the `{`. */
  opening: Comment | undefined;
  readonly ofBlock: boolean;
}

export function emptyList(ofBlock: boolean): StatementList {
  return { statements: [], opening: undefined, ofBlock };
}

function onOneLine(source: SourceFile, block: Block): boolean {
  const end = source.text.indexOf("\n", block.span.start);
  return end === -1 || end >= block.span.end;
}

/** Gives a comment at the end of a line to the statement that ends there, or to the `{` before it. */
export function endLine(list: StatementList, run: Run, offset: number): void {
  const comment = run.peekLineEnd(offset);
  if (comment === undefined) return;
  const last = list.statements.at(-1);
  if (last === undefined) {
    if (!list.ofBlock || list.opening !== undefined) return;
    list.opening = comment;
  } else if (
    last.block !== undefined &&
    (last.trailing !== undefined || !onOneLine(run.source, last.block))
  ) {
    if (last.block.closing !== undefined) return;
    last.block.closing = comment;
  } else {
    if (last.trailing !== undefined) return;
    last.trailing = comment;
  }
  run.takeComments(comment.span.end);
}
