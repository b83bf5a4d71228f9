/** KVM_CREATE_VM, KVM_CREATE_VCPU, KVM_ARM_PREFERRED_TARGET, KVM_ARM_SET_COUNTER_OFFSET. */
import { capabilityAnswer } from "../../hosts/facilities.ts";
import { emptyMemory } from "../vcpu/memory.ts";
import { freshState } from "../vcpu/state.ts";
import { type Answer, done, fails, ok } from "./answer.ts";
import { placeRedistributor } from "./gic/redistributors.ts";
import type { Kvm, Vcpu, Vm } from "./machine.ts";
import { callRule, GIC_V3, gicOf } from "./objects.ts";
import { preferredTargetOf } from "./targets.ts";

/** KVM_VM_TYPE_ARM_IPA_SIZE_MASK: what else is in the machine type is refused. */
const TYPE_MASK = 0xffn;
const DEFAULT_IPA_BITS = 40;
const FEWEST_IPA_BITS = 32;
/** VGIC_V3_MAX_CPUS. */
const DEFAULT_VCPUS = 512;

/** KVM_MAX_VCPU_IDS: what no VM takes, whatever its interrupt controller. */
const MOST_IDS = 512;

/** KVM_CAP_ARM_VM_IPA_SIZE, KVM_CAP_MAX_VCPUS. */
const IPA_SIZE = 165;
const MAX_VCPUS = 66;

/**
 * KVM_CREATE_VM (kvm_arch_init_vm, kvm_init_stage2_mmu).
 *
 * @param type bits 7:0 the size of the guest-physical address space in bits, 0 for 40
 */
export function createVm(kvm: Kvm, type: bigint): Answer<Vm> {
  if ((type & ~TYPE_MASK) !== 0n) return fails("EINVAL");
  // Every kernel answers something: 0 is a profile that does not tell.
  const most = capabilityAnswer(kvm.profile, IPA_SIZE).value || DEFAULT_IPA_BITS;
  const asked = Number(type & TYPE_MASK);
  const ipaBits = asked === 0 ? DEFAULT_IPA_BITS : asked;
  if (ipaBits > most || ipaBits < FEWEST_IPA_BITS) return fails("EINVAL");
  return ok({
    kvm,
    type,
    ipaBits,
    enabled: new Set(),
    vcpus: new Map(),
    devices: [],
    memory: emptyMemory(),
    logged: new Set(),
    filter: [],
    registers: new Map(),
    counterOffset: undefined,
    ran: false,
    halts: new Set(),
    dead: false,
    mostVcpus: capabilityAnswer(kvm.profile, MAX_VCPUS).value || DEFAULT_VCPUS,
    splitChunk: 0n,
    features: undefined,
    width: undefined,
    timers: new Map(),
    timersFixed: false,
    pmu: { events: [], counters: undefined, unit: undefined },
  });
}

function newVcpu(vm: Vm, id: number): Vcpu {
  return {
    vm,
    id,
    index: vm.vcpus.size,
    features: undefined,
    target: undefined,
    asked: 0,
    kept: 0,
    finalized: new Set(),
    vectorLengths: undefined,
    mpState: 0,
    ran: false,
    timersReady: false,
    timers: new Map(callRule<"vm" | "vcpu">(vm.kvm, "timers.of") === "vm" ? vm.timers : []),
    state: freshState(),
    pmu: { initialised: false, irq: undefined },
    stolenTime: undefined,
    events: { serrorPending: false, serrorHasEsr: false, serrorEsr: 0n, dataAbortPending: false },
  };
}

/** KVM_CREATE_VCPU (kvm_vm_ioctl_create_vcpu, kvm_arch_vcpu_precreate, kvm_vgic_vcpu_init). */
export function createVcpu(vm: Vm, id: number): Answer<Vcpu> {
  if (vm.dead) return fails("EIO");
  if (id >= MOST_IDS || vm.vcpus.size >= vm.mostVcpus) return fails("EINVAL");
  if (vm.vcpus.has(id) && callRule<boolean>(vm.kvm, "vcpu.same-id-first")) return fails("EEXIST");
  const gic = gicOf(vm);
  if (gic?.initialised === true) return fails("EBUSY");
  if (id >= vm.mostVcpus) return fails("EINVAL");
  const vcpu = newVcpu(vm, id);
  if (gic?.type === GIC_V3) {
    const placed = placeRedistributor(gic, vcpu.index);
    if (!placed.ok) return placed;
  }
  if (vm.vcpus.has(id)) {
    gic?.placed.delete(vcpu.index);
    return fails("EEXIST");
  }
  vm.vcpus.set(id, vcpu);
  return ok(vcpu);
}

/**
 * KVM_ARM_PREFERRED_TARGET.
 *
 * @returns bits 31:0 the target, bits 63:32 features[0]
 */
export function preferredTarget(vm: Vm): Answer<bigint> {
  return vm.dead ? fails("EIO") : ok(BigInt(preferredTargetOf(vm.kvm)));
}

/**
 * KVM_ARM_SET_COUNTER_OFFSET (kvm_vm_ioctl_set_counter_offset).
 *
 * @param offset what the guest's counters are behind the host's
 * @param reserved must be 0
 */
export function setCounterOffset(vm: Vm, offset: bigint, reserved: bigint): Answer<undefined> {
  if (vm.dead) return fails("EIO");
  const missing = callRule<`E${string}` | null>(vm.kvm, "counter-offset.missing");
  if (missing !== null) return fails(missing);
  if (reserved !== 0n) return fails("EINVAL");
  vm.counterOffset = offset;
  return done;
}
