/** SVE lane by lane: encodings whose result's lanes depend on the operands' lanes alone. */
import type { Row } from "./row.ts";
import { bits, type GateOf, has } from "./simd-fields.ts";
import {
  SVE,
  SVE2,
  type SveFields,
  shiftOf,
  signedBits,
  sveGate,
  sveRow,
  tszHigh,
  tszLow,
} from "./sve-fields.ts";
import type { SveFloat } from "./sve-float.ts";
import { constant, element16, governedRow, mapped, same } from "./sve-operands.ts";
import type { Operand, SveShape } from "./sve-shapes.ts";

type Rows = readonly Row<SveShape>[];

/** Two operands, the first of them the destination, governed: the picture's middle, sizes, whether they are swapped. */
const governed = [
  ["00000100 xx 011 000 000", "orr", "0123", false],
  ["00000100 xx 011 001 000", "eor", "0123", false],
  ["00000100 xx 011 010 000", "and", "0123", false],
  ["00000100 xx 011 011 000", "bic", "0123", false],
  ["00000100 xx 000 000 000", "add", "0123", false],
  ["00000100 xx 000 001 000", "sub", "0123", false],
  ["00000100 xx 000 011 000", "sub", "0123", true],
  ["00000100 xx 001 000 000", "smax", "0123", false],
  ["00000100 xx 001 001 000", "umax", "0123", false],
  ["00000100 xx 001 010 000", "smin", "0123", false],
  ["00000100 xx 001 011 000", "umin", "0123", false],
  ["00000100 xx 001 100 000", "sabd", "0123", false],
  ["00000100 xx 001 101 000", "uabd", "0123", false],
  ["00000100 xx 010 000 000", "mul", "0123", false],
  ["00000100 xx 010 010 000", "smulh", "0123", false],
  ["00000100 xx 010 011 000", "umulh", "0123", false],
  ["00000100 xx 010 100 000", "sdiv", "23", false],
  ["00000100 xx 010 101 000", "udiv", "23", false],
  ["00000100 xx 010 110 000", "sdiv", "23", true],
  ["00000100 xx 010 111 000", "udiv", "23", true],
  ["00000100 xx 010 000 100", "asr", "0123", false],
  ["00000100 xx 010 001 100", "lsr", "0123", false],
  ["00000100 xx 010 011 100", "lsl", "0123", false],
  ["00000100 xx 010 100 100", "asr", "0123", true],
  ["00000100 xx 010 101 100", "lsr", "0123", true],
  ["00000100 xx 010 111 100", "lsl", "0123", true],
] as const;

const governed2 = [
  ["01000100 xx 000 010 100", "srshl", false],
  ["01000100 xx 000 011 100", "urshl", false],
  ["01000100 xx 000 110 100", "srshl", true],
  ["01000100 xx 000 111 100", "urshl", true],
  ["01000100 xx 001 000 100", "sqshl", false],
  ["01000100 xx 001 001 100", "uqshl", false],
  ["01000100 xx 001 100 100", "sqshl", true],
  ["01000100 xx 001 101 100", "uqshl", true],
  ["01000100 xx 001 010 100", "sqrshl", false],
  ["01000100 xx 001 011 100", "uqrshl", false],
  ["01000100 xx 001 110 100", "sqrshl", true],
  ["01000100 xx 001 111 100", "uqrshl", true],
  ["01000100 xx 010 000 100", "shadd", false],
  ["01000100 xx 010 001 100", "uhadd", false],
  ["01000100 xx 010 010 100", "shsub", false],
  ["01000100 xx 010 011 100", "uhsub", false],
  ["01000100 xx 010 100 100", "srhadd", false],
  ["01000100 xx 010 101 100", "urhadd", false],
  ["01000100 xx 010 110 100", "shsub", true],
  ["01000100 xx 010 111 100", "uhsub", true],
  ["01000100 xx 011 000 100", "sqadd", false],
  ["01000100 xx 011 001 100", "uqadd", false],
  ["01000100 xx 011 010 100", "sqsub", false],
  ["01000100 xx 011 011 100", "uqsub", false],
  ["01000100 xx 011 100 100", "suqadd", false],
  ["01000100 xx 011 101 100", "usqadd", false],
  ["01000100 xx 011 110 100", "sqsub", true],
  ["01000100 xx 011 111 100", "uqsub", true],
] as const;

