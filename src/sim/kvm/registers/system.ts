/** System registers (arch/arm64/kvm/sys_regs.c: kvm_sys_reg_get_user, kvm_sys_reg_set_user). */
import { evaluate } from "../../../tables/index.ts";
import { type Answer, done, fails, ok } from "../answer.ts";
import type { Vcpu, Vm } from "../machine.ts";
import { type Behaviour, behaviourOf, givenByFeatures, type Part } from "./behaviour.ts";
import { isCacheLevels } from "./caches.ts";
import { readClock, setClock } from "./clock.ts";
import { hasFeature } from "./configuration.ts";
import { heldIdentity, setIdentity, setImplementation } from "./identity.ts";
import { registersOf } from "./listed.ts";
import { counterMask, keepControl, withCounters } from "./pmu.ts";
import { registerRule } from "./rules.ts";
import { identityState } from "./view.ts";

const behaviour = (vm: Vm, id: bigint): Behaviour => behaviourOf(vm.kvm.profile, id);

/** Whether the VM's vCPUs have the register: as the profile lists it, unless the VM's ID registers hide it. */
export function isVisible(vm: Vm, id: bigint): boolean {
  const { needs, features } = behaviour(vm, id);
  const given = features?.every((name) => hasFeature(vm.features, name)) === true;
  if (!given && !registersOf(vm).has(id)) return false;
  return needs === undefined || evaluate(needs, identityState(vm)) !== false;
}

/** Registers that follow from the vCPUs' features, listed by the profile or not. */
export const featureIds = (vm: Vm): readonly bigint[] =>
  givenByFeatures(vm.kvm.profile).filter((id) => isVisible(vm, id));

/** Of a timer's control: its condition is met. */
const ISTATUS = 4n;
/** It is enabled. */
const ENABLE = 1n;

/** The bits that some rows speak of, in this VM. */
export function maskOf(vm: Vm, parts: readonly Part[] | undefined): bigint {
  if (parts === undefined) return EVERY;
  const holds = ({ when }: Part): boolean => when === undefined || evaluate(when, identityState(vm)) === true;
  return parts
    .filter(holds)
    .reduce((bits, { mask }) => bits | (mask === "counters" ? counterMask(vm) : mask), 0n);
}

const EVERY = (1n << 64n) - 1n;

/** Whether the guest has gone on since user space last wrote the register, so that it went through the CPU. */
const wentThroughCpu = ({ ran, state }: Vcpu, key: number): boolean =>
  ran && state.retired > (state.written.get(key) ?? -1);

/** What the register holds: of what user space wrote, once the guest has run, the bits that the CPU has. */
function heldIn(vcpu: Vcpu, { key, hardware }: Behaviour): bigint {
  const held = vcpu.state.system.get(key) ?? 0n;
  return hardware !== undefined && wentThroughCpu(vcpu, key) ? held & maskOf(vcpu.vm, hardware) : held;
}

/** A timer's control: with ISTATUS as the counter has it on kernels that work it out, else as the CPU left it. */
function control(vcpu: Vcpu, of: Behaviour): bigint {
  const { vm, state } = vcpu;
  const held = heldIn(vcpu, of);
  if (of.timer === undefined) return held;
  const met = (state.system.get(of.timer.compare) ?? 0n) <= readClock(vcpu, of.timer.counter);
  if (registerRule<"counter" | "kept">(vm.kvm, "timer.status") === "counter")
    return met ? held | ISTATUS : held & ~ISTATUS;
  const runs = of.hardware !== undefined && wentThroughCpu(vcpu, of.key) && (held & ENABLE) !== 0n;
  return runs && met ? held | ISTATUS : held;
}

export function getSystem(vcpu: Vcpu, id: bigint): Answer<bigint> {
  const { vm } = vcpu;
  if (!isVisible(vm, id)) return fails("ENOENT");
  const of = behaviour(vm, id);
  const held = heldIn(vcpu, of) & maskOf(vm, of.shows);
  switch (of.kind) {
    case "identity":
    case "implementation":
      return ok(heldIdentity(vm, id));
    case "ignored":
      return ok(registersOf(vm).get(id) ?? 0n);
    case "counter":
      return ok(readClock(vcpu, id));
    case "control":
      return ok(control(vcpu, of) & maskOf(vm, of.shows));
    case "pmcr":
      return ok(withCounters(vm, held));
    case "invariant":
    case "cache-levels":
    case "lock":
    case "mpidr":
    case "plain":
      return ok(held);
  }
}

export function setSystem(vcpu: Vcpu, id: bigint, value: bigint): Answer<undefined> {
  const { vm, state } = vcpu;
  if (!isVisible(vm, id)) return fails("ENOENT");
  const { kind, key, keeps, writes } = behaviour(vm, id);
  const held = state.system.get(key) ?? 0n;
  const keep = (kept: bigint): Answer<undefined> => {
    const bits = kept & maskOf(vm, keeps);
    state.written.set(key, state.retired);
    state.system.set(key, writes === "set" ? held | bits : writes === "clear" ? held & ~bits : bits);
    return done;
  };
  switch (kind) {
    case "identity":
      return setIdentity(vm, id, value);
    case "implementation":
      return setImplementation(vm, id, value);
    case "invariant":
      return value === held ? done : fails("EINVAL");
    case "cache-levels":
      return isCacheLevels(vm, value) ? keep(value) : fails("EINVAL");
    case "lock":
      return ((value ^ held) & ~LOCKED) === 0n ? keep(value) : fails("EINVAL");
    case "ignored":
      return done;
    case "counter":
      setClock(vcpu, id, value);
      return done;
    case "control":
      return keep(value & ~ISTATUS);
    case "pmcr":
      return keep(keepControl(vcpu, value));
    case "mpidr":
    case "plain":
      return keep(value);
  }
}

/** OSLSR_EL1.OSLK. */
const LOCKED = 2n;
