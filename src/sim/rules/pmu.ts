/** The guest's performance monitors. */
import { eventCounters } from "../../tables/index.ts";
import type { Guest } from "./guest.ts";

/** How many event counters the guest has; undefined: not known, 0: no PMU. */
export function pmuCounters(guest: Guest): number | undefined {
  const { pmu, registers } = guest;
  if (pmu === undefined) return 0;
  return eventCounters(registers) ?? pmu.counters;
}

/** First event number of each half of PMCEID0_EL0 and PMCEID1_EL0. */
const firstEvents: Readonly<Record<string, readonly [number, number]>> = {
  PMCEID0_EL0: [0x0, 0x4000],
  PMCEID1_EL0: [0x20, 0x4020],
};
const HALF = 32;

/** The bits of a PMCEIDn_EL0 that the guest's event filter leaves; all bits of any other register. */
export function filterMask(guest: Guest, register: string): bigint {
  const first = firstEvents[register];
  const events = guest.pmu?.events ?? [];
  if (first === undefined || events.length === 0) return (1n << 64n) - 1n;
  // The first range that KVM is given decides about all events outside the ranges.
  const otherwise = events[0]?.action === "deny";
  const allowed = (event: number): boolean =>
    events.reduce(
      (now, range) => (range.first <= event && event <= range.last ? range.action === "allow" : now),
      otherwise,
    );
  let mask = 0n;
  for (const [half, base] of first.entries())
    for (let bit = 0; bit < HALF; bit++) if (allowed(base + bit)) mask |= 1n << BigInt(half * HALF + bit);
  return mask;
}
