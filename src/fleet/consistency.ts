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

export interface Consistent {
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
  const rules = rulesOf(architecture);
  const brokenBy = (cells: Cells): readonly Rule[] => {
    const state = constraintState(cells, architecture);
    return rules.filter((rule) => rule.broken(cells, state));
  };
  let cells = cellsOf(values);
  let broken = brokenBy(cells);
  const lowered: Lowered[] = [];
  const unmended = new Set<string>();
  const alike: string[] = [];
  for (;;) {
    const rule = broken.find(({ id }) => !unmended.has(id));
    if (rule === undefined) break;
    const before = cells;
    const known = new Set(broken.map(({ id }) => id));
    const singles = fieldsOf(rule).flatMap((key) => waysDown(key, before, sets));
    const pairs = (): readonly (readonly Step[])[] =>
      singles.flatMap((a, at) =>
        singles
          .slice(at + 1)
          .filter((b) => b.field !== a.field)
          .map((b) => [a, b]),
      );
    const tried = (steps: readonly Step[]) => {
      const after = withSteps(before, steps);
      // Most ways do not help: the rule itself is asked before all the others.
      if (rule.broken(after, constraintState(after, architecture))) return [];
      const left = brokenBy(after);
      const added = left.filter(({ id }) => !known.has(id)).length;
      const cost = steps.reduce((sum, step) => sum + step.cost, 0);
      const sizes = steps.filter(({ field }) => before.get(field)?.field.role === "size").length;
      return [{ steps, after, left, added, cost, sizes }];
    };
    let ways = singles.flatMap((step) => tried([step]));
    if (ways.length === 0) ways = pairs().flatMap(tried);
    const [best] = ways.sort((a, b) => a.sizes - b.sizes || a.added - b.added || a.cost - b.cost);
    if (best === undefined) {
      unmended.add(rule.id);
      const open = fieldsOf(rule).find((key) => {
        const cell = before.get(key);
        if (cell === undefined || cell.value === "host" || !shownAlike(key, cell.value)) return false;
        const after: Cells = new Map(before).set(key, { ...cell, value: "host" });
        return !rule.broken(after, constraintState(after, architecture));
      });
      if (open !== undefined && !alike.includes(open)) alike.push(open);
      continue;
    }
    for (const { field, to } of best.steps) {
      const from = before.get(field)?.value;
      if (typeof from === "bigint") lowered.push({ field, from, to, rule: `${rule.words} (${rule.id})` });
    }
    cells = best.after;
    broken = best.left;
  }
  const result = new Map(values);
  for (const { field, to } of lowered) result.set(field, to);
  // A later step may have mended by the way what nothing mended by itself.
  const left = broken.filter(({ id }) => unmended.has(id));
  const hosts = left.length === 0 ? [] : shownByHosts().map(cellsOf);
  const byHosts = (rule: Rule): boolean =>
    hosts.some((shown) => rule.broken(shown, constraintState(shown, architecture)));
  return {
    values: result,
    lowered,
    broken: left.map((rule) => ({ id: rule.id, words: rule.words, byHosts: byHosts(rule) })),
    alike,
  };
}
