/** Attributes of GICv2 and GICv3. */

import { encodingKey } from "../../vcpu/world.ts";
import { type Answer, done, fails, ok } from "../answer.ts";
import { seenAttribute } from "../attributes/known.ts";
import { numberBytes, type Payload, readNumber } from "../attributes/payload.ts";
import type { Device, Vcpu } from "../machine.ts";
import { callRule, GIC_V3 } from "../objects.ts";
import {
  ADDRESS,
  CONTROL,
  getCommon,
  INIT,
  initialiseGic,
  NR_IRQS,
  SAVE_PENDING_TABLES,
  setCommon,
  V2_CPU,
  V2_DISTRIBUTOR,
  V3_REDISTRIBUTOR,
  V3_REDISTRIBUTOR_REGION,
} from "./distributor.ts";
import { FIRST_SPI, isPpi } from "./interrupts.ts";
import { V3_DISTRIBUTOR } from "./redistributors.ts";
import { type Frame, hasCpuRegister, hasFrameRegister } from "./registers.ts";

/** KVM_DEV_ARM_VGIC_GRP_*. */
const DISTRIBUTOR_REGISTERS = 1;
const V2_CPU_REGISTERS = 2;
const REDISTRIBUTOR_REGISTERS = 5;
const CPU_REGISTERS = 6;
const LEVELS = 7;
const MAINTENANCE = 9;

/** Of an attribute: the register's offset, the vCPU by affinity or (GICv2) by id. */
const OFFSET = 0xffff_ffffn;
const AFFINITY_AT = 32n;
const V2_VCPU = 0xffn;
/** KVM_DEV_ARM_VGIC_LINE_LEVEL_INFO_*: bits 31:10, of which 0 asks for line levels. */
const INFO = 0xffff_fc00n;

const MPIDR_EL1 = encodingKey({ op0: 3, op1: 0, crn: 0, crm: 0, op2: 5 });

/** The vCPU's affinity as attributes spell it: Aff3 to Aff0 in one word. A vCPU without init has none. */
function affinityOf(vcpu: Vcpu): bigint {
  const mpidr = vcpu.state.system.get(MPIDR_EL1) ?? 0n;
  return (mpidr & 0xff_ffffn) | ((mpidr >> 8n) & 0xff00_0000n);
}

/** The vCPU that an attribute is about (vgic_v2_parse_attr, vgic_v3_parse_attr). */
function vcpuOf({ vm, type }: Device, group: number, attribute: bigint): Vcpu | undefined {
  const all = [...vm.vcpus.values()];
  if (type !== GIC_V3) return vm.vcpus.get(Number((attribute >> AFFINITY_AT) & V2_VCPU));
  if (group === DISTRIBUTOR_REGISTERS) return all[0];
  const affinity = attribute >> AFFINITY_AT;
  return all.find((vcpu) => affinityOf(vcpu) === affinity);
}

const framesOf: Readonly<Record<number, Readonly<Record<number, Frame>>>> = {
  5: { [DISTRIBUTOR_REGISTERS]: "v2-distributor", [V2_CPU_REGISTERS]: "v2-cpu" },
  7: { [DISTRIBUTOR_REGISTERS]: "v3-distributor", [REDISTRIBUTOR_REGISTERS]: "redistributor" },
};

const isRegisterGroup = ({ type }: Device, group: number): boolean =>
  framesOf[type]?.[group] !== undefined || (type === GIC_V3 && group === CPU_REGISTERS);

/** vgic_v2_has_attr_regs, vgic_v3_has_attr_regs. */
function hasRegister(device: Device, group: number, attribute: bigint): Answer<undefined> {
  if (vcpuOf(device, group, attribute) === undefined) return fails("EINVAL");
  const frame = framesOf[device.type]?.[group];
  if (frame === undefined) return hasCpuRegister(Number(attribute & 0xffffn)) ? done : fails("ENXIO");
  const offset = Number(attribute & OFFSET);
  if (offset % 4 !== 0) return fails("ENXIO");
  return hasFrameRegister(frame, offset, device.spis + FIRST_SPI) ? done : fails("ENXIO");
}

const addressesOf: Readonly<Record<number, readonly number[]>> = {
  5: [V2_DISTRIBUTOR, V2_CPU],
  7: [V3_DISTRIBUTOR, V3_REDISTRIBUTOR, V3_REDISTRIBUTOR_REGION],
};

