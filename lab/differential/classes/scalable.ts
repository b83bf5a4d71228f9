/** SVE: words of its groups by their upper bits; what is unallocated is made, too. Only where blocks have its registers. */
import { classOf, type InstructionClass } from "../class.ts";
import type { Fields } from "../layout.ts";
import { VECTOR_BYTES } from "../map.ts";

const row = classOf.bind(undefined, "sve");

/** Name, bits 31:24 and weight of words without memory, and of those with. */
const groups: readonly (readonly [string, string, number])[] = [
  ["sve-integer", "00000100", 8],
  ["sve-permute", "00000101", 8],
  ["sve-compare", "00100100", 4],
  ["sve-predicate", "00100101", 6],
  ["sve2-multiply", "01000100", 5],
  ["sve2-narrow", "01000101", 6],
  ["sve-float-multiply", "01100100", 5],
  ["sve-float", "01100101", 8],
];
const memoryGroups: readonly (readonly [string, string, number])[] = [
  ["sve-gather-32", "10000100", 2],
  ["sve-broadcast", "10000101", 3],
  ["sve-load", "10100100", 3],
  ["sve-load-contiguous", "10100101", 4],
  ["sve-gather-64", "11000100", 2],
  ["sve-gather-64-wide", "11000101", 2],
  ["sve-store", "11100100", 4],
  ["sve-store-contiguous", "11100101", 3],
];

/**
 * First-fault and non-fault loads may fail for any reason, and what lanes hold that FFR no longer has is the CPU's choice:
 * nothing to compare.
 */
function mayFail(name: string, { opcode = 0, b20 }: Fields): boolean {
  if (name.startsWith("sve-load")) return opcode === 3 || (opcode === 5 && b20 === 1);
  return (name.startsWith("sve-gather") || name === "sve-broadcast") && (opcode & 1) === 1;
}

export const scalable: readonly InstructionClass[] = [
  ...groups.map(([name, upper, weight]) =>
    row(name, `${upper} size:2 b21 m:5 opcode:6 vn:5 rd:5`, { tells: "size b21 opcode", weight }),
  ),
  // Most immediates count in registers, at most eight of them and eight of four.
  ...memoryGroups.map(([name, upper, weight]) =>
    row(name, `${upper} size:2 b21 b20 m:4 opcode:3 p:3 rn:5 vt:5`, {
      tells: "size b21 opcode",
      where: (f) => !mayFail(name, f),
      memory: () => ({ offset: -8 * VECTOR_BYTES, bytes: 20 * VECTOR_BYTES }),
      weight,
    }),
  ),
];
