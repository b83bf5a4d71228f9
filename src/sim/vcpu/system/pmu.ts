/**
 * The guest's PMU: which counters there are, and what they have counted. Cycles and executed instructions are counted,
 * one cycle to an instruction, as long as counter and PMU are enabled; no other event ever happens here.
 */
import { eventCounters } from "../../../tables/index.ts";
import type { Guest } from "../../rules/guest.ts";
import { pmuCounters } from "../../rules/pmu.ts";
import type { Core } from "../world.ts";
import { perGeneration } from "./facts.ts";
import { eventCounter, eventType, PMCCNTR_EL0, PMCNTENSET_EL0, PMCR_EL0 } from "./keys.ts";

/** The cycle counter's number. */
export const CYCLES = 31;
const ENABLED = 1n;
const CPU_CYCLES = 0x11n;
const INST_RETIRED = 0x08n;
const SW_INCR = 0x00n;
const EVENT = 0xffffn;
const COUNTER = 0xffff_ffffn;

/** Event counters of the guest. */
export const counters: (core: Core) => number = perGeneration(({ guest }) => pmuCounters(guest) ?? 0);

/** Event counters of the CPU, as KVM shows them where nobody asks for fewer. */
export function hostCounters({ configuration, pmu, profile }: Guest): number {
  const own = pmu === undefined ? undefined : eventCounters(configuration.registers);
  const others = [...profile.configurations.values()].map(({ registers }) => eventCounters(registers));
  return own ?? others.find((count) => count !== undefined) ?? 0;
}

/** Bits of PMCNTENSET_EL0 and its like that stand for a counter. */
export const counterMask = (core: Core): bigint => (1n << 31n) | ((1n << BigInt(counters(core))) - 1n);

/** Where `state.system` notes when the counters were last brought up to date: no register has this key. */
const COUNTED_UNTIL = 1 << 16;

const held = (core: Core, key: number): bigint => core.state.system.get(key) ?? 0n;

/** Brings the counters up to date; to be called before anything about them is read or changed. */
export function count(core: Core): void {
  const { system, retired } = core.state;
  const now = BigInt(retired);
  const passed = now - (system.get(COUNTED_UNTIL) ?? 0n);
  system.set(COUNTED_UNTIL, now);
  if (passed <= 0n || (held(core, PMCR_EL0) & ENABLED) === 0n) return;
  const on = held(core, PMCNTENSET_EL0);
  if (((on >> BigInt(CYCLES)) & 1n) === 1n)
    system.set(PMCCNTR_EL0, BigInt.asUintN(64, held(core, PMCCNTR_EL0) + passed));
  for (let n = 0; n < counters(core); n++) {
    if (((on >> BigInt(n)) & 1n) === 0n) continue;
    const event = held(core, eventType(n)) & EVENT;
    if (event === CPU_CYCLES || event === INST_RETIRED)
      system.set(eventCounter(n), (held(core, eventCounter(n)) + passed) & COUNTER);
  }
}

/** PMSWINC_EL0: adds one to those counters of software increments that are on. */
export function increment(core: Core, which: bigint): void {
  count(core);
  const { system } = core.state;
  if ((held(core, PMCR_EL0) & ENABLED) === 0n) return;
  const on = held(core, PMCNTENSET_EL0) & which;
  for (let n = 0; n < counters(core); n++)
    if (((on >> BigInt(n)) & 1n) === 1n && (held(core, eventType(n)) & EVENT) === SW_INCR)
      system.set(eventCounter(n), (held(core, eventCounter(n)) + 1n) & COUNTER);
}

/** What PMCR_EL0.P and PMCR_EL0.C reset. */
export function resetCounters(core: Core, events: boolean, cycles: boolean): void {
  count(core);
  const { system } = core.state;
  if (cycles) system.set(PMCCNTR_EL0, 0n);
  if (events) for (let n = 0; n < counters(core); n++) system.set(eventCounter(n), 0n);
}
