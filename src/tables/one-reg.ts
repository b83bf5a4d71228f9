/** KVM ONE_REG ids of arm64: from the kernel's `uapi/asm/kvm.h`. */

const ARM64 = 0x6000_0000_0000_0000n;
const U64 = 0x0030_0000_0000_0000n;
const SYSREG = 0x13n << 16n;

/** The id of a 64-bit system register by its encoding. */
export function sysregId(op0: number, op1: number, crn: number, crm: number, op2: number): bigint {
  return ARM64 | U64 | SYSREG | BigInt((op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2);
}

/** KVM_REG_ARM64_SVE_VLS: bit n of 512 stands for a vector length of (n + 1) · 128 bits. */
export function sveLengthsRegister(): { readonly name: string; readonly id: bigint; readonly bits: number } {
  return { name: "KVM_REG_ARM64_SVE_VLS", id: 0x6060_0000_0015_ffffn, bits: 512 };
}
