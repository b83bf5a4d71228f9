/** Scalar floating point. */
import { classOf, type InstructionClass } from "../class.ts";

const row = classOf.bind(undefined, "float");

export const float: readonly InstructionClass[] = [
  // `rn` and `rd` are general or vector registers.
  row("float-integer", "sf 0011110 ptype:2 1 rmode:2 opcode:3 000000 rn:5 rd:5", {
    tells: "sf ptype rmode opcode",
    weight: 5,
  }),
  row("float-fixed", "sf 0011110 ptype:2 0 rmode:2 opcode:3 scale:6 rn:5 rd:5", {
    tells: "sf ptype rmode opcode",
    weight: 2,
  }),
  row("float-one", "00011110 ptype:2 1 opcode:6 10000 vn:5 vd:5", { tells: "ptype opcode", weight: 4 }),
  row("float-compare", "00011110 ptype:2 1 vm:5 op:2 1000 vn:5 opcode2:5", {
    tells: "ptype opcode2",
    where: (f) => ((f.opcode2 ?? 0) & 7) === 0,
    weight: 2,
  }),
  row("float-immediate", "00011110 ptype:2 1 imm8:8 100 imm5:5 vd:5", {
    tells: "ptype",
    where: (f) => f.imm5 === 0,
  }),
  row("float-compare-conditional", "00011110 ptype:2 1 vm:5 cond:4 01 vn:5 op nzcv:4", { tells: "ptype op" }),
  row("float-two", "00011110 ptype:2 1 vm:5 opcode:4 10 vn:5 vd:5", { tells: "ptype opcode", weight: 5 }),
  row("float-select", "00011110 ptype:2 1 vm:5 cond:4 11 vn:5 vd:5", { tells: "ptype" }),
  row("float-three", "00011111 ptype:2 o1 vm:5 o0 va:5 vn:5 vd:5", { tells: "ptype o1 o0", weight: 3 }),
];
