/** Rules of the architecture; `data/constraints-*.json`, `data/field-rules.json`. */
import encodingText from "./data/constraints-encoding.json?raw";
import mandatoryText from "./data/constraints-mandatory.json?raw";
import requiresText from "./data/constraints-requires.json?raw";
import sinceText from "./data/constraints-since.json?raw";
import fieldRulesText from "./data/field-rules.json?raw";
import { parseExpr } from "./expr.ts";
import { type LazyRows, lazyRows, once } from "./load.ts";
import type { Constraint, Expr, FieldRef, FieldRule } from "./types.ts";

/** `then`: `if` implies it. `iff`: `if` exactly where it. `if` absent: the owner. */
interface ConstraintRow {
  readonly id: string;
  readonly owner: string;
  readonly if?: string;
  readonly then?: string;
  readonly iff?: string;
  readonly when?: string;
  /** Absent: the file's. */
  readonly source?: string;
}

const texts: Readonly<Record<Constraint["class"], string>> = {
  requires: requiresText,
  encoding: encodingText,
  mandatory: mandatoryText,
  since: sinceText,
};

function readConstraint(row: ConstraintRow, of: Constraint["class"], source: string): Constraint {
  // Most rules are never looked at in one run: their texts are read when first asked for.
  const parsed: { condition?: Expr; conclusion?: Expr; guard?: Expr } = {};
  return {
    id: row.id,
    owner: row.owner,
    kind: row.iff === undefined ? "implies" : "iff",
    class: of,
    source: row.source ?? source,
    get if() {
      parsed.condition ??= parseExpr(row.if ?? row.owner);
      return parsed.condition;
    },
    // biome-ignore lint/suspicious/noThenProperty: the conclusion of a rule, nothing awaits it
    get then() {
      parsed.conclusion ??= parseExpr(row.then ?? row.iff ?? "");
      return parsed.conclusion;
    },
    get when() {
      if (row.when !== undefined) parsed.guard ??= parseExpr(row.when);
      return parsed.guard;
    },
  };
}

const classes = ["requires", "encoding", "mandatory", "since"] as const;

const byClass: Readonly<Record<Constraint["class"], () => readonly Constraint[]>> = {
  requires: once(() => read("requires")),
  encoding: once(() => read("encoding")),
  mandatory: once(() => read("mandatory")),
  since: once(() => read("since")),
};

const files: Readonly<Record<Constraint["class"], () => LazyRows<ConstraintRow>>> = {
  requires: once(() => lazyRows(String(texts.requires), "id")),
  encoding: once(() => lazyRows(String(texts.encoding), "id")),
  mandatory: once(() => lazyRows(String(texts.mandatory), "id")),
  since: once(() => lazyRows(String(texts.since), "id")),
};

function read(of: Constraint["class"]): readonly Constraint[] {
  return files[of]()
    .keys.map((_, position) => constraintAt(of, position))
    .filter((one) => one !== undefined);
}

const made: Readonly<Record<Constraint["class"], (Constraint | undefined)[]>> = {
  requires: [],
  encoding: [],
  mandatory: [],
  since: [],
};

function constraintAt(of: Constraint["class"], position: number): Constraint | undefined {
  const row = files[of]().at(position);
  if (row === undefined) return undefined;
  made[of][position] ??= readConstraint(row, of, files[of]().header("source"));
  return made[of][position];
}

/**
 * The `requires` rules that name one of these features (`FEAT_X`) or fields (`REGISTER.FIELD`), in the order
 * of the table. The others are not even parsed: a model touches few of them.
 */
export function constraintsNaming(names: Iterable<string>): readonly Constraint[] {
  const positions = new Set<number>();
  for (const name of names) for (const at of files.requires().naming(name)) positions.add(at);
  return [...positions]
    .sort((a, b) => a - b)
    .map((at) => constraintAt("requires", at))
    .filter((rule) => rule !== undefined);
}

/** Constraints of one class, or of all: naming the class spares parsing the others. */
export function constraints(of?: Constraint["class"]): readonly Constraint[] {
  return of === undefined ? classes.flatMap((one) => byClass[one]()) : byClass[of]();
}

/** Positions of the rules by owner. */
const groupByOwner = (of: Constraint["class"]): (() => ReadonlyMap<string, readonly number[]>) =>
  once(() => {
    const owners = new Map<string, number[]>();
    files[of]().keys.forEach((_, at) => {
      const owner = /"owner": ?"([^"]*)"/.exec(files[of]().textAt(at))?.[1] ?? "";
      const known = owners.get(owner);
      if (known === undefined) owners.set(owner, [at]);
      else known.push(at);
    });
    return owners;
  });

const owned: Readonly<Record<Constraint["class"], () => ReadonlyMap<string, readonly number[]>>> = {
  requires: groupByOwner("requires"),
  encoding: groupByOwner("encoding"),
  mandatory: groupByOwner("mandatory"),
  since: groupByOwner("since"),
};

/** Constraints that describe a feature, of one class or of all. */
export function constraintsOf(feature: string, of?: Constraint["class"]): readonly Constraint[] {
  return (of === undefined ? classes : [of]).flatMap((one) =>
    (owned[one]().get(feature) ?? []).map((at) => constraintAt(one, at)).filter((rule) => rule !== undefined),
  );
}

/** A rule in one of five forms; fields as `REGISTER.FIELD`, conditions as expressions. */
interface FieldRuleRow {
  readonly id: string;
  readonly sameField?: readonly string[];
  readonly atMostOneNonZero?: readonly string[];
  readonly iffAll?: readonly (readonly string[])[];
  readonly lessOrEqualField?: readonly [string, string];
  readonly if?: string;
  readonly then?: string;
  readonly regIsZero?: string;
  readonly holds?: string;
  readonly why: string;
  readonly source: string;
}

function fieldRef(text: string): FieldRef {
  const dot = text.indexOf(".");
  return { reg: text.slice(0, dot), field: text.slice(dot + 1) };
}

function readRule(row: FieldRuleRow): FieldRule["rule"] {
  if (row.sameField !== undefined) return { sameField: row.sameField.map(fieldRef) };
  if (row.atMostOneNonZero !== undefined) return { atMostOneNonZero: row.atMostOneNonZero.map(fieldRef) };
  if (row.iffAll !== undefined) return { iffAll: row.iffAll.map((group) => group.map(parseExpr)) };
  if (row.lessOrEqualField !== undefined) {
    const [small, large] = row.lessOrEqualField;
    return { lessOrEqualField: [fieldRef(small), fieldRef(large)] };
  }
  if (row.holds !== undefined) return { holds: parseExpr(row.holds) };
  const condition = parseExpr(row.if ?? "");
  return {
    if: condition,
    // biome-ignore lint/suspicious/noThenProperty: as above
    then: row.regIsZero === undefined ? parseExpr(row.then ?? "") : { regIsZero: row.regIsZero },
  };
}

/** Rules over fields alone. */
export const fieldRules = once((): readonly FieldRule[] => {
  const file: { readonly fieldRules: readonly FieldRuleRow[] } = JSON.parse(fieldRulesText);
  return file.fieldRules.map((row) => ({
    id: row.id,
    rule: readRule(row),
    why: row.why,
    source: row.source,
  }));
});
