/** KVM_GET_ONE_REG and KVM_SET_ONE_REG (arch/arm64/kvm/guest.c: kvm_arm_get_reg, kvm_arm_set_reg). */
import { type Answer, fails } from "../answer.ts";
import type { Vcpu } from "../machine.ts";
import { getDemux, setDemux } from "./caches.ts";
import { getCore, setCore } from "./core.ts";
import { getFirmware, setFirmware } from "./firmware.ts";
import { CLASSES, classOf, isArm64, isSystemId, truncated } from "./ids.ts";
import { getSve, setSve } from "./sve.ts";
import { getSystem, setSystem } from "./system.ts";

interface Class {
  readonly get: (vcpu: Vcpu, id: bigint) => Answer<bigint>;
  readonly set: (vcpu: Vcpu, id: bigint, value: bigint) => Answer<undefined>;
}

const none: Class = { get: () => fails("ENOENT"), set: () => fails("ENOENT") };
const system: Class = { get: getSystem, set: setSystem };

const classes: ReadonlyMap<number, Class> = new Map([
  [CLASSES.core, { get: getCore, set: setCore }],
  [CLASSES.demux, { get: getDemux, set: setDemux }],
  [CLASSES.firmware, { get: getFirmware, set: setFirmware }],
  [CLASSES.bitmap, { get: getFirmware, set: setFirmware }],
  [CLASSES.sve, { get: getSve, set: setSve }],
]);

/** What KVM asks of every id before it looks at its class. */
function classFor(vcpu: Vcpu, id: bigint): Answer<Class> {
  if (vcpu.vm.dead) return fails("EIO");
  if (vcpu.features === undefined) return fails("ENOEXEC");
  if (!isArm64(id)) return fails("EINVAL");
  return { ok: true, value: classes.get(classOf(id)) ?? (isSystemId(id) ? system : none) };
}

/** KVM_GET_ONE_REG: the value, of whatever width. */
export function getRegister(vcpu: Vcpu, id: bigint): Answer<bigint> {
  const found = classFor(vcpu, id);
  return found.ok ? found.value.get(vcpu, id) : found;
}

/** KVM_SET_ONE_REG; bits of `value` beyond the register's width are not looked at. */
export function setRegister(vcpu: Vcpu, id: bigint, value: bigint): Answer<undefined> {
  const found = classFor(vcpu, id);
  return found.ok ? found.value.set(vcpu, id, truncated(id, value)) : found;
}
