/** AND, ORR, EOR, their inverted forms, and TST. */
import type { IntegerInstruction, Logic } from "../decode/integer.ts";
import { ZERO } from "../state.ts";
import { shift32, shift64 } from "./arithmetic.ts";
import { NEXT, type Op } from "./machine.ts";

type Of<Kind extends IntegerInstruction["kind"]> = Extract<IntegerInstruction, { readonly kind: Kind }>;

function combine(logic: Logic, a: number, b: number): number {
  switch (logic) {
    case "and":
      return a & b;
    case "orr":
      return a | b;
    case "eor":
      return a ^ b;
  }
}

/** N and Z; C and V are 0. */
const flagsOf = (low: number, high: number, wide: boolean): number =>
  (((wide ? high : low) >>> 31) << 3) | ((low | high) === 0 ? 4 : 0);

export function immediateLogic({ wide, logic, flags, d, n, low, high }: Of<"logic-immediate">): Op {
  const [at, from] = [2 * d, 2 * n];
  if (flags)
    return ({ x, state }) => {
      const a = (x[from] ?? 0) & low;
      const b = (x[from + 1] ?? 0) & high;
      state.nzcv = flagsOf(a, b, wide);
      x[at] = a;
      x[at + 1] = b;
      return NEXT;
    };
  if (logic === "and")
    return ({ x }) => {
      x[at] = (x[from] ?? 0) & low;
      x[at + 1] = (x[from + 1] ?? 0) & high;
      return NEXT;
    };
  if (logic === "orr")
    return ({ x }) => {
      x[at] = (x[from] ?? 0) | low;
      x[at + 1] = wide ? (x[from + 1] ?? 0) | high : 0;
      return NEXT;
    };
  return ({ x }) => {
    x[at] = (x[from] ?? 0) ^ low;
    x[at + 1] = wide ? (x[from + 1] ?? 0) ^ high : 0;
    return NEXT;
  };
}

export function shiftedLogic(instruction: Of<"logic-shifted">): Op {
  const { wide, logic, flags, invert, d, n, m, shift, amount } = instruction;
  const [at, first, second] = [2 * d, 2 * n, 2 * m];
  const flip = invert ? -1 : 0;
  if (amount === 0 && !flags && !invert) {
    if (logic === "orr" && n === ZERO)
      return ({ x }) => {
        x[at] = x[second] ?? 0;
        x[at + 1] = wide ? (x[second + 1] ?? 0) : 0;
        return NEXT;
      };
    if (logic === "orr")
      return ({ x }) => {
        x[at] = (x[first] ?? 0) | (x[second] ?? 0);
        x[at + 1] = wide ? (x[first + 1] ?? 0) | (x[second + 1] ?? 0) : 0;
        return NEXT;
      };
    if (logic === "eor")
      return ({ x }) => {
        x[at] = (x[first] ?? 0) ^ (x[second] ?? 0);
        x[at + 1] = wide ? (x[first + 1] ?? 0) ^ (x[second + 1] ?? 0) : 0;
        return NEXT;
      };
    return ({ x }) => {
      x[at] = (x[first] ?? 0) & (x[second] ?? 0);
      x[at + 1] = wide ? (x[first + 1] ?? 0) & (x[second + 1] ?? 0) : 0;
      return NEXT;
    };
  }
  return (machine) => {
    const { x, state } = machine;
    if (wide) shift64(x[second] ?? 0, x[second + 1] ?? 0, shift, amount, machine);
    else machine.low = shift32(x[second] ?? 0, shift, amount);
    const low = combine(logic, x[first] ?? 0, machine.low ^ flip);
    const high = wide ? combine(logic, x[first + 1] ?? 0, machine.high ^ flip) : 0;
    if (flags) state.nzcv = flagsOf(low, high, wide);
    x[at] = low;
    x[at + 1] = high;
    return NEXT;
  };
}
