/** KVM_SET_USER_MEMORY_REGION. */
import type { Region } from "../vcpu/memory.ts";
import { type Answer, done, fails } from "./answer.ts";
import type { Vm } from "./machine.ts";

/** Pages of the host's kernel: no profile says otherwise. */
export const PAGE_SIZE = 0x1000n;

/** KVM_MEM_LOG_DIRTY_PAGES, KVM_MEM_READONLY. */
const LOG_DIRTY = 1;
const READ_ONLY = 2;
/** KVM_MEM_SLOTS_NUM; bits 31:16 of the slot are an address space, of which there is one. */
const SLOTS = 0x7fff;
/** KVM_MEM_MAX_NR_PAGES. */
const MOST_PAGES = (1n << 31n) - 1n;
const EVERY_BIT = (1n << 64n) - 1n;

const endOf = ({ address, bytes }: Region): bigint => address + BigInt(bytes.length);

/** Memory of a slot's own; undefined where the machine has not so much. */
function allocate(size: bigint): Uint8Array | undefined {
  try {
    return new Uint8Array(Number(size));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** What is wrong with the arguments by themselves: check_memory_region_flags, then the sanity checks. */
function refused(slot: number, flags: number, address: bigint, size: bigint): boolean {
  return (
    (flags & ~(LOG_DIRTY | READ_ONLY)) !== 0 ||
    size % PAGE_SIZE !== 0n ||
    address % PAGE_SIZE !== 0n ||
    slot >>> 16 !== 0 ||
    slot >= SLOTS ||
    address + size > EVERY_BIT ||
    size / PAGE_SIZE > MOST_PAGES
  );
}

function replace(vm: Vm, slot: number, region: Region | undefined, flags: number): void {
  const others = vm.memory.regions.filter((one) => one.slot !== slot);
  vm.memory.regions = region === undefined ? others : [...others, region];
  vm.memory.generation++;
  if (region !== undefined && (flags & LOG_DIRTY) !== 0) vm.logged.add(slot);
  else vm.logged.delete(slot);
}

/**
 * KVM_SET_USER_MEMORY_REGION (__kvm_set_memory_region, kvm_arch_prepare_memory_region).
 *
 * @param flags bit 0: dirty pages are logged, bit 1: the guest may not write
 * @param size in bytes; 0 removes the slot
 * @param bytes what the slot shows, `size` of them; without them memory of its own
 */
export function setMemory(
  vm: Vm,
  slot: number,
  flags: number,
  address: bigint,
  size: bigint,
  bytes?: Uint8Array,
): Answer<undefined> {
  if (vm.dead) return fails("EIO");
  if (refused(slot, flags, address, size)) return fails("EINVAL");
  const old = vm.memory.regions.find((one) => one.slot === slot);
  if (size === 0n) {
    if (old === undefined) return fails("EINVAL");
    replace(vm, slot, undefined, flags);
    return done;
  }
  const readOnly = (flags & READ_ONLY) !== 0;
  if (old !== undefined) {
    if (old.bytes !== bytes || BigInt(old.bytes.length) !== size || old.readOnly !== readOnly)
      return fails("EINVAL");
    if (old.address === address && vm.logged.has(slot) === ((flags & LOG_DIRTY) !== 0)) return done;
  }
  if (old?.address !== address) {
    const end = address + size;
    const taken = vm.memory.regions.some(
      (one) => one.slot !== slot && address < endOf(one) && one.address < end,
    );
    if (taken) return fails("EEXIST");
  }
  if (address + size > 1n << BigInt(vm.ipaBits)) return fails("EFAULT");
  const backing = bytes ?? allocate(size);
  if (backing === undefined) return fails("ENOMEM");
  replace(vm, slot, { slot, address, bytes: backing, readOnly }, flags);
  return done;
}
