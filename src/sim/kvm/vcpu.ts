/** KVM_ARM_VCPU_INIT, KVM_ARM_VCPU_FINALIZE, KVM_GET_MP_STATE, KVM_SET_MP_STATE. */
import { capabilityAnswer } from "../../hosts/facilities.ts";
import { compareVersions, seriesOf, vcpuFeature, vcpuFeatures } from "../../tables/index.ts";
import { once } from "../../tables/load.ts";
import { type Answer, done, fails, ok } from "./answer.ts";
import { setDefaultPmu } from "./attributes/pmu.ts";
import { RUNNABLE, STOPPED, type Vcpu, type Vm } from "./machine.ts";
import { callRule, hasBit } from "./objects.ts";
import { finalizeRegisters, resetVcpuRegisters } from "./registers/index.ts";
import { acceptsTarget } from "./targets.ts";

/** KVM_MP_STATE_*. */
const SUSPENDED = 10;

const MTE = 205;
const EL2_E2H0 = 241;

const bitOf = (name: string): number => vcpuFeature(name)?.index ?? -1;
const bits = once(() => ({
  powerOff: bitOf("POWER_OFF"),
  el1Is32Bit: bitOf("EL1_32BIT"),
  pmu: bitOf("PMU_V3"),
  sve: bitOf("SVE"),
  addressAuthentication: bitOf("PTRAUTH_ADDRESS"),
  genericAuthentication: bitOf("PTRAUTH_GENERIC"),
  el2: bitOf("HAS_EL2"),
  el2WithoutE2h: bitOf("HAS_EL2_E2H0"),
  strictPmu: bitOf("PMU_V3_STRICT"),
}));

/** Whether KVM gives a vCPU a feature, by bit: vCPUs of the VM share them where the kernel has them share. */
function isGiven(vcpu: Vcpu, bit: number): boolean {
  const word =
    callRule<"vm" | "vcpu">(vcpu.vm.kvm, "features.of") === "vm" ? vcpu.vm.features : vcpu.features;
  return hasBit(word ?? vcpu.asked, bit);
}

export const hasPmu = (vcpu: Vcpu): boolean => isGiven(vcpu, bits().pmu);

/** Whether everything that must be finalised is (kvm_arm_vcpu_is_finalized). */
export const isFinalized = (vcpu: Vcpu): boolean =>
  !isGiven(vcpu, bits().sve) || vcpu.finalized.has(bits().sve);

/** How many features the host's kernel knows: bits from 0 up. */
function knownFeatures(vm: Vm): number {
  const series = seriesOf(vm.kvm.profile.kernel.version);
  const known = vcpuFeatures().filter(({ since }) => compareVersions(series, since) >= 0);
  return Math.max(...known.map(({ index }) => index)) + 1;
}

/** Whether a bit is set that the kernel does not know, in any of the words. */
const asksUnknown = (vm: Vm, [first = 0, ...others]: readonly number[]): boolean =>
  first >= 2 ** knownFeatures(vm) || others.some((word) => word !== 0);

/** Features that the host lacks, and those that do not go together: kvm_vcpu_init_check_features. */
function isImpossible(vm: Vm, word: number): boolean {
  const of = bits();
  const offers = (number: number): boolean => capabilityAnswer(vm.kvm.profile, number).value > 0;
  const has = (bit: number): boolean => bit >= 0 && hasBit(word, bit);
  const lacking = vcpuFeatures().some(
    ({ index, capability, name }) =>
      name !== "HAS_EL2_E2H0" && capability !== null && hasBit(word, index) && !offers(capability),
  );
  return (
    lacking ||
    has(of.addressAuthentication) !== has(of.genericAuthentication) ||
    (has(of.strictPmu) && !has(of.pmu)) ||
    (has(of.el1Is32Bit) && (vm.enabled.has(MTE) || has(of.el2))) ||
    // kvm_vcpu_init_nested asks for it, and only of a guest with EL2.
    (has(of.el2) && has(of.el2WithoutE2h) && !offers(EL2_E2H0))
  );
}

/** Where vCPUs share the VM's features (kvm_vcpu_set_target, __kvm_vcpu_set_target). */
function setSharedFeatures(vcpu: Vcpu, words: readonly number[]): Answer<undefined> {
  const { vm } = vcpu;
  const [word = 0] = words;
  if (asksUnknown(vm, words)) return fails("ENOENT");
  if (isImpossible(vm, word) || (vm.features !== undefined && vm.features !== word)) return fails("EINVAL");
  vm.features = word;
  vcpu.features = word;
  if (hasBit(word, bits().pmu) && !hasBit(word, bits().strictPmu)) setDefaultPmu(vm);
  return done;
}

