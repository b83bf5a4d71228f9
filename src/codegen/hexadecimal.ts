/** Numbers and bytes as hexadecimal text. */

/** `0x` and at least `digits` lower-case digits; `value` must not be negative. */
export function hexadecimal(value: bigint | number, digits = 1): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}

/** As many digits as a register of `bits` bits has. */
export function registerValue(value: bigint, bits: number): string {
  return hexadecimal(value, bits / 4);
}

/** ONE_REG id: always 16 digits. */
export function registerId(id: bigint): string {
  return hexadecimal(id, 16);
}

/** Bytes in memory order, two digits each. */
export function bytesText(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The 64-bit words of a value, lowest first. */
export function words64(value: bigint, bits: number): bigint[] {
  return Array.from({ length: bits / 64 }, (_, word) => BigInt.asUintN(64, value >> BigInt(64 * word)));
}
