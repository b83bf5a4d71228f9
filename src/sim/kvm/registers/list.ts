/** KVM_GET_REG_LIST. */
import { type Answer, fails, ok } from "../answer.ts";
import type { Vcpu } from "../machine.ts";

/** KVM_GET_REG_LIST, ids in order of number. */
export function listRegisters(vcpu: Vcpu): Answer<readonly bigint[]> {
  return vcpu.features === undefined ? fails("ENOEXEC") : ok([]);
}
