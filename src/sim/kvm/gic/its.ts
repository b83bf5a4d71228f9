/** Attributes of the interrupt translation service. */
import { type Answer, done, fails, ok } from "../answer.ts";
import { numberBytes, type Payload, readNumber } from "../attributes/payload.ts";
import type { Device } from "../machine.ts";
import { callRule } from "../objects.ts";
import { UnknownDeviceRegister } from "./device-attributes.ts";
import { ADDRESS, CONTROL } from "./distributor.ts";
import { checkRange, ITS_SIZE, KIB_64 } from "./places.ts";
import { hasFrameRegister } from "./registers.ts";

/** KVM_VGIC_ITS_ADDR_TYPE. */
const FRAME = 4;
/** KVM_DEV_ARM_VGIC_GRP_ITS_REGS. */
const REGISTERS = 8;
/** KVM_DEV_ARM_VGIC_CTRL_INIT, KVM_DEV_ARM_ITS_SAVE_TABLES, _RESTORE_TABLES, _CTRL_RESET. */
const CONTROLS: readonly number[] = [0, 1, 2, 4];
const NO_ADDRESS = 0xffff_ffff_ffff_ffffn;
/** Registers below GITS_TYPER and from GITS_PIDR4 on have 32 bits, the others 64. */
const TYPER = 0x8n;
const PIDR4 = 0xffd0n;

const isAligned = (offset: bigint): boolean => offset % (offset < TYPER || offset >= PIDR4 ? 4n : 8n) === 0n;

const hasRegister = (offset: bigint): boolean => hasFrameRegister("its", Number(offset), 0);

/** vgic_its_has_attr. */
export function hasItsAttribute(group: number, attribute: bigint): Answer<undefined> {
  const number = Number(attribute);
  if (group === REGISTERS) {
    if (!isAligned(attribute)) return fails("EINVAL");
    return hasRegister(attribute) ? done : fails("ENXIO");
  }
  const known = (group === ADDRESS && number === FRAME) || (group === CONTROL && CONTROLS.includes(number));
  return known ? done : fails("ENXIO");
}

/** vgic_its_attr_regs_access, as far as its errors go. @throws UnknownDeviceRegister */
function refuseRegister(device: Device, attribute: bigint): ReturnType<typeof fails> {
  if (!isAligned(attribute)) return fails("EINVAL");
  if (device.addresses.get(FRAME) === undefined || !hasRegister(attribute)) return fails("ENXIO");
  throw new UnknownDeviceRegister(device, REGISTERS, attribute);
}

/** vgic_its_get_attr. @throws UnknownDeviceRegister */
export function getItsAttribute(device: Device, group: number, attribute: bigint): Answer<Uint8Array> {
  if (group === ADDRESS)
    return attribute === BigInt(FRAME)
      ? ok(numberBytes(device.addresses.get(FRAME) ?? NO_ADDRESS, 8))
      : fails("ENODEV");
  return group === REGISTERS ? refuseRegister(device, attribute) : fails("ENXIO");
}

function setAddress(device: Device, payload: Payload): Answer<undefined> {
  const address = readNumber(payload, 8);
  if (!address.ok) return address;
  const held = device.addresses.get(FRAME);
  const checked = checkRange(device.vm, held, address.value, KIB_64, ITS_SIZE);
  if (checked.ok) device.addresses.set(FRAME, address.value);
  return checked;
}

/** vgic_its_set_attr. @throws UnknownDeviceRegister */
export function setItsAttribute(
  device: Device,
  group: number,
  attribute: bigint,
  payload: Payload,
): Answer<undefined> {
  switch (group) {
    case ADDRESS:
      return attribute === BigInt(FRAME) ? setAddress(device, payload) : fails("ENODEV");
    case CONTROL:
      return CONTROLS.includes(Number(attribute)) || callRule<boolean>(device.vm.kvm, "its.any-control")
        ? done
        : fails("ENXIO");
    case REGISTERS: {
      const value = readNumber(payload, 8);
      return value.ok ? refuseRegister(device, attribute) : value;
    }
    default:
      return fails("ENXIO");
  }
}
