/** KVM_ARM_VCPU_TIMER_CTRL: the interrupts of the timers. */
import { deviceAttributes } from "../../../tables/index.ts";
import { once } from "../../../tables/load.ts";
import { type Answer, done, fails, ok } from "../answer.ts";
import { isPpi } from "../gic/interrupts.ts";
import type { Vcpu } from "../machine.ts";
import { callRule, gicOf } from "../objects.ts";
import { knowsAttribute } from "./known.ts";
import { numberBytes, type Payload, readInt } from "./payload.ts";

export const TIMER_GROUP = 1;

/** Attribute number → the interrupt that KVM gives the timer by itself. */
const defaults = once(
  (): ReadonlyMap<number, number> =>
    new Map(
      deviceAttributes()
        .filter(({ fd, group }) => fd === "vcpu" && group === TIMER_GROUP)
        .map((row) => [row.attr, row.default ?? 0]),
    ),
);

/** The interrupt that KVM gives a timer where nobody has set one, by attribute number. */
export const defaultInterrupt = (attribute: number): number => defaults().get(attribute) ?? 0;

/** The interrupt of a timer, by attribute number. */
const timerInterrupt = (vcpu: Vcpu, attribute: number): number =>
  vcpu.timers.get(attribute) ?? defaultInterrupt(attribute);

const knows = (vcpu: Vcpu, attribute: number): boolean =>
  knowsAttribute(vcpu.vm.kvm, "vcpu", TIMER_GROUP, attribute);

/** kvm_arm_timer_has_attr. */
export const hasTimerAttribute = (vcpu: Vcpu, attribute: number): Answer<undefined> =>
  knows(vcpu, attribute) ? done : fails("ENXIO");

/** kvm_arm_timer_get_attr. */
export const getTimerAttribute = (vcpu: Vcpu, attribute: number): Answer<Uint8Array> =>
  knows(vcpu, attribute) ? ok(numberBytes(BigInt(timerInterrupt(vcpu, attribute)), 4)) : fails("ENXIO");

/** kvm_arm_timer_set_attr: for all vCPUs that there are; whether two are equal is seen at the first run. */
export function setTimerAttribute(vcpu: Vcpu, attribute: number, payload: Payload): Answer<undefined> {
  const { vm } = vcpu;
  if (gicOf(vm) === undefined) return fails("EINVAL");
  const irq = readInt(payload);
  if (!irq.ok) return irq;
  if (!isPpi(irq.value)) return fails("EINVAL");
  const fixed = callRule<"vm" | "vcpu">(vm.kvm, "timers.of") === "vm" ? vm.timersFixed : vcpu.timersReady;
  if (fixed) return fails("EBUSY");
  if (!knows(vcpu, attribute)) return fails("ENXIO");
  vm.timers.set(attribute, irq.value);
  for (const one of vm.vcpus.values()) one.timers.set(attribute, irq.value);
  return done;
}