/** By lanes of 64 bits. */
const wideShifts = [
  ["000", "asr"],
  ["001", "lsr"],
  ["011", "lsl"],
] as const;

const unary = [
  ["00000100 xx 011 000 101", "cls", "0123"],
  ["00000100 xx 011 001 101", "clz", "0123"],
  ["00000100 xx 011 010 101", "cnt", "0123"],
  ["00000100 xx 011 011 101", "cnot", "0123"],
  ["00000100 xx 011 110 101", "not", "0123"],
  ["00000100 xx 011 100 101", "fabs", "123"],
  ["00000100 xx 011 101 101", "fneg", "123"],
  ["00000100 xx 010 110 101", "abs", "0123"],
  ["00000100 xx 010 111 101", "neg", "0123"],
  ["00000100 xx 010 000 101", "sxtb", "123"],
  ["00000100 xx 010 001 101", "uxtb", "123"],
  ["00000100 xx 010 010 101", "sxth", "23"],
  ["00000100 xx 010 011 101", "uxth", "23"],
  ["00000100 xx 010 100 101", "sxtw", "3"],
  ["00000100 xx 010 101 101", "uxtw", "3"],
  ["00000101 xx 1001 00 100", "revb", "123"],
  ["00000101 xx 1001 01 100", "revh", "23"],
  ["00000101 xx 1001 10 100", "revw", "3"],
  ["00000101 xx 1001 11 100", "rbit", "0123"],
  ["01100101 xx 000 000 101", "frintn", "123"],
  ["01100101 xx 000 001 101", "frintp", "123"],
  ["01100101 xx 000 010 101", "frintm", "123"],
  ["01100101 xx 000 011 101", "frintz", "123"],
  ["01100101 xx 000 100 101", "frinta", "123"],
  ["01100101 xx 000 110 101", "frintx", "123"],
  ["01100101 xx 000 111 101", "frinti", "123"],
  ["01100101 xx 001 100 101", "frecpx", "123"],
  ["01100101 xx 001 101 101", "fsqrt", "123"],
] as const;

const unary2 = [
  ["01000100 xx 000 000 101", "urecpe", "2"],
  ["01000100 xx 000 001 101", "ursqrte", "2"],
  ["01000100 xx 001 000 101", "sqabs", "0123"],
  ["01000100 xx 001 001 101", "sqneg", "0123"],
] as const;

/** Three registers, not governed. */
const plain = [
  ["00000100 xx 1 xxxxx 000 000", "add", "0123"],
  ["00000100 xx 1 xxxxx 000 001", "sub", "0123"],
  ["00000100 xx 1 xxxxx 000 100", "sqadd", "0123"],
  ["00000100 xx 1 xxxxx 000 101", "uqadd", "0123"],
  ["00000100 xx 1 xxxxx 000 110", "sqsub", "0123"],
  ["00000100 xx 1 xxxxx 000 111", "uqsub", "0123"],
  ["01100101 xx 0 xxxxx 000 000", "fadd", "123"],
  ["01100101 xx 0 xxxxx 000 001", "fsub", "123"],
  ["01100101 xx 0 xxxxx 000 010", "fmul", "123"],
  ["01100101 xx 0 xxxxx 000 011", "ftsmul", "123"],
  ["01100101 xx 0 xxxxx 000 110", "frecps", "123"],
  ["01100101 xx 0 xxxxx 000 111", "frsqrts", "123"],
  ["00000100 xx 1 xxxxx 1011 00", "ftssel", "123"],
] as const;

const plain2 = [
  ["00000100 xx 1 xxxxx 0110 00", "mul", "0123"],
  ["00000100 xx 1 xxxxx 0110 10", "smulh", "0123"],
  ["00000100 xx 1 xxxxx 0110 11", "umulh", "0123"],
  ["00000100 xx 1 xxxxx 0110 01", "pmul", "0"],
  ["00000100 xx 1 xxxxx 0111 00", "sqdmulh", "0123"],
  ["00000100 xx 1 xxxxx 0111 01", "sqrdmulh", "0123"],
] as const;

