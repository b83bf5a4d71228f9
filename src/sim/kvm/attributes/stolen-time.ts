/** KVM_ARM_VCPU_PVTIME_CTRL: where the record of stolen time is. */
import { capabilityAnswer } from "../../../hosts/facilities.ts";
import { type Answer, done, fails, ok } from "../answer.ts";
import type { Vcpu } from "../machine.ts";
import { numberBytes, type Payload, readNumber } from "./payload.ts";

export const STOLEN_TIME_GROUP = 2;
const IPA = 0;
/** KVM_CAP_STEAL_TIME. */
const STEAL_TIME = 187;
const ALIGNMENT = 64n;
/** What KVM shows where there is none: GPA_INVALID. */
const NONE = 0xffff_ffff_ffff_ffffn;

const has = (vcpu: Vcpu, attribute: number): boolean =>
  attribute === IPA && capabilityAnswer(vcpu.vm.kvm.profile, STEAL_TIME).value > 0;

/** kvm_arm_pvtime_has_attr. */
export const hasStolenTime = (vcpu: Vcpu, attribute: number): Answer<undefined> =>
  has(vcpu, attribute) ? done : fails("ENXIO");

/** kvm_arm_pvtime_get_attr. */
export const getStolenTime = (vcpu: Vcpu, attribute: number): Answer<Uint8Array> =>
  has(vcpu, attribute) ? ok(numberBytes(vcpu.stolenTime ?? NONE, 8)) : fails("ENXIO");

/** kvm_arm_pvtime_set_attr: once, in memory that the guest may write. */
export function setStolenTime(vcpu: Vcpu, attribute: number, payload: Payload): Answer<undefined> {
  if (!has(vcpu, attribute)) return fails("ENXIO");
  const address = readNumber(payload, 8);
  if (!address.ok) return address;
  if (address.value % ALIGNMENT !== 0n) return fails("EINVAL");
  if (vcpu.stolenTime !== undefined) return fails("EEXIST");
  const region = vcpu.vm.memory.regions.find(
    (one) => one.address <= address.value && address.value < one.address + BigInt(one.bytes.length),
  );
  if (region === undefined || region.readOnly) return fails("EINVAL");
  vcpu.stolenTime = address.value;
  return done;
}
