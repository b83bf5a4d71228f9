/** Registers that show something else than a value of their own. */
import { changeLevel, readStackPointer, writeStackPointer } from "../state.ts";
import { type Access, type Core, UNDEFINED } from "../world.ts";
import { type Behaviour, UNKNOWN } from "./behaviour.ts";
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
import { cpuHas } from "./facts.ts";
import {
  CSSELR_EL1,
  CTR_EL0,
  eventCounter,
  eventType,
  keysOf,
  OSLSR_EL1,
  PMCCFILTR_EL0,
  PMCCNTR_EL0,
  PMSELR_EL0,
} from "./keys.ts";
import { CYCLES, count, counterMask, counters, increment, resetCounters } from "./pmu.ts";

/** A row as it holds for one register of one guest. */
export interface Register {
  readonly key: number;
  readonly row: Behaviour;
  /** Bits that a write changes. */
  readonly keeps: bigint;
  readonly reset: bigint;
  /** The register behind it, for views of another. */
  readonly of: Register | undefined;
}

/** How a view reads and writes; an access that it does not name is UNDEFINED. */
export interface View {
  readonly read?: (core: Core, register: Register) => bigint | Access;
  readonly write?: (core: Core, value: bigint, register: Register) => undefined | Access;
}

const undefinedAccess: Access = { kind: "trap", trap: UNDEFINED };

/** What a register holds of its own. */
export const heldIn = ({ state }: Core, { key, reset }: Register): bigint => state.system.get(key) ?? reset;

/** Keeps the bits that a write changes. */
export function keepIn({ state }: Core, { key, keeps }: Register, value: bigint): void {
  state.system.set(key, value & keeps);
}

type Bit = "pan" | "uao" | "dit" | "ssbs" | "tco" | "allint";
const stateBit = (name: Bit, at: bigint): View => ({
  read: ({ state }) => BigInt(state.pstate[name]) << at,
  write: ({ state }, value) => {
    state.pstate[name] = ((value >> at) & 1n) === 1n ? 1 : 0;
    return undefined;
  },
});

const timerViews = (
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
const virtual = timerViews("virtual");
const physical = timerViews("physical");
const hypPhysical = timerViews("hyp-physical");
const hypVirtual = timerViews("hyp-virtual");

const DAIF_AT = 6n;
const NZCV_AT = 28n;
const EL_AT = 2n;

/** SplitMix64 of how far the guest is: every run has the same random numbers. */
function randomNumber({ state }: Core): bigint {
  let z = BigInt.asUintN(64, (BigInt(state.retired) + 1n) * 0x9e37_79b9_7f4a_7c15n);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn);
  return z ^ (z >> 31n);
}

const idValue = (core: Core, key: number): bigint => core.hypervisor.idRegister(key) ?? 0n;

const CACHES = 14n;
const LINE_AT = { data: 16n, instruction: 0n };
/** CTR_EL0 counts in words, CCSIDR_EL1 from 16 bytes on; both are logarithms. */
const WORDS_TO_CCSIDR = 2n;

/** The cache that CSSELR_EL1 selects, as KVM makes it up. */
function cacheGeometry(core: Core): bigint {
  const selected = (core.state.system.get(CSSELR_EL1) ?? UNKNOWN) & 0xfn;
  const kept = core.state.caches.get(Number(selected));
  if (kept !== undefined) return kept;
  if (selected >= CACHES) return 0n;
  const at = (selected & 1n) === 1n ? LINE_AT.instruction : LINE_AT.data;
  return ((idValue(core, CTR_EL0) >> at) & 0xfn) - WORDS_TO_CCSIDR;
}

const DZE = 1n << 14n;
const DZP = 1n << 4n;

/** DCZID_EL0.DZP: EL0 may not zero blocks where SCTLR_EL1.DZE is clear. */
function zeroingBlocks(core: Core, { key }: Register): bigint {
  const value = idValue(core, key);
  const { state } = core;
  const barred = state.pstate.el === 0 && ((state.system.get(keysOf(1).sctlr) ?? 0n) & DZE) === 0n;
  return barred ? value | DZP : value;
}

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
const OS_LOCKED = 2n;

