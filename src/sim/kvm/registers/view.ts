/** The VM's ID registers as expressions ask for them. */
import {
  type ExprState,
  fieldOf,
  fieldState,
  field as findField,
  idRegister,
} from "../../../tables/index.ts";
import type { Vm } from "../machine.ts";
import { heldIdentity } from "./identity.ts";
import { registersOf } from "./listed.ts";

/**
 * What the VM's ID registers say now. Each register is looked up when it is asked for: most expressions ask for one. Of
 * a register that the VM does not have nothing is known, but for an AArch64 ID register, which reads as zero.
 */
export function identityState(vm: Vm): ExprState {
  const registers = registersOf(vm);
  return fieldState(
    (register, name) => {
      const row = idRegister(register);
      const of = findField(register, name);
      if (row === undefined || of === undefined) return undefined;
      if (registers.has(row.id)) return Number(fieldOf(heldIdentity(vm, row.id), of));
      return row.kind === "aarch64-id" ? 0 : undefined;
    },
    () => false,
  );
}
