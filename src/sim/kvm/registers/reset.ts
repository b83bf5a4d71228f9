/** What registers hold after init, finalize and the first run. */

import { fieldMask, field as findField, idRegister } from "../../../tables/index.ts";
import { SP, writePc, writeX } from "../../vcpu/state.ts";
import type { Vcpu, Vm } from "../machine.ts";
import { GIC_V3, gicOf } from "../objects.ts";
import { behaviourOf, type Kind, UNKNOWN } from "./behaviour.ts";
import { freshCacheLevels, getDemux } from "./caches.ts";
import { hasFeature } from "./configuration.ts";
import { hostHasAarch32 } from "./host.ts";
import { heldIdentity } from "./identity.ts";
import { CLASSES, classOf, isSystemId } from "./ids.ts";
import { registersOf } from "./listed.ts";
import { counters, keptControl, startPmu } from "./pmu.ts";
import { writePstate } from "./pstate.ts";
import { registerRule } from "./rules.ts";
import { resetVectors } from "./sve.ts";
import { featureIds, maskOf } from "./system.ts";

const AARCH64_EL1 = 0x3c5n;
const AARCH64_EL2 = 0x3c9n;
const AARCH32_SVC = 0x1d3n;

/** MPIDR_EL1: RES1, and the vCPU's id in affinity levels of 16, 256 and 256 (reset_mpidr). */
export const mpidrOf = (id: number): bigint =>
  0x8000_0000n | BigInt(id & 0xf) | (BigInt((id >> 4) & 0xff) << 8n) | (BigInt((id >> 12) & 0xff) << 16n);

function resetCore({ state, features }: Vcpu): void {
  writePstate(
    state,
    hasFeature(features, "EL1_32BIT")
      ? AARCH32_SVC
      : hasFeature(features, "HAS_EL2")
        ? AARCH64_EL2
        : AARCH64_EL1,
  );
  for (let n = 0; n < 31; n++) writeX(state, n, 0n);
  state.stackPointers.fill(0n);
  writeX(state, SP, 0n);
  writePc(state, 0n);
  state.exclusive = undefined;
}

/** What KVM makes of a register by itself. */
function madeBy(vcpu: Vcpu, kind: Kind): bigint {
  switch (kind) {
    case "mpidr":
      return mpidrOf(vcpu.id);
    case "cache-levels":
      return freshCacheLevels(vcpu.vm);
    case "pmcr":
      return keptControl(vcpu.vm, 0n);
    default:
      return UNKNOWN;
  }
}

/** Counters of the PMU, if the vCPU has one. */
const ownCounters = (vcpu: Vcpu): bigint =>
  hasFeature(vcpu.features, "PMU_V3") ? BigInt(counters(vcpu.vm)) : 0n;

const isElsewhere = (kind: Kind): boolean =>
  kind === "identity" || kind === "implementation" || kind === "counter" || kind === "ignored";

/** A vCPU's own ID registers. */
const isOwnIdentity = (kind: Kind): boolean => kind === "mpidr" || kind === "cache-levels";

function resetSystem(vcpu: Vcpu): void {
  const { vm, state } = vcpu;
  const { profile } = vm.kvm;
  const keeps = registerRule<"fresh" | "kept">(vm.kvm, "identity.second-init") === "kept";
  const before = new Map(state.system);
  state.system.clear();
  const registers = registersOf(vm);
  for (const id of new Set([...registers.keys(), ...featureIds(vm)])) {
    if (!isSystemId(id)) continue;
    const { kind, key, reset, resetWithin, stays } = behaviourOf(profile, id);
    if (isElsewhere(kind)) continue;
    state.written.set(key, state.retired);
    const told = reset === "counters" ? ownCounters(vcpu) : reset;
    const kept = stays === true || (keeps && isOwnIdentity(kind)) ? before.get(key) : undefined;
    const read = kind === "mpidr" ? null : registers.get(id);
    state.system.set(key, kept ?? (told ?? read ?? madeBy(vcpu, kind)) & maskOf(vm, resetWithin));
  }
}

/** Once set, CCSIDR_EL1 stays so over every later init. */
function resetCaches(vcpu: Vcpu): void {
  for (const id of registersOf(vcpu.vm).keys()) {
    if (classOf(id) !== CLASSES.demux) continue;
    const held = getDemux(vcpu, id);
    if (held.ok) vcpu.state.caches.set(Number(id & 0xffn), held.value);
  }
}

/** After KVM_ARM_VCPU_INIT, once `features` are set: system, core and vector registers are fresh (kvm_reset_vcpu). */
export function resetVcpuRegisters(vcpu: Vcpu): void {
  resetCore(vcpu);
  resetVectors(vcpu);
  resetSystem(vcpu);
  resetCaches(vcpu);
}

/** After KVM_ARM_VCPU_FINALIZE, once `finalized` is set: there are vectors now, all zero. */
export function finalizeRegisters(_vcpu: Vcpu): void {}

function setField(vm: Vm, register: string, name: string, value: number): void {
  const id = idRegister(register)?.id;
  const of = findField(register, name);
  if (id === undefined || of === undefined || !registersOf(vm).has(id)) return;
  vm.registers.set(id, (heldIdentity(vm, id) & ~fieldMask(of)) | (BigInt(value) << BigInt(of.lsb)));
}

/** A field that the first run sets. */
interface ShownField {
  readonly register: string;
  readonly field: string;
  readonly value: number;
  /** The register is one of AArch32: without that it reads as zero. */
  readonly aarch32?: true;
}

/** At the vCPU's first KVM_RUN, before it sets `vcpu.ran` and `vm.ran`. */
export function freezeAtFirstRun(vcpu: Vcpu): void {
  finalizeIdentity(vcpu.vm);
  enterCpu(vcpu);
}

/**
 * Of a VM that has not run: ID registers of what it has and has not (kvm_finalize_sys_regs). KVM_RUN does so before it looks
 * at the timers and the PMU, so also where it fails because of them.
 */
export function finalizeIdentity(vm: Vm): void {
  if (vm.ran) return;
  const gic = gicOf(vm);
  if (gic === undefined)
    for (const [register, name] of registerRule<readonly (readonly [string, string])[]>(
      vm.kvm,
      "without-gic",
    ))
      setField(vm, register, name, 0);
  if (gic?.type !== GIC_V3) return;
  for (const { register, field, value, aarch32 } of registerRule<readonly ShownField[]>(vm.kvm, "with-gicv3"))
    if (aarch32 !== true || hostHasAarch32(vm.kvm.profile)) setField(vm, register, field, value);
}

/** The PMU acts on its control, and of PSTATE the CPU has no more bits than it has. */
function enterCpu(vcpu: Vcpu): void {
  if (!hasFeature(vcpu.features, "EL1_32BIT")) vcpu.state.pstateRest = 0n;
  if (hasFeature(vcpu.features, "PMU_V3")) startPmu(vcpu);
}
