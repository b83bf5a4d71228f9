/** ID registers and their fields; `data/registers.json`. */
import text from "./data/registers.json?raw";
import { sysregId } from "./encoding.ts";
import { indexed, once } from "./load.ts";
import type { Field, FieldRole, IdRegister, SafeKind } from "./types.ts";

/** What a row leaves out: `role` is the register kind's own, `absent` 0, `safeValue` that of `absent`, `source` the register's. */
interface FieldRow {
  readonly name: string;
  readonly linux?: string;
  /** Lowest bit, width. */
  readonly at: readonly [number, number];
  readonly signed?: true;
  readonly values?: Readonly<Record<number, string>>;
  readonly unit?: Field["unit"];
  readonly absent?: number;
  readonly safe?: SafeKind;
  readonly safeValue?: number;
  readonly role?: FieldRole;
  readonly facility?: string;
  readonly hiddenSince?: string;
  readonly declared?: string;
  readonly cap?: number;
  readonly source?: string;
}

interface RegisterRow {
  readonly name: string;
  readonly kind: IdRegister["kind"];
  /** op0, op1, CRn, CRm, op2. */
  readonly at: readonly [number, number, number, number, number];
  readonly contract?: true;
  readonly source: string;
  readonly fields: readonly FieldRow[];
}

const defaultRole: Readonly<Record<IdRegister["kind"], FieldRole>> = {
  "aarch64-id": "feature",
  "aarch32-id": "aarch32",
  identification: "host",
  "extension-id": "host",
};

function readField(row: FieldRow, register: RegisterRow): Field {
  const { name, linux, at, values, unit, safe, facility, hiddenSince, declared, cap } = row;
  const absent = row.absent ?? 0;
  // One shape for all fields, whatever they lack: hundreds of them are made at every start.
  return {
    register: register.name,
    name,
    linuxName: linux,
    lsb: at[0],
    width: at[1],
    signed: row.signed === true,
    values,
    unit,
    safe,
    safeValue: safe === undefined ? undefined : (row.safeValue ?? absent),
    role: row.role ?? defaultRole[register.kind],
    facility,
    hiddenSince,
    absent,
    declared,
    cap,
    source: row.source ?? register.source,
  };
}

function readRegister(row: RegisterRow): IdRegister {
  const [op0, op1, crn, crm, op2] = row.at;
  return {
    name: row.name,
    kind: row.kind,
    op0,
    op1,
    crn,
    crm,
    op2,
    id: sysregId(op0, op1, crn, crm, op2),
    fields: row.fields.map((field) => readField(field, row)),
    contract: row.contract === true,
    source: row.source,
  };
}

/** Every ID register, in the file's order. */
export const idRegisters = once((): readonly IdRegister[] => {
  const file: { readonly registers: readonly RegisterRow[] } = JSON.parse(text);
  return file.registers.map(readRegister);
});

/** The registers that a contract decides, in order of id. */
export const contractRegisters = once((): readonly IdRegister[] =>
  idRegisters()
    .filter((register) => register.contract)
    .sort((a, b) => (a.id < b.id ? -1 : 1)),
);

/** By name, as Arm spells it. */
export const idRegister: (name: string) => IdRegister | undefined = indexed(idRegisters, (row) => [row.name]);

/** By KVM ONE_REG id. */
export const idRegisterById: (id: bigint) => IdRegister | undefined = indexed(idRegisters, (row) => [row.id]);

const fieldIndex = indexed(
  () => idRegisters().flatMap((register) => register.fields),
  (row) => [fieldKey(row), ...(row.linuxName === undefined ? [] : [`${row.register}.${row.linuxName}`])],
);

/** A field by Arm's or Linux's spelling. */
export function field(register: string, name: string): Field | undefined {
  return fieldIndex(`${register}.${name}`);
}

/** How a field is called where one word has to do: `ID_AA64PFR0_EL1.EL0`. */
export const fieldKey = ({ register, name }: Pick<Field, "register" | "name">): string =>
  `${register}.${name}`;

/** The field of such a key, by Arm's or Linux's spelling. */
export const fieldCalled = (key: string): Field | undefined => fieldIndex(key);

/** The register of such a key, whether or not there is such a field. */
export const registerOfKey = (key: string): string => key.split(".", 1)[0] ?? "";

/** The name of a value, if it has one. */
export function valueName(of: Field, value: number): string | undefined {
  return of.values?.[value];
}

/** A field's unsigned value as its kind reads it: 0b1111 of a signed four-bit field is -1. */
export function signedValue(of: Field, value: number): number {
  return of.signed && value >= 2 ** (of.width - 1) ? value - 2 ** of.width : value;
}

/** Orders two unsigned values of a field by its kind: signed where the field is. */
export function compareFieldValues(of: Field, a: number, b: number): -1 | 0 | 1 {
  const [left, right] = [signedValue(of, a), signedValue(of, b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** The highest value of a field that KVM shows to a guest, whatever the host has. */
export function kvmCap(of: Field): number | undefined {
  return of.cap;
}