/** Whole registers: lanes of 64 bits. */
const logical = [
  ["00", "and"],
  ["01", "orr"],
  ["10", "eor"],
  ["11", "bic"],
] as const;

const ternary = [
  ["00 1 xxxxx 001 110", "eor3"],
  ["00 1 xxxxx 001 111", "bsl"],
  ["01 1 xxxxx 001 110", "bcax"],
  ["01 1 xxxxx 001 111", "bsl1n"],
  ["10 1 xxxxx 001 111", "bsl2n"],
  ["11 1 xxxxx 001 111", "nbsl"],
] as const;

/** Multiply and add, governed: the destination is the addend, or the first factor. */
const accumulating = [
  ["00000100 xx 0 xxxxx 010", "mla", "0123", true],
  ["00000100 xx 0 xxxxx 011", "mls", "0123", true],
  ["00000100 xx 0 xxxxx 110", "mla", "0123", false],
  ["00000100 xx 0 xxxxx 111", "mls", "0123", false],
  ["01100101 xx 1 xxxxx 000", "fmla", "123", true],
  ["01100101 xx 1 xxxxx 001", "fmls", "123", true],
  ["01100101 xx 1 xxxxx 010", "fnmla", "123", true],
  ["01100101 xx 1 xxxxx 011", "fnmls", "123", true],
] as const;

/** The same of floating point with the addend in `m`. */
const accumulatingSwapped = [
  ["100", "fmla"],
  ["101", "fmls"],
  ["110", "fnmla"],
  ["111", "fnmls"],
] as const;

/** Three registers, the destination the addend, not governed. */
const added = [
  ["01000101 xx 0 xxxxx 11111 0", "saba", "0123"],
  ["01000101 xx 0 xxxxx 11111 1", "uaba", "0123"],
  ["01000100 xx 0 xxxxx 01110 0", "sqrdmlah", "0123"],
  ["01000100 xx 0 xxxxx 01110 1", "sqrdmlsh", "0123"],
] as const;

const clamps = [
  ["01000100 xx 0 xxxxx 110000", "sclamp", "0123"],
  ["01000100 xx 0 xxxxx 110001", "uclamp", "0123"],
] as const;

const permuted = [
  ["01000101 xx 0 xxxxx 1011 00", "bext"],
  ["01000101 xx 0 xxxxx 1011 01", "bdep"],
  ["01000101 xx 0 xxxxx 1011 10", "bgrp"],
] as const;

/** Shifts by an immediate, governed: name, whether to the left. */
const shifts = [
  ["000 000", "asr", false, SVE],
  ["000 001", "lsr", false, SVE],
  ["000 011", "lsl", true, SVE],
  ["000 100", "asrd", false, SVE],
  ["000 110", "sqshl", true, SVE2],
  ["000 111", "uqshl", true, SVE2],
  ["001 100", "srshr", false, SVE2],
  ["001 101", "urshr", false, SVE2],
  ["001 111", "sqshlu", true, SVE2],
] as const;

const plainShifts = [
  ["00000100 xx 1 xxxxx 1001 00", "asr", false, SVE],
  ["00000100 xx 1 xxxxx 1001 01", "lsr", false, SVE],
  ["00000100 xx 1 xxxxx 1001 11", "lsl", true, SVE],
] as const;

/** The destination is an operand. */
const shiftsInto = [
  ["01000101 xx 0 xxxxx 1110 00", "ssra", false],
  ["01000101 xx 0 xxxxx 1110 01", "usra", false],
  ["01000101 xx 0 xxxxx 1110 10", "srsra", false],
  ["01000101 xx 0 xxxxx 1110 11", "ursra", false],
  ["01000101 xx 0 xxxxx 11110 0", "sri", false],
  ["01000101 xx 0 xxxxx 11110 1", "sli", true],
] as const;

