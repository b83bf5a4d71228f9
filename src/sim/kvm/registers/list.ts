/** KVM_GET_REG_LIST (kvm_arm_copy_reg_indices). */
import { vcpuFeatures } from "../../../tables/index.ts";
import { type Answer, fails, ok } from "../answer.ts";
import type { Vcpu } from "../machine.ts";
import { hasBit } from "../objects.ts";
import { coreIds } from "./core.ts";
import { CLASSES, classOf, isSystemId } from "./ids.ts";
import { registersOf } from "./listed.ts";
import { sveIds } from "./sve.ts";
import { featureIds, isVisible } from "./system.ts";

/** Classes whose ids follow from the vCPU's features. */
const computed: ReadonlySet<number> = new Set([CLASSES.core, CLASSES.sve]);

/** KVM_GET_REG_LIST, ids in order of number. */
export function listRegisters(vcpu: Vcpu): Answer<readonly bigint[]> {
  const { vm, features, finalized } = vcpu;
  if (vm.dead) return fails("EIO");
  if (features === undefined) return fails("ENOEXEC");
  const waits = vcpuFeatures().some(
    ({ finalize, index }) => finalize && hasBit(features, index) && !finalized.has(index),
  );
  if (waits) return fails("EPERM");
  const named = new Set([...registersOf(vm).keys(), ...featureIds(vm)]);
  const others = [...named].filter(
    (id) => !computed.has(classOf(id)) && (!isSystemId(id) || isVisible(vm, id)),
  );
  const ids = [...coreIds(features), ...sveIds(features), ...others];
  return ok(ids.sort((a, b) => (a < b ? -1 : 1)));
}
