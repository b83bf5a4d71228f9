/** What the architecture says of a resolved CPU: its constraints, with the rule, the statement and the smallest mend. */
import type { Span } from "../../diagnostics/span.ts";
import {
  type Architecture,
  type Constraint,
  constraints,
  type Expr,
  type ExprState,
  evaluate,
  type FieldRule,
  fieldRules,
  feature as findFeature,
  printExpr,
} from "../../tables/index.ts";
import type { Report } from "../report.ts";
import type { ResolvedCpu } from "./resolve.ts";
import { type Cells, makeAbsent, makePresent, settingKey, stateOf } from "./state.ts";
import type { CpuStatements } from "./statements.ts";

/** Every feature and field that an expression mentions. */
function mentions(expr: Expr, into: { features: Set<string>; fields: Set<string> }): void {
  if ("feat" in expr) into.features.add(expr.feat);
  else if ("reg" in expr) into.fields.add(`${expr.reg}.${expr.field}`);
  else if ("all" in expr) for (const part of expr.all) mentions(part, into);
  else if ("any" in expr) for (const part of expr.any) mentions(part, into);
  else if ("not" in expr) mentions(expr.not, into);
}

const violated = (rule: Constraint, state: ExprState): boolean => {
  if (rule.when !== undefined && evaluate(rule.when, state) !== true) return false;
  const left = evaluate(rule.if, state);
  const right = evaluate(rule.then, state);
  if (rule.kind === "implies") return left === true && right === false;
  return left !== undefined && right !== undefined && left !== right;
};

const hardRules = (() => {
  let rules: readonly Constraint[] | undefined;
  return (): readonly Constraint[] => {
    rules ??= constraints().filter((rule) => rule.class === "requires");
    return rules;
  };
})();

export function violations(
  cells: Cells,
  architecture: Architecture | undefined,
  exceptions: readonly string[],
): readonly Constraint[] {
  const state = stateOf(cells, architecture);
  return hardRules().filter((rule) => !exceptions.includes(rule.id) && violated(rule, state));
}

/** The statements behind a rule: those that decided a field which the rule looks at. */
function statementsBehind(exprs: readonly Expr[], cells: Cells): readonly Span[] {
  const seen = { features: new Set<string>(), fields: new Set<string>() };
  for (const expr of exprs) mentions(expr, seen);
  const keys = new Set(seen.fields);
  for (const name of seen.features) {
    const feature = findFeature(name);
    for (const setting of [...(feature?.present ?? []), ...(feature?.absent ?? [])])
      keys.add(settingKey(setting));
  }
  const spans: Span[] = [];
  for (const key of keys) {
    const origin = cells.get(key)?.origin;
    const repeated = spans.some(
      (span) => span.start === origin?.span.start && span.file === origin.span.file,
    );
    if (origin !== undefined && origin.kind === "statement" && !repeated) spans.push(origin.span);
  }
  return spans;
}

/** Single changes to the feature set that leave no rule broken, smallest first: what to add, then what to drop. */
function mends(rule: Constraint, resolved: ResolvedCpu, exceptions: readonly string[]): readonly string[] {
  const named = { features: new Set<string>(), fields: new Set<string>() };
  mentions(rule.then, named);
  mentions(rule.if, named);
  const state = stateOf(resolved.cells, resolved.architecture);
  const found: string[] = [];
  for (const name of named.features) {
    const feature = findFeature(name);
    if (feature === undefined || feature.present.length === 0) continue;
    const present = state.feature(name);
    if (present === undefined) continue;
    const trial: Cells = new Map(resolved.cells);
    const span = [...resolved.cells.values()][0]?.origin.span;
    if (span === undefined) continue;
    if (present) makeAbsent(trial, feature, resolved.architecture, { kind: "statement", span });
    else makePresent(trial, feature.present, { kind: "statement", span });
    if (violations(trial, resolved.architecture, exceptions).length === 0)
      found.push(
        feature.facility === undefined
          ? `\`${present ? "without" : "with"} ${name}\``
          : `\`${feature.facility} ${present ? "off" : "on"}\``,
      );
  }
  return found.sort((a, b) => Number(a.includes("without")) - Number(b.includes("without")));
}