const immediates = [
  ["000", "add"],
  ["001", "sub"],
  ["100", "sqadd"],
  ["101", "uqadd"],
  ["110", "sqsub"],
  ["111", "uqsub"],
] as const;

const extremes = [
  ["101 000", "smax", true],
  ["101 001", "umax", false],
  ["101 010", "smin", true],
  ["101 011", "umin", false],
  ["110 000", "mul", true],
] as const;

export type SveMap =
  | (typeof governed)[number][1]
  | (typeof governed2)[number][1]
  | (typeof unary)[number][1]
  | (typeof unary2)[number][1]
  | (typeof plain)[number][1]
  | (typeof plain2)[number][1]
  | (typeof ternary)[number][1]
  | (typeof accumulating)[number][1]
  | (typeof added)[number][1]
  | (typeof clamps)[number][1]
  | (typeof permuted)[number][1]
  | (typeof shifts)[number][1]
  | (typeof shiftsInto)[number][1]
  | SveFloat
  | "xar"
  | "adr-s32"
  | "adr-u32"
  | "adr"
  | "fexpa"
  | "flogb"
  | "sel"
  | "long-add"
  | "long-subtract"
  | "long-difference"
  | "long-multiply"
  | "long-multiply-add"
  | "long-multiply-subtract"
  | "long-difference-add"
  | "sqdmull"
  | "sqdmlal"
  | "sqdmlsl"
  | "long-polynomial"
  | "long-shift"
  | "unsigned-add"
  | "unsigned-subtract"
  | "unsigned-difference"
  | "unsigned-multiply"
  | "unsigned-multiply-add"
  | "unsigned-multiply-subtract"
  | "unsigned-difference-add"
  | "unsigned-shift"
  | "pair-signed"
  | "pair-unsigned"
  | "fmlal"
  | "fmlsl"
  | "bfmlal"
  | "bfmlsl"
  | "move";

const unaryRow = (picture: string, op: SveMap, sizes: string, gateOf: GateOf): Row<SveShape> =>
  sveRow(`${picture} xxx xxxxx xxxxx`, op, gateOf, (f) =>
    has(sizes, f.size) ? mapped(op, f.size, f.d, [same(f.n)], f.pg) : undefined,
  );

const plainRow = (picture: string, op: SveMap, sizes: string, gateOf: GateOf): Row<SveShape> =>
  sveRow(`${picture} xxxxx xxxxx`, op, gateOf, (f) =>
    has(sizes, f.size) ? mapped(op, f.size, f.d, [same(f.n), same(f.m)]) : undefined,
  );

