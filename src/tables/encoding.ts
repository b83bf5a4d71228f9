/** Encodings of system registers and KVM's ONE_REG ids of them, from the kernel's uapi headers. */

const ARM64 = 0x6000_0000_0000_0000n;
const U64 = 0x0030_0000_0000_0000n;
const SYSREG = 0x13n << 16n;

/** The operands of MRS, MSR and SYS that name a register or instruction. */
export interface Encoding {
  readonly op0: number;
  readonly op1: number;
  readonly crn: number;
  readonly crm: number;
  readonly op2: number;
}

/** The id of a 64-bit system register by its encoding. */
export function sysregId(op0: number, op1: number, crn: number, crm: number, op2: number): bigint {
  return ARM64 | U64 | SYSREG | BigInt((op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2);
}

/** The encoding in the low 16 bits of a system register's id. */
export function sysregEncoding(id: bigint): Encoding {
  const bits = Number(id & 0xffffn);
  return {
    op0: bits >> 14,
    op1: (bits >> 11) & 7,
    crn: (bits >> 7) & 15,
    crm: (bits >> 3) & 15,
    op2: bits & 7,
  };
}

/** The generic spelling of a system register: `S3_0_C0_C4_0`. */
export function genericName({ op0, op1, crn, crm, op2 }: Encoding): string {
  return `S${op0}_${op1}_C${crn}_C${crm}_${op2}`;
}

/**
 * The feature-ID space that EL1 reads: op0 3, op1 0, CRn 0, CRm 1 to 7. An encoding there that names no
 * register reads as zero instead of being UNDEFINED.
 */
export function inIdSpace({ op0, op1, crn, crm }: Encoding): boolean {
  return op0 === 3 && op1 === 0 && crn === 0 && crm >= 1 && crm <= 7;
}
