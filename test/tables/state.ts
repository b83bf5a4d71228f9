/** Field values by name, and expressions asked about them, for the laws of the tables. */
import {
  compareFieldValues,
  contractRegisters,
  type Expr,
  type ExprState,
  evaluate,
  type Field,
  type FieldSetting,
  feature,
  field,
  mentioned,
} from "../../src/tables/index.ts";

export type Values = Map<string, number>;

export const keyOf = (one: Field): string => `${one.register}.${one.name}`;

export function fieldAt(setting: { readonly reg: string; readonly field: string }): Field {
  const found = field(setting.reg, setting.field);
  if (found === undefined) throw new Error(`${setting.reg}.${setting.field}`);
  return found;
}

/** Every field of a contract at its lowest: nothing is there. */
export const nothing = (): Values =>
  new Map(
    contractRegisters().flatMap((register) =>
      register.fields.map((one) => [keyOf(one), one.absent] as const),
    ),
  );

/** `given`: features taken as present whatever the fields say. */
export function stateOf(
  values: ReadonlyMap<string, number>,
  given: ReadonlySet<string> = new Set(),
): ExprState {
  const state: ExprState = {
    arch: () => false,
    field: (register, name) => values.get(`${register}.${name}`),
    feature: (name) => {
      if (given.has(name)) return true;
      const expr: Expr | undefined = feature(name)?.advertisedBy;
      return expr === undefined ? undefined : evaluate(expr, state);
    },
  };
  return state;
}

export function makePresent(values: Values, settings: readonly FieldSetting[]): void {
  for (const setting of settings) {
    const of = fieldAt(setting);
    const now = values.get(keyOf(of)) ?? of.absent;
    if (setting.how === "eq" || compareFieldValues(of, now, setting.value) < 0)
      values.set(keyOf(of), setting.value);
  }
}

/** The highest code of a field that orders below `value`. */
function below(of: Field, value: number): number {
  const codes = Array.from({ length: 2 ** of.width }, (_, code) => code).filter(
    (code) => compareFieldValues(of, code, value) < 0,
  );
  return codes.reduce(
    (best, code) => (compareFieldValues(of, code, best) > 0 ? code : best),
    codes[0] ?? of.absent,
  );
}

export function makeAbsent(values: Values, settings: readonly FieldSetting[]): void {
  for (const setting of settings) {
    const of = fieldAt(setting);
    const now = values.get(keyOf(of)) ?? of.absent;
    if (setting.how === "eq") values.set(keyOf(of), setting.value);
    else if (compareFieldValues(of, now, setting.value) >= 0) values.set(keyOf(of), below(of, setting.value));
  }
}

export function featuresOf(...exprs: readonly (Expr | undefined)[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const expr of exprs) if (expr !== undefined) mentioned(expr, { feature: (name) => names.add(name) });
  return names;
}
