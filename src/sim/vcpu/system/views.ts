/** Registers that show something else than a value of their own. */
import { changeLevel, readStackPointer, writeStackPointer } from "../state.ts";
import type { Core } from "../world.ts";
import { UNKNOWN } from "./behaviour.ts";
import { CSSELR_EL1, CTR_EL0, keysOf, OSLSR_EL1 } from "./keys.ts";
import { heldIn, idValue, keepIn, type Register, undefinedAccess, type View } from "./view.ts";
import { pmuViews } from "./views-pmu.ts";
import { timerViews } from "./views-timers.ts";

type Bit = "pan" | "uao" | "dit" | "ssbs" | "tco" | "allint";
const stateBit = (name: Bit, at: bigint): View => ({
  read: ({ state }) => BigInt(state.pstate[name]) << at,
  write: ({ state }, value) => {
    state.pstate[name] = ((value >> at) & 1n) === 1n ? 1 : 0;
    return undefined;
  },
});

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
  const line = (idValue(core, CTR_EL0) >> at) & 0xfn;
  return line < WORDS_TO_CCSIDR ? 0n : line - WORDS_TO_CCSIDR;
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

const OS_LOCKED = 2n;

/** DBGBCR<n>_EL1.BAS has two bits of its own, 5 and 7; the others are copies. */
function withCopiedSelect(value: bigint): bigint {
  const own = value & 0xa0n;
  return (value & ~0x1e0n) | own | (own << 1n);
}

/** An address of 49 bits, sign-extended, of whole words. */
const toWordAddress = (value: bigint): bigint => BigInt.asUintN(64, BigInt.asIntN(49, value)) & ~3n;

/** A register that has a form of its own for whatever is put into it, by the guest or by user space. */
const formed = (form: (value: bigint) => bigint): View => ({
  read: (core, register) => form(heldIn(core, register)),
  write: (core, value, register) => {
    keepIn(core, register, form(value));
    return undefined;
  },
});

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
  ...timerViews,
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
  "breakpoint-control": formed(withCopiedSelect),
  "watchpoint-address": formed(toWordAddress),
  "binary-point": {
    read: heldIn,
    write: (core, value, register) => {
      // The comparison is one of 32-bit signed numbers.
      const wanted = Number(BigInt.asIntN(32, value));
      core.state.system.set(register.key, BigInt(Math.max(wanted, register.row.minimum ?? 0) & 7));
      return undefined;
    },
  },
  ...pmuViews,
} satisfies Readonly<Record<string, View>>;

export type ViewName = keyof typeof named;

export const views: Readonly<Record<ViewName, View>> = named;

export const viewNames: readonly string[] = Object.keys(named);
