/** Advanced SIMD shifts by an immediate: their encodings. */
import type { Row } from "./row.ts";
import { asSize, bits, encoding, group, has, SIMD, type VectorFields } from "./simd-fields.ts";
import type { Rows } from "./simd-forms.ts";
import type { IntegerShape } from "./simd-shapes.ts";
import { type narrow, shiftLongEight } from "./simd-widen.ts";

const shiftNarrow = [
  ["0", "10000", "shrn", ""],
  ["0", "10001", "rshrn", ""],
  ["0", "10010", "sqshrn", "012"],
  ["0", "10011", "sqrshrn", "012"],
  ["1", "10000", "sqshrun", "012"],
  ["1", "10001", "sqrshrun", "012"],
  ["1", "10010", "uqshrn", "012"],
  ["1", "10011", "uqrshrn", "012"],
] as const;

export type NarrowOf = (typeof narrow)[number][2] | (typeof shiftNarrow)[number][2];

const shifts = [
  ["0", "00000", "sshr", "3"],
  ["0", "00010", "ssra", "3"],
  ["0", "00100", "srshr", "3"],
  ["0", "00110", "srsra", "3"],
  ["0", "01010", "shl", "3"],
  ["0", "01110", "sqshl", "0123"],
  ["1", "00000", "ushr", "3"],
  ["1", "00010", "usra", "3"],
  ["1", "00100", "urshr", "3"],
  ["1", "00110", "ursra", "3"],
  ["1", "01000", "sri", "3"],
  ["1", "01010", "sli", "3"],
  ["1", "01100", "sqshlu", "0123"],
  ["1", "01110", "uqshl", "0123"],
] as const;

export type ShiftOf = (typeof shifts)[number][2];

const leftShifts: ReadonlySet<ShiftOf> = new Set(["shl", "sqshl", "sli", "sqshlu", "uqshl"]);

export type ShiftLong = "sshll" | "ushll";

type Make = (fields: VectorFields) => IntegerShape | undefined;

/** Size and shift of an immediate's seven bits; the size is where its highest bit is. */
function immediateShift(word: number): { size: number; left: number; right: number } {
  const immediate = bits(word, 16, 7);
  const size = 31 - Math.clz32(immediate >>> 3);
  return { size, left: immediate - (8 << size), right: (16 << size) - immediate };
}

/** IMMH of 0 is another group. */
const immediateRow = (form: string, u: string, opcode: string, op: string, make: Make): Row<IntegerShape> =>
  encoding(
    `${form} ${u} ${form === "01" ? "11111" : "01111"} 0 xxxx xxx ${opcode} 1 xxxxx xxxxx`,
    op,
    SIMD,
    (f) => (bits(f.word, 19, 4) === 0 ? undefined : make(f)),
  );

export const simdShiftRows: Rows = [
  ...shifts.flatMap(([u, opcode, op, scalars]) => {
    const shape = (f: VectorFields, bytes: number | undefined): IntegerShape => {
      const { size, left, right } = immediateShift(f.word);
      return {
        group,
        kind: "shift",
        op,
        size: asSize(size),
        bytes: bytes ?? 1 << size,
        shift: leftShifts.has(op) ? left : right,
        d: f.d,
        n: f.n,
      };
    };
    return [
      immediateRow("0 x", u, opcode, op, (f) =>
        immediateShift(f.word).size === 3 && f.q === 0 ? undefined : shape(f, f.bytes),
      ),
      immediateRow("01", u, opcode, op, (f) =>
        has(scalars, immediateShift(f.word).size) ? shape(f, undefined) : undefined,
      ),
    ];
  }),
  ...shiftNarrow.flatMap(([u, opcode, op, scalars]) => {
    const shape = (f: VectorFields, scalar: boolean): IntegerShape | undefined => {
      const { size, right } = immediateShift(f.word);
      if (size === 3) return undefined;
      return {
        group,
        kind: "narrow",
        op,
        size: asSize(size),
        bytes: scalar ? 1 << size : 8,
        shift: right,
        high: !scalar && f.q === 1,
        d: f.d,
        n: f.n,
      };
    };
    return [
      immediateRow("0 x", u, opcode, op, (f) => shape(f, false)),
      ...(scalars === "" ? [] : [immediateRow("01", u, opcode, op, (f) => shape(f, true))]),
    ];
  }),
  ...shiftLongEight.map(([u, op]) =>
    immediateRow("0 x", u, "10100", op, (f) => {
      const { size, left } = immediateShift(f.word);
      return size === 3
        ? undefined
        : {
            group,
            kind: "shift-long",
            op,
            size: asSize(size),
            bytes: 8,
            shift: left,
            high: f.q === 1,
            d: f.d,
            n: f.n,
          };
    }),
  ),
];
