/** KVM_GET_REG_LIST (kvm_arm_copy_reg_indices). */
import { parseOneReg, sveLengthsRegister, vcpuFeatures } from "../../../tables/index.ts";
import { once } from "../../../tables/load.ts";
import { type Answer, fails, ok } from "../answer.ts";
import type { Vcpu, Vm } from "../machine.ts";
import { callRule, hasBit } from "../objects.ts";
import { coreIds } from "./core.ts";
import { CLASSES, classOf, isSystemId } from "./ids.ts";
import { registersOf } from "./listed.ts";
import { sveIds } from "./sve.ts";
import { featureIds, isVisible } from "./system.ts";

/** Classes in the order in which KVM lists them. */
const ORDER: readonly number[] = [
  CLASSES.core,
  CLASSES.sve,
  CLASSES.firmware,
  CLASSES.bitmap,
  CLASSES.system,
  CLASSES.demux,
];

const idOf = (name: string): bigint => {
  const id = parseOneReg(name);
  if (id === undefined) throw new Error(`no register is called ${name}`);
  return id;
};

const SVE_LENGTHS = sveLengthsRegister().id;
/**
 * KVM's ids of the virtual timer's count and compare value have each other's encoding (include/uapi/asm/kvm.h), and stand
 * where the register belongs.
 */
const swapped = once((): ReadonlyMap<bigint, bigint> => {
  const [count, compare] = [idOf("KVM_REG_ARM_TIMER_CNT"), idOf("KVM_REG_ARM_TIMER_CVAL")];
  return new Map([
    [count, compare],
    [compare, count],
  ]);
});

/** A place in the list: by class, then what stands before the class's others, then the number without the size. */
function placeOf(id: bigint, first: ReadonlyMap<bigint, number>): readonly [number, number, number] {
  const kind = classOf(id);
  const ahead = id === SVE_LENGTHS ? -1 : (first.get(id) ?? first.size);
  return [ORDER.indexOf(kind), ahead, Number((swapped().get(id) ?? id) & 0xffffn)];
}

/** In the order of KVM_GET_REG_LIST. */
function inOrder(vm: Vm, ids: readonly bigint[]): readonly bigint[] {
  const before = callRule<readonly string[]>(vm.kvm, "list.before-system");
  const first = new Map(before.map((name, at) => [idOf(name), at]));
  const placed = ids.map((id) => ({ id, place: placeOf(id, first) }));
  const order = ({ place: a }: (typeof placed)[number], { place: b }: (typeof placed)[number]): number =>
    a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
  return placed.sort(order).map(({ id }) => id);
}

/** Classes whose ids follow from the vCPU's features. */
const computed: ReadonlySet<number> = new Set([CLASSES.core, CLASSES.sve]);

/** KVM_GET_REG_LIST, in KVM's order. */
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
  return ok(inOrder(vm, ids));
}
