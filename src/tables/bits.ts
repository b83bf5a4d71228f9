/** Fields in the bits of a register. */

interface Place {
  /** Number of its lowest bit. */
  readonly lsb: number;
  /** In bits. */
  readonly width: number;
}

/** The field's bits in its register. */
export const fieldMask = ({ lsb, width }: Place): bigint => ((1n << BigInt(width)) - 1n) << BigInt(lsb);

/** The field's value in a register's, unsigned. */
export const fieldOf = (register: bigint, { lsb, width }: Place): bigint =>
  (register >> BigInt(lsb)) & ((1n << BigInt(width)) - 1n);