/**
 * Constraints of the architecture that hold on no host. A rule that no statement of the user touches is
 * the baseline's own affair (real cores break some) and stays silent.
 */
export function checkConstraints(resolved: ResolvedCpu, statements: CpuStatements, report: Report): void {
  const { baseline } = resolved;
  const exceptions = baseline.kind === "core" ? baseline.core.exceptions : [];
  const reported = new Set<number>();
  const broken = violations(resolved.cells, resolved.architecture, exceptions);
  const already = new Set(
    violations(resolved.before, resolved.architecture, exceptions).map((rule) => rule.id),
  );
  for (const rule of broken) {
    const behind = statementsBehind([rule.if, rule.then], resolved.cells);
    const [primary, ...others] = behind.filter((span) => isFeatureOrField(span, statements));
    if (primary === undefined || already.has(rule.id) || reported.has(primary.start)) continue;
    reported.add(primary.start);
    const ways = mends(rule, resolved, exceptions);
    const sentence =
      rule.kind === "implies"
        ? `${printExpr(rule.if)} requires ${printExpr(rule.then)}`
        : `${printExpr(rule.if)} goes with ${printExpr(rule.then)}`;
    report.add(
      "constraint-broken",
      primary,
      { rule: sentence },
      {
        related: others.map((span) => ({ span, message: "the other side is decided here" })),
        notes: [`rule ${rule.id} of ${rule.owner} (${rule.source})`],
        help: ways.length === 0 ? [] : [`the smallest mend: ${ways.join(" or ")}`],
      },
    );
  }
}

function isFeatureOrField(span: Span, statements: CpuStatements): boolean {
  const all = [
    ...statements.features.values(),
    ...statements.fields.values(),
    ...Object.values(statements.singles),
  ];
  return all.some(
    (stated) =>
      stated.span.start <= span.start && span.start <= stated.span.end && stated.span.file === span.file,
  );
}

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

function fieldRuleExprs(rule: FieldRule["rule"]): readonly Expr[] {
  const asExpr = (ref: { reg: string; field: string }): Expr => ({ ...ref, op: ">=", value: 0 });
  if ("sameField" in rule) return rule.sameField.map(asExpr);
  if ("atMostOneNonZero" in rule) return rule.atMostOneNonZero.map(asExpr);
  if ("lessOrEqualField" in rule) return rule.lessOrEqualField.map(asExpr);
  if ("iffAll" in rule) return rule.iffAll.flat();
  if ("holds" in rule) return [rule.holds];
  return "regIsZero" in rule.then ? [rule.if] : [rule.if, rule.then];
}

export function checkFieldRules(resolved: ResolvedCpu, statements: CpuStatements, report: Report): void {
  for (const row of fieldRules()) {
    if (!fieldRuleBroken(row.rule, resolved.cells, resolved.architecture)) continue;
    if (fieldRuleBroken(row.rule, resolved.before, resolved.architecture)) continue;
    const { rule } = row;
    const zeroed = "then" in rule && "regIsZero" in rule.then ? rule.then.regIsZero : undefined;
    const inRegister = [...statements.fields.values()]
      .filter((stated) => stated.value.field.register === zeroed)
      .map((stated) => stated.span);
    const behindRule = statementsBehind(fieldRuleExprs(rule), resolved.cells);
    const inFeatures = [...resolved.cells.values()]
      .filter(
        (cell) => cell.field.register === zeroed && cell.origin.kind === "statement" && cell.value !== 0n,
      )
      .map((cell) => cell.origin.span);
    const [primary, ...others] = [...inRegister, ...inFeatures, ...behindRule];
    if (primary === undefined) continue;
    const seen = new Set([primary.start]);
    report.add(
      "field-rule-broken",
      primary,
      { why: row.why },
      {
        related: others
          .filter((span) => !seen.has(span.start) && seen.add(span.start))
          .map((span) => ({ span, message: "this statement takes part" })),
        notes: [`rule ${row.id} (${row.source})`],
      },
    );
  }
}
