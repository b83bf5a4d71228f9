/** A CPU model's fields while it is being resolved, and the questions that rules ask of it. */
import type { Origin } from "../../contract.ts";
import {
  type Architecture,
  compareFieldValues,
  type Expr,
  type ExprState,
  evaluate,
  type Feature,
  type Field,
  type FieldSetting,
  fieldKey,
  feature as findFeature,
  field as findField,
} from "../../tables/index.ts";

/** A field with its value so far. */
export interface Cell {
  readonly field: Field;
  readonly value: bigint | "host";
  readonly origin: Origin;
}

/** Keyed by `REGISTER.FIELD`. */
export type Cells = Map<string, Cell>;

export function settingKey(setting: FieldSetting): string {
  const found = findField(setting.reg, setting.field);
  return found === undefined ? `${setting.reg}.${setting.field}` : fieldKey(found);
}

/**
 * Answers rules about a set of cells. A field left to the host makes what depends on it unknown, never
 * false, so that a rule is broken only where it is broken on every host.
 */
export function stateOf(cells: ReadonlyMap<string, Cell>, architecture: Architecture | undefined): ExprState {
  return stateFrom(cells, architecture, () => true);
}

/**
 * The same for the architecture's constraints: of a field that KVM hides from every guest nothing is known. KVM
 * itself shows FEAT_S1PIE without FEAT_ATS1A, which that requires, and no statement could change it.
 */
export function constraintState(
  cells: ReadonlyMap<string, Cell>,
  architecture: Architecture | undefined,
): ExprState {
  return stateFrom(cells, architecture, ({ field }) => field.role !== "hidden");
}

function stateFrom(
  cells: ReadonlyMap<string, Cell>,
  architecture: Architecture | undefined,
  counts: (cell: Cell) => boolean,
): ExprState {
  const known = new Map<string, boolean | undefined>();
  const state: ExprState = {
    field: (register, name) => {
      const cell = cells.get(`${register}.${name}`);
      return cell === undefined || cell.value === "host" || !counts(cell) ? undefined : Number(cell.value);
    },
    arch: (version) => architecture?.includes.includes(version),
    feature: (name) => {
      if (known.has(name)) return known.get(name);
      known.set(name, undefined);
      const advertised: Expr | undefined = findFeature(name)?.advertisedBy;
      const answer = advertised === undefined ? undefined : evaluate(advertised, state);
      known.set(name, answer);
      return answer;
    },
  };
  return state;
}

/** Raises (or, for an exact value, sets) the fields that advertise a feature. Fields that are high enough stay. */
export function makePresent(cells: Cells, settings: readonly FieldSetting[], origin: Origin): void {
  for (const setting of settings) {
    const key = settingKey(setting);
    const cell = cells.get(key);
    if (cell === undefined) continue;
    const wanted = BigInt(setting.value);
    const enough =
      cell.value !== "host" &&
      (setting.how === "eq"
        ? cell.value === wanted
        : compareFieldValues(cell.field, Number(cell.value), setting.value) >= 0);
    if (!enough) cells.set(key, { ...cell, value: wanted, origin });
  }
}

/** The highest value that the field can have below `value`, in the order of its kind. */
function levelBelow(field: Field, value: number): bigint {
  const codes = Object.keys(field.values ?? {}).map(Number);
  const below = codes.filter((code) => compareFieldValues(field, code, value) < 0);
  const best = below.reduce<number | undefined>(
    (highest, code) =>
      highest === undefined || compareFieldValues(field, code, highest) > 0 ? code : highest,
    undefined,
  );
  return BigInt(best ?? field.absent);
}

/** Lowers the fields that advertise a feature until it is gone. */
export function makeAbsent(
  cells: Cells,
  feature: Feature,
  architecture: Architecture | undefined,
  origin: Origin,
): void {
  for (const setting of feature.absent) {
    const key = settingKey(setting);
    const cell = cells.get(key);
    if (cell === undefined) continue;
    const low =
      cell.value !== "host" && compareFieldValues(cell.field, Number(cell.value), setting.value) < 0;
    if (!low) cells.set(key, { ...cell, value: levelBelow(cell.field, setting.value), origin });
    if (feature.absentAll !== true && stateOf(cells, architecture).feature(feature.name) === false) return;
  }
}
