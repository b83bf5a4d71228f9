/** AES, SHA, SM3 and SM4. */
import { classOf, type InstructionClass } from "../class.ts";

const row = classOf.bind(undefined, "crypto");

export const crypto: readonly InstructionClass[] = [
  row("aes", "01001110 size:2 10100 opcode:5 10 vn:5 vd:5", {
    tells: "opcode",
    where: (f) => f.size === 0 && (f.opcode ?? 0) >= 4 && (f.opcode ?? 0) < 8,
  }),
  row("sha-three", "01011110 size:2 0 vm:5 0 opcode:3 00 vn:5 vd:5", {
    tells: "opcode",
    where: (f) => f.size === 0,
  }),
  row("sha-two", "01011110 size:2 10100 opcode:5 10 vn:5 vd:5", {
    tells: "opcode",
    where: (f) => f.size === 0 && (f.opcode ?? 0) < 4,
  }),
  row("sha512-three", "11001110011 vm:5 1 o 00 opcode:2 vn:5 vd:5", { tells: "o opcode" }),
  row("sha3-four", "110011100 op0:2 vm:5 0 va:5 vn:5 vd:5", { tells: "op0" }),
  row("xar", "11001110100 vm:5 imm6:6 vn:5 vd:5", {}),
  row("sha512-two", "11001110110000001000 opcode:2 vn:5 vd:5", { tells: "opcode" }),
  row("sm3-three", "11001110010 vm:5 10 imm2:2 opcode:2 vn:5 vd:5", { tells: "opcode" }),
];
