/** KVM_CREATE_DEVICE. */
import { type Answer, fails, ok } from "./answer.ts";
import type { Device, Vm } from "./machine.ts";
import { GIC_V2, GIC_V3, gicOf, VFIO } from "./objects.ts";

/** KVM_CREATE_DEVICE_TEST. */
const TEST = 1;

/** VGIC_V2_MAX_CPUS, VGIC_V3_MAX_CPUS: the most vCPUs beside each controller. */
const MOST_VCPUS: Readonly<Record<number, number>> = { [GIC_V2]: 8, [GIC_V3]: 512 };

/** kvm_vgic_create, but for the device itself. */
function createGic(vm: Vm, type: number): Answer<undefined> {
  if (gicOf(vm) !== undefined) return fails("EEXIST");
  if ([...vm.vcpus.values()].some(({ ran }) => ran)) return fails("EBUSY");
  const most = MOST_VCPUS[type] ?? vm.mostVcpus;
  vm.mostVcpus = most;
  return vm.vcpus.size > most ? fails("E2BIG") : ok(undefined);
}

/** Whether the host's kernel can make such a device. */
const knows = (vm: Vm, type: number): boolean => vm.kvm.profile.devices?.includes(type) === true;

/**
 * KVM_CREATE_DEVICE (kvm_ioctl_create_device).
 *
 * @param type 5 GICv2, 7 GICv3, 8 ITS …
 * @param flags bit 0: only asks whether the type is known; KVM looks at no other bit
 * @returns the device; undefined where it was only asked
 */
export function createDevice(vm: Vm, type: number, flags: number): Answer<Device | undefined> {
  if (vm.dead) return fails("EIO");
  if (!knows(vm, type)) return fails("ENODEV");
  if ((flags & TEST) !== 0) return ok(undefined);
  if (type === GIC_V2 || type === GIC_V3) {
    const created = createGic(vm, type);
    if (!created.ok) return created;
  }
  // kvm_vfio_create: one is enough for a VM.
  if (type === VFIO && vm.devices.some((one) => one.type === VFIO)) return fails("EBUSY");
  const device: Device = {
    vm,
    type,
    addresses: new Map(),
    attributes: new Map(),
    initialised: false,
    spis: 0,
    redistributors: [],
    placed: new Map(),
    owners: new Map(),
  };
  vm.devices.push(device);
  return ok(device);
}
