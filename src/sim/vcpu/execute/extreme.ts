/** SMAX, UMAX, SMIN and UMIN of general-purpose registers (FEAT_CSSC). */
import type { IntegerInstruction } from "../decode/integer.ts";
import { NEXT, type Op } from "./machine.ts";

type Extreme = Extract<IntegerInstruction, { readonly kind: "extreme" }>;

export function extremeOp({ wide, operation, d, n, m, low, high }: Extreme): Op {
  const [at, first, second] = [2 * d, 2 * n, 2 * (m ?? 0)];
  const signed = operation === "smax" || operation === "smin";
  const greatest = operation === "smax" || operation === "umax";
  return ({ x }) => {
    const aLow = x[first] ?? 0;
    const bLow = m === undefined ? low : (x[second] ?? 0);
    const aHigh = wide ? (x[first + 1] ?? 0) : 0;
    const bHigh = wide ? (m === undefined ? high : (x[second + 1] ?? 0)) : 0;
    const above = wide
      ? aHigh === bHigh
        ? aLow >>> 0 > bLow >>> 0
        : signed
          ? aHigh > bHigh
          : aHigh >>> 0 > bHigh >>> 0
      : signed
        ? aLow > bLow
        : aLow >>> 0 > bLow >>> 0;
    const ofFirst = above === greatest;
    x[at] = ofFirst ? aLow : bLow;
    x[at + 1] = ofFirst ? aHigh : bHigh;
    return NEXT;
  };
}
