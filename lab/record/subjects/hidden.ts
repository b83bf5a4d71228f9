/** Features hidden by writing their ID fields, and then what they gate executed all the same. */
import type { ScriptCase, ScriptStep } from "../../../src/recordings/index.ts";
import {
  type Expr,
  type Field,
  feature,
  field,
  instructions,
  sysInstructions,
  systemRegister,
  systemRegisterAt,
  systemRegisters,
} from "../../../src/tables/index.ts";
import { ask, caseOf, get, idOf, offered, run, step } from "../build.ts";
import { mayAskSys } from "../excluded.ts";
import { representatives } from "../families.ts";
import { mrs } from "../words.ts";
import { everyLevel, namesIn, sysStep } from "./instructions.ts";

/** Of many SYS instructions and registers behind one feature, so many are tried. */
const MOST_TRIED = 10;

/** Writes one field and leaves it so. */
const hide = ({ register, name, lsb, width, absent }: Field): ScriptStep =>
  step(
    { kind: "put", vcpu: 0, id: idOf(register), lsb, width, value: BigInt(absent) },
    `${register}.${name}`,
  );

/** The fields whose values make a feature absent. */
const fieldsOf = (name: string): readonly Field[] =>
  (feature(name)?.absent ?? []).flatMap(({ reg, field: of }) => field(reg, of) ?? []);

/** A register by MRS at EL1. */
const read = (name: string): readonly ScriptStep[] => {
  const row = systemRegister(name);
  return row === undefined ? [] : [ask(1, mrs(row), [], name)];
};

/** What a feature gates, as questions; those that EL1 may ask first. */
function gatedBy(name: string): readonly ScriptStep[] {
  const isGated = ({ gate }: { readonly gate?: Expr }): boolean =>
    gate !== undefined && namesIn(gate).includes(name);
  const calls = sysInstructions().filter((row) => isGated(row) && mayAskSys(row.name) && row.op1 !== 6);
  const own = calls.filter(({ op1 }) => op1 !== 4);
  const registers = representatives(
    systemRegisters().filter(
      (row) =>
        isGated(row) &&
        row.access !== "wo" &&
        (row.minEL === "EL0" || row.minEL === "EL1") &&
        systemRegisterAt(row) === row,
    ),
  );
  return [
    ...everyLevel(instructions().filter(isGated)),
    ...[...own, ...calls.filter((row) => !own.includes(row))].slice(0, MOST_TRIED).map(sysStep(1)),
    ...registers.slice(0, MOST_TRIED).flatMap((row) => read(row.name)),
  ];
}

export function hiddenCases(): readonly ScriptCase[] {
  const names = new Set(
    [...instructions(), ...sysInstructions(), ...systemRegisters()].flatMap(({ gate }) =>
      gate === undefined ? [] : namesIn(gate),
    ),
  );
  return [...names].sort().flatMap((name) => {
    const fields = fieldsOf(name);
    const questions = gatedBy(name);
    if (fields.length === 0 || questions.length === 0) return [];
    return [
      caseOf(
        `${name} hidden`,
        offered(),
        fields.map(hide),
        run(),
        questions,
        fields.map(({ register }) => get(idOf(register))),
        run(),
        fields.flatMap(({ register }) => read(register)),
      ),
    ];
  });
}
