/** Exceptions: entry to EL1 and EL2, and the return from them. */
import type { Expr } from "../../../tables/index.ts";
import { changeLevel, type Level, readPc, type VcpuState, writePc } from "../state.ts";
import { type Core, type Trap, UNDEFINED } from "../world.ts";
import { cpuHas, guestFits } from "./facts.ts";
import { HCR_EL2, HFGITR_EL2, HPFAR_EL2, keysOf } from "./keys.ts";
import { isHostApplication } from "./nested.ts";
import { modeOf, restoreState, savedState } from "./pstate.ts";

const WORD = 4n;
const EC_AT = 26n;
/** HPFAR_EL2.FIPA: bits of an address from 12 on. */
const PAGE_AT = 12n;
const FIPA_AT = 4n;
/** ESR_ELx.IL: the instruction is 32 bits long, as all of A64. */
const IL = 1n << 25n;
const PARTS = { sameLevelSp0: 0x000n, sameLevel: 0x200n, lowerLevel: 0x400n };
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

/** ESR_ELx.EC of SVC and of a trapped ERET. */
const EC_SVC = 0x15;
const EC_ERET = 0x1a;
/** HFGITR_EL2: the guest's EL2 takes what SVC and ERET do at these levels. */
const SVC_EL0 = 1n << 52n;
const SVC_EL1 = 1n << 53n;
const ERET = 1n << 51n;
const FINE_GRAINED: Expr = { feat: "FEAT_FGT" };

/** Whether the guest's EL2 has a fine-grained trap set. */
function isTrapped(core: Core, bit: bigint): boolean {
  const { state, hypervisor } = core;
  return (
    (held(state, HFGITR_EL2) & bit) !== 0n &&
    isNested(core) &&
    !isHostApplication(core) &&
    guestFits(hypervisor, FINE_GRAINED)
  );
}

/** The level that takes an exception which names none. @param ec its class */
function targetLevel(core: Core, ec: number): 1 | 2 {
  const { pstate } = core.state;
  if (pstate.el === 2) return 2;
  const toHost = pstate.el === 0 && isNested(core) && (held(core.state, HCR_EL2) & TGE) !== 0n;
  const fine = ec === EC_SVC && isTrapped(core, pstate.el === 0 ? SVC_EL0 : SVC_EL1);
  return toHost || fine ? 2 : 1;
}

/** Whether PSTATE.PAN is set at entry: EL1's SPAN, EL2's where it is the kernel of EL0. */
function setsPan(state: VcpuState, target: 1 | 2, sctlr: bigint): boolean {
  const hcr = held(state, HCR_EL2);
  const ofApplications = target === 1 || ((hcr & E2H) !== 0n && (hcr & TGE) !== 0n);
  return ofApplications && (sctlr & SPAN) === 0n;
}

/** How an exception comes in: the entry within a part of the vector table. */
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
  const part = pstate.el < target ? PARTS.lowerLevel : pstate.sp === 1 ? PARTS.sameLevel : PARTS.sameLevelSp0;
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
  const target = trap.level ?? targetLevel(core, trap.ec);
  const keys = keysOf(target);
  const pc = readPc(state);
  enter(core, target, "synchronous", trap.after === true ? pc + WORD : pc);
  const syndrome = (BigInt(trap.ec) << EC_AT) | IL | BigInt(trap.iss);
  state.system.set(keys.esr, syndrome);
  if (state.firstException?.retired !== state.retired)
    state.firstException = { retired: state.retired, address: pc, syndrome };
  if (trap.far !== undefined) state.system.set(keys.far, trap.far);
  if (trap.ipa !== undefined) state.system.set(HPFAR_EL2, (trap.ipa >> PAGE_AT) << FIPA_AT);
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
 *
 * @returns the exception that ERET takes instead: UNDEFINED at EL0, or the trap of a guest's own EL2
 */
export function exceptionReturn(core: Core): Trap | undefined {
  const { state } = core;
  const { el } = state.pstate;
  if (el === 0) return UNDEFINED;
  if (el === 1 && isTrapped(core, ERET)) return { level: 2, ec: EC_ERET, iss: 0 };
  const keys = keysOf(el);
  const spsr = held(state, keys.spsr);
  const mode = modeOf(spsr);
  restoreState(core, spsr, mode !== undefined && mayReturn(core, el, mode.el) ? mode : undefined);
  state.exclusive = undefined;
  writePc(state, held(state, keys.elr));
  return undefined;
}
