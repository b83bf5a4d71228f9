/** KVM_GET_ONE_REG, KVM_SET_ONE_REG and what goes with them. */
export { getRegister, setRegister } from "./access.ts";
export { physicalOffset, virtualOffset } from "./clock.ts";
export { listRegisters } from "./list.ts";
export { writableMasks } from "./masks.ts";
export { finalizeIdentity, finalizeRegisters, freezeAtFirstRun, resetVcpuRegisters } from "./reset.ts";