const integers: Rows = [
  ...governed.map(([picture, op, sizes, swapped]) => governedRow(picture, op, sizes, SVE, swapped)),
  ...governed2.map(([picture, op, swapped]) => governedRow(picture, op, "0123", SVE2, swapped)),
  ...unary.map(([picture, op, sizes]) => unaryRow(picture, op, sizes, SVE)),
  ...unary2.map(([picture, op, sizes]) => unaryRow(picture, op, sizes, SVE2)),
  ...plain.map(([picture, op, sizes]) => plainRow(picture, op, sizes, SVE)),
  ...plain2.map(([picture, op, sizes]) => plainRow(picture, op, sizes, SVE2)),
  ...permuted.map(([picture, op]) => plainRow(picture, op, "0123", sveGate("BDEP"))),
  ...wideShifts.flatMap(([opcode, op]) => [
    sveRow<SveShape>(`00000100 xx 011 ${opcode} 100 xxx xxxxx xxxxx`, op, SVE, (f) =>
      f.size === 3 ? undefined : mapped(op, f.size, f.d, [same(f.d), { z: f.n, pick: "wide" }], f.pg),
    ),
    sveRow<SveShape>(`00000100 xx 1 xxxxx 1000 ${opcode.slice(1)} xxxxx xxxxx`, op, SVE, (f) =>
      f.size === 3 ? undefined : mapped(op, f.size, f.d, [same(f.n), { z: f.m, pick: "wide" }]),
    ),
  ]),
  ...logical.map(([code, op]) =>
    sveRow<SveShape>(`00000100 ${code} 1 xxxxx 001 100 xxxxx xxxxx`, op, SVE, (f) =>
      mapped(op, 3, f.d, [same(f.n), same(f.m)]),
    ),
  ),
  ...ternary.map(([picture, op]) =>
    sveRow<SveShape>(`00000100 ${picture} xxxxx xxxxx`, op, SVE2, (f) =>
      mapped(op, 3, f.d, [same(f.d), same(f.m), same(f.n)]),
    ),
  ),
  sveRow("00000100 xx 1 xxxxx 001 101 xxxxx xxxxx", "xar", SVE2, (f) => {
    const shift = shiftOf(tszHigh(f.word));
    return shift === undefined
      ? undefined
      : mapped("xar", shift.size, f.d, [same(f.d), same(f.n), constant(shift.right)]);
  }),
  ...accumulating.map(([picture, op, sizes, addend]) =>
    sveRow<SveShape>(`${picture} xxx xxxxx xxxxx`, op, SVE, (f) =>
      has(sizes, f.size)
        ? mapped(
            op,
            f.size,
            f.d,
            addend ? [same(f.n), same(f.m), same(f.d)] : [same(f.d), same(f.m), same(f.n)],
            f.pg,
          )
        : undefined,
    ),
  ),
  ...accumulatingSwapped.map(([opcode, op]) =>
    sveRow<SveShape>(`01100101 xx 1 xxxxx ${opcode} xxx xxxxx xxxxx`, op, SVE, (f) =>
      f.size === 0 ? undefined : mapped(op, f.size, f.d, [same(f.d), same(f.n), same(f.m)], f.pg),
    ),
  ),
  ...added.map(([picture, op, sizes]) =>
    sveRow<SveShape>(`${picture} xxxxx xxxxx`, op, SVE2, (f) =>
      has(sizes, f.size) ? mapped(op, f.size, f.d, [same(f.n), same(f.m), same(f.d)]) : undefined,
    ),
  ),
  ...clamps.map(([picture, op]) =>
    sveRow<SveShape>(`${picture} xxxxx xxxxx`, op, sveGate("SCLAMP_Z"), (f) =>
      mapped(op, f.size, f.d, [same(f.n), same(f.m), same(f.d)]),
    ),
  ),
  ...addresses(),
];

/** ADR: lanes of a base and of an offset that is scaled. */
function addresses(): Rows {
  const forms = [
    ["00", "adr-s32", 3],
    ["01", "adr-u32", 3],
    ["10", "adr", 2],
    ["11", "adr", 3],
  ] as const;
  return forms.map(([code, op, size]) =>
    sveRow<SveShape>(`00000100 ${code} 1 xxxxx 1010 xx xxxxx xxxxx`, "adr", SVE, (f) =>
      mapped(op, size, f.d, [same(f.n), same(f.m), constant(bits(f.word, 10, 2))]),
    ),
  );
}

const byImmediate: Rows = [
  ...shifts.map(([opcode, op, left, gateOf]) =>
    sveRow<SveShape>(`00000100 xx ${opcode} 100 xxx xxxxx xxxxx`, op, gateOf, (f) => {
      const shift = shiftOf(tszLow(f.word));
      if (shift === undefined) return undefined;
      const by = constant(left ? shift.left : shift.right);
      return mapped(op, shift.size, f.d, [same(f.d), by], f.pg);
    }),
  ),
  ...plainShifts.map(([picture, op, left, gateOf]) =>
    sveRow<SveShape>(`${picture} xxxxx xxxxx`, op, gateOf, (f) => {
      const shift = shiftOf(tszHigh(f.word));
      if (shift === undefined) return undefined;
      return mapped(op, shift.size, f.d, [same(f.n), constant(left ? shift.left : shift.right)]);
    }),
  ),
  ...shiftsInto.map(([picture, op, left]) =>
    sveRow<SveShape>(`${picture} xxxxx xxxxx`, op, SVE2, (f) => {
      const shift = shiftOf(tszHigh(f.word));
      if (shift === undefined) return undefined;
      return mapped(op, shift.size, f.d, [same(f.n), constant(left ? shift.left : shift.right), same(f.d)]);
    }),
  ),
  ...immediates.map(([opcode, op]) =>
    sveRow<SveShape>(`00100101 xx 100 ${opcode} 11 x xxxxxxxx xxxxx`, op, SVE, (f) => {
      const value = shiftedImmediate(f);
      return value === undefined ? undefined : mapped(op, f.size, f.d, [same(f.d), constant(value)]);
    }),
  ),
  sveRow("00100101 xx 100 011 11 x xxxxxxxx xxxxx", "subr", SVE, (f) => {
    const value = shiftedImmediate(f);
    return value === undefined ? undefined : mapped("sub", f.size, f.d, [constant(value), same(f.d)]);
  }),
  ...extremes.map(([opcode, op, isSigned]) =>
    sveRow<SveShape>(`00100101 xx ${opcode} 110 xxxxxxxx xxxxx`, op, SVE, (f) =>
      mapped(op, f.size, f.d, [
        same(f.d),
        constant(isSigned ? signedBits(f.word, 5, 8) : bits(f.word, 5, 8)),
      ]),
    ),
  ),
];

