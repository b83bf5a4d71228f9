/** SVE floating point, lane by lane: encodings. */
import type { Row } from "./row.ts";
import { bits } from "./simd-fields.ts";
import { SVE, SVE2, sveGate, sveRow } from "./sve-fields.ts";
import { constant, element16, governedRow, mapped, same } from "./sve-operands.ts";
import type { Operand, SveShape } from "./sve-shapes.ts";

type Rows = readonly Row<SveShape>[];

const fpGoverned = [
  ["0000", "fadd", false],
  ["0001", "fsub", false],
  ["0010", "fmul", false],
  ["0011", "fsub", true],
  ["0100", "fmaxnm", false],
  ["0101", "fminnm", false],
  ["0110", "fmax", false],
  ["0111", "fmin", false],
  ["1000", "fabd", false],
  ["1001", "fscale", false],
  ["1010", "fmulx", false],
  ["1100", "fdiv", true],
  ["1101", "fdiv", false],
] as const;

const fpExtreme = [
  ["1110", "famax"],
  ["1111", "famin"],
] as const;

const fpEstimates = [
  ["110", "frecpe"],
  ["111", "frsqrte"],
] as const;

/** Conversions: size of the lanes, and of the parts of them that count. Named by target and source. */
const fpConversions = [
  ["10 0010 00", "fcvt-h-s", 2],
  ["10 0010 01", "fcvt-s-h", 2],
  ["11 0010 00", "fcvt-h-d", 3],
  ["11 0010 01", "fcvt-d-h", 3],
  ["11 0010 10", "fcvt-s-d", 3],
  ["11 0010 11", "fcvt-d-s", 3],
] as const;

/** Between even lanes, or odd ones, and those around them. */
const halfConversions = [
  ["01100101 00 0010 10", "fcvtx", 3, SVE2],
  ["01100100 00 0010 10", "fcvtxnt", 3, SVE2],
  ["01100100 10 0010 00", "fcvtnt-h-s", 2, SVE2],
  ["01100100 11 0010 10", "fcvtnt-s-d", 3, SVE2],
  ["01100100 10 0010 01", "fcvtlt-s-h", 2, SVE2],
  ["01100100 11 0010 11", "fcvtlt-d-s", 3, SVE2],
  ["01100101 10 0010 10", "bfcvt", 2, sveGate("BFDOT_Z")],
  ["01100100 10 0010 10", "bfcvtnt", 2, sveGate("BFDOT_Z")],
] as const;

/** Brain floating point in lanes of 16 bits, where other formats have their size: governed, and not. */
const brainGoverned = [
  ["0000", "bfadd"],
  ["0001", "bfsub"],
  ["0010", "bfmul"],
  ["0100", "bfmaxnm"],
  ["0101", "bfminnm"],
  ["0110", "bfmax"],
  ["0111", "bfmin"],
] as const;

const brainPlain = [
  ["000", "bfadd"],
  ["001", "bfsub"],
  ["010", "bfmul"],
] as const;

const brainAccumulating = [
  ["000", "000010", "bfmla"],
  ["001", "000011", "bfmls"],
] as const;

const integerConversions = [
  ["01 011 01", "fcvtz-h-h", 1],
  ["01 011 10", "fcvtz-s-h", 2],
  ["01 011 11", "fcvtz-d-h", 3],
  ["10 011 10", "fcvtz-s-s", 2],
  ["11 011 00", "fcvtz-s-d", 3],
  ["11 011 10", "fcvtz-d-s", 3],
  ["11 011 11", "fcvtz-d-d", 3],
  ["01 010 01", "cvtf-h-h", 1],
  ["01 010 10", "cvtf-h-s", 2],
  ["01 010 11", "cvtf-h-d", 3],
  ["10 010 10", "cvtf-s-s", 2],
  ["11 010 00", "cvtf-d-s", 3],
  ["11 010 10", "cvtf-s-d", 3],
  ["11 010 11", "cvtf-d-d", 3],
] as const;

/** 0.5 and 1, 0.5 and 2, 0 and 1: what bit 5 chooses. */
const halfOrOne = [0.5, 1] as const;

const halfOrTwo = [0.5, 2] as const;

const zeroOrOne = [0, 1] as const;

const fpImmediates = [
  ["000", "fadd", halfOrOne, false],
  ["001", "fsub", halfOrOne, false],
  ["010", "fmul", halfOrTwo, false],
  ["011", "fsub", halfOrOne, true],
  ["100", "fmaxnm", zeroOrOne, false],
  ["101", "fminnm", zeroOrOne, false],
  ["110", "fmax", zeroOrOne, false],
  ["111", "fmin", zeroOrOne, false],
] as const;

/** 0, 0.5, 1 or 2 as bits of a format. */
function smallNumber(value: number, size: number): bigint {
  if (value === 0) return 0n;
  const [bias, fraction] = size === 1 ? [15, 10] : size === 2 ? [127, 23] : [1023, 52];
  return BigInt(bias + Math.log2(value)) << BigInt(fraction);
}

