/** The redistributors of a GICv3: one for each vCPU, in regions that user space places. */
import { type Answer, done, fails } from "../answer.ts";
import type { Device, RedistributorRegion } from "../machine.ts";
import { checkRange, KIB_64, overlap, V3_DISTRIBUTOR_SIZE, V3_REDISTRIBUTOR_SIZE } from "./places.ts";

/** KVM_VGIC_V3_ADDR_TYPE_DIST. */
export const V3_DISTRIBUTOR = 2;

const EVERY_BIT = (1n << 64n) - 1n;

/** A region for as many as there are vCPUs grows with them (vgic_v3_rd_region_size). */
const sizeOf = (gic: Device, count: number): bigint =>
  BigInt(count === 0 ? gic.vm.vcpus.size : count) * V3_REDISTRIBUTOR_SIZE;

/** vgic_v3_rdist_overlap. */
const overlapsRegion = (gic: Device, base: bigint, size: bigint): boolean =>
  gic.redistributors.some((one) => overlap(base, size, one.base, sizeOf(gic, one.count)));

/** vgic_v3_check_base: whether distributor and redistributors lie beside each other in the address space. */
export function framesFit(gic: Device): boolean {
  for (const { base, count } of gic.redistributors)
    if (!checkRange(gic.vm, undefined, base, KIB_64, sizeOf(gic, count)).ok) return false;
  const distributor = gic.addresses.get(V3_DISTRIBUTOR);
  return distributor === undefined || !overlapsRegion(gic, distributor, V3_DISTRIBUTOR_SIZE);
}

/**
 * Gives a vCPU its redistributor where a region has room (vgic_register_redist_iodev); without one it waits for the
 * region that user space sets later.
 *
 * @param vcpu its index
 */
export function placeRedistributor(gic: Device, vcpu: number): Answer<undefined> {
  if (gic.placed.has(vcpu)) return done;
  const free = gic.redistributors.find(({ count, used }) => count === 0 || used < count);
  if (free === undefined) return done;
  if (!framesFit(gic)) return fails("EINVAL");
  gic.placed.set(vcpu, free.index);
  free.used++;
  return done;
}

/** vgic_v3_alloc_redist_region, but for the region itself. */
function checkRegion(gic: Device, index: number, base: bigint, count: number): Answer<undefined> {
  const size = sizeOf(gic, count);
  if (base + size > EVERY_BIT) return fails("EINVAL");
  const last = gic.redistributors.at(-1);
  if (last === undefined) {
    if (index !== 0) return fails("EINVAL");
  } else {
    if (count === 0) return fails(last.count === 0 ? "EEXIST" : "EINVAL");
    if (index !== last.index + 1) return fails("EINVAL");
  }
  const distributor = gic.addresses.get(V3_DISTRIBUTOR);
  if (count === 0 && distributor !== undefined && overlap(base, size, distributor, V3_DISTRIBUTOR_SIZE))
    return fails("EINVAL");
  if (overlapsRegion(gic, base, size)) return fails("EINVAL");
  return checkRange(gic.vm, undefined, base, KIB_64, size);
}

/**
 * Adds a region, and gives every vCPU without a redistributor one there (vgic_v3_set_redist_base).
 *
 * @param count how many it has room for; 0: one for each vCPU
 */
export function addRegion(gic: Device, index: number, base: bigint, count: number): Answer<undefined> {
  const checked = checkRegion(gic, index, base, count);
  if (!checked.ok) return checked;
  const region: RedistributorRegion = { index, base, count, used: 0 };
  gic.redistributors.push(region);
  for (const { index: vcpu } of gic.vm.vcpus.values()) {
    const placed = placeRedistributor(gic, vcpu);
    if (placed.ok) continue;
    for (const [one, at] of gic.placed) if (at === index) gic.placed.delete(one);
    gic.redistributors.pop();
    return placed;
  }
  return done;
}
