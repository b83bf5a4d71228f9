/** The counters as user space reads and sets them (arch/arm64/kvm/arch_timer.c). */
import { parseOneReg } from "../../../tables/index.ts";
import { counterFrequency } from "../guest.ts";
import type { Vcpu, Vm } from "../machine.ts";

const NANOSECONDS = 1_000_000_000n;
const TIMER_CNT = parseOneReg("KVM_REG_ARM_TIMER_CNT") ?? 0n;
const PTIMER_CNT = parseOneReg("KVM_REG_ARM_PTIMER_CNT") ?? 0n;

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);

/** The host's counter when it made the VM: it had been up for a while. */
const AT_START = 10_000_000_000n;

/** The host's counter: an instruction of the guest takes a nanosecond. */
const hostCount = (vcpu: Vcpu): bigint =>
  AT_START + (BigInt(vcpu.state.retired) * counterFrequency(vcpu)) / NANOSECONDS;

/**
 * What a counter is behind the host's: as the VM's offset says, which is for all of them, else as it was set. The virtual
 * counter of a new VM begins at zero, the physical one is the host's.
 */
const offset = (vm: Vm, id: bigint): bigint =>
  vm.counterOffset ?? vm.registers.get(id) ?? (id === TIMER_CNT ? AT_START : 0n);

/** What the guest's virtual counter is behind a count that began with the VM; wraps at 64 bits. */
export const virtualOffset = (vm: Vm): bigint => wrap(offset(vm, TIMER_CNT) - AT_START);

/** The same of the physical counter. */
export const physicalOffset = (vm: Vm): bigint => wrap(offset(vm, PTIMER_CNT) - AT_START);

/** @param id KVM_REG_ARM_TIMER_CNT or KVM_REG_ARM_PTIMER_CNT */
export const readClock = (vcpu: Vcpu, id: bigint): bigint => wrap(hostCount(vcpu) - offset(vcpu.vm, id));

/** Moves the counter for every vCPU of the VM; dropped where the VM has an offset. */
export function setClock(vcpu: Vcpu, id: bigint, value: bigint): void {
  if (vcpu.vm.counterOffset === undefined) vcpu.vm.registers.set(id, wrap(hostCount(vcpu) - value));
}
