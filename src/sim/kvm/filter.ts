/** The SMCCC filter: ranges of function ids with what KVM does about calls in them. */

import { reservedFilterRanges } from "../../tables/index.ts";
import { once } from "../../tables/load.ts";
import type { FilterRange } from "../rules/guest.ts";
import { actionAt, insertRange, intersects, type Range } from "../rules/ranges.ts";
import { type Answer, done, fails } from "./answer.ts";
import type { Vm } from "./machine.ts";
import { callRule } from "./objects.ts";

const reserved = once((): readonly Range[] => [...reservedFilterRanges()].sort((a, b) => a.first - b.first));

const ACTIONS: readonly FilterRange["action"][] = ["handle", "deny", "forward"];

/**
 * What becomes of a call ahead of everything else: KVM handles it, denies it with -1, or hands it to user space.
 * It takes as long with thousands of ranges as with one.
 *
 * @param functionId W0 of the call
 */
export const filterAction = (vm: Vm, functionId: number): FilterRange["action"] =>
  actionAt(vm.filter, functionId >>> 0);

/** How many bytes of struct kvm_smccc_filter there are, and where its parts lie. */
export const FILTER_BYTES = 24;
const BASE_AT = 0;
const COUNT_AT = 4;
const ACTION_AT = 8;
const PAD_AT = 9;

/**
 * KVM_ARM_VM_SMCCC_FILTER (kvm_smccc_set_filter).
 *
 * @param bytes struct kvm_smccc_filter
 */
export function setFilter(vm: Vm, bytes: Uint8Array): Answer<undefined> {
  if (bytes.length < FILTER_BYTES) return fails("EFAULT");
  if (bytes.subarray(PAD_AT, FILTER_BYTES).some((byte) => byte !== 0)) return fails("EINVAL");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const first = view.getUint32(BASE_AT, true);
  const count = view.getUint32(COUNT_AT, true);
  const last = (first + count - 1) >>> 0;
  const action = ACTIONS[view.getUint8(ACTION_AT)];
  const empty = count === 0 && !callRule<boolean>(vm.kvm, "filter.nothing-is-everything");
  if (empty || last < first || action === undefined) return fails("EINVAL");
  if (vm.ran) return fails("EBUSY");
  if (intersects(reserved(), { first, last })) return fails("EEXIST");
  return insertRange(vm.filter, { first, last, action }) ? done : fails("EEXIST");
}
