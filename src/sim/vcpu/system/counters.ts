/**
 * The guest's counters and timers. One instruction takes one nanosecond: the same program sees the same times, and an
 * instruction that waits moves the clock by moving `retired`.
 */
import type { Core } from "../world.ts";
import {
  CNTHP_CTL_EL2,
  CNTHP_CVAL_EL2,
  CNTHV_CTL_EL2,
  CNTHV_CVAL_EL2,
  CNTP_CTL_EL0,
  CNTP_CVAL_EL0,
  CNTV_CTL_EL0,
  CNTV_CVAL_EL0,
  CNTVOFF_EL2,
} from "./keys.ts";
import { isHost, isHostApplication } from "./nested.ts";

const NANOSECONDS = 1_000_000_000n;
const ENABLE = 1n;
const MASKED = 2n;
const STATUS = 4n;

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);

/** Ticks since the VM began. */
const ticks = ({ state, hypervisor }: Core): bigint =>
  (BigInt(state.retired) * hypervisor.counterFrequency) / NANOSECONDS;

/** CNTPCT_EL0: less the VM's offset of it. */
export const physicalCount = (core: Core): bigint =>
  wrap(ticks(core) - (core.hypervisor.physicalOffset ?? 0n));

/**
 * CNTVCT_EL0: less the VM's offset, and the guest hypervisor's where the guest has one; but not for the hypervisor
 * itself where it is a host.
 */
export function virtualCount(core: Core): bigint {
  const { state, hypervisor } = core;
  const isForHost = (state.pstate.el === 2 && isHost(state)) || isHostApplication(core);
  return wrap(ticks(core) - hypervisor.counterOffset - (isForHost ? 0n : guestOffset(core)));
}

const guestOffset = ({ state }: Core): bigint => state.system.get(CNTVOFF_EL2) ?? 0n;

/** Which timer: of EL1 by either counter, of EL2 by either counter. */
export type Timer = "virtual" | "physical" | "hyp-physical" | "hyp-virtual";

const registers: Readonly<Record<Timer, { readonly control: number; readonly compare: number }>> = {
  virtual: { control: CNTV_CTL_EL0, compare: CNTV_CVAL_EL0 },
  physical: { control: CNTP_CTL_EL0, compare: CNTP_CVAL_EL0 },
  "hyp-physical": { control: CNTHP_CTL_EL2, compare: CNTHP_CVAL_EL2 },
  "hyp-virtual": { control: CNTHV_CTL_EL2, compare: CNTHV_CVAL_EL2 },
};

export const timers: readonly Timer[] = ["virtual", "physical", "hyp-physical", "hyp-virtual"];

/** The count that a timer compares with; EL2's virtual timer knows no offset of its own making. */
const countOf = (core: Core, timer: Timer): bigint =>
  timer === "virtual"
    ? wrap(ticks(core) - core.hypervisor.counterOffset - guestOffset(core))
    : timer === "hyp-virtual"
      ? wrap(ticks(core) - core.hypervisor.counterOffset)
      : physicalCount(core);

const held = (core: Core, key: number): bigint => core.state.system.get(key) ?? 0n;

/** CNT*_CTL: what was written, and whether the time has come. */
export function timerControl(core: Core, timer: Timer): bigint {
  const { control, compare } = registers[timer];
  const value = held(core, control) & (ENABLE | MASKED);
  const due = (value & ENABLE) !== 0n && countOf(core, timer) >= held(core, compare);
  return due ? value | STATUS : value;
}

/**
 * The same of a timer that KVM emulates: it shows that the time has come whether or not the timer is enabled. (What
 * ISTATUS says of a timer that is not is UNKNOWN.)
 */
export function emulatedControl(core: Core, timer: Timer): bigint {
  const { control, compare } = registers[timer];
  const value = held(core, control) & (ENABLE | MASKED);
  return countOf(core, timer) >= held(core, compare) ? value | STATUS : value;
}

export function setTimerControl(core: Core, timer: Timer, value: bigint): void {
  core.state.system.set(registers[timer].control, value & (ENABLE | MASKED));
}

/** CNT*_TVAL: ticks until the time comes, 32 bits. */
export const timerValue = (core: Core, timer: Timer): bigint =>
  BigInt.asUintN(32, held(core, registers[timer].compare) - countOf(core, timer));

export function setTimerValue(core: Core, timer: Timer, value: bigint): void {
  core.state.system.set(registers[timer].compare, wrap(countOf(core, timer) + BigInt.asIntN(32, value)));
}

/** Whether a timer's interrupt is raised: enabled, due and not masked. */
export const timerRaised = (core: Core, timer: Timer): boolean =>
  (timerControl(core, timer) & (ENABLE | MASKED | STATUS)) === (ENABLE | STATUS);

/**
 * When the first timer that is enabled and not masked raises its interrupt.
 *
 * @returns the value of `state.retired` from which it is raised, now at the earliest; undefined: no timer will, or only
 *   after more instructions than can be counted
 */
export function nextTimer(core: Core): number | undefined {
  let first: number | undefined;
  for (const timer of timers) {
    const { control, compare } = registers[timer];
    if ((held(core, control) & (ENABLE | MASKED)) !== ENABLE) continue;
    const left = held(core, compare) - countOf(core, timer);
    const frequency = core.hypervisor.counterFrequency;
    // The first instruction at which the count, rounded down, is no less than the compare value.
    const total = ticks(core) + left;
    const due = left <= 0n ? core.state.retired : Number((total * NANOSECONDS + frequency - 1n) / frequency);
    if (!Number.isSafeInteger(due)) continue;
    first = first === undefined ? due : Math.min(first, due);
  }
  return first;
}
