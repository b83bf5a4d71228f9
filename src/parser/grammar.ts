/**
 * The grammar, as a chevrotain parser that builds the tree as it goes. It accepts every sequence of tokens
 * whose braces are balanced: what `grammar/guest.ebnf` does not allow has alternatives of its own here, each
 * with its diagnostic. So an error never unwinds the parser, a line that is wrong costs that line only, and
 * chevrotain's own recovery, which knows token types but no lines, is not needed.
 */
import { EmbeddedActionsParser, EOF, type IToken, type ParserMethod } from "chevrotain";
import { type Details, diagnostic } from "../diagnostics/diagnostic.ts";
import type { Span } from "../diagnostics/span.ts";
import type { Argument, Atom, Comment, Scalar } from "./ast.ts";
import { type BlockDraft, emptyList, endLine, type StatementDraft, type StatementList } from "./drafts.ts";
import {
  Below,
  blankLineBefore,
  Comma,
  Dots,
  Equals,
  LeftBrace,
  Newline,
  NumberToken,
  RightBrace,
  Semicolon,
  StringToken,
  Through,
  tokenTypes,
  Word,
} from "./lexer.ts";
import { abbreviate } from "./lexical-faults.ts";
import { type Run, reportUnexpected, restingRun } from "./run.ts";

function describe(token: IToken): string {
  if (token.tokenType === EOF) return "the end of the file";
  if (token.tokenType === Newline) return "the end of the line";
  return `\`${abbreviate(token.image)}\``;
}

