/** KVM_CHECK_EXTENSION and KVM_ENABLE_CAP. */
import { capabilityAnswer } from "../../hosts/facilities.ts";
import { capability } from "../../tables/index.ts";
import { type Answer, done, fails, ok } from "./answer.ts";
import type { Kvm, Vm } from "./machine.ts";
import { PAGE_SIZE } from "./memory.ts";
import { callRule, ITS, isVm } from "./objects.ts";

const MAX_VCPUS = 66;
const MAX_VCPU_ID = 128;
const MSI_DEVID = 131;
const MANUAL_DIRTY_LOG_PROTECT = 168;
const HALT_POLL = 182;
const DIRTY_LOG_RING = 192;
const DIRTY_LOG_RING_ACQ_REL = 223;
const DIRTY_LOG_RING_WITH_BITMAP = 225;
const SPLIT_CHUNK_SIZE = 228;
const SUPPORTED_BLOCK_SIZES = 229;

/** What a VM answers that is its own. */
function ofVm(vm: Vm, number: number): number | undefined {
  switch (number) {
    case MAX_VCPUS:
    case MAX_VCPU_ID:
      return vm.mostVcpus;
    case MSI_DEVID:
      return vm.devices.some(({ type }) => type === ITS) ? 1 : 0;
    case SPLIT_CHUNK_SIZE:
      return Number(BigInt.asIntN(32, vm.splitChunk));
    default:
      return undefined;
  }
}

/**
 * KVM_CHECK_EXTENSION (kvm_vm_ioctl_check_extension_generic, kvm_vm_ioctl_check_extension).
 *
 * @param on /dev/kvm or a VM: some capabilities are a VM's only
 */
export function checkExtension(on: Kvm | Vm, number: number): Answer<number> {
  if (!isVm(on)) {
    const needVm = callRule<readonly number[]>(on, "check.needs-vm");
    return needVm.includes(number) ? fails("EINVAL") : ok(capabilityAnswer(on.profile, number).value);
  }
  if (on.dead) return fails("EIO");
  return ok(ofVm(on, number) ?? capabilityAnswer(on.kvm.profile, number).value);
}

/** kvm_vm_ioctl_enable_dirty_log_ring: a ring of so many bytes for each vCPU, of which KVM looks at 32 bits. */
function enableRing(vm: Vm, number: number, argument: bigint): Answer<undefined> {
  const size = BigInt.asUintN(32, argument);
  const most = BigInt(capabilityAnswer(vm.kvm.profile, number).value);
  if (most === 0n || size === 0n || (size & (size - 1n)) !== 0n || size < PAGE_SIZE) return fails("EINVAL");
  if (size > most) return fails("E2BIG");
  if (vm.enabled.has(DIRTY_LOG_RING) || vm.enabled.has(DIRTY_LOG_RING_ACQ_REL)) return fails("EINVAL");
  return vm.vcpus.size > 0 ? fails("EINVAL") : done;
}

/** KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE, without which no other of its options may be set. */
const PROTECT = 1n;

/** KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE: while there is no memory, 0 or the size of a block. */
function setSplitChunk(vm: Vm, size: bigint): Answer<undefined> {
  const blocks = BigInt(capabilityAnswer(vm.kvm.profile, SUPPORTED_BLOCK_SIZES).value);
  if (blocks === 0n || vm.memory.regions.length > 0) return fails("EINVAL");
  if ((size & (size - 1n)) !== 0n || (size !== 0n && (size & blocks) === 0n)) return fails("EINVAL");
  vm.splitChunk = size;
  return done;
}

/** kvm_vm_ioctl_enable_cap_generic, then kvm_vm_ioctl_enable_cap. */
function enable(vm: Vm, number: number, flags: number, first: bigint): Answer<undefined> {
  if (number === DIRTY_LOG_RING || number === DIRTY_LOG_RING_ACQ_REL) return enableRing(vm, number, first);
  if (flags !== 0) return fails("EINVAL");
  const offered = capabilityAnswer(vm.kvm.profile, number).value;
  switch (number) {
    case MANUAL_DIRTY_LOG_PROTECT: {
      const allowed = (first & PROTECT) === 0n ? PROTECT : BigInt(offered);
      return (first & ~allowed) === 0n && offered > 0 ? done : fails("EINVAL");
    }
    case HALT_POLL:
      return first <= 0xffff_ffffn && offered > 0 ? done : fails("EINVAL");
    case DIRTY_LOG_RING_WITH_BITMAP:
      return offered > 0 && vm.enabled.has(DIRTY_LOG_RING_ACQ_REL) && vm.memory.regions.length === 0
        ? done
        : fails("EINVAL");
    case SPLIT_CHUNK_SIZE:
      return setSplitChunk(vm, first);
    default: {
      const row = capability(number);
      if (row?.kind !== "enable" || offered === 0) return fails("EINVAL");
      return row.beforeVcpus && vm.vcpus.size > 0 ? fails("EINVAL") : done;
    }
  }
}

/**
 * KVM_ENABLE_CAP on a VM.
 *
 * @param args up to four numbers; those that are not given are 0
 */
export function enableCapability(
  vm: Vm,
  number: number,
  flags: number,
  args: readonly bigint[],
): Answer<undefined> {
  if (vm.dead) return fails("EIO");
  const answer = enable(vm, number, flags, args[0] ?? 0n);
  if (answer.ok) vm.enabled.add(number);
  return answer;
}
