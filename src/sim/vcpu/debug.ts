/**
 * Debug exceptions that a guest gives itself: software step and breakpoints (Arm ARM, D2). Watchpoints and breakpoints
 * that match contexts or are linked are lacking, and say so as soon as they are enabled.
 */
import { bit } from "./execute/context.ts";
import type { Machine } from "./execute/machine.ts";
import { readPc } from "./state.ts";
import type { Core, Trap } from "./world.ts";
import { encodingKey } from "./world.ts";

/** What of it is enabled at the level at which the guest is. */
export interface Debugging {
  readonly stepping: boolean;
  /** Addresses of words. */
  readonly breakpoints: readonly bigint[];
  readonly lacks: string | undefined;
}

const key = (crn: number, crm: number, op2: number): number => encodingKey({ op0: 2, op1: 0, crn, crm, op2 });
const MDSCR_EL1 = key(0, 2, 2);
const OSLSR_EL1 = key(1, 1, 4);
const BREAKPOINT_VALUE = 4;
const BREAKPOINT_CONTROL = 5;
const WATCHPOINT_CONTROL = 7;
const MOST = 16;

const SS = 0;
const KDE = 13;
const MDE = 15;
const OSLK = 1;
/** PSTATE.D in `daif`. */
const MASKED = 8;

/** Whether debug exceptions are generated from the level (AArch64.GenerateDebugExceptions). */
function generated(core: Core, mdscr: bigint): boolean {
  const { pstate } = core.state;
  if (bit(core.state.system.get(OSLSR_EL1) ?? 0n, OSLK) || pstate.el === 2) return false;
  return pstate.el === 0 || (bit(mdscr, KDE) && (pstate.daif & MASKED) === 0);
}

/** DBGBCR_EL1: enabled, privilege, byte select, type. */
interface Control {
  readonly enabled: boolean;
  readonly matches: boolean;
  readonly type: number;
}

/** PMC says at which levels it matches: bit 0 EL1, bit 1 EL0. */
const controlOf = (value: bigint, el: 0 | 1): Control => ({
  enabled: bit(value, 0),
  matches: bit(value, el === 0 ? 2 : 1),
  type: Number((value >> 20n) & 0xfn),
});

function breakpointsOf({ state }: Core): Pick<Debugging, "breakpoints" | "lacks"> {
  const el = state.pstate.el === 0 ? 0 : 1;
  const breakpoints: bigint[] = [];
  let lacks: string | undefined;
  for (let n = 0; n < MOST; n++) {
    const { enabled, matches, type } = controlOf(state.system.get(key(0, n, BREAKPOINT_CONTROL)) ?? 0n, el);
    if (enabled && matches) {
      if (type === 0) breakpoints.push((state.system.get(key(0, n, BREAKPOINT_VALUE)) ?? 0n) & ~3n);
      else lacks = `breakpoints of type ${type} (DBGBCR${n}_EL1.BT)`;
    }
    if (controlOf(state.system.get(key(0, n, WATCHPOINT_CONTROL)) ?? 0n, el).enabled)
      lacks = `watchpoints (DBGWCR${n}_EL1)`;
  }
  return { breakpoints, lacks };
}

/** undefined: nothing of it is enabled. */
export function debuggingOf(core: Core): Debugging | undefined {
  const mdscr = core.state.system.get(MDSCR_EL1);
  if (mdscr === undefined || !(bit(mdscr, SS) || bit(mdscr, MDE)) || !generated(core, mdscr))
    return undefined;
  const { breakpoints, lacks } = bit(mdscr, MDE)
    ? breakpointsOf(core)
    : { breakpoints: [], lacks: undefined };
  const stepping = bit(mdscr, SS);
  return stepping || breakpoints.length > 0 || lacks !== undefined
    ? { stepping, breakpoints, lacks }
    : undefined;
}

/** Exception classes, from a lower level; one more is from the same. IFSC of a debug exception. */
const STEP = 0x32;
const BREAKPOINT = 0x30;
const DEBUG_EVENT = 0x22;
/** ISV of the syndrome of a software step: an instruction was stepped. */
const STEPPED = 1 << 24;

/** What is taken before the next instruction. */
export function debugTrap(
  { state, stepped }: Machine,
  { stepping, breakpoints }: Debugging,
): Trap | undefined {
  const { pstate } = state;
  const same = pstate.el === 0 ? 0 : 1;
  if (stepping && pstate.ss === 0) return { ec: STEP + same, iss: DEBUG_EVENT | (stepped ? STEPPED : 0) };
  if (breakpoints.length > 0 && breakpoints.includes(readPc(state)))
    return { ec: BREAKPOINT + same, iss: DEBUG_EVENT };
  return undefined;
}
