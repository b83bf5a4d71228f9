/** Advanced SIMD between widths: its encodings. */
import type { Row } from "./row.ts";
import { encoding, gate, group, has, SIMD, type VectorFields } from "./simd-fields.ts";
import { type Rows, vectorAndScalar } from "./simd-forms.ts";
import type { IntegerShape } from "./simd-shapes.ts";

const long = [
  ["0", "0000", "saddl", "012", ""],
  ["0", "0010", "ssubl", "012", ""],
  ["0", "0101", "sabal", "012", ""],
  ["0", "0111", "sabdl", "012", ""],
  ["0", "1000", "smlal", "012", ""],
  ["0", "1001", "sqdmlal", "12", "12"],
  ["0", "1010", "smlsl", "012", ""],
  ["0", "1011", "sqdmlsl", "12", "12"],
  ["0", "1100", "smull", "012", ""],
  ["0", "1101", "sqdmull", "12", "12"],
  ["1", "0000", "uaddl", "012", ""],
  ["1", "0010", "usubl", "012", ""],
  ["1", "0101", "uabal", "012", ""],
  ["1", "0111", "uabdl", "012", ""],
  ["1", "1000", "umlal", "012", ""],
  ["1", "1010", "umlsl", "012", ""],
  ["1", "1100", "umull", "012", ""],
] as const;

export type LongOf = (typeof long)[number][2];

const wide = [
  ["0", "0001", "saddw"],
  ["0", "0011", "ssubw"],
  ["1", "0001", "uaddw"],
  ["1", "0011", "usubw"],
] as const;

export type Wide = (typeof wide)[number][2];

const highNarrow = [
  ["0", "0100", "addhn"],
  ["0", "0110", "subhn"],
  ["1", "0100", "raddhn"],
  ["1", "0110", "rsubhn"],
] as const;

/** Of two-register instructions and of shifts by an immediate, which have the same operations. */
export const narrow = [
  ["0", "10010", "xtn", ""],
  ["0", "10100", "sqxtn", "012"],
  ["1", "10010", "sqxtun", "012"],
  ["1", "10100", "uqxtn", "012"],
] as const;

const threeDifferent: Rows = [
  ...long.flatMap(([u, opcode, op, sizes, scalars]) =>
    vectorAndScalar(
      u,
      (rest) => `${rest} xx 1 xxxxx ${opcode} 00 xxxxx xxxxx`,
      op,
      scalars,
      SIMD,
      (f, bytes, scalar) =>
        scalar || has(sizes, f.size)
          ? longShape(op, f, scalar ? bytes : 8, !scalar && f.q === 1, undefined)
          : undefined,
    ),
  ),
  ...wide.map(([u, opcode, op]) =>
    encoding<IntegerShape>(`0 x ${u} 01110 xx 1 xxxxx ${opcode} 00 xxxxx xxxxx`, op, SIMD, (f) =>
      f.size === 3
        ? undefined
        : { group, kind: "wide", op, size: f.size, bytes: 8, high: f.q === 1, d: f.d, n: f.n, m: f.m },
    ),
  ),
  ...highNarrow.map(([u, opcode, op]) =>
    encoding<IntegerShape>(`0 x ${u} 01110 xx 1 xxxxx ${opcode} 00 xxxxx xxxxx`, op, SIMD, (f) =>
      f.size === 3
        ? undefined
        : { group, kind: "high-narrow", op, size: f.size, bytes: 8, high: f.q === 1, d: f.d, n: f.n, m: f.m },
    ),
  ),
  encoding("0 x 0 01110 00 1 xxxxx 1110 00 xxxxx xxxxx", "pmull", SIMD, (f) => pmull(f, 0)),
  encoding("0 x 0 01110 11 1 xxxxx 1110 00 xxxxx xxxxx", "pmull", gate("PMULL_1Q"), (f) => pmull(f, 3)),
];

const pmull = (f: VectorFields, size: 0 | 3): IntegerShape => ({
  group,
  kind: "pmull",
  size,
  high: f.q === 1,
  d: f.d,
  n: f.n,
  m: f.m,
});

/** @param bytes of the narrow lanes */
export const longShape = (
  op: LongOf,
  f: VectorFields,
  bytes: number,
  high: boolean,
  element: { m: number; index: number } | undefined,
): IntegerShape => ({
  group,
  kind: "long",
  op,
  size: f.size,
  bytes,
  high,
  d: f.d,
  n: f.n,
  m: element?.m ?? f.m,
  index: element?.index,
});

const narrowing: Rows = narrow.flatMap(([u, opcode, op, scalars]) =>
  vectorAndScalar(
    u,
    (rest) => `${rest} xx 10000 ${opcode} 10 xxxxx xxxxx`,
    op,
    scalars,
    SIMD,
    (f, bytes, scalar) =>
      f.size === 3
        ? undefined
        : {
            group,
            kind: "narrow",
            op,
            size: f.size,
            bytes: scalar ? bytes : 8,
            shift: 0,
            high: !scalar && f.q === 1,
            d: f.d,
            n: f.n,
          },
  ),
);

const pairsLong: Rows = (["0", "1"] as const).flatMap((u) =>
  (["0", "1"] as const).map((accumulates) =>
    encoding<IntegerShape>(
      `0 x ${u} 01110 xx 10000 00${accumulates}10 10 xxxxx xxxxx`,
      `${u === "0" ? "s" : "u"}ad${accumulates === "0" ? "dl" : "al"}p`,
      SIMD,
      (f) =>
        f.size === 3
          ? undefined
          : {
              group,
              kind: "pair-long",
              isSigned: u === "0",
              accumulates: accumulates === "1",
              size: f.size,
              bytes: f.bytes,
              d: f.d,
              n: f.n,
            },
    ),
  ),
);

export const shiftLongEight = (["0", "1"] as const).map((u) => [u, u === "0" ? "sshll" : "ushll"] as const);

/** SHLL: by as much as the lanes are wide. */
const shll: Row<IntegerShape> = encoding("0 x 1 01110 xx 10000 10011 10 xxxxx xxxxx", "shll", SIMD, (f) =>
  f.size === 3
    ? undefined
    : {
        group,
        kind: "shift-long",
        op: "ushll",
        size: f.size,
        bytes: 8,
        shift: 8 << f.size,
        high: f.q === 1,
        d: f.d,
        n: f.n,
      },
);

export const simdWidenRows: Rows = [...threeDifferent, ...narrowing, ...pairsLong, shll];
