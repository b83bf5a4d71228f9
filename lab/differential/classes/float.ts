/** Scalar floating point. */
import { classOf, type InstructionClass } from "../class.ts";
import type { Fields } from "../layout.ts";

const row = classOf.bind(undefined, "float");

/** Single, double or half: what is left unallocated is among the random words. */
const isFormat = (f: Fields): boolean => f.ptype !== 2;

/** Conversions with each rounding, and moves between the register files. */
function convertsOrMoves(f: Fields): boolean {
  const { opcode = 0, rmode = 0, sf, ptype } = f;
  if (opcode < 2) return isFormat(f);
  if (opcode < 6) return isFormat(f) && rmode === 0;
  const widths = `${sf}${ptype}`;
  if (rmode === 1) return widths === "12";
  // FJCVTZS
  if (rmode === 3) return widths === "01" && opcode === 6;
  return rmode === 0 && ["00", "11", "03", "13"].includes(widths);
}

/** To fixed point towards zero, from it by the rounding mode. */
const convertsFixed = (f: Fields): boolean =>
  isFormat(f) &&
  (f.rmode === 0 ? f.opcode === 2 || f.opcode === 3 : f.rmode === 3 && (f.opcode ?? 0) < 2) &&
  (f.sf === 1 || (f.scale ?? 0) >= 32);

export const float: readonly InstructionClass[] = [
  // `rn` and `rd` are general or vector registers.
  row("float-integer", "sf 0011110 ptype:2 1 rmode:2 opcode:3 000000 rn:5 rd:5", {
    tells: "sf ptype rmode opcode",
    where: convertsOrMoves,
    weight: 5,
  }),
  row("float-fixed", "sf 0011110 ptype:2 0 rmode:2 opcode:3 scale:6 rn:5 rd:5", {
    tells: "sf ptype rmode opcode",
    where: convertsFixed,
    weight: 2,
  }),
  row("float-one", "00011110 ptype:2 1 opcode:6 10000 vn:5 vd:5", {
    tells: "ptype opcode",
    where: (f) => isFormat(f) && (f.opcode ?? 0) < 20,
    weight: 4,
  }),
  row("float-compare", "00011110 ptype:2 1 vm:5 op:2 1000 vn:5 opcode2:5", {
    tells: "ptype opcode2",
    where: (f) => isFormat(f) && f.op === 0 && ((f.opcode2 ?? 0) & 7) === 0,
    weight: 2,
  }),
  row("float-immediate", "00011110 ptype:2 1 imm8:8 100 imm5:5 vd:5", {
    tells: "ptype",
    where: (f) => isFormat(f) && f.imm5 === 0,
  }),
  row("float-compare-conditional", "00011110 ptype:2 1 vm:5 cond:4 01 vn:5 op nzcv:4", {
    tells: "ptype op",
    where: isFormat,
  }),
  row("float-two", "00011110 ptype:2 1 vm:5 opcode:4 10 vn:5 vd:5", {
    tells: "ptype opcode",
    where: (f) => isFormat(f) && (f.opcode ?? 0) < 9,
    weight: 5,
  }),
  row("float-select", "00011110 ptype:2 1 vm:5 cond:4 11 vn:5 vd:5", { tells: "ptype", where: isFormat }),
  row("float-three", "00011111 ptype:2 o1 vm:5 o0 va:5 vn:5 vd:5", {
    tells: "ptype o1 o0",
    where: isFormat,
    weight: 3,
  }),
];