/** KVM_DEV_ARM_VGIC_GRP_MAINT_IRQ: the kernel looks at no attribute number. */
function knowsMaintenance({ vm: { kvm }, type }: Device): boolean {
  if (type !== GIC_V3) return false;
  return seenAttribute(kvm, "gic", MAINTENANCE, 0) ?? callRule<boolean>(kvm, "gic.maintenance-interrupt");
}

/** vgic_v2_has_attr, vgic_v3_has_attr. */
export function hasGicAttribute(device: Device, group: number, attribute: bigint): Answer<undefined> {
  if (isRegisterGroup(device, group)) return hasRegister(device, group, attribute);
  const number = Number(attribute);
  const known =
    (group === ADDRESS && addressesOf[device.type]?.includes(number)) ||
    group === NR_IRQS ||
    (group === MAINTENANCE && knowsMaintenance(device)) ||
    (group === LEVELS && device.type === GIC_V3 && (attribute & INFO) === 0n) ||
    (group === CONTROL && number === INIT) ||
    (group === CONTROL && number === SAVE_PENDING_TABLES && device.type === GIC_V3);
  return known ? done : fails("ENXIO");
}

/** Once the maintenance interrupt was had as a register is: of a vCPU, by the affinity in the attribute. */
const asRegister = ({ vm }: Device): boolean => callRule<boolean>(vm.kvm, "gic.maintenance-as-register");
const lacksVcpu = (device: Device, attribute: bigint): boolean =>
  asRegister(device) && vcpuOf(device, MAINTENANCE, attribute) === undefined;

/** What a controller's register holds nobody simulates. */
export class UnknownDeviceRegister extends Error {
  constructor(device: Device, group: number, attribute: bigint) {
    super(
      `the simulator has no registers of interrupt controllers: device ${device.type}, group ${group}, attribute 0x${attribute.toString(16)}`,
    );
  }
}

/** Whether registers are to be had already: a GICv2 initialises itself. */
function ready(device: Device, group: number, attribute: bigint): Answer<undefined> {
  if (vcpuOf(device, group, attribute) === undefined) return fails("EINVAL");
  if (device.type !== GIC_V3) return initialiseGic(device);
  return device.initialised ? done : fails("EBUSY");
}

const hasValues = (device: Device, group: number): boolean =>
  isRegisterGroup(device, group) || (device.type === GIC_V3 && group === LEVELS);

/** @throws UnknownDeviceRegister */
export function getGicAttribute(
  device: Device,
  group: number,
  attribute: bigint,
  payload: Payload,
): Answer<Uint8Array> {
  if (hasValues(device, group)) {
    const may = ready(device, group, attribute);
    if (!may.ok) return may;
    throw new UnknownDeviceRegister(device, group, attribute);
  }
  if (group === MAINTENANCE && knowsMaintenance(device)) {
    if (lacksVcpu(device, attribute)) return fails("EINVAL");
    if (asRegister(device) && device.initialised) return fails("EBUSY");
    return ok(numberBytes(device.attributes.get(BigInt(MAINTENANCE) << 32n) ?? 0n, 4));
  }
  return getCommon(device, group, Number(attribute), payload);
}

/** KVM_DEV_ARM_VGIC_GRP_MAINT_IRQ: a private interrupt, before the GIC is initialised. */
function setMaintenance(device: Device, attribute: bigint, payload: Payload): Answer<undefined> {
  if (lacksVcpu(device, attribute)) return fails("EINVAL");
  const irq = readNumber(payload, 4);
  if (!irq.ok) return irq;
  if (device.initialised) return fails("EBUSY");
  if (!isPpi(Number(irq.value))) return fails("EINVAL");
  device.attributes.set(BigInt(MAINTENANCE) << 32n, irq.value);
  return done;
}

/** @throws UnknownDeviceRegister */
export function setGicAttribute(
  device: Device,
  group: number,
  attribute: bigint,
  payload: Payload,
): Answer<undefined> {
  if (hasValues(device, group)) {
    if (vcpuOf(device, group, attribute) === undefined) return fails("EINVAL");
    const value = group === CPU_REGISTERS ? ok(0n) : readNumber(payload, 4);
    if (!value.ok) return value;
    const may = ready(device, group, attribute);
    if (!may.ok) return may;
    throw new UnknownDeviceRegister(device, group, attribute);
  }
  if (group === MAINTENANCE && knowsMaintenance(device)) return setMaintenance(device, attribute, payload);
  return setCommon(device, group, Number(attribute), payload);
}
