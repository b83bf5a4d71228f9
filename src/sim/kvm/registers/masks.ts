/** KVM_ARM_GET_REG_WRITABLE_MASKS. */
import { type Answer, fails, ok } from "../answer.ts";
import type { Vm } from "../machine.ts";
import { configurationOfVm } from "./configuration.ts";
import { registerRule } from "./rules.ts";

/**
 * KVM_ARM_GET_REG_WRITABLE_MASKS: the ID registers that have writable bits, by ONE_REG id.
 *
 * @param range 0: the feature-ID space, the only one that there is
 * @param reserved the first reserved word of the argument
 */
export function writableMasks(vm: Vm, range: number, reserved: number): Answer<ReadonlyMap<bigint, bigint>> {
  if (vm.dead) return fails("EIO");
  const masks = configurationOfVm(vm).writable;
  if (masks === undefined) return fails(registerRule(vm.kvm, "masks.missing"));
  if (range !== 0 || reserved !== 0) return fails("EINVAL");
  return ok(new Map([...masks].filter(([, mask]) => mask !== 0n)));
}
