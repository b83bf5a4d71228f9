/**
 * A CPU chosen field by field need not be one: FEAT_SVE2 of one host may meet a host without FEAT_SVE. Values are
 * lowered, within what the hosts allow, until the architecture's constraints hold.
 */
import { fieldRuleBroken, fieldRuleExprs, mentions, violated } from "../checker/cpu/broken.ts";
import { type Cells, constraintState, settingKey } from "../checker/cpu/state.ts";
import type { Origin } from "../contract.ts";
import {
  type Architecture,
  constraints,
  contractRegisters,
  type Expr,
  fieldKey,
  fieldRules,
  feature as findFeature,
  printExpr,
} from "../tables/index.ts";
import { byPreference } from "./preference.ts";
import type { ValueSet } from "./values.ts";

/** A field that was lowered, and the rule that asked for it. */
export interface Lowered {
  readonly field: string;
  readonly from: bigint;
  readonly to: bigint;
  readonly rule: string;
}

/** A rule of the architecture that the common CPU breaks, with nothing that may be written to mend it. */
export interface BrokenRule {
  readonly id: string;
  readonly words: string;
  /** Whether a host breaks it by what it shows a guest; else the values that suit all do not go together. */
  readonly byHosts: boolean;
}

interface Consistent {
  readonly values: ReadonlyMap<string, bigint>;
  readonly lowered: readonly Lowered[];
  readonly broken: readonly BrokenRule[];
  /**
   * Fields behind such rules that every host shows alike, with the value chosen: where the language would refuse to
   * state what the hosts show, they may be left to the host, and the guest sees the same machine on all.
   */
  readonly alike: readonly string[];
}

interface Rule {
  readonly id: string;
  readonly words: string;
  readonly looksAt: readonly Expr[];
  readonly broken: (cells: Cells, state: ReturnType<typeof constraintState>) => boolean;
}

function rulesOf(architecture: Architecture | undefined): readonly Rule[] {
  return [
    ...constraints("requires").map(
      (rule): Rule => ({
        id: rule.id,
        words: `${printExpr(rule.if)} ${rule.kind === "implies" ? "requires" : "goes with"} ${printExpr(rule.then)}`,
        looksAt: rule.when === undefined ? [rule.if, rule.then] : [rule.if, rule.then, rule.when],
        broken: (_, state) => violated(rule, state),
      }),
    ),
    ...fieldRules().map(
      (row): Rule => ({
        id: row.id,
        words: row.why,
        looksAt: fieldRuleExprs(row.rule),
        broken: (cells) => fieldRuleBroken(row.rule, cells, architecture),
      }),
    ),
  ];
}

const file = { path: "", text: "" };
const origin: Origin = { kind: "default", span: { file, start: 0, end: 0 }, statement: "baseline" };

/** Values as the checker's rules want them; a field that is not decided is the host's. */
export function cellsOf(values: ReadonlyMap<string, bigint>): Cells {
  return new Map(
    contractRegisters()
      .flatMap((register) => register.fields)
      .map((field) => [fieldKey(field), { field, value: values.get(fieldKey(field)) ?? "host", origin }]),
  );
}

/** The fields that a rule looks at, by themselves or through features. */
function fieldsOf(rule: Rule): readonly string[] {
  const { features, fields } = mentions(rule.looksAt);
  const keys = new Set(fields);
  for (const name of features) {
    const feature = findFeature(name);
    for (const setting of [...(feature?.present ?? []), ...(feature?.absent ?? [])])
      keys.add(settingKey(setting));
  }
  return [...keys].sort();
}

interface Step {
  readonly field: string;
  readonly to: bigint;
  /** How many better values are given up. */
  readonly cost: number;
}

/** Ways down for one field: values that the hosts take and that are poorer than the present one. */
function waysDown(key: string, cells: Cells, sets: ReadonlyMap<string, ValueSet>): readonly Step[] {
  const cell = cells.get(key);
  const set = sets.get(key);
  if (cell === undefined || cell.value === "host" || set === undefined || cell.field.role === "identity")
    return [];
  const order = byPreference(cell.field, set);
  const at = order.indexOf(cell.value);
  return order.slice(at + 1).map((to, index) => ({ field: key, to, cost: index + 1 }));
}

function withSteps(cells: Cells, steps: readonly Step[]): Cells {
  const changed: Cells = new Map(cells);
  for (const { field, to } of steps) {
    const cell = changed.get(field);
    if (cell !== undefined) changed.set(field, { ...cell, value: to });
  }
  return changed;
}

/** Values on their way down. */
interface Descent {
  readonly cells: Cells;
  readonly lowered: readonly Lowered[];
  /** Rules that these cells break. */
  readonly broken: readonly Rule[];
}

interface Way {
  readonly steps: readonly Step[];
  readonly after: Cells;
  /** Rules that are broken after it. */
  readonly left: readonly Rule[];
  /** How many of them were not before. */
  readonly added: number;
  readonly cost: number;
  readonly sizes: number;
}

/** What the rules say of cells. */
interface Judge {
  readonly breaks: (rule: Rule, cells: Cells) => boolean;
  readonly brokenBy: (cells: Cells) => readonly Rule[];
}

function judgeOf(architecture: Architecture | undefined): Judge {
  const rules = rulesOf(architecture);
  return {
    breaks: (rule, cells) => rule.broken(cells, constraintState(cells, architecture)),
    brokenBy: (cells) => {
      const state = constraintState(cells, architecture);
      return rules.filter((rule) => rule.broken(cells, state));
    },
  };
}