/** The value of a string as written; what is no escape stands for itself. */
function stringValue(text: string): string {
  const closed = text.length > 1 && text.endsWith(text.startsWith('"') ? '"' : text.charAt(text.length - 1));
  return text.slice(1, closed ? -1 : undefined).replace(/\\(["\\])/g, "$1");
}

const noComments: readonly Comment[] = [];

/** A statement's head while it is read. At most one error is told a head: the first. */
interface Head {
  /** Where the token before the statement ends. */
  readonly since: number;
  broken: boolean;
}

interface ParsedBlock {
  readonly block: BlockDraft;
  readonly opening: Comment | undefined;
}

class Grammar extends EmbeddedActionsParser {
  run: Run = restingRun;

  constructor(skipValidations: boolean) {
    super([...tokenTypes], { maxLookahead: 1, skipValidations, recoveryEnabled: false });
    this.performSelfAnalysis();
  }

  private offsetOf(token: IToken): number {
    return token.tokenType === EOF ? this.run.source.text.length : token.startOffset;
  }

  /** `token`: one already consumed; before the first there is an EOF. */
  private endOf(token: IToken): number {
    return token.tokenType === EOF ? 0 : token.startOffset + token.image.length;
  }

  private placeOf(token: IToken): Span {
    if (token.tokenType !== EOF && token.tokenType !== Newline) return this.run.spanOf(token);
    const at = this.offsetOf(token);
    return { file: this.run.source, start: at, end: at };
  }

  private unexpected(head: Head, place: Span, expected: string, found: IToken, details: Details = {}): void {
    if (!head.broken) reportUnexpected(this.run, head.since, place, expected, describe(found), details);
    head.broken = true;
  }

  /** Something must follow `token`, on its line or a later one, and does not. */
  private missingBehind(head: Head, token: IToken, expected: string, details: Details = {}): void {
    const found = this.LA(1);
    const sameLine = this.LA(0) === token && found.tokenType !== EOF && found.tokenType !== RightBrace;
    this.unexpected(
      head,
      this.placeOf(sameLine ? found : token),
      `${expected} behind \`${token.image}\``,
      found,
      details,
    );
  }

  /** The line breaks behind `token`. A line that ends in a lexical fault does not go on: its rest is unknown. */
  private lineBreaksBehind(token: IToken): { GATE: () => boolean; DEF: () => IToken } {
    return {
      GATE: () => !this.run.faultIn(token.startOffset, this.offsetOf(this.LA(1))),
      DEF: () => this.CONSUME(Newline),
    };
  }

  readonly file: ParserMethod<[], StatementList> = this.RULE("file", () => {
    const list = emptyList(false);
    this.SUBRULE(this.statements, { ARGS: [list] });
    return list;
  });

  private readonly statements: ParserMethod<[StatementList], void> = this.RULE("statements", (list) => {
    this.MANY(() => {
      this.OR([
        {
          ALT: () => {
            const newline = this.CONSUME(Newline);
            this.ACTION(() => endLine(list, this.run, newline.startOffset));
          },
        },
        { ALT: () => this.CONSUME(Semicolon) },
        {
          ALT: () => {
            const statement = this.SUBRULE(this.statement);
            this.ACTION(() => {
              list.statements.push(statement);
              this.requireSeparator();
            });
          },
        },
        { ALT: () => this.SUBRULE(this.looseBlock, { ARGS: [list] }) },
        { ALT: () => this.SUBRULE(this.nameless) },
      ]);
    });
    this.ACTION(() => endLine(list, this.run, this.offsetOf(this.LA(1))));
  });

  /** After a block a name can follow directly; after anything else it would be an argument. */
  private requireSeparator(): void {
    const next = this.LA(1);
    if (next.tokenType !== Word) return;
    const place = this.placeOf(next);
    const fix = {
      title: "begin a new line",
      confidence: "safe" as const,
      edits: [{ span: { ...place, end: place.start }, text: "\n" }],
    };
    reportUnexpected(this.run, place.start, place, "the end of the line behind `}`", describe(next), {
      fixes: [fix],
    });
  }

  private readonly statement: ParserMethod<[], StatementDraft> = this.RULE("statement", () => {
    const head: Head = { since: this.endOf(this.LA(0)), broken: false };
    const token = this.CONSUME(Word);
    const draft = this.ACTION(() => this.beginStatement(token));
    const args: Argument[] = [];
    this.MANY(() => {
      const argument = this.SUBRULE(this.argument, { ARGS: [head] });
      this.ACTION(() => args.push(argument));
    });
    this.OPTION(() => {
      const equals = this.CONSUME(Equals);
      this.MANY2(this.lineBreaksBehind(equals));
      const value: Argument[] = [];
      this.MANY3(() => {
        const argument = this.SUBRULE2(this.argument, { ARGS: [head] });
        this.ACTION(() => value.push(argument));
      });
      this.ACTION(() => {
        if (value.length === 0) this.missingBehind(head, equals, "a value");
        else draft.value = value;
      });
    });
    this.ACTION(() => {
      draft.args = args;
      draft.span = { ...draft.span, end: (draft.value?.at(-1) ?? args.at(-1) ?? draft.name).span.end };
      head.broken ||= this.run.faultIn(head.since, this.offsetOf(this.LA(1)) + 1);
    });
    this.OPTION2(() => {
      const parsed = this.SUBRULE(this.block);
      this.ACTION(() => this.attachBlock(draft, parsed));
    });
    this.MANY4(() => {
      this.OR([
        {
          ALT: () => {
            const junk = this.SUBRULE(this.junk);
            this.ACTION(() => this.unexpected(head, this.placeOf(junk), this.expectedIn(draft), junk));
          },
        },
        {
          ALT: () => {
            const parsed = this.SUBRULE2(this.block);
            this.ACTION(() => {
              const brace = { ...parsed.block.span, end: parsed.block.span.start + 1 };
              if (!head.broken)
                reportUnexpected(this.run, brace.start, brace, "the end of the line behind `}`", "`{`");
              head.broken = true;
              if (draft.block === undefined) this.attachBlock(draft, parsed);
            });
          },
        },
      ]);
    });
    this.ACTION(() => {
      draft.broken = head.broken;
    });
    return draft;
  });

  private beginStatement(token: IToken): StatementDraft {
    const span = this.run.spanOf(token);
    const leading = this.run.takeComments(span.start);
    const blank = blankLineBefore(this.run.source.text, span.start);
    return {
      name: { kind: "word", text: token.image, span, before: noComments },
      args: [],
      value: undefined,
      block: undefined,
      leading,
      trailing: undefined,
      blankBefore: leading[0]?.blankBefore ?? blank,
      detached: leading.length > 0 && blank,
      broken: false,
      span,
    };
  }

  private attachBlock(draft: StatementDraft, { block, opening }: ParsedBlock): void {
    draft.block = block;
    draft.trailing = opening;
    draft.span = { ...draft.span, end: block.span.end };
  }

  private expectedIn(draft: StatementDraft): string {
    if (draft.block !== undefined) return "the end of the line behind `}`";
    if (draft.value !== undefined) return "`{` or the end of the line";
    return "an argument, `=`, `{` or the end of the line";
  }

  private readonly argument: ParserMethod<[Head], Argument> = this.RULE("argument", (head) => {
    const items: Atom[] = [];
    const first = this.SUBRULE(this.atom, { ARGS: [head] });
    this.ACTION(() => items.push(first));
    this.MANY(() => {
      const comma = this.CONSUME(Comma);
      this.MANY2(this.lineBreaksBehind(comma));
      const before = items.length;
      this.OPTION(() => {
        const item = this.SUBRULE2(this.atom, { ARGS: [head] });
        this.ACTION(() => items.push(item));
      });
      this.ACTION(() => {
        if (items.length > before) return;
        const span = this.run.spanOf(comma);
        const fixes = [{ title: "remove the `,`", confidence: "safe" as const, edits: [{ span, text: "" }] }];
        this.missingBehind(head, comma, "an item", { fixes });
      });
    });
    return this.ACTION(() => ({
      items,
      span: { ...first.span, end: (items.at(-1) ?? first).span.end },
    }));
  });

  private readonly atom: ParserMethod<[Head], Atom> = this.RULE("atom", (head) => {
    const from = this.SUBRULE(this.scalar);
    let made: Atom = from;
    this.OPTION(() => {
      const operator = this.OR([
        { ALT: () => this.CONSUME(Through) },
        { ALT: () => this.CONSUME(Below) },
        { ALT: () => this.CONSUME(Dots) },
      ]);
      this.MANY(this.lineBreaksBehind(operator));
      let to: Scalar | undefined;
      this.OPTION2(() => {
        to = this.SUBRULE2(this.scalar);
      });
      this.ACTION(() => {
        if (operator.tokenType === Dots) this.reportDots(head, operator);
        if (to === undefined) this.missingBehind(head, operator, "the end of the range");
        else {
          const span = { ...from.span, end: to.span.end };
          made = { kind: "range", from, to, inclusive: operator.tokenType !== Below, span };
        }
      });
    });
    return made;
  });

  private reportDots(head: Head, token: IToken): void {
    const span = this.run.spanOf(token);
    const fixes = ["..=", "..<"].map((text) => ({
      title: `write \`${text}\`: the end is ${text === "..=" ? "in" : "out"}`,
      confidence: "unsafe" as const,
      edits: [{ span, text }],
    }));
    const hole = this.run.faultIn(head.since, this.run.endOfLine(span.end));
    if (!head.broken && !hole) this.run.diagnostics.push(diagnostic("bare-range", span, {}, { fixes }));
    head.broken = true;
  }

  /** Kept, because most of a file is scalars and chevrotain wants a list of functions at every choice. */
  private readonly scalars = [
    { ALT: () => this.CONSUME(Word) },
    { ALT: () => this.CONSUME(NumberToken) },
    { ALT: () => this.CONSUME(StringToken) },
  ];

  private readonly scalar: ParserMethod<[], Scalar> = this.RULE("scalar", () => {
    const token = this.OR(this.scalars);
    return this.ACTION((): Scalar => {
      const span = this.run.spanOf(token);
      const before = this.run.takeComments(span.start);
      const text = token.image;
      if (token.tokenType === Word) return { kind: "word", text, span, before };
      if (token.tokenType === NumberToken) return { kind: "number", text, span, before };
      return { kind: "string", value: stringValue(text), text, span, before };
    });
  });

  private readonly block: ParserMethod<[], ParsedBlock> = this.RULE("block", () => {
    const open = this.CONSUME(LeftBrace);
    const list = emptyList(true);
    this.SUBRULE(this.statements, { ARGS: [list] });
    const close = this.CONSUME(RightBrace);
    return this.ACTION(() => ({
      block: {
        statements: list.statements,
        comments: this.run.takeComments(close.startOffset),
        closing: undefined,
        span: { file: this.run.source, start: open.startOffset, end: close.startOffset + close.image.length },
      },
      opening: list.opening,
    }));
  });

  /** A block where a statement should stand: the statement's name is on the line above, or missing. */
  private readonly looseBlock: ParserMethod<[StatementList], void> = this.RULE("looseBlock", (list) => {
    const before = this.LA(0);
    const parsed = this.SUBRULE(this.block);
    this.ACTION(() => {
      const brace = { ...parsed.block.span, end: parsed.block.span.start + 1 };
      const owner = list.statements.at(-1);
      if (owner === undefined || owner.block !== undefined || before.tokenType !== Newline) {
        reportUnexpected(this.run, brace.start, brace, "a statement", "`{`");
        return;
      }
      const gap = { ...brace, start: owner.span.end, end: brace.start };
      const empty = this.run.source.text.slice(gap.start, gap.end).trim() === "";
      const fixes = empty
        ? [{ title: "move the `{` up", confidence: "safe" as const, edits: [{ span: gap, text: " " }] }]
        : [];
      const related = [{ span: owner.name.span, message: "the statement that it belongs to" }];
      this.run.diagnostics.push(diagnostic("brace-on-own-line", brace, {}, { related, fixes }));
      const { trailing } = owner;
      this.attachBlock(owner, parsed);
      owner.trailing = trailing ?? parsed.opening;
    });
  });

  /** A line that begins with something else than a name. */
  private readonly nameless: ParserMethod<[], void> = this.RULE("nameless", () => {
    const since = this.endOf(this.LA(0));
    const junk = this.SUBRULE(this.junk);
    this.ACTION(() => {
      const place = this.placeOf(junk);
      const help =
        junk.tokenType === Comma || junk.tokenType === Equals
          ? [`a line goes on behind \`${junk.image}\`, not before it: move it to the end of the line above`]
          : ["a statement begins with a name"];
      reportUnexpected(this.run, since, place, "a statement", describe(junk), { help });
    });
    this.OPTION(() => this.SUBRULE(this.block));
  });

  /** From a token that begins nothing to the end of its line or to a brace. Answers the first. */
  private readonly junk: ParserMethod<[], IToken> = this.RULE("junk", () => {
    const first = this.OR([
      { ALT: () => this.CONSUME(Comma) },
      { ALT: () => this.CONSUME(Equals) },
      { ALT: () => this.CONSUME(Through) },
      { ALT: () => this.CONSUME(Below) },
      { ALT: () => this.CONSUME(Dots) },
      { ALT: () => this.CONSUME(NumberToken) },
      { ALT: () => this.CONSUME(StringToken) },
    ]);
    this.MANY(() => {
      this.OR2([
        { ALT: () => this.CONSUME2(Word) },
        { ALT: () => this.CONSUME2(Comma) },
        { ALT: () => this.CONSUME2(Equals) },
        { ALT: () => this.CONSUME2(Through) },
        { ALT: () => this.CONSUME2(Below) },
        { ALT: () => this.CONSUME2(Dots) },
        { ALT: () => this.CONSUME2(NumberToken) },
        { ALT: () => this.CONSUME2(StringToken) },
      ]);
    });
    return first;
  });
}

/** `skipValidations`: chevrotain's checks of the grammar itself, which a test makes once. */
export function makeGrammar(skipValidations: boolean): Grammar {
  return new Grammar(skipValidations);
}

let grammar: Grammar | undefined;

/** Parses balanced tokens; `run` receives the diagnostics. One parser serves the process. */
export function parseTokens(tokens: readonly IToken[], run: Run): StatementList {
  grammar ??= makeGrammar(true);
  grammar.run = run;
  grammar.input = [...tokens];
  const list = grammar.file();
  const [error] = grammar.errors;
  grammar.run = restingRun;
  grammar.input = [];
  if (error !== undefined) throw error;
  return list;
}
