/** A register cut into what a difference may name: its fields, and the bits that belong to none. */
import { type Field, fieldMask, type IdRegister, idRegisterById } from "../tables/index.ts";

export interface Part {
  /** `REGISTER.FIELD`, or `REGISTER bits 15:12`. */
  readonly name: string;
  readonly lsb: number;
  readonly width: number;
  readonly field: Field | undefined;
}

/** Bits of no field, cut where nibbles end, since KVM was asked nibble by nibble. */
function gaps(name: string, covered: bigint): readonly Part[] {
  const found: Part[] = [];
  for (let lsb = 0; lsb < 64; lsb++) {
    if ((covered >> BigInt(lsb)) & 1n) continue;
    const first = lsb;
    while (lsb % 4 !== 3 && !((covered >> BigInt(lsb + 1)) & 1n)) lsb++;
    const width = lsb - first + 1;
    const bits = width === 1 ? `bit ${first}` : `bits ${lsb}:${first}`;
    found.push({ name: `${name} ${bits}`, lsb: first, width, field: undefined });
  }
  return found;
}

function cut(name: string, fields: readonly Field[]): readonly Part[] {
  const covered = fields.reduce((mask, field) => mask | fieldMask(field), 0n);
  const named = fields.map(
    (field): Part => ({ name: `${name}.${field.name}`, lsb: field.lsb, width: field.width, field }),
  );
  return [...named, ...gaps(name, covered)];
}

/** Of the tables' registers alone: a file may name any number of others. */
const made = new WeakMap<IdRegister, readonly Part[]>();

/** All 64 bits of a register, each in one part. */
export function partsOf(id: bigint, name: string): readonly Part[] {
  const register = idRegisterById(id);
  if (register === undefined || register.name !== name) return cut(name, register?.fields ?? []);
  const parts = made.get(register) ?? cut(name, register.fields);
  made.set(register, parts);
  return parts;
}

/** Orders parts as manuals print them: by register, from the highest bit down. */
export const placeOf = (id: bigint, { lsb }: Pick<Part, "lsb">): string =>
  `${id.toString(16).padStart(16, "0")} ${String(63 - lsb).padStart(2, "0")}`;
