/** KVM_ARM_VCPU_PMU_V3_CTRL: the PMU of vCPUs. */

import { type Answer, done, fails, ok } from "../answer.ts";
import { isPpi, isSpi, ownInterrupt } from "../gic/interrupts.ts";
import type { Vcpu, Vm } from "../machine.ts";
import { callRule, gicOf } from "../objects.ts";
import { hasPmu } from "../vcpu.ts";
import { fieldOf } from "./host-fields.ts";
import { knowsAttribute } from "./known.ts";
import { numberBytes, type Payload, readInt, readNumber } from "./payload.ts";

export const PMU_GROUP = 0;
const IRQ = 0;
const INIT = 1;
const FILTER = 2;
const SET_PMU = 3;
const SET_COUNTERS = 4;

/** The host's PMU by its perf type: as KVM takes it where user space does not choose. */
export function setDefaultPmu(vm: Vm): void {
  vm.pmu.unit ??= callRule<number>(vm.kvm, "pmu.type");
}

/**
 * How many events the PMU of the host has numbers for: 2^10 with the first version of PMUv3, else 2^16
 * (__kvm_pmu_event_mask).
 */
function eventCount(vm: Vm): number {
  const version = fieldOf(vm.kvm.profile, "ID_AA64DFR0_EL1", "PMUVer");
  return version === 1 ? 1 << 10 : 1 << 16;
}

/** Counters of the host, without the one of cycles. */
const hostCounters = (vm: Vm): number => fieldOf(vm.kvm.profile, "PMCR_EL0", "N") ?? 0;

/** pmu_irq_is_valid: a private number is every vCPU's, a shared one is one vCPU's alone. */
const irqFits = (vm: Vm, irq: number): boolean =>
  [...vm.vcpus.values()].every(
    ({ pmu }) => pmu.irq === undefined || (isPpi(irq) ? pmu.irq === irq : pmu.irq !== irq),
  );

function setIrq(vcpu: Vcpu, payload: Payload): Answer<undefined> {
  const { vm } = vcpu;
  if (gicOf(vm) === undefined) return fails("EINVAL");
  const irq = readInt(payload);
  if (!irq.ok) return irq;
  if (!isPpi(irq.value) && !isSpi(irq.value)) return fails("EINVAL");
  if (!irqFits(vm, irq.value)) return fails("EINVAL");
  if (vcpu.pmu.irq !== undefined) return fails("EBUSY");
  vcpu.pmu.irq = irq.value;
  return done;
}

/** kvm_arm_pmu_v3_init. */
function initialise(vcpu: Vcpu): Answer<undefined> {
  const gic = gicOf(vcpu.vm);
  if (vcpu.vm.pmu.unit === undefined) return fails("ENXIO");
  if (gic !== undefined) {
    if (!gic.initialised) return fails("ENODEV");
    if (vcpu.pmu.irq === undefined) return fails("ENXIO");
    const owned = ownInterrupt(vcpu, vcpu.pmu.irq, `PMU of ${vcpu.index}`);
    if (!owned.ok) return owned;
  }
  vcpu.pmu.initialised = true;
  return done;
}

/** struct kvm_pmu_event_filter: base_event, nevents, action, padding that KVM does not look at. */
function addEvents({ vm }: Vcpu, payload: Payload): Answer<undefined> {
  const read = readNumber(payload, 8);
  if (!read.ok) return read;
  const first = Number(read.value & 0xffffn);
  const count = Number((read.value >> 16n) & 0xffffn);
  const action = Number((read.value >> 32n) & 0xffn);
  if (first + count > eventCount(vm) || action > 1) return fails("EINVAL");
  if (vm.ran) return fails("EBUSY");
  if (vm.pmu.unit === undefined) return fails("ENXIO");
  // Even a range of nothing counts: the first one decides about the events in no range.
  vm.pmu.events.push({ first, last: first + count - 1, action: action === 0 ? "allow" : "deny" });
  return done;
}

/** kvm_arm_pmu_v3_set_pmu: the host has one. */
function choose({ vm }: Vcpu, payload: Payload): Answer<undefined> {
  const type = readInt(payload);
  if (!type.ok) return type;
  if (type.value !== callRule<number>(vm.kvm, "pmu.type")) return fails("ENXIO");
  if (vm.ran || (vm.pmu.events.length > 0 && vm.pmu.unit !== type.value)) return fails("EBUSY");
  vm.pmu.unit = type.value;
  vm.pmu.counters = undefined;
  return done;
}

/** kvm_arm_pmu_v3_set_nr_counters. */
function setCounters({ vm }: Vcpu, payload: Payload): Answer<undefined> {
  const count = readNumber(payload, 4);
  if (!count.ok) return count;
  if (vm.pmu.unit === undefined || count.value > BigInt(hostCounters(vm))) return fails("EINVAL");
  vm.pmu.counters = Number(count.value);
  return done;
}

/** kvm_arm_pmu_v3_has_attr. */
export const hasPmuAttribute = (vcpu: Vcpu, attribute: number): Answer<undefined> =>
  hasPmu(vcpu) && knowsAttribute(vcpu.vm.kvm, "vcpu", PMU_GROUP, attribute) ? done : fails("ENXIO");

/** kvm_arm_pmu_v3_get_attr. */
export function getPmuAttribute(vcpu: Vcpu, attribute: number): Answer<Uint8Array> {
  if (attribute !== IRQ) return fails("ENXIO");
  if (gicOf(vcpu.vm) === undefined) return fails("EINVAL");
  if (!hasPmu(vcpu)) return fails("ENODEV");
  return vcpu.pmu.irq === undefined ? fails("ENXIO") : ok(numberBytes(BigInt(vcpu.pmu.irq), 4));
}

/** kvm_arm_pmu_v3_set_attr. */
export function setPmuAttribute(vcpu: Vcpu, attribute: number, payload: Payload): Answer<undefined> {
  if (!hasPmu(vcpu)) return fails("ENODEV");
  if (vcpu.pmu.initialised) return fails("EBUSY");
  if (callRule<boolean>(vcpu.vm.kvm, "pmu.default-at-attribute")) setDefaultPmu(vcpu.vm);
  if (!knowsAttribute(vcpu.vm.kvm, "vcpu", PMU_GROUP, attribute)) return fails("ENXIO");
  switch (attribute) {
    case IRQ:
      return setIrq(vcpu, payload);
    case INIT:
      return initialise(vcpu);
    case FILTER:
      return addEvents(vcpu, payload);
    case SET_PMU:
      return choose(vcpu, payload);
    case SET_COUNTERS:
      return setCounters(vcpu, payload);
    default:
      return fails("ENXIO");
  }
}
