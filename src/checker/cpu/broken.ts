/** Whether a CPU's fields break a rule of the architecture. Pure, and without a word about it. */
import {
  type Architecture,
  type Constraint,
  type Expr,
  type ExprState,
  evaluate,
  type FieldRule,
  mentioned,
} from "../../tables/index.ts";
import { type Cells, stateOf } from "./state.ts";

/** Every feature and field that the expressions mention. */
export function mentions(exprs: readonly Expr[]): {
  readonly features: Set<string>;
  readonly fields: Set<string>;
} {
  const features = new Set<string>();
  const fields = new Set<string>();
  for (const expr of exprs)
    mentioned(expr, {
      feature: (name) => features.add(name),
      field: (register, name) => fields.add(`${register}.${name}`),
    });
  return { features, fields };
}

/** Whether a constraint is certainly broken. */
export const violated = (rule: Constraint, state: ExprState): boolean => {
  if (rule.when !== undefined && evaluate(rule.when, state) !== true) return false;
  const left = evaluate(rule.if, state);
  const right = evaluate(rule.then, state);
  if (rule.kind === "implies") return left === true && right === false;
  return left !== undefined && right !== undefined && left !== right;
};

/** Whether a rule over fields alone is certainly broken. */
export function fieldRuleBroken(
  rule: FieldRule["rule"],
  cells: Cells,
  architecture: Architecture | undefined,
): boolean {
  const value = (ref: { reg: string; field: string }): bigint | undefined => {
    const found = cells.get(`${ref.reg}.${ref.field}`)?.value;
    return found === "host" ? undefined : found;
  };
  const state = stateOf(cells, architecture);
  if ("sameField" in rule) {
    const values = rule.sameField.map(value).filter((one) => one !== undefined);
    return values.some((one) => one !== values[0]);
  }
  if ("atMostOneNonZero" in rule)
    return rule.atMostOneNonZero.map(value).filter((one) => one !== undefined && one !== 0n).length > 1;
  if ("lessOrEqualField" in rule) {
    const [small, large] = rule.lessOrEqualField.map(value);
    return small !== undefined && large !== undefined && small > large;
  }
  if ("iffAll" in rule)
    return rule.iffAll.some((group) => {
      const answers = group.map((expr) => evaluate(expr, state));
      return answers.includes(true) && answers.includes(false);
    });
  if ("holds" in rule) return evaluate(rule.holds, state) === false;
  if (evaluate(rule.if, state) !== true) return false;
  if ("regIsZero" in rule.then) {
    const { regIsZero } = rule.then;
    return [...cells.values()].some(
      (cell) => cell.field.register === regIsZero && cell.value !== "host" && cell.value !== 0n,
    );
  }
  return evaluate(rule.then, state) === false;
}

/** What a rule over fields looks at, as expressions. */
export function fieldRuleExprs(rule: FieldRule["rule"]): readonly Expr[] {
  const asExpr = (ref: { reg: string; field: string }): Expr => ({ ...ref, op: ">=", value: 0 });
  if ("sameField" in rule) return rule.sameField.map(asExpr);
  if ("atMostOneNonZero" in rule) return rule.atMostOneNonZero.map(asExpr);
  if ("lessOrEqualField" in rule) return rule.lessOrEqualField.map(asExpr);
  if ("iffAll" in rule) return rule.iffAll.flat();
  if ("holds" in rule) return [rule.holds];
  return "regIsZero" in rule.then ? [rule.if] : [rule.if, rule.then];
}