/** An unsigned immediate, shifted by 8 where bit 13 is set; not for bytes. */
function shiftedImmediate({ word, size }: SveFields): number | undefined {
  const shifted = bits(word, 13, 1) === 1;
  if (shifted && size === 0) return undefined;
  return bits(word, 5, 8) << (shifted ? 8 : 0);
}

/** Lanes times one lane of each 128 bits. */
const indexed: Rows = (
  [
    ["01000100", "000010", "mla", "added", SVE2],
    ["01000100", "000011", "mls", "added", SVE2],
    ["01000100", "000100", "sqrdmlah", "added", SVE2],
    ["01000100", "000101", "sqrdmlsh", "added", SVE2],
    ["01000100", "111100", "sqdmulh", "", SVE2],
    ["01000100", "111101", "sqrdmulh", "", SVE2],
    ["01000100", "111110", "mul", "", SVE2],
    ["01100100", "000000", "fmla", "added", SVE],
    ["01100100", "000001", "fmls", "added", SVE],
    ["01100100", "001000", "fmul", "", SVE],
  ] as const
).flatMap(([top, opcode, op, form, gateOf]) => {
  const row = (high: string, size: 1 | 2 | 3, m: (word: number) => number, index: (word: number) => number) =>
    sveRow<SveShape>(`${top} ${high} 1 xxxxx ${opcode} xxxxx xxxxx`, op, gateOf, (f) => {
      const lane: Operand = { z: m(f.word), pick: "index", index: index(f.word), size };
      return mapped(op, size, f.d, form === "added" ? [same(f.n), lane, same(f.d)] : [same(f.n), lane]);
    });
  return [
    row("0x", 1, (word) => bits(word, 16, 3), element16),
    row(
      "10",
      2,
      (word) => bits(word, 16, 3),
      (word) => bits(word, 19, 2),
    ),
    row(
      "11",
      3,
      (word) => bits(word, 16, 4),
      (word) => bits(word, 20, 1),
    ),
  ];
});

const selections: Rows = [
  sveRow("00000101 xx 1 xxxxx 11 xxxx xxxxx xxxxx", "sel", SVE, (f) => ({
    ...mapped("sel", f.size, f.d, [same(f.n), same(f.m)], bits(f.word, 10, 4)),
  })),
  sveRow("00000100 xx 010 000 001 xxx xxxxx xxxxx", "movprfx", SVE, (f) => ({
    ...mapped("move", f.size, f.d, [same(f.n)], f.pg),
    zeroes: true,
  })),
  sveRow("00000100 xx 010 001 001 xxx xxxxx xxxxx", "movprfx", SVE, (f) =>
    mapped("move", f.size, f.d, [same(f.n)], f.pg),
  ),
  sveRow("00000100 00 1 00000 101111 xxxxx xxxxx", "movprfx", SVE, (f) =>
    mapped("move", 3, f.d, [same(f.n)]),
  ),
];

export const sveMapRows: Rows = [...integers, ...byImmediate, ...indexed, ...selections];
