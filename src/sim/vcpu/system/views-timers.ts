/** Counters and timers. */
import {
  emulatedControl,
  physicalCount,
  setTimerControl,
  setTimerValue,
  type Timer,
  timerControl,
  timerValue,
  virtualCount,
} from "./counters.ts";
import type { View } from "./view.ts";

const viewsOf = (
  timer: Timer,
): { readonly control: View; readonly emulated: View; readonly value: View } => ({
  emulated: {
    read: (core) => emulatedControl(core, timer),
    write: (core, value) => {
      setTimerControl(core, timer, value);
      return undefined;
    },
  },
  control: {
    read: (core) => timerControl(core, timer),
    write: (core, value) => {
      setTimerControl(core, timer, value);
      return undefined;
    },
  },
  value: {
    read: (core) => timerValue(core, timer),
    write: (core, value) => {
      setTimerValue(core, timer, value);
      return undefined;
    },
  },
});
const virtual = viewsOf("virtual");
const physical = viewsOf("physical");
const hypPhysical = viewsOf("hyp-physical");
const hypVirtual = viewsOf("hyp-virtual");

export const timerViews = {
  "virtual-count": { read: virtualCount },
  "physical-count": { read: physicalCount },
  "virtual-control": virtual.control,
  "virtual-value": virtual.value,
  "physical-control": physical.control,
  "physical-value": physical.value,
  "hyp-physical-control": hypPhysical.control,
  "hyp-physical-value": hypPhysical.value,
  "hyp-virtual-control": hypVirtual.control,
  "hyp-virtual-value": hypVirtual.value,
  "kvm-virtual-control": virtual.emulated,
  "kvm-physical-control": physical.emulated,
  "kvm-hyp-physical-control": hypPhysical.emulated,
  "kvm-hyp-virtual-control": hypVirtual.emulated,
} satisfies Readonly<Record<string, View>>;
