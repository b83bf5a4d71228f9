/** What the architecture says of a resolved CPU: its constraints, with the rule, the statement and the smallest mend. */
import type { Span } from "../../diagnostics/span.ts";
import {
  type Architecture,
  type Constraint,
  constraints,
  constraintsNaming,
  type Expr,
  type ExprState,
  featuresNaming,
  fieldRules,
  feature as findFeature,
  printExpr,
} from "../../tables/index.ts";
import { hasErrorAt, type Report } from "../report.ts";
import { fieldRuleBroken, fieldRuleExprs, mentions, violated } from "./broken.ts";
import { featuresAskedFor, isFacility, type ResolvedCpu, resolveCpu } from "./resolve.ts";
import { type Cells, constraintState, settingKey, stateOf } from "./state.ts";
import type { Baseline, CpuStatements, Stated } from "./statements.ts";

export function violations(
  cells: Cells,
  architecture: Architecture | undefined,
  exceptions: readonly string[],
): readonly Constraint[] {
  const state = constraintState(cells, architecture);
  return constraints("requires").filter((rule) => !exceptions.includes(rule.id) && violated(rule, state));
}

/**
 * Rules that a statement takes part in: those that name a field which a statement decided, or a feature that
 * such a field shows. A broken rule without one is the baseline's own affair.
 */
function rulesAbout(cells: Cells): readonly Constraint[] {
  const names = new Set<string>();
  for (const [key, cell] of cells) if (cell.origin.kind === "statement") names.add(key);
  for (const feature of featuresNaming([...names])) names.add(feature.name);
  return constraintsNaming(names);
}

const samePlace = (a: Span, b: Span): boolean => a.file === b.file && a.start === b.start;

/** The statements behind a rule: those that decided a field which the rule looks at. */
function statementsBehind(exprs: readonly Expr[], cells: Cells): readonly Span[] {
  const seen = mentions(exprs);
  const keys = new Set(seen.fields);
  for (const name of seen.features) {
    const feature = findFeature(name);
    for (const setting of [...(feature?.present ?? []), ...(feature?.absent ?? [])])
      keys.add(settingKey(setting));
  }
  const spans: Span[] = [];
  for (const key of keys) {
    const origin = cells.get(key)?.origin;
    if (origin === undefined || origin.kind !== "statement") continue;
    if (!spans.some((span) => samePlace(span, origin.span))) spans.push(origin.span);
  }
  return spans;
}

/** One way to mend: features to switch over, each with its new state. */
type Mend = ReadonlyMap<string, boolean>;

/** How a change is written; undefined where no statement makes it. */
function mendText(mend: Mend, statements: CpuStatements, without: ExprState): string | undefined {
  const words: string[] = [];
  for (const [name, present] of mend) {
    const facility = findFeature(name)?.facility;
    const stated = statements.features.get(name)?.value;
    const wanted = `\`${present ? "with" : "without"} ${name}\``;
    const opposite = `\`${present ? "without" : "with"} ${name}\``;
    if (facility === undefined && stated !== undefined && stated.present !== present)
      words.push(
        without.feature(name) === present ? `remove ${opposite}` : `replace ${opposite} by ${wanted}`,
      );
    else if (facility === undefined) words.push(`write ${wanted}`);
    else if (isFacility(facility) && !present && statements.singles[facility] !== undefined)
      words.push(`write \`${facility} off\``);
    else return undefined;
  }
  return words.join(" and ");
}

/** The cells as the changed statements resolve; undefined where a change cannot be tried. */
function mended(mend: Mend, statements: CpuStatements, without: ExprState): ResolvedCpu | undefined {
  const features = new Map(statements.features);
  const singles: Record<string, Stated<unknown> | undefined> = { ...statements.singles };
  const span = statements.singles.baseline?.span;
  if (span === undefined) return undefined;
  for (const [name, present] of mend) {
    const feature = findFeature(name);
    if (feature === undefined || feature.present.length === 0) return undefined;
    if (feature.facility === undefined && features.has(name) && without.feature(name) === present)
      features.delete(name);
    else if (feature.facility === undefined)
      features.set(name, { value: { feature, present }, span, override: undefined });
    else singles[feature.facility] = { value: "off", span, override: undefined };
  }
  return resolveCpu({ ...statements, singles, features }, span);
}

