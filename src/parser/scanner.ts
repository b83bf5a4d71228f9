/**
 * Cuts a text into tokens for chevrotain's parser. Chevrotain's own lexer would do, but takes longer to set
 * itself up than a whole `guestc check` has time for; its documentation provides for lexers of one's own.
 */
import type { IToken, TokenType } from "chevrotain";

/** Where a rule's tokens go. */
export type Destination = "tokens" | "comments" | "nowhere";

export interface ScanRule {
  readonly type: TokenType;
  /** Characters that its tokens can begin with. */
  readonly starts: string;
  /** The token's text at an offset, never empty, or undefined. */
  readonly match: (text: string, offset: number) => string | undefined;
  readonly to: Destination;
}

export interface Scanned {
  readonly tokens: readonly IToken[];
  readonly comments: readonly IToken[];
  /** Stretches that no rule matches. */
  readonly errors: readonly { readonly offset: number; readonly length: number }[];
}

/** Rules by the code of a token's first character; of several, the first that matches is taken. */
export function scanner(rules: readonly ScanRule[]): (text: string) => Scanned {
  const byStart = new Map<number, ScanRule[]>();
  for (const rule of rules)
    for (const character of rule.starts) {
      const code = character.charCodeAt(0);
      const known = byStart.get(code);
      if (known === undefined) byStart.set(code, [rule]);
      else known.push(rule);
    }
  return (text) => {
    const into: Record<Destination, IToken[]> = { tokens: [], comments: [], nowhere: [] };
    const errors: { offset: number; length: number }[] = [];
    let offset = 0;
    while (offset < text.length) {
      let image: string | undefined;
      for (const rule of byStart.get(text.charCodeAt(offset)) ?? []) {
        image = rule.match(text, offset);
        if (image === undefined) continue;
        if (rule.to !== "nowhere") into[rule.to].push(tokenOf(rule.type, image, offset));
        break;
      }
      if (image === undefined) {
        const last = errors.at(-1);
        if (last !== undefined && last.offset + last.length === offset) last.length += 1;
        else errors.push({ offset, length: 1 });
      }
      offset += image?.length ?? 1;
    }
    return { tokens: into.tokens, comments: into.comments, errors };
  };
}

function tokenOf(type: TokenType, image: string, startOffset: number): IToken {
  return {
    image,
    startOffset,
    endOffset: startOffset + image.length - 1,
    tokenType: type,
    tokenTypeIdx: type.tokenTypeIdx ?? 0,
  } as IToken;
}
