/** Why KVM_RUN fails before it enters the guest (kvm_arch_vcpu_run_pid_change). */

import type { Errno } from "./answer.ts";
import { defaultInterrupt } from "./attributes/timers.ts";
import { hasSpi, isPpi, ownInterrupt } from "./gic/interrupts.ts";
import { framesFit, V3_DISTRIBUTOR } from "./gic/redistributors.ts";
import type { Device, Vcpu } from "./machine.ts";
import { callRule, GIC_V3, gicOf } from "./objects.ts";
import { hasFeature } from "./registers/configuration.ts";
import { finalizeIdentity } from "./registers/reset.ts";
import { hasPmu, isFinalized } from "./vcpu.ts";

/** Addresses of a GICv2: its distributor, and its CPU interface. */
const V2_DISTRIBUTOR = 0;
const V2_CPU = 1;

/** How many timers there are: those of EL1, and with those of EL2. */
const TIMERS_OF_EL1 = 2;
const TIMERS = 4;
/** INTID of a GIC's maintenance interrupt in a guest with an EL2 of its own, and the attribute that sets it. */
const MAINTENANCE = 25;
const MAINTENANCE_GROUP = 9n;

/** vgic_v3_map_resources, vgic_v2_map_resources. */
function mapFailure(gic: Device, vcpus: Iterable<Vcpu>): Errno | undefined {
  if (gic.type === GIC_V3) {
    if (!gic.addresses.has(V3_DISTRIBUTOR)) return "ENXIO";
    for (const { index } of vcpus) if (!gic.placed.has(index)) return "ENXIO";
    if (!framesFit(gic)) return "EINVAL";
    return gic.initialised ? undefined : "EBUSY";
  }
  if (!gic.addresses.has(V2_DISTRIBUTOR) || !gic.addresses.has(V2_CPU)) return "ENXIO";
  gic.initialised = true;
  return undefined;
}

/** kvm_timer_enable: each timer of a vCPU has an interrupt of its own. */
function claimTimers(vcpu: Vcpu): Errno | undefined {
  const count = hasFeature(vcpu.features, "HAS_EL2") ? TIMERS : TIMERS_OF_EL1;
  const claimed = new Set<number>();
  // Whose turn it is decides who keeps an interrupt that two want, also for the next try.
  for (const timer of callRule<readonly number[]>(vcpu.vm.kvm, "timers.order").slice(0, count)) {
    const intid = vcpu.vm.timers.get(timer) ?? defaultInterrupt(timer);
    if (!ownInterrupt(vcpu, intid, `timer ${timer}`).ok) break;
    claimed.add(intid);
  }
  if (claimed.size !== count) return "EINVAL";
  vcpu.vm.timersFixed = true;
  return undefined;
}

/** kvm_arm_pmu_v3_enable. */
function pmuFailure(vcpu: Vcpu): Errno | undefined {
  if (!hasPmu(vcpu)) return undefined;
  const { initialised, irq } = vcpu.pmu;
  if (!initialised) return "EINVAL";
  if (gicOf(vcpu.vm) === undefined) return irq === undefined ? undefined : "EINVAL";
  return irq !== undefined && (isPpi(irq) || hasSpi(vcpu.vm, irq)) ? undefined : "EINVAL";
}

/** What a vCPU's first KVM_RUN needs beyond the vCPU itself. */
function firstRunFailure(vcpu: Vcpu): Errno | undefined {
  const { vm } = vcpu;
  const gic = gicOf(vm);
  if (gic !== undefined) {
    const errno = mapFailure(gic, vm.vcpus.values());
    if (errno !== undefined) {
      vm.dead = true;
      return errno;
    }
  }
  finalizeIdentity(vm);
  if (hasFeature(vcpu.features, "HAS_EL2")) {
    const intid = Number(gic?.attributes.get(MAINTENANCE_GROUP << 32n) ?? MAINTENANCE);
    const owned = ownInterrupt(vcpu, intid, "maintenance");
    if (!owned.ok) return owned.errno;
  }
  if (!vcpu.timersReady) {
    const errno = gic === undefined ? undefined : claimTimers(vcpu);
    if (errno !== undefined) return errno;
    vcpu.timersReady = true;
  }
  return pmuFailure(vcpu);
}

/** The errno with which KVM_RUN fails; undefined: it enters the guest. */
export function entryFailure(vcpu: Vcpu): Errno | undefined {
  if (vcpu.vm.dead) return "EIO";
  if (vcpu.features === undefined) return "ENOEXEC";
  if (!isFinalized(vcpu)) return "EPERM";
  return vcpu.ran ? undefined : firstRunFailure(vcpu);
}
