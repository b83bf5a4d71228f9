/** Branch targets in guarded pages (FEAT_BTI): what may stand where an indirect branch lands. */
import type { Trap } from "../world.ts";
import { bit } from "./context.ts";
import type { Machine } from "./machine.ts";

const BRANCH_TARGET = 0x0d;
const SCTLR_BT0 = 35;
const SCTLR_BT1 = 36;

const HINT_MASK = 0xffff_f01f | 0;
const HINT = 0xd503_201f | 0;
const EXCEPTION_MASK = 0xffe0_001f | 0;

/** Hints by CRm and op2. */
const PACIASP = 25;
const PACIBSP = 27;
const BTI = 32;
const BTI_C = 34;
const BTI_J = 36;
const BTI_JC = 38;

function compatible(machine: Machine, word: number, btype: number): boolean {
  const exception = word & EXCEPTION_MASK;
  if (exception === (0xd420_0000 | 0) || exception === (0xd440_0000 | 0)) return true;
  if ((word & HINT_MASK) !== HINT) return false;
  switch ((word >> 5) & 0x7f) {
    case PACIASP:
    case PACIBSP: {
      const { el, regime } = machine.context;
      return btype !== 3 || !bit(regime.sctlr, el === 0 ? SCTLR_BT0 : SCTLR_BT1);
    }
    case BTI:
      return false;
    case BTI_C:
      return btype !== 3;
    case BTI_J:
      return btype !== 2;
    case BTI_JC:
      return true;
    default:
      return false;
  }
}

/** The exception of a branch that lands where it may not. */
export function landingFault(machine: Machine, word: number): Trap | undefined {
  const { btype } = machine.state.pstate;
  return machine.guarded && !compatible(machine, word, btype) ? { ec: BRANCH_TARGET, iss: btype } : undefined;
}
