/** Data processing on general registers. */
import { classOf, type InstructionClass } from "../class.ts";
import type { Fields } from "../layout.ts";

const row = classOf.bind(undefined, "integer");
const is64 = (f: Fields): boolean => f.sf === 1;
/** An amount of bits that the register has. */
const shiftFits = (f: Fields): boolean => is64(f) || (f.imm6 ?? 0) < 32;

export const integer: readonly InstructionClass[] = [
  row("adr", "op immlo:2 10000 immhi:19 rd:5", { tells: "op" }),
  row("add-sub-immediate", "sf op s 100010 sh imm12:12 rn:5 rd:5", { tells: "sf op s", weight: 2 }),
  row("logical-immediate", "sf opc:2 100100 n immr:6 imms:6 rn:5 rd:5", {
    tells: "sf opc",
    where: (f) => is64(f) || f.n === 0,
    weight: 2,
  }),
  row("move-wide", "sf opc:2 100101 hw:2 imm16:16 rd:5", {
    tells: "sf opc",
    where: (f) => f.opc !== 1 && (is64(f) || (f.hw ?? 0) < 2),
  }),
  row("bit-field", "sf opc:2 100110 n immr:6 imms:6 rn:5 rd:5", {
    tells: "sf opc",
    where: (f) => f.opc !== 3 && f.n === f.sf && (is64(f) || ((f.immr ?? 0) < 32 && (f.imms ?? 0) < 32)),
    weight: 3,
  }),
  row("extract", "sf 00100111 n 0 rm:5 imm6:6 rn:5 rd:5", {
    tells: "sf",
    where: (f) => f.n === f.sf && shiftFits(f),
  }),
  row("divide", "sf 0011010110 rm:5 00001 op rn:5 rd:5", { tells: "sf op", weight: 2 }),
  row("shift-variable", "sf 0011010110 rm:5 0010 op2:2 rn:5 rd:5", { tells: "sf op2" }),
  row("crc32", "sf 0011010110 rm:5 010 c sz:2 rn:5 rd:5", {
    tells: "c sz",
    where: (f) => f.sf === (f.sz === 3 ? 1 : 0),
  }),
  row("bits-of-one", "sf 101101011000000000 opcode:3 rn:5 rd:5", {
    tells: "sf opcode",
    where: (f) => (f.opcode ?? 0) < 6 && (is64(f) || f.opcode !== 3),
  }),
  row("logical-shifted", "sf opc:2 01010 shift:2 n rm:5 imm6:6 rn:5 rd:5", {
    tells: "sf opc n shift",
    where: shiftFits,
    weight: 2,
  }),
  row("add-sub-shifted", "sf op s 01011 shift:2 0 rm:5 imm6:6 rn:5 rd:5", {
    tells: "sf op s shift",
    where: (f) => f.shift !== 3 && shiftFits(f),
    weight: 2,
  }),
  row("add-sub-extended", "sf op s 01011001 rm:5 option:3 imm3:3 rn:5 rd:5", {
    tells: "sf op s option",
    where: (f) => (f.imm3 ?? 0) <= 4,
    weight: 2,
  }),
  row("add-sub-carry", "sf op s 11010000 rm:5 000000 rn:5 rd:5", { tells: "sf op s" }),
  row("rotate-into-flags", "10111010000 imm6:6 00001 rn:5 0 mask:4", {}),
  row("set-flags-of-narrow", "00111010000000000 sz 0010 rn:5 01101", { tells: "sz" }),
  row("compare-conditional", "sf op 111010010 rm:5 cond:4 i 0 rn:5 0 nzcv:4", {
    tells: "sf op i",
    weight: 2,
  }),
  row("select", "sf op 011010100 rm:5 cond:4 0 o2 rn:5 rd:5", { tells: "sf op o2", weight: 2 }),
  row("multiply-add", "sf 0011011000 rm:5 o0 ra:5 rn:5 rd:5", { tells: "sf o0" }),
  row("multiply-add-long", "10011011 u 01 rm:5 o0 ra:5 rn:5 rd:5", { tells: "u o0" }),
  row("multiply-high", "10011011 u 10 rm:5 011111 rn:5 rd:5", { tells: "u" }),
  row("sign-pointer", "110110101100000100 z opcode:3 rn:5 rd:5", {
    tells: "z opcode",
    where: (f) => f.z === 0 || f.rn === 31,
  }),
  row("strip-pointer", "110110101100000101000 d 11111 rd:5", { tells: "d" }),
  row("sign-generic", "10011010110 rm:5 001100 rn:5 rd:5", {}),
];
