/** Exceptions: entry to EL1 and EL2, and the return from them. */
import { changeLevel, type Level, readPc, type VcpuState, writePc } from "../state.ts";
import type { Core, Trap } from "../world.ts";
import { cpuHas } from "./facts.ts";
import { HCR_EL2, keysOf } from "./keys.ts";
import { modeOf, restoreState, savedState } from "./pstate.ts";

const WORD = 4n;
const EC_AT = 26n;
/** ESR_ELx.IL: the instruction is 32 bits long, as all of A64. */
const IL = 1n << 25n;
const SYNCHRONOUS_FROM = { sameLevelSp0: 0x000n, sameLevel: 0x200n, lowerLevel: 0x400n };
const ALL_MASKED = 0xf;
const SPAN = 1n << 23n;
const DSSBS = 1n << 44n;
const SPINTMASK = 1n << 62n;
/** HCR_EL2: exceptions of EL0 go to EL2, and EL2 has the translation regime of a host. */
const TGE = 1n << 27n;
const E2H = 1n << 34n;

const held = (state: VcpuState, key: number): bigint => state.system.get(key) ?? 0n;

/** Whether the guest has an EL2 of its own. */
export const isNested = (core: Core): boolean => core.hypervisor.guest.level === 2;

/** The level that takes an exception which names none. */
export function targetLevel(core: Core): 1 | 2 {
  const { pstate } = core.state;
  if (pstate.el === 2) return 2;
  const toHost = pstate.el === 0 && isNested(core) && (held(core.state, HCR_EL2) & TGE) !== 0n;
  return toHost ? 2 : 1;
}

/** Whether PSTATE.PAN is set at entry: EL1's SPAN, EL2's where it is the kernel of EL0. */
function setsPan(state: VcpuState, target: 1 | 2, sctlr: bigint): boolean {
  const hcr = held(state, HCR_EL2);
  const ofApplications = target === 1 || ((hcr & E2H) !== 0n && (hcr & TGE) !== 0n);
  return ofApplications && (sctlr & SPAN) === 0n;
}

/** How an exception comes in, which decides the quarter of the vector table's part. */
export type ExceptionKind = "synchronous" | "irq" | "fiq" | "serror";
const offsets: Readonly<Record<ExceptionKind, bigint>> = {
  synchronous: 0x000n,
  irq: 0x080n,
  fiq: 0x100n,
  serror: 0x180n,
};

function enter(core: Core, target: 1 | 2, kind: ExceptionKind, back: bigint): void {
  const { state } = core;
  const { pstate } = state;
  const keys = keysOf(target);
  const sctlr = held(state, keys.sctlr);
  state.system.set(keys.spsr, savedState(state));
  state.system.set(keys.elr, back);
  const part =
    pstate.el < target
      ? SYNCHRONOUS_FROM.lowerLevel
      : pstate.sp === 1
        ? SYNCHRONOUS_FROM.sameLevel
        : SYNCHRONOUS_FROM.sameLevelSp0;
  changeLevel(state, target, 1);
  pstate.daif = ALL_MASKED;
  pstate.il = 0;
  pstate.ss = 0;
  pstate.btype = 0;
  pstate.uao = 0;
  if (cpuHas(core, "FEAT_MTE2")) pstate.tco = 1;
  if (cpuHas(core, "FEAT_PAN") && setsPan(state, target, sctlr)) pstate.pan = 1;
  if (cpuHas(core, "FEAT_SSBS")) pstate.ssbs = (sctlr & DSSBS) === 0n ? 0 : 1;
  if (cpuHas(core, "FEAT_NMI")) pstate.allint = (sctlr & SPINTMASK) === 0n ? 1 : 0;
  state.exclusive = undefined;
  writePc(state, (held(state, keys.vbar) & ~0x7ffn) + part + offsets[kind]);
}

/**
 * Takes a synchronous exception: the level's ELR, SPSR, ESR and, where there is an address, FAR; then PSTATE and the
 * vector. PC is at the instruction that takes it.
 */
export function takeException(core: Core, trap: Trap): void {
  const { state } = core;
  const target = trap.level ?? targetLevel(core);
  const keys = keysOf(target);
  const pc = readPc(state);
  enter(core, target, "synchronous", trap.after === true ? pc + WORD : pc);
  state.system.set(keys.esr, (BigInt(trap.ec) << EC_AT) | IL | BigInt(trap.iss));
  if (trap.far !== undefined) state.system.set(keys.far, trap.far);
}

/** Takes an interrupt, or an SError with its syndrome. PC is at the instruction that is next. */
export function takeInterrupt(core: Core, kind: "irq" | "fiq" | "serror", level: 1 | 2, esr?: bigint): void {
  enter(core, level, kind, readPc(core.state));
  if (esr !== undefined) core.state.system.set(keysOf(level).esr, esr);
}

/** Whether a return from one level may go to another. */
function mayReturn(core: Core, from: Level, to: Level): boolean {
  if (to > from) return false;
  // With HCR_EL2.TGE there is no EL1.
  return !(from === 2 && to === 1 && (held(core.state, HCR_EL2) & TGE) !== 0n);
}

/**
 * ERET: PSTATE and PC come from SPSR_ELx and ELR_ELx. An illegal return (to a higher level, to AArch32, to a mode that
 * is none) stays at the level and sets PSTATE.IL, so that the next instruction takes the exception of an illegal state.
 */
export function exceptionReturn(core: Core): Trap | undefined {
  const { state } = core;
  const { el } = state.pstate;
  if (el === 0) return { ec: 0, iss: 0 };
  const keys = keysOf(el);
  const spsr = held(state, keys.spsr);
  const mode = modeOf(spsr);
  restoreState(core, spsr, mode !== undefined && mayReturn(core, el, mode.el) ? mode : undefined);
  state.exclusive = undefined;
  writePc(state, held(state, keys.elr));
  return undefined;
}
