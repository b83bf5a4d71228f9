/** Registers of the PMU. */
import type { Core } from "../world.ts";
import { cpuHas } from "./facts.ts";
import { eventCounter, eventType, PMCCFILTR_EL0, PMCCNTR_EL0, PMSELR_EL0 } from "./keys.ts";
import { CYCLES, count, counterMask, counters, increment, resetCounters } from "./pmu.ts";
import { heldIn, idValue, keepIn, type Register, undefinedAccess, type View } from "./view.ts";

const PMCR = { enable: 1n, events: 2n, cycles: 4n, long: 1n << 6n, longEvents: 1n << 7n, mask: 0xffn };

const pmuControl: View = {
  read: (core, { key }) => (core.state.system.get(key) ?? idValue(core, key)) & ~(PMCR.events | PMCR.cycles),
  write: (core, value, { key, keeps }) => {
    count(core);
    const before = core.state.system.get(key) ?? idValue(core, key);
    const forced = cpuHas(core, "FEAT_AA32EL0") ? 0n : PMCR.long;
    core.state.system.set(key, (before & ~PMCR.mask) | (value & keeps) | forced);
    resetCounters(core, (value & PMCR.events) !== 0n, (value & PMCR.cycles) !== 0n);
    return undefined;
  },
};

const readCounter = (core: Core, register: Register): bigint => {
  count(core);
  return heldIn(core, register) & register.keeps;
};
const writeCounter = (core: Core, value: bigint, register: Register): undefined => {
  count(core);
  keepIn(core, register, value);
  return undefined;
};

/** The register of the counter that PMSELR_EL0 selects; undefined where there is none. */
function selected(core: Core, cycles: number, others: (n: number) => number): number | undefined {
  const n = Number((core.state.system.get(PMSELR_EL0) ?? 0x1en) & 0x1fn);
  return n === CYCLES ? cycles : n < counters(core) ? others(n) : undefined;
}

const selectedView = (cycles: number, others: (n: number) => number, wide: boolean): View => ({
  read: (core, register) => {
    const key = selected(core, cycles, others);
    if (key === undefined) return undefinedAccess;
    count(core);
    const value = core.state.system.get(key) ?? register.reset & register.keeps;
    return wide && key === cycles ? value : value & register.keeps;
  },
  write: (core, value, register) => {
    const key = selected(core, cycles, others);
    if (key === undefined) return undefinedAccess;
    count(core);
    core.state.system.set(key, wide && key === cycles ? value : value & register.keeps);
    return undefined;
  },
});

/** PMUSERENR_EL0, PMCNTENSET_EL0 and their like: bits that stand for counters. */
const setOf = (core: Core, register: Register): bigint =>
  heldIn(core, register.of ?? register) & counterMask(core);

/** Where `state.system` has the CPU's own PMSELR_EL0, which is not the guest's: no register has this key. */
const CPU_SELECTOR = PMSELR_EL0 | (1 << 16);

export const pmuViews = {
  "cpu-selector": {
    read: ({ state }) => state.system.get(CPU_SELECTOR) ?? 0n,
    write: ({ state }, value) => {
      state.system.set(CPU_SELECTOR, value & 0x1fn);
      return undefined;
    },
  },
  cycles: { read: ({ state }) => BigInt(state.retired) },
  "pmu-control": pmuControl,
  "cycle-counter": { read: readCounter, write: writeCounter },
  "cycle-filter": { read: heldIn, write: writeCounter },
  "pmu-set": {
    read: setOf,
    write: (core, value, register) => {
      count(core);
      core.state.system.set(register.key, setOf(core, register) | (value & counterMask(core)));
      return undefined;
    },
  },
  "pmu-clear": {
    read: setOf,
    write: (core, value, register) => {
      count(core);
      core.state.system.set((register.of ?? register).key, setOf(core, register) & ~value);
      return undefined;
    },
  },
  "pmu-increment": {
    write: (core, value) => {
      increment(core, value);
      return undefined;
    },
  },
  "event-counter": { read: readCounter, write: writeCounter },
  "event-type": { read: (core, register) => heldIn(core, register) & register.keeps, write: writeCounter },
  "selected-counter": selectedView(PMCCNTR_EL0, eventCounter, true),
  "selected-type": selectedView(PMCCFILTR_EL0, eventType, false),
} satisfies Readonly<Record<string, View>>;
