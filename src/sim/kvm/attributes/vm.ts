/** KVM_ARM_VM_SMCCC_CTRL: attributes of the VM itself. */
import { type Answer, done, fails } from "../answer.ts";
import { setFilter } from "../filter.ts";
import type { Vm } from "../machine.ts";
import { callRule } from "../objects.ts";
import { knowsAttribute } from "./known.ts";
import type { Payload } from "./payload.ts";

const FILTER_GROUP = 0;
const FILTER = 0;

/** Kernels without attributes of the VM have no such call. */
const missing = (vm: Vm): `E${string}` | null => callRule(vm.kvm, "vm-attributes.missing");

const isFilter = (vm: Vm, group: number, attribute: number): boolean =>
  group === FILTER_GROUP && attribute === FILTER && knowsAttribute(vm.kvm, "vm", group, attribute);

/** kvm_vm_has_attr. */
export function hasVmAttribute(vm: Vm, group: number, attribute: number): Answer<undefined> {
  const errno = missing(vm);
  if (errno !== null) return fails(errno);
  return isFilter(vm, group, attribute) ? done : fails("ENXIO");
}

/** No attribute of a VM can be read: kvm_arch_vm_ioctl knows no such call. */
export const getVmAttribute = (): Answer<Uint8Array> => fails("EINVAL");

/** kvm_vm_set_attr. */
export function setVmAttribute(
  vm: Vm,
  group: number,
  attribute: number,
  payload: Payload,
): Answer<undefined> {
  const errno = missing(vm);
  if (errno !== null) return fails(errno);
  if (!isFilter(vm, group, attribute)) return fails("ENXIO");
  return typeof payload === "string" ? fails("EFAULT") : setFilter(vm, payload);
}
