/** The VM's ID registers by name. */
import { idRegisters } from "../../../tables/index.ts";
import type { Vm } from "../machine.ts";
import { heldIdentity } from "./identity.ts";
import { registersOf } from "./listed.ts";

/** Every ID register that the VM has, by name. */
export function identityValues(vm: Vm): Readonly<Record<string, bigint>> {
  const registers = registersOf(vm);
  return Object.fromEntries(
    idRegisters()
      .filter(({ id }) => registers.has(id))
      .map(({ name, id }) => [name, heldIdentity(vm, id)]),
  );
}
