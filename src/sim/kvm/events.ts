/** KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS. */
import { capabilityAnswer } from "../../hosts/facilities.ts";
import { type Answer, done, fails, ok } from "./answer.ts";
import type { Vcpu } from "./machine.ts";
import { callRule } from "./objects.ts";

/** struct kvm_vcpu_events without its reserved words. */
export interface VcpuEvents {
  /** The first eight bytes as a number: serror_pending, serror_has_esr, ext_dabt_pending, then padding. */
  readonly bytes: bigint;
  /** serror_esr. */
  readonly esr: bigint;
}

/** KVM_CAP_ARM_INJECT_SERROR_ESR: the host has RAS. */
const RAS = 158;
/** ESR_ELx.ISS, and the bit that says that it holds nothing (kvm_inject_serror). */
const ISS = 0x1ff_ffffn;
const ISV = 0x100_0000n;
/** Bytes of the padding. */
const PAD_AT = 24n;

const hasRas = (vcpu: Vcpu): boolean => capabilityAnswer(vcpu.vm.kvm.profile, RAS).value > 0;

/** Whether the vCPU is far enough for its events. */
const mayAsk = (vcpu: Vcpu): boolean =>
  vcpu.features !== undefined || !callRule<boolean>(vcpu.vm.kvm, "events.after-init");

/** KVM_GET_VCPU_EVENTS (__kvm_arm_vcpu_get_events). A data abort is never said to be pending. */
export function getEvents(vcpu: Vcpu): Answer<VcpuEvents> {
  if (vcpu.vm.dead) return fails("EIO");
  if (!mayAsk(vcpu)) return fails("ENOEXEC");
  const { serrorPending, serrorEsr } = vcpu.events;
  const ras = hasRas(vcpu);
  return ok({
    bytes: (serrorPending ? 1n : 0n) | (ras ? 0x100n : 0n),
    esr: serrorPending && ras ? serrorEsr : 0n,
  });
}

/** KVM_SET_VCPU_EVENTS (kvm_arm_vcpu_set_events); a pending SError is never taken back. */
export function setEvents(vcpu: Vcpu, { bytes, esr }: VcpuEvents): Answer<undefined> {
  if (vcpu.vm.dead) return fails("EIO");
  if (!mayAsk(vcpu)) return fails("ENOEXEC");
  if (bytes >> PAD_AT !== 0n) return fails("EINVAL");
  const pending = (bytes & 0xffn) !== 0n;
  const hasEsr = (bytes & 0xff00n) !== 0n;
  const abort = (bytes & 0xff_0000n) !== 0n;
  if (abort && callRule<boolean>(vcpu.vm.kvm, "events.abort-first")) vcpu.events.dataAbortPending = true;
  if (pending && hasEsr && (!hasRas(vcpu) || (esr & ~ISS) !== 0n)) return fails("EINVAL");
  if (pending) {
    vcpu.events.serrorPending = true;
    vcpu.events.serrorHasEsr = hasEsr;
    vcpu.events.serrorEsr = hasEsr ? esr : ISV;
  }
  if (abort) vcpu.events.dataAbortPending = true;
  return done;
}
