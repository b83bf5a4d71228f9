/** KVM's calls on a simulated host. Each answers a value, or the errno that the host's kernel would answer. */
export { type Answer, type Errno, fails } from "./answer.ts";
export { type Attributed, getAttribute, hasAttribute, type Payload, setAttribute } from "./attributes.ts";
export { checkExtension, enableCapability } from "./capabilities.ts";
export { createDevice } from "./devices.ts";
export { getEvents, setEvents, type VcpuEvents } from "./events.ts";
export { filterAction } from "./filter.ts";
export { configurationOf, coreOf, guestOf } from "./guest.ts";
export { type Device, type Kvm, STOPPED, type Vcpu, type Vm } from "./machine.ts";
export { setMemory } from "./memory.ts";
export {
  finalizeRegisters,
  freezeAtFirstRun,
  getRegister,
  listRegisters,
  resetVcpuRegisters,
  setRegister,
  writableMasks,
} from "./registers/index.ts";
export { continueGuest, enterGuest, runVcpu } from "./run.ts";
export { finalizeVcpu, getMpState, initVcpu, isFinalized, setMpState } from "./vcpu.ts";
export { createVcpu, createVm, preferredTarget, setCounterOffset } from "./vm.ts";
