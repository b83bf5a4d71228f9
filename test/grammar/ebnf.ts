/** Reads the EBNF notation of the XML recommendation, and asks it whether a text is in the language. */

export type Expression =
  | { readonly kind: "choice"; readonly of: readonly Expression[] }
  | { readonly kind: "sequence"; readonly of: readonly Expression[] }
  | {
      readonly kind: "repeat";
      readonly of: Expression;
      readonly least: 0 | 1;
      readonly most: 1 | typeof Number.POSITIVE_INFINITY;
    }
  | { readonly kind: "rule"; readonly name: string }
  | { readonly kind: "text"; readonly text: string }
  /** A character class, as the source of a regular expression. */
  | { readonly kind: "class"; readonly source: string };

export type Grammar = ReadonlyMap<string, Expression>;

const lexeme =
  /\s+|\/\*[\s\S]*?\*\/|(::=)|([A-Za-z]+)|("[^"]*"|'[^']*')|(\[[^\]]*\])|(#x[0-9A-Fa-f]+)|([|?*+()])/y;

const character = (code: string): string => `\\u${code.slice(2).padStart(4, "0")}`;

function tokens(text: string): readonly string[] {
  const found: string[] = [];
  lexeme.lastIndex = 0;
  while (lexeme.lastIndex < text.length) {
    const at = lexeme.lastIndex;
    const match = lexeme.exec(text);
    if (match === null) throw new Error(`not EBNF: ${text.slice(at, at + 40)}`);
    if (match.slice(1).some((group) => group !== undefined)) found.push(match[0]);
  }
  return found;
}

export function readGrammar(text: string): Grammar {
  const all = tokens(text);
  const rules = new Map<string, Expression>();
  let at = 0;
  const choice = (): Expression => {
    const of = [sequence()];
    while (all[at] === "|") {
      at += 1;
      of.push(sequence());
    }
    return of.length === 1 && of[0] !== undefined ? of[0] : { kind: "choice", of };
  };
  const sequence = (): Expression => {
    const of: Expression[] = [];
    while (at < all.length && all[at] !== "|" && all[at] !== ")" && all[at + 1] !== "::=")
      of.push(repeated());
    return { kind: "sequence", of };
  };
  const repeated = (): Expression => {
    let one = primary();
    for (let sign = all[at]; sign === "?" || sign === "*" || sign === "+"; sign = all[at]) {
      at += 1;
      one = {
        kind: "repeat",
        of: one,
        least: sign === "+" ? 1 : 0,
        most: sign === "?" ? 1 : Number.POSITIVE_INFINITY,
      };
    }
    return one;
  };
  const primary = (): Expression => {
    const token = all[at] ?? "";
    at += 1;
    if (token === "(") {
      const inner = choice();
      if (all[at] !== ")") throw new Error("`)` missing");
      at += 1;
      return inner;
    }
    if (/^["']/.test(token)) return { kind: "text", text: token.slice(1, -1) };
    if (token.startsWith("#x")) return { kind: "class", source: character(token) };
    if (token.startsWith("[")) {
      return {
        kind: "class",
        source: token.replace(/\\/g, "\\\\").replace(/#x[0-9A-Fa-f]+?(?=#x|\]|$)/g, character),
      };
    }
    if (!/^[A-Za-z]+$/.test(token)) throw new Error(`unexpected ${token}`);
    return { kind: "rule", name: token };
  };
  while (at < all.length) {
    const name = all[at] ?? "";
    if (all[at + 1] !== "::=" || rules.has(name)) throw new Error(`no rule, or a second one: ${name}`);
    at += 2;
    rules.set(name, choice());
  }
  return rules;
}

export function ruleOf(grammar: Grammar, name: string): Expression {
  const found = grammar.get(name);
  if (found === undefined) throw new Error(`no rule ${name}`);
  return found;
}

/** The names that an expression mentions, and its literal texts. */
export function mentions(expression: Expression): {
  readonly rules: readonly string[];
  readonly texts: readonly string[];
} {
  if (expression.kind === "rule") return { rules: [expression.name], texts: [] };
  if (expression.kind === "text") return { rules: [], texts: [expression.text] };
  if (expression.kind === "class") return { rules: [], texts: [] };
  const inner = (expression.kind === "repeat" ? [expression.of] : expression.of).map(mentions);
  return { rules: inner.flatMap((one) => one.rules), texts: inner.flatMap((one) => one.texts) };
}

/** A regular expression for a rule without recursion. */
export function regularSource(grammar: Grammar, expression: Expression): string {
  const inner = (one: Expression): string => regularSource(grammar, one);
  switch (expression.kind) {
    case "choice":
      return `(?:${expression.of.map(inner).join("|")})`;
    case "sequence":
      return expression.of.map(inner).join("");
    case "repeat":
      return `(?:${inner(expression.of)})${expression.least === 1 ? "+" : expression.most === 1 ? "?" : "*"}`;
    case "rule":
      return `(?:${inner(ruleOf(grammar, expression.name))})`;
    case "text":
      return expression.text.replace(/[^\w]/g, "\\$&");
    case "class":
      return expression.source;
  }
}

/**
 * Whether a sequence of tokens can be read as `start`. `terminal` says whether a token is of a lexical rule;
 * literal texts match tokens with that text. All readings are tried, so ambiguity does no harm.
 */
export function accepts(
  grammar: Grammar,
  start: string,
  input: readonly string[],
  terminal: (rule: string, token: string) => boolean | undefined,
): boolean {
  const known = new Map<Expression, Map<number, ReadonlySet<number>>>();
  const ends = (expression: Expression, from: number): ReadonlySet<number> => {
    const present = known.get(expression)?.get(from);
    if (present !== undefined) return present;
    const found = compute(expression, from);
    known.set(expression, (known.get(expression) ?? new Map<number, ReadonlySet<number>>()).set(from, found));
    return found;
  };
  const after = (expression: Expression, froms: ReadonlySet<number>): ReadonlySet<number> =>
    new Set([...froms].flatMap((from) => [...ends(expression, from)]));
  const compute = (expression: Expression, from: number): ReadonlySet<number> => {
    switch (expression.kind) {
      case "choice":
        return new Set(expression.of.flatMap((one) => [...ends(one, from)]));
      case "sequence":
        return expression.of.reduce<ReadonlySet<number>>((froms, one) => after(one, froms), new Set([from]));
      case "repeat": {
        const found = new Set(expression.least === 0 ? [from] : []);
        let reached = ends(expression.of, from);
        while ([...reached].some((end) => !found.has(end))) {
          for (const end of reached) found.add(end);
          if (expression.most === 1) break;
          reached = after(expression.of, reached);
        }
        return found;
      }
      case "text":
        return new Set(input[from] === expression.text ? [from + 1] : []);
      case "class":
        throw new Error("a class outside the lexical rules");
      case "rule": {
        const token = input[from];
        const lexical = terminal(expression.name, token ?? "");
        if (lexical !== undefined) return new Set(lexical && token !== undefined ? [from + 1] : []);
        return ends(ruleOf(grammar, expression.name), from);
      }
    }
  };
  return ends(ruleOf(grammar, start), 0).has(input.length);
}
