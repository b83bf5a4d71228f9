/** KVM_RUN. */
import { runCore } from "../vcpu/engine.ts";
import { takeException, takeInterrupt } from "../vcpu/system/exceptions.ts";
import { fixBits } from "../vcpu/system/index.ts";
import type { Stop } from "../vcpu/world.ts";
import { entryFailure } from "./entry.ts";
import { coreOf, refreshGuest } from "./guest.ts";
import { STOPPED, type Vcpu } from "./machine.ts";
import { freezeAtFirstRun } from "./registers/index.ts";

const SUSPENDED = 10;

/** ESR_ELx.EC of a data abort from the same level and from a lower one, and of an SError; ISS of an external abort. */
const DATA_ABORT_SAME = 0x25;
const DATA_ABORT_LOWER = 0x24;
const SERROR = 0x2fn;
const EXTERNAL_ABORT = 0x10;
const EC_AT = 26n;
const IL = 1n << 25n;
/** PSTATE.A: an SError waits. */
const MASKS_SERROR = 0x4;

/** The first KVM_RUN that gets this far: from now on much of the VM stays as it is. */
function freeze(vcpu: Vcpu): void {
  if (vcpu.ran) return;
  freezeAtFirstRun(vcpu);
  vcpu.ran = true;
  vcpu.vm.ran = true;
  refreshGuest(vcpu);
  fixBits(coreOf(vcpu));
}

/**
 * What user space has asked for by KVM_SET_VCPU_EVENTS, once the guest can take it. An SError that the guest masks is
 * looked at again at the next KVM_RUN.
 */
function takePending(vcpu: Vcpu): void {
  const { events, state } = vcpu;
  const { pstate } = state;
  if (events.dataAbortPending) {
    events.dataAbortPending = false;
    takeException(coreOf(vcpu), {
      ec: pstate.el === 0 ? DATA_ABORT_LOWER : DATA_ABORT_SAME,
      iss: EXTERNAL_ABORT,
      far: 0n,
    });
  } else if (events.serrorPending && (pstate.daif & MASKS_SERROR) === 0) {
    events.serrorPending = false;
    const level = pstate.el === 2 ? 2 : 1;
    takeInterrupt(coreOf(vcpu), "serror", level, (SERROR << EC_AT) | IL | events.serrorEsr);
  }
}

/**
 * What KVM_RUN does before the guest executes anything.
 *
 * @returns why it does not get there; undefined: the vCPU is in the guest
 */
export function enterGuest(vcpu: Vcpu): Stop | undefined {
  const errno = entryFailure(vcpu);
  if (errno !== undefined) return { kind: "fails", errno };
  freeze(vcpu);
  if (vcpu.mpState === STOPPED) return { kind: "waits", why: "stopped" };
  if (vcpu.mpState === SUSPENDED) return { kind: "waits", why: "suspended" };
  refreshGuest(vcpu);
  takePending(vcpu);
  return undefined;
}

/**
 * Goes on inside the guest where `enterGuest` or an earlier call left off.
 *
 * @param budget most instructions to execute
 */
export function continueGuest(vcpu: Vcpu, budget: number): Stop {
  if (vcpu.mpState === STOPPED) return { kind: "waits", why: "stopped" };
  if (vcpu.mpState === SUSPENDED) return { kind: "waits", why: "suspended" };
  const core = coreOf(vcpu);
  const last = core.state.retired + budget;
  for (;;) {
    const stop = runCore(core, last - core.state.retired);
    if (stop.kind !== "waits" || stop.why !== "wfe") return stop;
    // WFE only lets others have their turn (kvm_vcpu_on_spin).
    if (core.state.retired >= last) return { kind: "budget" };
  }
}

/**
 * KVM_RUN: enters the guest and comes back when KVM would return to user space, when the vCPU waits, or when so many
 * instructions were executed.
 *
 * @param budget most instructions to execute; 0: only what comes before the first
 */
export const runVcpu = (vcpu: Vcpu, budget: number): Stop =>
  enterGuest(vcpu) ?? (budget === 0 ? { kind: "budget" } : continueGuest(vcpu, budget));