const named = {
  nzcv: {
    read: ({ state }) => BigInt(state.nzcv) << NZCV_AT,
    write: ({ state }, value) => {
      state.nzcv = Number((value >> NZCV_AT) & 0xfn);
      return undefined;
    },
  },
  daif: {
    read: ({ state }) => BigInt(state.pstate.daif) << DAIF_AT,
    write: ({ state }, value) => {
      state.pstate.daif = Number((value >> DAIF_AT) & 0xfn);
      return undefined;
    },
  },
  "current-el": { read: ({ state }) => BigInt(state.pstate.el) << EL_AT },
  "sp-sel": {
    read: ({ state }) => BigInt(state.pstate.sp),
    write: (core, value) => {
      changeLevel(core.state, core.state.pstate.el, (value & 1n) === 1n ? 1 : 0);
      return undefined;
    },
  },
  pan: stateBit("pan", 22n),
  uao: stateBit("uao", 23n),
  dit: stateBit("dit", 24n),
  ssbs: stateBit("ssbs", 12n),
  tco: stateBit("tco", 25n),
  allint: stateBit("allint", 13n),
  "sp-el0": {
    read: ({ state }) => (state.pstate.sp === 0 ? undefinedAccess : readStackPointer(state, 0)),
    write: ({ state }, value) => {
      if (state.pstate.sp === 0) return undefinedAccess;
      writeStackPointer(state, 0, value);
      return undefined;
    },
  },
  "sp-el1": {
    read: ({ state }) => readStackPointer(state, 1),
    write: ({ state }, value) => {
      writeStackPointer(state, 1, value);
      return undefined;
    },
  },
  fpcr: {
    read: ({ state }) => BigInt(state.fpcr >>> 0),
    write: ({ state }, value, { keeps }) => {
      state.fpcr = Number(value & keeps);
      return undefined;
    },
  },
  fpsr: {
    read: ({ state }) => BigInt(state.fpsr >>> 0),
    write: ({ state }, value, { keeps }) => {
      state.fpsr = Number(value & keeps);
      return undefined;
    },
  },
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
  random: {
    read: (core) => {
      core.state.nzcv = 0;
      return randomNumber(core);
    },
  },
  id: { read: (core, { key }) => idValue(core, key) },
  dczid: { read: zeroingBlocks },
  ccsidr: { read: cacheGeometry },
  pending: { read: () => 0n },
  "os-lock": {
    write: ({ state }, value) => {
      const before = state.system.get(OSLSR_EL1) ?? 8n;
      state.system.set(OSLSR_EL1, (value & 1n) === 1n ? before | OS_LOCKED : before & ~OS_LOCKED);
      return undefined;
    },
  },
  "breakpoint-control": {
    read: heldIn,
    write: (core, value, register) => {
      const bas = ((value >> 5n) & 1n) | (((value >> 7n) & 1n) << 2n);
      keepIn(core, register, (value & ~0x1e0n) | ((bas | (bas << 1n)) << 5n));
      return undefined;
    },
  },
  "watchpoint-address": {
    read: heldIn,
    write: (core, value, register) => {
      keepIn(core, register, BigInt.asUintN(64, BigInt.asIntN(49, value)) & ~3n);
      return undefined;
    },
  },
  "binary-point": {
    read: heldIn,
    write: (core, value, register) => {
      // The comparison is one of 32-bit signed numbers.
      const wanted = Number(BigInt.asIntN(32, value));
      core.state.system.set(register.key, BigInt(Math.max(wanted, register.row.minimum ?? 0) & 7));
      return undefined;
    },
  },
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

export type ViewName = keyof typeof named;

export const views: Readonly<Record<ViewName, View>> = named;

export const viewNames: readonly string[] = Object.keys(named);
