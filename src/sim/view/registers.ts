/** ID registers as the guest reads them, field by field, with who decided each. */
import type { Contract, FieldContract } from "../../contract.ts";
import type { Expected, RegisterOutcome, View } from "../../predict/index.ts";
import {
  type ExprState,
  evaluate,
  type Field,
  featuresNaming,
  fieldKey,
  fieldOf,
  type IdRegister,
  idRegisters,
  mentioned,
  registerState,
  valueName,
} from "../../tables/index.ts";
import { byHost, byKvm, byOrigin, type Decider } from "./decider.ts";

export interface FieldSeen {
  readonly field: Field;
  /** Unsigned. */
  readonly value: bigint;
  /** The value's name, or its quantity (`40 bits`). */
  readonly meaning: string | undefined;
  /** Features that the guest is told of and that this field takes part in. */
  readonly features: readonly string[];
  readonly decided: Decider;
  /** Worth a line where not all are shown: a statement decided it, or it says that something is there. */
  readonly notable: boolean;
}

export interface RegisterSeen {
  readonly register: IdRegister;
  readonly outcome: Expected<RegisterOutcome>;
  /** From the highest bit to the lowest; empty where it has no value. */
  readonly fields: readonly FieldSeen[];
}

/** The features that the guest's ID registers say are there. */
export function viewState(view: View): ExprState {
  const values: Record<string, bigint> = {};
  for (const [name, outcome] of view.registers)
    if (outcome.known && typeof outcome.value === "bigint") values[name] = outcome.value;
  return registerState(values, "");
}

/** What a field's value says in words. */
export function meaningOf(field: Field, value: bigint): string | undefined {
  const unit = field.unit?.codes[Number(value)];
  if (field.unit !== undefined && unit !== undefined) return `${unit} ${field.unit.name}`;
  return field.width > 32 ? undefined : valueName(field, Number(value));
}

function featuresShown(field: Field, state: ExprState): readonly string[] {
  return featuresNaming([fieldKey(field)])
    .filter(({ advertisedBy }) => {
      if (advertisedBy === undefined || evaluate(advertisedBy, state) !== true) return false;
      let takesPart = false;
      mentioned(advertisedBy, {
        field: (register, name) => {
          takesPart ||= register === field.register && name === field.name;
        },
      });
      return takesPart;
    })
    .map(({ name }) => name);
}

/** Who decided what the guest sees in a field. */
export function fieldDecider(contracted: FieldContract | undefined, seen: bigint, because: string): Decider {
  if (contracted === undefined) return byHost(undefined, because);
  if (contracted.value === "host") return byHost(contracted.origin);
  return contracted.value === seen ? byOrigin(contracted.origin) : byKvm(because);
}

function fieldSeen(
  field: Field,
  register: IdRegister,
  value: bigint,
  because: string,
  contracted: FieldContract | undefined,
  state: ExprState,
): FieldSeen {
  const seen = fieldOf(value, field);
  const decided = fieldDecider(contracted, seen, because);
  const there = register.kind !== "aarch32-id" && seen !== BigInt(field.absent);
  return {
    field,
    value: seen,
    meaning: meaningOf(field, seen),
    features: seen === BigInt(field.absent) ? [] : featuresShown(field, state),
    decided,
    notable: there || decided.by === "statement" || decided.by === "kvm",
  };
}

/** Every ID register in the order of the table. */
export function registersSeen(contract: Contract, view: View): readonly RegisterSeen[] {
  const state = viewState(view);
  const contracted = new Map(contract.registers.map((one) => [one.name, one.fields]));
  return idRegisters().flatMap((register) => {
    const outcome = view.registers.get(register.name);
    if (outcome === undefined) return [];
    const value = outcome.known && typeof outcome.value === "bigint" ? outcome.value : undefined;
    const decided = contracted.get(register.name);
    const fields =
      value === undefined
        ? []
        : register.fields.map((field) =>
            fieldSeen(
              field,
              register,
              value,
              outcome.because,
              decided?.find(({ name }) => name === field.name),
              state,
            ),
          );
    return [{ register, outcome, fields }];
  });
}
