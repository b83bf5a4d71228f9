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

/** Words of a text that has brackets or lists; without them its words stand between single spaces. */
function bracketed(text: string): readonly string[] {
  const found: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const match = token.exec(text)?.[1];
    if (match === undefined) throw malformed(text);
    found.push(match);
  }
  return found;
}

const malformed = (text: string): Error => new Error(`malformed expression: ${text}`);

interface Cursor {
  readonly text: string;
  readonly words: readonly string[];
  next: number;
}

const atFeature = /^FEAT_\w+$/;
const atVersion = /^v\d+\.\d+$/;
const atField = /^\w+\.\w+$/;

/**
 * Reads the text form.
 *
 * @throws Error on malformed text: expressions come from the project's own data only
 */
export function parseExpr(text: string): Expr {
  if (atFeature.test(text)) return { feat: text };
  const words = /[(){}]/.test(text) ? bracketed(text) : text.split(" ");
  const cursor: Cursor = { text, words, next: 0 };
  const whole = parseAny(cursor);
  if (cursor.next !== words.length) throw malformed(text);
  return whole;
}

function skip(cursor: Cursor, word: string): boolean {
  if (cursor.words[cursor.next] !== word) return false;
  cursor.next++;
  return true;
}

function demand(cursor: Cursor, word: string): void {
  if (!skip(cursor, word)) throw malformed(cursor.text);
}

function parseAny(cursor: Cursor): Expr {
  const first = parseAll(cursor);
  if (!skip(cursor, "or")) return first;
  const any = [first];
  do any.push(parseAll(cursor));
  while (skip(cursor, "or"));
  return { any };
}

function parseAll(cursor: Cursor): Expr {
  const first = parseOne(cursor);
  if (!skip(cursor, "and")) return first;
  const all = [first];
  do all.push(parseOne(cursor));
  while (skip(cursor, "and"));
  return { all };
}

function parseOne(cursor: Cursor): Expr {
  const word = cursor.words[cursor.next++] ?? "";
  if (atFeature.test(word)) return { feat: word };
  if (word === "not") return { not: parseOne(cursor) };
  if (word === "(") {
    const inner = parseAny(cursor);
    demand(cursor, ")");
    return inner;
  }
  if (atField.test(word) && !atVersion.test(word)) return parseComparison(cursor, word);
  if (atVersion.test(word)) return { arch: word };
  throw malformed(cursor.text);
}

function parseNumber(cursor: Cursor): number {
  const word = cursor.words[cursor.next++] ?? "";
  if (!/^\d+$/.test(word)) throw malformed(cursor.text);
  return Number(word);
}

function parseComparison(cursor: Cursor, word: string): Expr {
  const dot = word.indexOf(".");
  const [reg, name] = [word.slice(0, dot), word.slice(dot + 1)];
  const signed = field(reg, name)?.signed === true ? ({ signed: true } as const) : {};
  const sign = cursor.words[cursor.next++];
  switch (sign) {
    case ">=":
    case ">":
    case "<=":
    case "<":
    case "==":
    case "!=":
      return { reg, field: name, op: sign, value: parseNumber(cursor), ...signed };
    case "in":
    case "not in": {
      demand(cursor, "{");
      const value = [parseNumber(cursor)];
      while (skip(cursor, ",")) value.push(parseNumber(cursor));
      demand(cursor, "}");
      return { reg, field: name, op: sign === "in" ? "in" : "notIn", value, ...signed };
    }
    default:
      throw malformed(cursor.text);
  }
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