/** The register width is the VM's from the first init on that gets so far (kvm_set_vm_width). */
function setWidth(vm: Vm, word: number): boolean {
  const bit = bits().el1Is32Bit;
  const width = hasBit(word, bit) ? 32 : 64;
  if (vm.width !== undefined) return vm.width === width;
  if (width === 32 && isImpossible(vm, 2 ** bit)) return false;
  vm.width = width;
  return true;
}

/** Facilities that the vCPU gets one after another, and keeps although a later one is refused (kvm_reset_vcpu). */
function giveFacilities(vcpu: Vcpu, word: number): boolean {
  const { sve, addressAuthentication, genericAuthentication, pmu } = bits();
  for (const facility of [[sve], [addressAuthentication, genericAuthentication], [pmu]]) {
    const wanted = facility.filter((bit) => hasBit(word, bit)).reduce((sum, bit) => sum + 2 ** bit, 0);
    if (wanted === 0) continue;
    if (isImpossible(vcpu.vm, wanted)) return false;
    vcpu.kept |= wanted;
  }
  return true;
}

/**
 * Where each vCPU has features of its own: they are looked at bit by bit, and those before the bit that is refused
 * stay for the next try.
 */
function setOwnFeatures(vcpu: Vcpu, words: readonly number[]): Answer<undefined> {
  const { vm } = vcpu;
  const [word = 0] = words;
  const known = knownFeatures(vm);
  for (let bit = 0; bit < known; bit++) {
    const wanted = hasBit(word, bit);
    if (vcpu.features !== undefined && hasBit(vcpu.asked, bit) !== wanted) return fails("EINVAL");
    if (wanted && !hasBit(vcpu.asked, bit)) vcpu.asked += 2 ** bit;
  }
  if (asksUnknown(vm, words)) return fails("ENOENT");
  if (!setWidth(vm, vcpu.asked) || !giveFacilities(vcpu, vcpu.asked)) {
    vcpu.asked = 0;
    vcpu.features = undefined;
    return fails("EINVAL");
  }
  vcpu.features = vcpu.asked | vcpu.kept;
  vm.features ??= vcpu.features;
  return done;
}

/**
 * KVM_ARM_VCPU_INIT (kvm_arch_vcpu_ioctl_vcpu_init).
 *
 * @param target KVM_ARM_TARGET_*
 * @param features the words of kvm_vcpu_init, from the first; those that are not given are 0
 */
export function initVcpu(vcpu: Vcpu, target: number, features: readonly number[]): Answer<undefined> {
  const { vm } = vcpu;
  if (vm.dead) return fails("EIO");
  const [first = 0, ...others] = features;
  const { powerOff } = bits();
  const own = callRule<"vm" | "vcpu">(vm.kvm, "features.of") === "vcpu";
  const off = hasBit(first, powerOff);
  const words = [off && !own ? first - 2 ** powerOff : first, ...others];
  if (!acceptsTarget(vm.kvm, target)) return fails("EINVAL");
  const set = own ? setOwnFeatures(vcpu, words) : setSharedFeatures(vcpu, words);
  if (!set.ok) return set;
  vcpu.target = target;
  if (!vcpu.ran || callRule<"always" | "before-run">(vm.kvm, "events.end-at-init") === "always") {
    vcpu.events.serrorPending = false;
    vcpu.events.serrorEsr = 0n;
  }
  vcpu.events.dataAbortPending = false;
  vcpu.mpState = off ? STOPPED : RUNNABLE;
  resetVcpuRegisters(vcpu);
  return done;
}

/**
 * KVM_ARM_VCPU_FINALIZE (kvm_arm_vcpu_finalize).
 *
 * @param feature its bit
 */
export function finalizeVcpu(vcpu: Vcpu, feature: number): Answer<undefined> {
  if (vcpu.vm.dead) return fails("EIO");
  if (vcpu.features === undefined) return fails("ENOEXEC");
  if (feature !== bits().sve || !isGiven(vcpu, feature)) return fails("EINVAL");
  if (vcpu.finalized.has(feature)) return fails("EPERM");
  vcpu.finalized.add(feature);
  finalizeRegisters(vcpu);
  return done;
}

/** KVM_GET_MP_STATE: 0 runnable, 5 stopped, 10 suspended. */
export function getMpState(vcpu: Vcpu): Answer<number> {
  return vcpu.vm.dead ? fails("EIO") : ok(vcpu.mpState);
}

/** KVM_SET_MP_STATE (kvm_arch_vcpu_ioctl_set_mpstate): before init too. */
export function setMpState(vcpu: Vcpu, state: number): Answer<undefined> {
  if (vcpu.vm.dead) return fails("EIO");
  if (state !== RUNNABLE && state !== STOPPED && state !== SUSPENDED) return fails("EINVAL");
  vcpu.mpState = state;
  return done;
}
