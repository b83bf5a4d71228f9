/** Where a GIC's frames may lie in guest-physical memory. */
import { type Answer, done, fails } from "../answer.ts";
import type { Vm } from "../machine.ts";

export const KIB_4 = 0x1000n;
export const KIB_64 = 0x1_0000n;
/** Sizes of the frames: two pages of 64 KiB for a GICv3's distributor and each redistributor. */
export const V2_DISTRIBUTOR_SIZE = 0x1000n;
export const V2_CPU_SIZE = 0x2000n;
export const V3_DISTRIBUTOR_SIZE = 0x1_0000n;
export const V3_REDISTRIBUTOR_SIZE = 0x2_0000n;
export const ITS_SIZE = 0x2_0000n;

const EVERY_BIT = (1n << 64n) - 1n;

/**
 * vgic_check_iorange.
 *
 * @param held what is set already
 */
export function checkRange(
  vm: Vm,
  held: bigint | undefined,
  address: bigint,
  alignment: bigint,
  size: bigint,
): Answer<undefined> {
  if (held !== undefined) return fails("EEXIST");
  if (address % alignment !== 0n || size % alignment !== 0n) return fails("EINVAL");
  if (address + size > EVERY_BIT) return fails("EINVAL");
  const end = 1n << BigInt(vm.ipaBits);
  return address >= end || address + size > end ? fails("E2BIG") : done;
}

/** Whether two ranges have an address in common. */
export const overlap = (a: bigint, aSize: bigint, b: bigint, bSize: bigint): boolean =>
  a + aSize > b && a < b + bSize;
