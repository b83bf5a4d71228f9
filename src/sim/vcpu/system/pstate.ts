/** PSTATE as SPSR_ELx has it, and which of its bits a CPU has. */
import { changeLevel, type Level, type VcpuState } from "../state.ts";
import type { Core } from "../world.ts";
import { cpuHas } from "./facts.ts";

/** One bit of PSTATE that a feature brings: where SPSR_ELx has it. */
interface Bit {
  readonly name: "pan" | "uao" | "dit" | "tco" | "ssbs" | "allint";
  readonly at: bigint;
  readonly feature: string;
}

const bits: readonly Bit[] = [
  { name: "tco", at: 25n, feature: "FEAT_MTE" },
  { name: "dit", at: 24n, feature: "FEAT_DIT" },
  { name: "uao", at: 23n, feature: "FEAT_UAO" },
  { name: "pan", at: 22n, feature: "FEAT_PAN" },
  { name: "allint", at: 13n, feature: "FEAT_NMI" },
  { name: "ssbs", at: 12n, feature: "FEAT_SSBS" },
];

const NZCV_AT = 28n;
const SS_AT = 21n;
const IL_AT = 20n;
const BTYPE_AT = 10n;
const DAIF_AT = 6n;
const EL_AT = 2n;
const AARCH32 = 1n << 4n;
const RESERVED = 1n << 1n;

const bit = (value: bigint, at: bigint): 0 | 1 => (((value >> at) & 1n) === 1n ? 1 : 0);

/** What an exception keeps in SPSR_ELx. */
export function savedState({ nzcv, pstate }: VcpuState): bigint {
  let value =
    (BigInt(nzcv) << NZCV_AT) |
    (BigInt(pstate.ss) << SS_AT) |
    (BigInt(pstate.il) << IL_AT) |
    (BigInt(pstate.btype) << BTYPE_AT) |
    (BigInt(pstate.daif) << DAIF_AT) |
    (BigInt(pstate.el) << EL_AT) |
    BigInt(pstate.sp);
  for (const { name, at } of bits) value |= BigInt(pstate[name]) << at;
  return value;
}

/** The level and stack pointer that SPSR_ELx.M names; undefined: none that a return can go to. */
export function modeOf(spsr: bigint): { readonly el: Level; readonly sp: 0 | 1 } | undefined {
  if ((spsr & (AARCH32 | RESERVED)) !== 0n) return undefined;
  const el = Number((spsr >> EL_AT) & 3n);
  const sp = bit(spsr, 0n);
  if (el === 3 || (el === 0 && sp === 1)) return undefined;
  return { el: el === 2 ? 2 : el === 1 ? 1 : 0, sp };
}

/** Brings flags and bits back from SPSR_ELx; level and stack pointer too, where a mode is given. */
export function restoreState(core: Core, spsr: bigint, mode: ReturnType<typeof modeOf>): void {
  const { state } = core;
  const { pstate } = state;
  state.nzcv = Number((spsr >> NZCV_AT) & 0xfn);
  pstate.daif = Number((spsr >> DAIF_AT) & 0xfn);
  for (const { name, at, feature } of bits) pstate[name] = cpuHas(core, feature) ? bit(spsr, at) : 0;
  pstate.btype = cpuHas(core, "FEAT_BTI") ? Number((spsr >> BTYPE_AT) & 3n) : 0;
  pstate.il = mode === undefined ? 1 : bit(spsr, IL_AT);
  // Software step is KVM's to use, and no guest here is stepped by its own debugger.
  pstate.ss = 0;
  if (mode !== undefined) changeLevel(state, mode.el, mode.sp);
}
