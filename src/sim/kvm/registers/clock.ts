/** The counters as user space reads and sets them (arch/arm64/kvm/arch_timer.c). */
import { parseOneReg } from "../../../tables/index.ts";
import { counterFrequency } from "../guest.ts";
import type { Vcpu, Vm } from "../machine.ts";

const NANOSECONDS = 1_000_000_000n;
const TIMER_CNT = parseOneReg("KVM_REG_ARM_TIMER_CNT") ?? 0n;

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);

/** The host's counter: an instruction of the guest takes a nanosecond. */
const hostCount = (vcpu: Vcpu): bigint => (BigInt(vcpu.state.retired) * counterFrequency(vcpu)) / NANOSECONDS;

/** What a counter is behind the host's: as the VM's offset says, which is for all of them, else as it was set. */
const offset = (vm: Vm, id: bigint): bigint => vm.counterOffset ?? vm.registers.get(id) ?? 0n;

/** What the guest's virtual counter is behind the host's. */
export const virtualOffset = (vm: Vm): bigint => offset(vm, TIMER_CNT);

/** @param id KVM_REG_ARM_TIMER_CNT or KVM_REG_ARM_PTIMER_CNT */
export const readClock = (vcpu: Vcpu, id: bigint): bigint => wrap(hostCount(vcpu) - offset(vcpu.vm, id));

/** Moves the counter for every vCPU of the VM; dropped where the VM has an offset. */
export function setClock(vcpu: Vcpu, id: bigint, value: bigint): void {
  if (vcpu.vm.counterOffset === undefined) vcpu.vm.registers.set(id, wrap(hostCount(vcpu) - value));
}
