/** Advanced SIMD: groups of the Arm ARM's encoding index; what a group leaves unallocated is made, too. */
import { classOf, type InstructionClass } from "../class.ts";
import type { Fields } from "../layout.ts";

const row = classOf.bind(undefined, "vector");
const accesses = classOf.bind(undefined, "memory");

/** Registers that LD1 to LD4 and ST1 to ST4 of whole vectors name, by opcode. */
const wholeRegisters: Readonly<Record<number, number>> = { 0: 4, 2: 4, 4: 3, 6: 3, 7: 1, 8: 2, 10: 2 };
const wholeBytes = (f: Fields): number => (wholeRegisters[f.opcode ?? 0] ?? 0) * (f.q === 1 ? 16 : 8);
const oneBytes = (f: Fields): number => {
  const registers = 1 + (f.r ?? 0) + 2 * ((f.opcode ?? 0) & 1);
  return registers * 8;
};
const notItself = (f: Fields): boolean => f.rm === 31 || f.rm !== f.rn;

/** Opcodes of a group that are instructions, for vectors and for scalars; the others are among the random words. */
interface Allocated {
  readonly vector?: readonly number[];
  readonly scalar?: readonly number[];
}

/** Every form there is for vectors and for scalars: `01` in bits 31:30 and one more bit. */
function both(
  name: string,
  tail: string,
  tells: string,
  options: { readonly weight?: number; readonly scalarWeight?: number } & Allocated = {},
): readonly InstructionClass[] {
  const { weight = 3, scalarWeight = 1 } = options;
  const among = (opcodes: readonly number[] | undefined) =>
    opcodes === undefined ? {} : { where: (f: Fields) => opcodes.includes(f.opcode ?? 0) && f.immh !== 0 };
  return [
    row(`vector-${name}`, `0 q u 0111${tail}`, { tells: `q u ${tells}`, weight, ...among(options.vector) }),
    row(`scalar-${name}`, `01 u 1111${tail}`, {
      tells: `u ${tells}`,
      weight: scalarWeight,
      ...among(options.scalar),
    }),
  ];
}

const miscHalf = [12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 31];
const shifts = [0, 2, 4, 6, 8, 10, 12, 14, 16, 17, 18, 19, 20, 28, 31];

export const vector: readonly InstructionClass[] = [
  ...both("three-same", "0 size:2 1 vm:5 opcode:5 1 vn:5 vd:5", "size opcode", {
    weight: 8,
    scalarWeight: 3,
  }),
  ...both("three-same-half", "0 a 10 vm:5 00 opcode:3 1 vn:5 vd:5", "a opcode", { weight: 2 }),
  ...both("three-same-extra", "0 size:2 0 vm:5 1 opcode:4 1 vn:5 vd:5", "size opcode", { scalar: [0, 1] }),
  ...both("two-misc", "0 size:2 10000 opcode:5 10 vn:5 vd:5", "size opcode", { weight: 8, scalarWeight: 3 }),
  ...both("two-misc-half", "0 a 111100 opcode:5 10 vn:5 vd:5", "a opcode", {
    weight: 2,
    vector: miscHalf,
    scalar: miscHalf,
  }),
  ...both("across", "0 size:2 11000 opcode:5 10 vn:5 vd:5", "size opcode", {
    vector: [3, 10, 12, 15, 26, 27],
    scalar: [12, 13, 15, 27],
  }),
  ...both("three-different", "0 size:2 1 vm:5 opcode:4 00 vn:5 vd:5", "size opcode", {
    weight: 4,
    scalar: [9, 11, 13],
  }),
  ...both("shift-immediate", "10 immh:4 immb:3 opcode:5 1 vn:5 vd:5", "immh opcode", {
    weight: 6,
    scalarWeight: 3,
    vector: shifts,
    scalar: shifts.filter((opcode) => opcode !== 20),
  }),
  ...both("by-element", "1 size:2 l m vm:4 opcode:4 h 0 vn:5 vd:5", "size opcode", {
    weight: 5,
    scalarWeight: 2,
  }),
  row("vector-copy", "0 q op 01110000 imm5:5 0 imm4:4 1 vn:5 rd:5", { tells: "q op imm4", weight: 3 }),
  row("vector-copy-general", "0 q 001110000 imm5:5 0 imm4:4 1 rn:5 vd:5", {
    tells: "q imm4",
    where: (f) => f.imm4 === 1 || f.imm4 === 3,
  }),
  row("scalar-copy", "01 op 11110000 imm5:5 0 imm4:4 1 vn:5 vd:5", {
    tells: "op",
    where: (f) => f.op === 0 && f.imm4 === 0,
  }),
  row("vector-extract", "0 q 101110 op:2 0 vm:5 0 imm4:4 0 vn:5 vd:5", {
    tells: "q",
    where: (f) => f.op === 0,
  }),
  row("vector-table", "0 q 001110000 vm:5 0 len:2 op 00 vn:5 vd:5", { tells: "q len op", weight: 2 }),
  row("vector-permute", "0 q 001110 size:2 0 vm:5 0 opcode:3 10 vn:5 vd:5", {
    tells: "q size opcode",
    weight: 2,
  }),
  row("vector-immediate", "0 q op 0111100000 abc:3 cmode:4 o2 1 defgh:5 vd:5", {
    tells: "q op cmode o2",
    weight: 2,
  }),
  accesses("vector-structures", "0 q 0011000 l 000000 opcode:4 size:2 rn:5 vt:5", {
    tells: "q l opcode size",
    where: (f) => wholeBytes(f) > 0,
    memory: (f) => ({ offset: 0, bytes: wholeBytes(f) }),
    weight: 2,
  }),
  accesses("vector-structures-post", "0 q 0011001 l 0 rm:5 opcode:4 size:2 rn:5 vt:5", {
    tells: "q l opcode size",
    where: (f) => wholeBytes(f) > 0 && notItself(f),
    memory: (f) => ({ offset: 0, bytes: wholeBytes(f) }),
    weight: 2,
  }),
  accesses("vector-lanes", "0 q 0011010 l r 00000 opcode:3 s size:2 rn:5 vt:5", {
    tells: "l r opcode size",
    memory: (f) => ({ offset: 0, bytes: oneBytes(f) }),
    weight: 2,
  }),
  accesses("vector-lanes-post", "0 q 0011011 l r rm:5 opcode:3 s size:2 rn:5 vt:5", {
    tells: "l r opcode size",
    where: notItself,
    memory: (f) => ({ offset: 0, bytes: oneBytes(f) }),
    weight: 2,
  }),
];
