/** PSCI version, workarounds, bitmaps of services (arch/arm64/kvm/hypercalls.c: kvm_arm_set_fw_reg). */
import { bitmapBits, psciVersions } from "../../../hosts/facilities.ts";
import { bitmapRegisters, firmwareRegister, idRegister } from "../../../tables/index.ts";
import { type Answer, done, fails, ok } from "../answer.ts";
import type { Vcpu } from "../machine.ts";
import { hasFeature } from "./configuration.ts";
import { freshIdentity, heldIdentity } from "./identity.ts";
import { registersOf } from "./listed.ts";
import { registerRule } from "./rules.ts";

const idOf = (name: string): bigint => firmwareRegister(name)?.id ?? -1n;
const PSCI = idOf("KVM_REG_ARM_PSCI_VERSION");
const WORKAROUND_1 = idOf("KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1");
const WORKAROUND_2 = idOf("KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2");
const WORKAROUND_3 = idOf("KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3");

/** PSCI 0.1: what a vCPU without the feature PSCI_0_2 has, and no other. */
const PSCI_0_1 = 1n;
/** KVM_REG_FEATURE_LEVEL_MASK. */
const LEVEL = 0xfn;
/** Of workaround 2: 0 and 1 say that it is not there, 2 and 3 that the guest is safe. */
const WA2_AVAILABLE = 2n;
const WA2_ENABLED = 1n << 4n;
const WA2_SAFE = 3n;

/** ID_AA64PFR1_EL1.SSBS. */
const PFR1 = idRegister("ID_AA64PFR1_EL1")?.id ?? -1n;
const SSBS_AT = 4n;
const hasSsbs = (pfr1: bigint): boolean => ((pfr1 >> SSBS_AT) & 0xfn) !== 0n;

/** Whether the guest has been told that there is no SSBS, on a host whose kernel mitigates by it. */
const hidesSsbs = ({ vm }: Vcpu): boolean =>
  registerRule<"host" | "guest">(vm.kvm, "workaround-2.ssbs") === "guest" &&
  hasSsbs(freshIdentity(vm, PFR1)) &&
  !hasSsbs(heldIdentity(vm, PFR1));

/** What the host shows; undefined: it has no such register. */
function shown(vcpu: Vcpu, id: bigint): bigint | undefined {
  const value = registersOf(vcpu.vm).get(id);
  if (id === WORKAROUND_2 && value === 0n && hidesSsbs(vcpu)) return WA2_SAFE;
  return value === null ? 0n : value;
}

export function getFirmware(vcpu: Vcpu, id: bigint): Answer<bigint> {
  const fresh = shown(vcpu, id);
  if (fresh === undefined) return fails("ENOENT");
  if (id === PSCI && !hasFeature(vcpu.features, "PSCI_0_2")) return ok(PSCI_0_1);
  return ok(vcpu.vm.registers.get(id) ?? fresh);
}

export function setFirmware(vcpu: Vcpu, id: bigint, value: bigint): Answer<undefined> {
  const fresh = shown(vcpu, id);
  if (fresh === undefined) return fails("ENOENT");
  if (id === PSCI) return setVersion(vcpu, value);
  if (id === WORKAROUND_1 || id === WORKAROUND_3)
    return value > LEVEL || value > (fresh & LEVEL) ? fails("EINVAL") : done;
  if (id === WORKAROUND_2) return setWorkaround2(value, fresh & LEVEL);
  return setBitmap(vcpu, id, value, fresh);
}

function setVersion(vcpu: Vcpu, value: bigint): Answer<undefined> {
  const known =
    value === PSCI_0_1 ? !hasFeature(vcpu.features, "PSCI_0_2") : hasFeature(vcpu.features, "PSCI_0_2");
  const versions = psciVersions(vcpu.vm.kvm.profile)?.names ?? [];
  const taken = versions.some((name) => firmwareRegister("KVM_REG_ARM_PSCI_VERSION")?.values[name] === value);
  if (!known || (value !== PSCI_0_1 && !taken)) return fails("EINVAL");
  vcpu.vm.registers.set(PSCI, value);
  return done;
}

/** A guest that knew itself safe cannot come where it would not be. Nothing is kept. */
function setWorkaround2(value: bigint, level: bigint): Answer<undefined> {
  const asked = value & LEVEL;
  if ((value & ~(LEVEL | WA2_ENABLED)) !== 0n) return fails("EINVAL");
  if ((value & WA2_ENABLED) !== 0n && asked !== WA2_AVAILABLE) return fails("EINVAL");
  if (asked > WA2_SAFE) return fails("EINVAL");
  return level < (asked < WA2_AVAILABLE ? 0n : WA2_SAFE) ? fails("EINVAL") : done;
}

function setBitmap(vcpu: Vcpu, id: bigint, value: bigint, fresh: bigint): Answer<undefined> {
  const name = bitmapRegisters().find((row) => row.id === id)?.name;
  const bits = name === undefined ? undefined : bitmapBits(vcpu.vm.kvm.profile, name);
  if ((value & ~(bits?.known ?? fresh)) !== 0n) return fails("EINVAL");
  const { vm } = vcpu;
  if (vm.ran && value !== (vm.registers.get(id) ?? fresh)) return fails("EBUSY");
  vm.registers.set(id, value);
  return done;
}
