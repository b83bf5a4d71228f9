/** LD64B and the ST64B family (FEAT_LS64): eight registers at once. */
import type { AtomicInstruction } from "../decode/atomic.ts";
import { SP } from "../state.ts";
import { addressAbove, dataAbort, load, stackAlignment, store } from "./access.ts";
import { bit } from "./context.ts";
import { type Machine, NEXT, type Op, raise } from "./machine.ts";
import { FAULT } from "./translate.ts";

type SixtyFour = Extract<AtomicInstruction, { readonly kind: "sixty-four" }>;

/** ESR_ELx.EC of a trapped 64-byte access, and the bits of SCTLR_ELx that let EL0 make them. */
const TRAPPED = 0x0a;
const SCTLR_ENASR = 54;
const SCTLR_ENAS0 = 55;
const SCTLR_ENALS = 56;

export function compileEights({ load: loads, t, n, s, accdata }: SixtyFour): Op {
  const base = 2 * n;
  const [enable, iss] = s === undefined ? [SCTLR_ENALS, 2] : accdata ? [SCTLR_ENAS0, 1] : [SCTLR_ENASR, 0];
  return (machine: Machine) => {
    const { x, context } = machine;
    if (context.el === 0 && !bit(context.regime.sctlr, enable)) return raise(machine, { ec: TRAPPED, iss });
    if (n === SP && context.stackCheck && ((x[2 * SP] ?? 0) & 15) !== 0) return stackAlignment(machine);
    const low = x[base] ?? 0;
    const high = x[base + 1] ?? 0;
    if ((low & 63) !== 0) return raise(machine, dataAbort(machine, low, high, FAULT.alignment, !loads));
    if (loads) {
      const values = new Int32Array(16);
      for (let i = 0; i < 8; i++) {
        const answer = load(machine, (low + 8 * i) | 0, addressAbove(low, high, 8 * i), 8);
        if (answer !== NEXT) return answer;
        values[2 * i] = machine.low;
        values[2 * i + 1] = machine.high;
      }
      x.set(values, 2 * t);
      return NEXT;
    }
    if (s !== undefined) {
      // Memory answers that it does not do this; only devices may.
      x[2 * s] = -1;
      x[2 * s + 1] = -1;
      return NEXT;
    }
    for (let i = 0; i < 8; i++) {
      const at = 2 * (t + i);
      const answer = store(
        machine,
        (low + 8 * i) | 0,
        addressAbove(low, high, 8 * i),
        8,
        x[at] ?? 0,
        x[at + 1] ?? 0,
      );
      if (answer !== NEXT) return answer;
    }
    return NEXT;
  };
}
