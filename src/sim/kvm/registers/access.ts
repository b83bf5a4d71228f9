/** KVM_GET_ONE_REG and KVM_SET_ONE_REG. */
import { type Answer, fails } from "../answer.ts";
import type { Vcpu } from "../machine.ts";

/** KVM_GET_ONE_REG: the value, of whatever width. */
export function getRegister(vcpu: Vcpu, _id: bigint): Answer<bigint> {
  return vcpu.features === undefined ? fails("ENOEXEC") : fails("ENOENT");
}

/** KVM_SET_ONE_REG; bits of `value` beyond the register's width are not looked at. */
export function setRegister(vcpu: Vcpu, _id: bigint, _value: bigint): Answer<undefined> {
  return vcpu.features === undefined ? fails("ENOEXEC") : fails("ENOENT");
}
