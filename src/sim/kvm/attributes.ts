/** KVM_HAS_DEVICE_ATTR, KVM_GET_DEVICE_ATTR, KVM_SET_DEVICE_ATTR on VMs, vCPUs and devices. */
import { type Answer, fails } from "./answer.ts";
import type { Payload } from "./attributes/payload.ts";
import { getPmuAttribute, hasPmuAttribute, PMU_GROUP, setPmuAttribute } from "./attributes/pmu.ts";
import { getStolenTime, hasStolenTime, STOLEN_TIME_GROUP, setStolenTime } from "./attributes/stolen-time.ts";
import { getTimerAttribute, hasTimerAttribute, setTimerAttribute, TIMER_GROUP } from "./attributes/timers.ts";
import { hasVfioAttribute, setVfioAttribute } from "./attributes/vfio.ts";
import { getVmAttribute, hasVmAttribute, setVmAttribute } from "./attributes/vm.ts";
import { getGicAttribute, hasGicAttribute, setGicAttribute } from "./gic/device-attributes.ts";
import { getItsAttribute, hasItsAttribute, setItsAttribute } from "./gic/its.ts";
import type { Device, Vcpu, Vm } from "./machine.ts";
import { ITS, isDevice, isVcpu, VFIO } from "./objects.ts";

export type { Payload } from "./attributes/payload.ts";

/** Whose attributes: a file descriptor. */
export type Attributed = Vm | Vcpu | Device;

const isDead = (on: Attributed): boolean => ("vm" in on ? on.vm.dead : on.dead);

function hasVcpuAttribute(vcpu: Vcpu, group: number, attribute: number): Answer<undefined> {
  switch (group) {
    case PMU_GROUP:
      return hasPmuAttribute(vcpu, attribute);
    case TIMER_GROUP:
      return hasTimerAttribute(vcpu, attribute);
    case STOLEN_TIME_GROUP:
      return hasStolenTime(vcpu, attribute);
    default:
      return fails("ENXIO");
  }
}

function hasDeviceAttribute(device: Device, group: number, attribute: bigint): Answer<undefined> {
  if (device.type === ITS) return hasItsAttribute(group, attribute);
  return device.type === VFIO
    ? hasVfioAttribute(group, attribute)
    : hasGicAttribute(device, group, attribute);
}

/** KVM_HAS_DEVICE_ATTR. */
export function hasAttribute(on: Attributed, group: number, attribute: number | bigint): Answer<undefined> {
  if (isDead(on)) return fails("EIO");
  if (isDevice(on)) return hasDeviceAttribute(on, group, BigInt(attribute));
  const number = Number(attribute);
  return isVcpu(on) ? hasVcpuAttribute(on, group, number) : hasVmAttribute(on, group, number);
}

function getVcpuAttribute(vcpu: Vcpu, group: number, attribute: number): Answer<Uint8Array> {
  switch (group) {
    case PMU_GROUP:
      return getPmuAttribute(vcpu, attribute);
    case TIMER_GROUP:
      return getTimerAttribute(vcpu, attribute);
    case STOLEN_TIME_GROUP:
      return getStolenTime(vcpu, attribute);
    default:
      return fails("ENXIO");
  }
}

function getDeviceAttribute(
  device: Device,
  group: number,
  attribute: bigint,
  payload: Payload,
): Answer<Uint8Array> {
  if (device.type === ITS) return getItsAttribute(device, group, attribute);
  return device.type === VFIO ? fails("EPERM") : getGicAttribute(device, group, attribute, payload);
}

/**
 * KVM_GET_DEVICE_ATTR.
 *
 * @param payload what the buffer holds beforehand: some attributes are asked for by a number in it
 * @returns the bytes that KVM writes to the buffer's beginning
 * @throws UnknownDeviceRegister for what a register of an interrupt controller holds
 */
export function getAttribute(
  on: Attributed,
  group: number,
  attribute: number | bigint,
  payload: Payload = "none",
): Answer<Uint8Array> {
  if (isDead(on)) return fails("EIO");
  if (isDevice(on)) return getDeviceAttribute(on, group, BigInt(attribute), payload);
  const answer = isVcpu(on) ? getVcpuAttribute(on, group, Number(attribute)) : getVmAttribute();
  return answer;
}

function setVcpuAttribute(vcpu: Vcpu, group: number, attribute: number, payload: Payload): Answer<undefined> {
  switch (group) {
    case PMU_GROUP:
      return setPmuAttribute(vcpu, attribute, payload);
    case TIMER_GROUP:
      return setTimerAttribute(vcpu, attribute, payload);
    case STOLEN_TIME_GROUP:
      return setStolenTime(vcpu, attribute, payload);
    default:
      return fails("ENXIO");
  }
}

function setDeviceAttribute(
  device: Device,
  group: number,
  attribute: bigint,
  payload: Payload,
): Answer<undefined> {
  if (device.type === ITS) return setItsAttribute(device, group, attribute, payload);
  return device.type === VFIO
    ? setVfioAttribute(group, attribute, payload)
    : setGicAttribute(device, group, attribute, payload);
}

/**
 * KVM_SET_DEVICE_ATTR.
 *
 * @throws UnknownDeviceRegister for registers of an interrupt controller
 */
export function setAttribute(
  on: Attributed,
  group: number,
  attribute: number | bigint,
  payload: Payload,
): Answer<undefined> {
  if (isDead(on)) return fails("EIO");
  if (isDevice(on)) return setDeviceAttribute(on, group, BigInt(attribute), payload);
  const number = Number(attribute);
  return isVcpu(on)
    ? setVcpuAttribute(on, group, number, payload)
    : setVmAttribute(on, group, number, payload);
}
