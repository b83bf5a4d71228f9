/** How the id of a register is made up. */
import { sysregEncoding, sysregId } from "../../../tables/index.ts";
import { encodingKey } from "../../vcpu/world.ts";

/** Bits 27:16 of an id. */
export const CLASSES = {
  core: 0x10,
  demux: 0x11,
  system: 0x13,
  firmware: 0x14,
  sve: 0x15,
  bitmap: 0x16,
} as const;

const ARM64 = 0x60n;

/** Bits 63:56 and 51:32: anything but arm64's is refused before the class is looked at. */
export const isArm64 = (id: bigint): boolean => id >> 56n === ARM64 && ((id >> 32n) & 0xf_ffffn) === 0n;

/** Bits 27:16. */
export const classOf = (id: bigint): number => Number((id >> 16n) & 0xfffn);

/** Bytes of the value: bits 55:52 are their binary logarithm. */
export const sizeOf = (id: bigint): number => 1 << Number((id >> 52n) & 0xfn);

/** What is beyond architecture, size and class, so bits 31:28 with 15:0. */
export const restOf = (id: bigint): number => Number(id & 0xf000_ffffn);

/** The value as KVM copies it: no more than the register's bytes. */
export const truncated = (id: bigint, value: bigint): bigint => BigInt.asUintN(sizeOf(id) * 8, value);

/** Whether the id is that of a 64-bit system register, as KVM spells them. */
export const isSystemId = (id: bigint): boolean =>
  classOf(id) === CLASSES.system && sizeOf(id) === 8 && ((id >> 28n) & 0xfn) === 0n;

/** `encodingKey` of a system register's id. */
export const keyOf = (id: bigint): number => Number(id & 0xffffn);

export const idOfKey = (key: number): bigint => sysregId(0, 0, 0, 0, 0) | BigInt(key);

/** op0 3, op1 0, CRn 0, CRm 1 to 7: the registers that KVM allocates whole. */
export function inFeatureSpace(id: bigint): boolean {
  const { op0, op1, crn, crm } = sysregEncoding(id);
  return isSystemId(id) && op0 === 3 && op1 === 0 && crn === 0 && crm >= 1 && crm <= 7;
}

export { encodingKey };