/** What taking these steps comes to; undefined: the rule stays broken. */
function wayOf(
  steps: readonly Step[],
  rule: Rule,
  { cells, broken }: Descent,
  judge: Judge,
): Way | undefined {
  const after = withSteps(cells, steps);
  // Most ways do not help: the rule itself is asked before all the others.
  if (judge.breaks(rule, after)) return undefined;
  const known = new Set(broken.map(({ id }) => id));
  const left = judge.brokenBy(after);
  return {
    steps,
    after,
    left,
    added: left.filter(({ id }) => !known.has(id)).length,
    cost: steps.reduce((sum, step) => sum + step.cost, 0),
    sizes: steps.filter(({ field }) => cells.get(field)?.field.role === "size").length,
  };
}

/** The cheapest step that mends a rule, or else the cheapest two in different fields; undefined: none do. */
function bestWay(
  rule: Rule,
  from: Descent,
  sets: ReadonlyMap<string, ValueSet>,
  judge: Judge,
): Way | undefined {
  const singles = fieldsOf(rule).flatMap((key) => waysDown(key, from.cells, sets));
  const among = (choices: readonly (readonly Step[])[]): Way | undefined =>
    choices
      .flatMap((steps) => wayOf(steps, rule, from, judge) ?? [])
      .sort((a, b) => a.sizes - b.sizes || a.added - b.added || a.cost - b.cost)[0];
  const pairs = (): readonly (readonly Step[])[] =>
    singles.flatMap((a, at) =>
      singles
        .slice(at + 1)
        .filter((b) => b.field !== a.field)
        .map((b) => [a, b]),
    );
  return among(singles.map((step) => [step])) ?? among(pairs());
}

function taken({ steps, after, left }: Way, rule: Rule, { cells, lowered }: Descent): Descent {
  const more = steps.flatMap(({ field, to }): readonly Lowered[] => {
    const from = cells.get(field)?.value;
    return typeof from === "bigint" ? [{ field, from, to, rule: `${rule.words} (${rule.id})` }] : [];
  });
  return { cells: after, lowered: [...lowered, ...more], broken: left };
}

/** A rule that no way mends, with the values as they then were. */
interface Unmended {
  readonly rule: Rule;
  readonly cells: Cells;
}

/** Down, one rule after the other, until every rule holds or is one that no way mends. */
function descend(
  cells: Cells,
  sets: ReadonlyMap<string, ValueSet>,
  judge: Judge,
): { readonly end: Descent; readonly unmended: readonly Unmended[] } {
  let end: Descent = { cells, lowered: [], broken: judge.brokenBy(cells) };
  const unmended = new Map<string, Unmended>();
  for (;;) {
    const rule = end.broken.find(({ id }) => !unmended.has(id));
    if (rule === undefined) return { end, unmended: [...unmended.values()] };
    const way = bestWay(rule, end, sets, judge);
    if (way === undefined) unmended.set(rule.id, { rule, cells: end.cells });
    else end = taken(way, rule, end);
  }
}

/** The first field that mends a rule by being left to the host, of those that every host shows as it was chosen. */
function leftToHost(
  { rule, cells }: Unmended,
  judge: Judge,
  shownAlike: (field: string, value: bigint) => boolean,
): string | undefined {
  return fieldsOf(rule).find((key) => {
    const cell = cells.get(key);
    if (cell === undefined || cell.value === "host" || !shownAlike(key, cell.value)) return false;
    return !judge.breaks(rule, new Map(cells).set(key, { ...cell, value: "host" }));
  });
}

/** Rules that stay broken at the end, and whether a host breaks them by itself. */
function brokenAtEnd(
  { broken }: Descent,
  unmended: readonly Unmended[],
  judge: Judge,
  shownByHosts: () => readonly ReadonlyMap<string, bigint>[],
): readonly BrokenRule[] {
  // A later step may have mended by the way what nothing mended by itself.
  const given = new Set(unmended.map(({ rule }) => rule.id));
  const left = broken.filter(({ id }) => given.has(id));
  const hosts = left.length === 0 ? [] : shownByHosts().map(cellsOf);
  return left.map((rule) => ({
    id: rule.id,
    words: rule.words,
    byHosts: hosts.some((shown) => judge.breaks(rule, shown)),
  }));
}

/**
 * Lowers values until every rule holds that can be made to. Each step gives up as little as possible and prefers
 * what breaks no other rule; nothing is ever raised, so that it ends. Features go before sizes: a guest needs its
 * page size more than the sign of an EL2 that it does not have.
 *
 * @param shownAlike whether every host shows a field with this value before anything is written
 * @param shownByHosts what each host shows, by `REGISTER.FIELD`; asked for only where a rule stays broken
 */
export function makeConsistent(
  values: ReadonlyMap<string, bigint>,
  sets: ReadonlyMap<string, ValueSet>,
  architecture: Architecture | undefined,
  shownAlike: (field: string, value: bigint) => boolean,
  shownByHosts: () => readonly ReadonlyMap<string, bigint>[],
): Consistent {
  const judge = judgeOf(architecture);
  const { end, unmended } = descend(cellsOf(values), sets, judge);
  const alike = unmended.flatMap((one) => leftToHost(one, judge, shownAlike) ?? []);
  return {
    values: new Map([...values, ...end.lowered.map(({ field, to }) => [field, to] as const)]),
    lowered: end.lowered,
    broken: brokenAtEnd(end, unmended, judge, shownByHosts),
    alike: [...new Set(alike)],
  };
}