/** Changes to the feature set that mend a rule and break no other, smallest first: what to add, then what to drop. */
function mends(
  rule: Constraint,
  broken: readonly Constraint[],
  resolved: ResolvedCpu,
  statements: CpuStatements,
  exceptions: readonly string[],
): readonly string[] {
  const named = mentions([rule.then, rule.if]);
  const state = constraintState(resolved.cells, resolved.architecture);
  // What is there when a statement is removed.
  const without = stateOf(resolved.before, resolved.architecture);
  const tries: Mend[] = [];
  for (const name of named.features) {
    const present = state.feature(name);
    if (present !== undefined) tries.push(new Map([[name, !present]]));
  }
  const lacking = (featuresAskedFor(rule.then) ?? []).filter((name) => state.feature(name) === false);
  if (lacking.length > 1) tries.push(new Map(lacking.map((name) => [name, true])));
  const found: { readonly mend: Mend; readonly text: string }[] = [];
  for (const mend of tries) {
    const text = mendText(mend, statements, without);
    const trial = text === undefined ? undefined : mended(mend, statements, without);
    if (text === undefined || trial === undefined) continue;
    const after = stateOf(trial.cells, trial.architecture);
    const stays = [...statements.features].every(
      ([name, { value }]) => mend.has(name) || after.feature(name) !== !value.present,
    );
    const kept = stays && [...mend].every(([name, present]) => after.feature(name) === present);
    const left = violations(trial.cells, trial.architecture, exceptions);
    if (kept && left.every((one) => one !== rule && broken.includes(one))) found.push({ mend, text });
  }
  const drops = ({ mend }: { readonly mend: Mend }): number =>
    [...mend.values()].filter((one) => !one).length;
  return found.sort((a, b) => a.mend.size - b.mend.size || drops(a) - drops(b)).map(({ text }) => text);
}

/** Rules that real hardware breaks: a core of its own, or the hosts of a fleet. */
function exceptionsOf(baseline: Baseline): readonly string[] {
  if (baseline.kind === "core") return baseline.core.exceptions;
  return baseline.kind === "common" ? (baseline.cpu?.exceptions ?? []) : [];
}

/**
 * Constraints of the architecture that hold on no host. A rule that no statement of the user touches is
 * the baseline's own affair (real cores break some) and stays silent.
 */
export function checkConstraints(resolved: ResolvedCpu, statements: CpuStatements, report: Report): void {
  const { baseline } = resolved;
  const exceptions = exceptionsOf(baseline);
  const reported: Span[] = [];
  const state = constraintState(resolved.cells, resolved.architecture);
  const broken = rulesAbout(resolved.cells).filter(
    (rule) => !exceptions.includes(rule.id) && violated(rule, state),
  );
  let everywhere: readonly Constraint[] | undefined;
  for (const rule of broken) {
    const behind = statementsBehind([rule.if, rule.then], resolved.cells);
    const [primary, ...others] = behind.filter((span) => isFeatureOrField(span, statements));
    if (primary === undefined || reported.some((span) => samePlace(span, primary))) continue;
    reported.push(primary);
    // All of them, the baseline's own too: a mend may leave those.
    everywhere ??= violations(resolved.cells, resolved.architecture, exceptions);
    const ways = mends(rule, everywhere, resolved, statements, exceptions);
    const sentence =
      rule.kind === "implies"
        ? `${printExpr(rule.if)} requires ${printExpr(rule.then)}`
        : `${printExpr(rule.if)} goes with ${printExpr(rule.then)}`;
    report.add(
      "constraint-broken",
      primary,
      { rule: sentence.replace(/\bv(?=\d)/g, "Armv") },
      {
        related: others.map((span) => ({ span, message: "the other side is decided here" })),
        notes: [`rule ${rule.id} of ${rule.owner} (${rule.source})`],
        help: ways.length === 0 ? [] : [`the smallest mend: ${ways.join(", or ")}`],
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

export function checkFieldRules(resolved: ResolvedCpu, report: Report): void {
  for (const row of fieldRules()) {
    if (!fieldRuleBroken(row.rule, resolved.cells, resolved.architecture)) continue;
    const { rule } = row;
    const zeroed = "then" in rule && "regIsZero" in rule.then ? rule.then.regIsZero : undefined;
    const behindRule = statementsBehind(fieldRuleExprs(rule), resolved.cells);
    const inRegister = [...resolved.cells.values()]
      .filter(({ field, value, origin }) => {
        const decided = value !== "host" && value !== 0n && origin.kind === "statement";
        return field.register === zeroed && decided;
      })
      .map((cell) => cell.origin.span);
    const [primary, ...others] = [...inRegister, ...behindRule];
    if (primary === undefined || hasErrorAt(report, primary)) continue;
    const seen: Span[] = [primary];
    const isNew = (span: Span): boolean => {
      if (seen.some((one) => samePlace(one, span))) return false;
      seen.push(span);
      return true;
    };
    report.add(
      "field-rule-broken",
      primary,
      { why: row.why },
      {
        related: others.filter(isNew).map((span) => ({ span, message: "this statement takes part" })),
        notes: [`rule ${row.id} (${row.source})`],
      },
    );
  }
}
