/** Registers by name and by encoding, and the trap that an access to one can be. */
import {
  type Encoding,
  type Expr,
  idRegisters,
  sysregEncoding,
  systemRegister,
  systemRegisters,
} from "../../../tables/index.ts";
import { once } from "../../../tables/load.ts";
import type { Level } from "../state.ts";
import { encodingKey, type Trap } from "../world.ts";

/** ESR_ELx.EC of a trapped MRS, MSR or SYS. */
const EC_SYSTEM = 0x18;
const READ = 1;

/** The trap of an access, as ESR_ELx says it. The general register's number is left out. */
export const systemTrap = (key: number, read: boolean, level?: 1 | 2): Trap => {
  const { op0, op1, crn, crm, op2 } = sysregEncoding(BigInt(key));
  const iss = (op0 << 20) | (op2 << 17) | (op1 << 14) | (crn << 10) | (crm << 1) | (read ? READ : 0);
  return { ec: EC_SYSTEM, iss, ...(level === undefined ? {} : { level }) };
};

/** The space of ID registers for which FEAT_IDST has an exception of its own: an encoding there that nobody has. */
export const isIdEncoding = ({ op0, op1, crn, crm }: Encoding): boolean =>
  op0 === 3 && (op1 === 0 || op1 === 1 || op1 === 3) && crn === 0 && crm < 8;

export interface Named {
  readonly name: string;
  readonly minLevel: Level | 3;
  readonly gate: Expr | undefined;
}

const levelOf = { EL0: 0, EL1: 1, EL2: 2, EL3: 3 } as const;

/** Registers by encoding, apart for reads and writes: two registers can share an encoding. */
function indexOf(dropped: "ro" | "wo"): ReadonlyMap<number, Named> {
  const found = new Map<number, Named>();
  const rows = [
    ...systemRegisters(),
    ...idRegisters().map((row) => ({
      ...row,
      access: "ro" as const,
      minEL: "EL1" as const,
      gate: undefined,
    })),
  ];
  for (const row of rows) {
    const key = encodingKey(row);
    if (row.access !== dropped && !found.has(key))
      found.set(key, { name: row.name, minLevel: levelOf[row.minEL], gate: row.gate });
  }
  return found;
}

/** Registers that can be read, and those that can be written, by key. */
export const readable = once(() => indexOf("wo"));
export const writable = once(() => indexOf("ro"));

/** A register's name, for messages and tests; undefined: no register has that key. */
export const nameOf = (key: number): string | undefined => (readable().get(key) ?? writable().get(key))?.name;

/** A register's key by its name. @throws on names that the tables lack: they come from the tables only */
export function keyOf(name: string): number {
  const row = systemRegister(name);
  if (row === undefined) throw new Error(`no system register is called ${name}`);
  return encodingKey(row);
}
