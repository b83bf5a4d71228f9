/**
 * Names that are macros of the kernel's user-space headers (`linux/kvm.h`, `asm/kvm.h` of arm64). A header
 * that is too old, or another architecture's, lacks some; the generated header then defines them.
 */

/** Prefixes of the names that a Plan uses and the kernel defines as macros. Enumerators are not among them. */
const macroPrefixes = ["KVM_CAP_", "KVM_REG_ARM_", "KVM_REG_ARM64_", "KVM_ARM_VCPU_", "KVM_ARM_VM_"] as const;

export function isUapiMacro(name: string): boolean {
  return /^[A-Z][A-Z0-9_]*$/.test(name) && macroPrefixes.some((prefix) => name.startsWith(prefix));
}

/** Macros of the vCPU features, by index: arch/arm64/include/uapi/asm/kvm.h (Linux 7.3). */
export const vcpuFeatureMacros: readonly string[] = [
  "KVM_ARM_VCPU_POWER_OFF",
  "KVM_ARM_VCPU_EL1_32BIT",
  "KVM_ARM_VCPU_PSCI_0_2",
  "KVM_ARM_VCPU_PMU_V3",
  "KVM_ARM_VCPU_SVE",
  "KVM_ARM_VCPU_PTRAUTH_ADDRESS",
  "KVM_ARM_VCPU_PTRAUTH_GENERIC",
  "KVM_ARM_VCPU_HAS_EL2",
  "KVM_ARM_VCPU_HAS_EL2_E2H0",
];