const floating: Rows = [
  ...fpGoverned.map(([opcode, op, swapped]) =>
    governedRow(`01100101 xx 00 ${opcode} 100`, op, "123", SVE, swapped),
  ),
  ...fpExtreme.map(([opcode, op]) =>
    governedRow(`01100101 xx 00 ${opcode} 100`, op, "123", sveGate(op.toUpperCase()), false),
  ),
  ...fpImmediates.map(([opcode, op, values, swapped]) =>
    sveRow<SveShape>(`01100101 xx 011 ${opcode} 100 xxx 0000 x xxxxx`, op, SVE, (f) => {
      if (f.size === 0) return undefined;
      const value = constant(smallNumber(values[bits(f.word, 5, 1) as 0 | 1], f.size));
      return mapped(op, f.size, f.d, swapped ? [value, same(f.d)] : [same(f.d), value], f.pg);
    }),
  ),
  ...fpEstimates.map(([opcode, op]) =>
    sveRow<SveShape>(`01100101 xx 001 ${opcode} 001100 xxxxx xxxxx`, op, SVE, (f) =>
      f.size === 0 ? undefined : mapped(op, f.size, f.d, [same(f.n)]),
    ),
  ),
  sveRow("00000100 xx 1 00000 101110 xxxxx xxxxx", "fexpa", SVE, (f) =>
    f.size === 0 ? undefined : mapped("fexpa", f.size, f.d, [same(f.n)]),
  ),
  sveRow("01100101 00 011 xx 0101 xxx xxxxx xxxxx", "flogb", SVE2, (f) => {
    const size = bits(f.word, 17, 2);
    return size === 0 ? undefined : mapped("flogb", size as 1 | 2 | 3, f.d, [same(f.n)], f.pg);
  }),
  ...fpConversions.map(([picture, op, size]) =>
    sveRow<SveShape>(`01100101 ${picture} 101 xxx xxxxx xxxxx`, "fcvt", SVE, (f) =>
      mapped(op, size, f.d, [same(f.n)], f.pg),
    ),
  ),
  ...integerConversions.flatMap(([picture, op, size]) =>
    (["0", "1"] as const).map((u) =>
      sveRow<SveShape>(
        `01100101 ${picture} ${u} 101 xxx xxxxx xxxxx`,
        `${u === "0" ? "s" : "u"}${op}`,
        SVE,
        (f) => mapped(op, size, f.d, [same(f.n), constant(u === "0" ? 1 : 0)], f.pg),
      ),
    ),
  ),
];

const B16B16 = sveGate("BFADD_Z");

const brainLane = (word: number): Operand => ({
  z: bits(word, 16, 3),
  pick: "index",
  index: element16(word),
  size: 1,
});

const brain: Rows = [
  ...halfConversions.map(([picture, op, size, gateOf]) =>
    sveRow<SveShape>(`${picture} 101 xxx xxxxx xxxxx`, op, gateOf, (f) =>
      mapped(op, size, f.d, [same(f.n), constant(0), same(f.d)], f.pg),
    ),
  ),
  ...brainGoverned.map(([opcode, op]) =>
    sveRow<SveShape>(`01100101 00 00 ${opcode} 100 xxx xxxxx xxxxx`, op, B16B16, (f) =>
      mapped(op, 1, f.d, [same(f.d), same(f.n)], f.pg),
    ),
  ),
  ...brainPlain.map(([opcode, op]) =>
    sveRow<SveShape>(`01100101 00 0 xxxxx 000 ${opcode} xxxxx xxxxx`, op, B16B16, (f) =>
      mapped(op, 1, f.d, [same(f.n), same(f.m)]),
    ),
  ),
  ...brainAccumulating.flatMap(([opcode, indexedOpcode, op]) => [
    sveRow<SveShape>(`01100101 00 1 xxxxx ${opcode} xxx xxxxx xxxxx`, op, B16B16, (f) =>
      mapped(op, 1, f.d, [same(f.n), same(f.m), same(f.d)], f.pg),
    ),
    sveRow<SveShape>(`01100100 0x 1 xxxxx ${indexedOpcode} xxxxx xxxxx`, op, B16B16, (f) =>
      mapped(op, 1, f.d, [same(f.n), brainLane(f.word), same(f.d)]),
    ),
  ]),
  sveRow("01100100 0x 1 xxxxx 001010 xxxxx xxxxx", "bfmul", B16B16, (f) =>
    mapped("bfmul", 1, f.d, [same(f.n), brainLane(f.word)]),
  ),
];

export type SveFloat =
  | (typeof fpGoverned)[number][1]
  | (typeof fpExtreme)[number][1]
  | (typeof fpEstimates)[number][1]
  | (typeof fpConversions)[number][1]
  | (typeof halfConversions)[number][1]
  | (typeof brainGoverned)[number][1]
  | (typeof brainAccumulating)[number][2]
  | (typeof integerConversions)[number][1];

export const sveFloatRows: Rows = [...floating, ...brain];
