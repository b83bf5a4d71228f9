/** What registers hold after init, finalize and the first run. */
import type { Vcpu } from "../machine.ts";

/** After KVM_ARM_VCPU_INIT, once `vcpu.features` is set: system registers and core registers as they are fresh. */
export function resetVcpuRegisters(_vcpu: Vcpu): void {}

/** After KVM_ARM_VCPU_FINALIZE, once `vcpu.finalized` is set. */
export function finalizeRegisters(_vcpu: Vcpu): void {}

/** At the vCPU's first KVM_RUN, before it sets `vcpu.ran` and `vm.ran`. */
export function freezeAtFirstRun(_vcpu: Vcpu): void {}
