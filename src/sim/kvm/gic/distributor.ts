/** What GICs of both versions have in common: addresses, numbers of interrupts, initialisation. */
import { type Answer, done, fails, ok } from "../answer.ts";
import { numberBytes, type Payload, readNumber } from "../attributes/payload.ts";
import type { Device } from "../machine.ts";
import { GIC_V2, GIC_V3 } from "../objects.ts";
import { FIRST_SPI } from "./interrupts.ts";
import {
  checkRange,
  KIB_4,
  KIB_64,
  V2_CPU_SIZE,
  V2_DISTRIBUTOR_SIZE,
  V3_DISTRIBUTOR_SIZE,
} from "./places.ts";
import { addRegion, V3_DISTRIBUTOR } from "./redistributors.ts";

/** KVM_DEV_ARM_VGIC_GRP_*. */
export const ADDRESS = 0;
export const NR_IRQS = 3;
export const CONTROL = 4;
/** KVM_DEV_ARM_VGIC_CTRL_INIT. */
export const INIT = 0;
/** KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES. */
export const SAVE_PENDING_TABLES = 3;

/** KVM_VGIC_V2_ADDR_TYPE_*, KVM_VGIC_V3_ADDR_TYPE_*. */
export const V2_DISTRIBUTOR = 0;
export const V2_CPU = 1;
export const V3_REDISTRIBUTOR = 3;
export const V3_REDISTRIBUTOR_REGION = 5;

/** VGIC_ADDR_UNDEF. */
const NO_ADDRESS = 0xffff_ffff_ffff_ffffn;
/** VGIC_NR_IRQS_LEGACY, VGIC_MAX_RESERVED. */
const DEFAULT_IRQS = 256;
const MOST_IRQS = 1023;

/** One frame at one address. */
const FRAMES: readonly {
  readonly attribute: number;
  readonly type: number;
  readonly alignment: bigint;
  readonly size: bigint;
}[] = [
  { attribute: V2_DISTRIBUTOR, type: GIC_V2, alignment: KIB_4, size: V2_DISTRIBUTOR_SIZE },
  { attribute: V2_CPU, type: GIC_V2, alignment: KIB_4, size: V2_CPU_SIZE },
  { attribute: V3_DISTRIBUTOR, type: GIC_V3, alignment: KIB_64, size: V3_DISTRIBUTOR_SIZE },
];

/** A region of redistributors in one number: index, flags, base, count. */
const INDEX = 0xfffn;
const FLAGS = 0xf000n;
const BASE = 0x000f_ffff_ffff_0000n;
const COUNT_AT = 52n;

const frameOf = (device: Device, attribute: number) =>
  FRAMES.find((one) => one.attribute === attribute && one.type === device.type);

/** kvm_vgic_addr, to write. */
function setAddress(device: Device, attribute: number, payload: Payload): Answer<undefined> {
  const read = readNumber(payload, 8);
  if (!read.ok) return read;
  const { value } = read;
  const frame = frameOf(device, attribute);
  if (frame !== undefined) {
    const held = device.addresses.get(attribute);
    const checked = checkRange(device.vm, held, value, frame.alignment, frame.size);
    if (checked.ok) device.addresses.set(attribute, value);
    return checked;
  }
  if (device.type !== GIC_V3) return fails("ENXIO");
  if (attribute === V3_REDISTRIBUTOR) return addRegion(device, 0, value, 0);
  if (attribute !== V3_REDISTRIBUTOR_REGION) return fails("ENXIO");
  const count = Number(value >> COUNT_AT);
  if (count === 0 || (value & FLAGS) !== 0n) return fails("EINVAL");
  return addRegion(device, Number(value & INDEX), value & BASE, count);
}

/** kvm_vgic_addr, to read; of a region its index must be given. */
function getAddress(device: Device, attribute: number, payload: Payload): Answer<Uint8Array> {
  const index = attribute === V3_REDISTRIBUTOR_REGION ? readNumber(payload, 8) : ok(0n);
  if (!index.ok) return index;
  if (frameOf(device, attribute) !== undefined)
    return ok(numberBytes(device.addresses.get(attribute) ?? NO_ADDRESS, 8));
  if (device.type !== GIC_V3) return fails("ENXIO");
  if (attribute === V3_REDISTRIBUTOR) return ok(numberBytes(device.redistributors[0]?.base ?? NO_ADDRESS, 8));
  if (attribute !== V3_REDISTRIBUTOR_REGION) return fails("ENXIO");
  const region = device.redistributors.find((one) => BigInt(one.index) === (index.value & INDEX));
  if (region === undefined) return fails("ENOENT");
  const value = BigInt(region.index) | region.base | (BigInt(region.count) << COUNT_AT);
  return ok(numberBytes(value, 8));
}

/** KVM_DEV_ARM_VGIC_GRP_NR_IRQS: private ones included; once, and a multiple of 32. */
function setNumber(device: Device, payload: Payload): Answer<undefined> {
  const read = readNumber(payload, 4);
  if (!read.ok) return read;
  const count = Number(read.value);
  if (count < 2 * FIRST_SPI || count > MOST_IRQS || count % 32 !== 0) return fails("EINVAL");
  if (device.spis !== 0) return fails("EBUSY");
  device.spis = count - FIRST_SPI;
  return done;
}

/** vgic_init: a second time it does nothing. */
export function initialiseGic(device: Device): Answer<undefined> {
  if (device.initialised) return done;
  if (device.spis === 0) device.spis = DEFAULT_IRQS - FIRST_SPI;
  device.initialised = true;
  return done;
}

/** vgic_set_common_attr. */
export function setCommon(
  device: Device,
  group: number,
  attribute: number,
  payload: Payload,
): Answer<undefined> {
  if (group === ADDRESS) return setAddress(device, attribute, payload);
  if (group === NR_IRQS) return setNumber(device, payload);
  if (group !== CONTROL) return fails("ENXIO");
  if (attribute === INIT) return initialiseGic(device);
  // vgic_v3_save_pending_tables: no LPI is ever pending.
  return attribute === SAVE_PENDING_TABLES && device.type === GIC_V3 && device.initialised
    ? done
    : fails("ENXIO");
}

/** vgic_get_common_attr. */
export function getCommon(
  device: Device,
  group: number,
  attribute: number,
  payload: Payload,
): Answer<Uint8Array> {
  if (group === ADDRESS) return getAddress(device, attribute, payload);
  return group === NR_IRQS ? ok(numberBytes(BigInt(device.spis + FIRST_SPI), 4)) : fails("ENXIO");
}
