/** Short ways to make KVM calls on simulated hosts in tests. */
import type { Answer } from "../../../src/sim/kvm/answer.ts";
import {
  createDevice,
  createVcpu,
  createVm,
  type Device,
  initVcpu,
  type Kvm,
  type Payload,
  setAttribute,
  type Vcpu,
  type Vm,
} from "../../../src/sim/kvm/index.ts";
import { vcpuFeature } from "../../../src/tables/index.ts";
import { shipped } from "../../hosts/shipped.ts";

export const GENERIC = 5;
export const GIC_V2 = 5;
export const GIC_V3 = 7;
export const ITS = 8;

/** `ok`, or the errno. */
export const said = (answer: Answer<unknown>): string => (answer.ok ? "ok" : answer.errno);

export function given<T>(answer: Answer<T>): T {
  if (!answer.ok) throw new Error(answer.errno);
  return answer.value;
}

export const hostOf = (name: string): Kvm => ({ profile: shipped(name) });
export const vmOn = (host: string, type = 0n): Vm => given(createVm(hostOf(host), type));
export const vcpuIn = (vm: Vm, id = vm.vcpus.size): Vcpu => given(createVcpu(vm, id));

export const bitsOf = (...names: readonly string[]): number =>
  names.reduce((sum, name) => sum + 2 ** (vcpuFeature(name)?.index ?? 0), 0);

export const init = (vcpu: Vcpu, ...names: readonly string[]): string =>
  said(initVcpu(vcpu, GENERIC, [bitsOf(...names)]));

/** Initialised with these features and PSCI 0.2. */
export function readyIn(vm: Vm, ...names: readonly string[]): Vcpu {
  const vcpu = vcpuIn(vm);
  given(initVcpu(vcpu, GENERIC, [bitsOf("PSCI_0_2", ...names)]));
  return vcpu;
}

export function deviceIn(vm: Vm, type: number): Device {
  const device = given(createDevice(vm, type, 0));
  if (device === undefined) throw new Error("only tested");
  return device;
}

export const bytesOf = (value: bigint | number, size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, at) => Number((BigInt(value) >> BigInt(8 * at)) & 0xffn));
export const int = (value: number): Uint8Array => bytesOf(BigInt.asUintN(32, BigInt(value)), 4);
export const numberOf = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

export const put = (on: Vm | Vcpu | Device, group: number, attribute: number, payload: Payload): string =>
  said(setAttribute(on, group, attribute, payload));

/** KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT. */
export const initDevice = (device: Device): string => put(device, 4, 0, "none");

/** A GICv3 with its addresses, not initialised. */
export function gicIn(vm: Vm): Device {
  const gic = deviceIn(vm, GIC_V3);
  if (put(gic, 0, 2, bytesOf(0x800_0000, 8)) !== "ok" || put(gic, 0, 3, bytesOf(0x80a_0000, 8)) !== "ok")
    throw new Error("no addresses");
  return gic;
}

/** struct kvm_smccc_filter. */
export function filterBytes(
  base: number,
  count: number,
  action: number,
  pad: readonly number[] = [],
): Uint8Array {
  const bytes = new Uint8Array(24);
  bytes.set(bytesOf(base, 4), 0);
  bytes.set(bytesOf(count, 4), 4);
  bytes[8] = action;
  bytes.set(pad, 9);
  return bytes;
}
export const filter = (vm: Vm, base: number, count: number, action: number): string =>
  put(vm, 0, 0, filterBytes(base, count, action));
