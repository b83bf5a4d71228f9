/** Every system register and SYS instruction with what makes it exist; `data/system-registers.json`, `data/sys-instructions.json`. */
import instructionsText from "./data/sys-instructions.json?raw";
import registersText from "./data/system-registers.json?raw";
import type { Encoding } from "./encoding.ts";
import { parseExpr } from "./expr.ts";
import { indexed, once } from "./load.ts";
import type { Expr, SysInstruction, SystemRegister } from "./types.ts";

/** Columns: name, encoding `op0:op1:CRn:CRm:op2`, access, lowest exception level, gate, source. */
type RegisterRow = readonly [string, string, "rw" | "r" | "w", SystemRegister["minEL"], string?, string?];
/** Columns: name, encoding, whether it takes a register, gate, source. */
type InstructionRow = readonly [string, string, boolean, string?, string?];

function readEncoding(text: string): Encoding {
  const [op0 = 0, op1 = 0, crn = 0, crm = 0, op2 = 0] = text.split(":").map(Number);
  return { op0, op1, crn, crm, op2 };
}

function withGate<T extends object>(row: T, gate: string | undefined): T & { readonly gate?: Expr } {
  if (gate === undefined || gate === "") return row;
  const parsed = once(() => parseExpr(gate));
  return Object.defineProperty(row, "gate", { get: parsed, enumerable: true });
}

const access = { rw: "rw", r: "ro", w: "wo" } as const;

/** Every system register, in order of name. */
export const systemRegisters = once((): readonly SystemRegister[] => {
  const file: { readonly source: string; readonly systemRegisters: readonly RegisterRow[] } =
    JSON.parse(registersText);
  return file.systemRegisters.map(([name, encoding, how, minEL, gate, source]) =>
    withGate(
      { name, ...readEncoding(encoding), access: access[how], minEL, source: source ?? file.source },
      gate,
    ),
  );
});

/** By name, `TCR2_EL1`. */
export const systemRegister: (name: string) => SystemRegister | undefined = indexed(
  systemRegisters,
  (row) => [row.name],
);

const keyOf = ({ op0, op1, crn, crm, op2 }: Encoding): number =>
  (op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;

const byEncoding = indexed(systemRegisters, (row) => [keyOf(row)]);

/** By encoding; of the two pairs that share one, the first by name. */
export function systemRegisterAt(encoding: Encoding): SystemRegister | undefined {
  return byEncoding(keyOf(encoding));
}

/** Every SYS instruction, by group. */
export const sysInstructions = once((): readonly SysInstruction[] => {
  const file: { readonly source: string; readonly sysInstructions: readonly InstructionRow[] } =
    JSON.parse(instructionsText);
  return file.sysInstructions.map(([name, encoding, takesRegister, gate, source]) =>
    withGate({ name, ...readEncoding(encoding), takesRegister, source: source ?? file.source }, gate),
  );
});
