/**
 * Boolean expressions over versions, features and fields: their text form in the data files, their
 * three-valued evaluation, their form in messages.
 *
 * Text: `FEAT_SVE and not FEAT_SME`, `ID_AA64MMFR2_EL1.BBM >= 1 or v8.4`, `CTR_EL0.L1Ip in {2, 3}`.
 * `not` binds closest, then `and`, then `or`. Whether a comparison is signed follows from the field.
 */
import { field, signedValue } from "./registers.ts";
import type { Expr } from "./types.ts";

/** What an expression is asked about. `undefined`: not known, because it is left to the host. */
export interface ExprState {
  readonly feature: (name: string) => boolean | undefined;
  /** Unsigned value. */
  readonly field: (register: string, name: string) => number | undefined;
  readonly arch: (version: string) => boolean | undefined;
}

type FieldExpr = Extract<Expr, { readonly reg: string }>;

const token = /\s*(not in\b|>=|<=|==|!=|>|<|[(){},]|[A-Za-z_][\w.]*|\d+)/y;

function tokens(text: string): readonly string[] {
  const found: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const match = token.exec(text)?.[1];
    if (match === undefined) throw new Error(`malformed expression at ${at}: ${text}`);
    found.push(match);
  }
  return found;
}

/**
 * Reads the text form.
 *
 * @throws Error on malformed text: expressions come from the project's own data only
 */
export function parseExpr(text: string): Expr {
  const words = tokens(text);
  let next = 0;
  const fail = (): never => {
    throw new Error(`malformed expression: ${text}`);
  };
  const take = (): string => words[next++] ?? fail();
  const skip = (word: string): boolean => {
    if (words[next] !== word) return false;
    next++;
    return true;
  };
  const list = (word: "or" | "and", part: () => Expr): readonly Expr[] => {
    const parts = [part()];
    while (skip(word)) parts.push(part());
    return parts;
  };
  const or = (): Expr => {
    const [first = fail(), ...rest] = list("or", and);
    return rest.length === 0 ? first : { any: [first, ...rest] };
  };
  const and = (): Expr => {
    const [first = fail(), ...rest] = list("and", unary);
    return rest.length === 0 ? first : { all: [first, ...rest] };
  };
  const unary = (): Expr => {
    if (skip("not")) return { not: unary() };
    if (skip("(")) {
      const inner = or();
      return skip(")") ? inner : fail();
    }
    const word = take();
    if (/^v\d/.test(word)) return { arch: word };
    return word.includes(".") ? comparison(word) : { feat: word };
  };
  const comparison = (word: string): Expr => {
    const dot = word.indexOf(".");
    const [reg, name] = [word.slice(0, dot), word.slice(dot + 1)];
    const signed = field(reg, name)?.signed === true ? ({ signed: true } as const) : {};
    const sign = take();
    if (sign === "in" || sign === "not in") {
      const value: number[] = [];
      if (!skip("{")) fail();
      do value.push(Number(take()));
      while (skip(","));
      if (!skip("}")) fail();
      return { reg, field: name, op: sign === "in" ? "in" : "notIn", value, ...signed };
    }
    switch (sign) {
      case ">=":
      case ">":
      case "<=":
      case "<":
      case "==":
      case "!=":
        return { reg, field: name, op: sign, value: Number(take()), ...signed };
      default:
        return fail();
    }
  };
  const whole = or();
  return next === words.length ? whole : fail();
}

function compare(expr: FieldExpr, found: number): boolean {
  const of = expr.signed === true ? field(expr.reg, expr.field) : undefined;
  const read = (value: number): number => (of === undefined ? value : signedValue(of, value));
  const left = read(found);
  if (typeof expr.value !== "number")
    return expr.value.some((one) => read(one) === left) === (expr.op === "in");
  const right = read(expr.value);
  switch (expr.op) {
    case ">=":
      return left >= right;
    case ">":
      return left > right;
    case "<=":
      return left <= right;
    case "<":
      return left < right;
    case "==":
    case "in":
      return left === right;
    case "!=":
    case "notIn":
      return left !== right;
  }
}

/** Kleene's strong three-valued logic: `undefined` where the unknown parts decide. */
export function evaluate(expr: Expr, state: ExprState): boolean | undefined {
  if ("feat" in expr) return state.feature(expr.feat);
  if ("reg" in expr) {
    const found = state.field(expr.reg, expr.field);
    return found === undefined ? undefined : compare(expr, found);
  }
  if ("arch" in expr) return state.arch(expr.arch);
  if ("not" in expr) {
    const inner = evaluate(expr.not, state);
    return inner === undefined ? undefined : !inner;
  }
  const deciding = "any" in expr;
  let known = true;
  for (const part of "any" in expr ? expr.any : expr.all) {
    const answer = evaluate(part, state);
    if (answer === deciding) return deciding;
    if (answer === undefined) known = false;
  }
  return known ? !deciding : undefined;
}

/** For messages, and the text form: `ID_AA64PFR0_EL1.SVE >= 1`, `FEAT_SVE and not FEAT_SME`. */
export function printExpr(expr: Expr): string {
  return print(expr, 0);
}

/** `binding`: how closely the context binds; 1 `or`, 2 `and`, 3 `not`. */
function print(expr: Expr, binding: number): string {
  if ("feat" in expr) return expr.feat;
  if ("arch" in expr) return expr.arch;
  if ("reg" in expr) {
    const place = `${expr.reg}.${expr.field}`;
    if (typeof expr.value === "number") return `${place} ${expr.op} ${expr.value}`;
    return `${place} ${expr.op === "in" ? "in" : "not in"} {${expr.value.join(", ")}}`;
  }
  if ("not" in expr) return `not ${print(expr.not, 3)}`;
  const [word, own, parts] = "any" in expr ? (["or", 1, expr.any] as const) : (["and", 2, expr.all] as const);
  const inner = parts.map((part) => print(part, own)).join(` ${word} `);
  return binding > own ? `(${inner})` : inner;
}

/** Calls `visit` for every feature and field that an expression mentions. */
export function mentioned(
  expr: Expr,
  visit: { feature?: (name: string) => void; field?: (register: string, name: string) => void },
): void {
  if ("feat" in expr) visit.feature?.(expr.feat);
  else if ("reg" in expr) visit.field?.(expr.reg, expr.field);
  else if ("not" in expr) mentioned(expr.not, visit);
  else if ("all" in expr) for (const part of expr.all) mentioned(part, visit);
  else if ("any" in expr) for (const part of expr.any) mentioned(part, visit);
}
