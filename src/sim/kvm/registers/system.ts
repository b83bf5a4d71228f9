/** System registers (arch/arm64/kvm/sys_regs.c: kvm_sys_reg_get_user, kvm_sys_reg_set_user). */
import { evaluate, registerState } from "../../../tables/index.ts";
import { type Answer, done, fails, ok } from "../answer.ts";
import type { Vcpu, Vm } from "../machine.ts";
import { type Behaviour, behaviourOf } from "./behaviour.ts";
import { configurationOfVm } from "./configuration.ts";
import { hostCacheField } from "./host.ts";
import { heldIdentity, setIdentity, setImplementation } from "./identity.ts";
import { identityValues } from "./view.ts";

const behaviour = (vm: Vm, id: bigint): Behaviour => behaviourOf(vm.kvm.profile.kernel.version, id);

/** Whether the VM's vCPUs have the register: as the profile lists it, unless the VM's ID registers hide it. */
export function isVisible(vm: Vm, id: bigint): boolean {
  if (!configurationOfVm(vm).registers.has(id)) return false;
  const { needs } = behaviour(vm, id);
  return needs === undefined || evaluate(needs, registerState(identityValues(vm), "")) !== false;
}

/** KVM_REG_ARM_TIMER_CTL.ISTATUS. */
const ISTATUS = 4n;

export function getSystem(vcpu: Vcpu, id: bigint): Answer<bigint> {
  const { vm, state } = vcpu;
  if (!isVisible(vm, id)) return fails("ENOENT");
  const { kind, key } = behaviour(vm, id);
  if (kind === "identity" || kind === "implementation") return ok(heldIdentity(vm, id));
  if (kind === "ignored") return ok(0n);
  if (kind === "counter") return ok(BigInt.asUintN(64, BigInt(state.retired) - (vm.registers.get(id) ?? 0n)));
  return ok(state.system.get(key) ?? 0n);
}

export function setSystem(vcpu: Vcpu, id: bigint, value: bigint): Answer<undefined> {
  const { vm, state } = vcpu;
  if (!isVisible(vm, id)) return fails("ENOENT");
  const { kind, key } = behaviour(vm, id);
  const held = state.system.get(key) ?? 0n;
  switch (kind) {
    case "identity":
      return setIdentity(vm, id, value);
    case "implementation":
      return setImplementation(vm, id, value);
    case "invariant":
      return value === held ? done : fails("EINVAL");
    case "cache-levels":
      return setCacheLevels(vcpu, key, value);
    case "lock":
      if (((value ^ held) & ~LOCKED) !== 0n) return fails("EINVAL");
      break;
    case "ignored":
      return done;
    case "counter":
      vm.registers.set(id, BigInt.asUintN(64, BigInt(state.retired) - value));
      return done;
    case "control":
      state.system.set(key, value & ~ISTATUS);
      return done;
    case "pmcr":
    case "counters":
    case "mpidr":
    case "plain":
      break;
  }
  state.system.set(key, value);
  return done;
}

/** OSLSR_EL1.OSLK. */
const LOCKED = 2n;

/** What of CLIDR_EL1 is no field. */
const CLIDR_RES0 = ~((1n << 47n) - 1n);
const LEVEL = 7n;
const LOUIS_AT = 21n;
const LOC_AT = 24n;
const LOUU_AT = 27n;

/** Levels without need to clean them are taken only where the host's caches are so (CTR_EL0.IDC). */
function setCacheLevels({ vm, state }: Vcpu, key: number, value: bigint): Answer<undefined> {
  const at = (lsb: bigint): bigint => (value >> lsb) & LEVEL;
  const noCleaning = at(LOC_AT) === 0n || (at(LOUIS_AT) === 0n && at(LOUU_AT) === 0n);
  const hostNeedsNone = hostCacheField(vm.kvm.profile, "IDC") === 1n;
  if ((value & CLIDR_RES0) !== 0n || (noCleaning && !hostNeedsNone)) return fails("EINVAL");
  state.system.set(key, value);
  return done;
}
