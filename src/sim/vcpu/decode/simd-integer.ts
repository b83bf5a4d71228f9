/** Advanced SIMD on integer lanes: its encodings. */
import type { Row } from "./row.ts";
import { encoding, gate, group, has, SIMD } from "./simd-fields.ts";
import { alone, type Rows, vectorAndScalar } from "./simd-forms.ts";
import type { IntegerShape } from "./simd-shapes.ts";

/** By U and opcode: the name, the sizes of the vector form, those of the scalar form (one digit for each). */
const twoOperands = [
  ["0", "00000", "shadd", "012", ""],
  ["0", "00001", "sqadd", "0123", "0123"],
  ["0", "00010", "srhadd", "012", ""],
  ["0", "00100", "shsub", "012", ""],
  ["0", "00101", "sqsub", "0123", "0123"],
  ["0", "00110", "cmgt", "0123", "3"],
  ["0", "00111", "cmge", "0123", "3"],
  ["0", "01000", "sshl", "0123", "3"],
  ["0", "01001", "sqshl", "0123", "0123"],
  ["0", "01010", "srshl", "0123", "3"],
  ["0", "01011", "sqrshl", "0123", "0123"],
  ["0", "01100", "smax", "012", ""],
  ["0", "01101", "smin", "012", ""],
  ["0", "01110", "sabd", "012", ""],
  ["0", "01111", "saba", "012", ""],
  ["0", "10000", "add", "0123", "3"],
  ["0", "10001", "cmtst", "0123", "3"],
  ["0", "10010", "mla", "012", ""],
  ["0", "10011", "mul", "012", ""],
  ["0", "10110", "sqdmulh", "12", "12"],
  ["1", "00000", "uhadd", "012", ""],
  ["1", "00001", "uqadd", "0123", "0123"],
  ["1", "00010", "urhadd", "012", ""],
  ["1", "00100", "uhsub", "012", ""],
  ["1", "00101", "uqsub", "0123", "0123"],
  ["1", "00110", "cmhi", "0123", "3"],
  ["1", "00111", "cmhs", "0123", "3"],
  ["1", "01000", "ushl", "0123", "3"],
  ["1", "01001", "uqshl", "0123", "0123"],
  ["1", "01010", "urshl", "0123", "3"],
  ["1", "01011", "uqrshl", "0123", "0123"],
  ["1", "01100", "umax", "012", ""],
  ["1", "01101", "umin", "012", ""],
  ["1", "01110", "uabd", "012", ""],
  ["1", "01111", "uaba", "012", ""],
  ["1", "10000", "sub", "0123", "3"],
  ["1", "10001", "cmeq", "0123", "3"],
  ["1", "10010", "mls", "012", ""],
  ["1", "10011", "pmul", "0", ""],
  ["1", "10110", "sqrdmulh", "12", "12"],
] as const;

const doubling = [
  ["0000", "sqrdmlah"],
  ["0001", "sqrdmlsh"],
] as const;

export type Int2 = (typeof twoOperands)[number][2] | (typeof doubling)[number][1];

const pairs = [
  ["0", "10100", "smaxp", "012"],
  ["0", "10101", "sminp", "012"],
  ["0", "10111", "addp", "0123"],
  ["1", "10100", "umaxp", "012"],
  ["1", "10101", "uminp", "012"],
] as const;

export type IntPair = (typeof pairs)[number][2];

const bitwise = [
  ["0", "00", "and"],
  ["0", "01", "bic"],
  ["0", "10", "orr"],
  ["0", "11", "orn"],
  ["1", "00", "eor"],
  ["1", "01", "bsl"],
  ["1", "10", "bit"],
  ["1", "11", "bif"],
] as const;

export type BitsOf = (typeof bitwise)[number][2];

const oneOperand = [
  ["0", "00011", "suqadd", "0123", "0123"],
  ["0", "00100", "cls", "012", ""],
  ["0", "00101", "cnt", "0", ""],
  ["0", "00111", "sqabs", "0123", "0123"],
  ["0", "01000", "cmgt0", "0123", "3"],
  ["0", "01001", "cmeq0", "0123", "3"],
  ["0", "01010", "cmlt0", "0123", "3"],
  ["0", "01011", "abs", "0123", "3"],
  ["1", "00011", "usqadd", "0123", "0123"],
  ["1", "00100", "clz", "012", ""],
  ["1", "00111", "sqneg", "0123", "0123"],
  ["1", "01000", "cmge0", "0123", "3"],
  ["1", "01001", "cmle0", "0123", "3"],
  ["1", "01011", "neg", "0123", "3"],
] as const;

export type Int1 = (typeof oneOperand)[number][2] | "not" | "rbit" | "urecpe" | "ursqrte";

const across = [
  ["0", "00011", "saddlv"],
  ["0", "01010", "smaxv"],
  ["0", "11010", "sminv"],
  ["0", "11011", "addv"],
  ["1", "00011", "uaddlv"],
  ["1", "01010", "umaxv"],
  ["1", "11010", "uminv"],
] as const;

export type IntAcross = (typeof across)[number][2];

const threeSame: Rows = twoOperands.flatMap(([u, opcode, op, sizes, scalars]) =>
  vectorAndScalar(
    u,
    (rest) => `${rest} xx 1 xxxxx ${opcode} 1 xxxxx xxxxx`,
    op,
    scalars,
    SIMD,
    (f, bytes, scalar) =>
      scalar || (has(sizes, f.size) && !alone(f))
        ? { group, kind: "int2", op, size: f.size, bytes, d: f.d, n: f.n, m: f.m }
        : undefined,
  ),
);

const threeSameExtra: Rows = doubling.flatMap(([opcode, op]) =>
  vectorAndScalar(
    "1",
    (rest) => `${rest} xx 0 xxxxx 1${opcode} 1 xxxxx xxxxx`,
    op,
    "12",
    gate("SQRDMLAH"),
    (f, bytes) =>
      has("12", f.size)
        ? { group, kind: "int2", op, size: f.size, bytes, d: f.d, n: f.n, m: f.m }
        : undefined,
  ),
);

const pairwise: Rows = [
  ...pairs.map(([u, opcode, op, sizes]) =>
    encoding<IntegerShape>(`0 x ${u} 01110 xx 1 xxxxx ${opcode} 1 xxxxx xxxxx`, op, SIMD, (f) =>
      has(sizes, f.size) && !alone(f)
        ? { group, kind: "int-pair", op, size: f.size, bytes: f.bytes, d: f.d, n: f.n, m: f.m }
        : undefined,
    ),
  ),
  encoding("01 0 11110 11 11000 11011 10 xxxxx xxxxx", "addp", SIMD, (f) => ({
    group,
    kind: "int-pair",
    op: "addp",
    size: 3,
    bytes: 8,
    d: f.d,
    n: f.n,
    m: f.n,
  })),
];

const logical: Rows = bitwise.map(([u, size, op]) =>
  encoding(`0 x ${u} 01110 ${size} 1 xxxxx 00011 1 xxxxx xxxxx`, op, SIMD, (f) => ({
    group,
    kind: "bits",
    op,
    bytes: f.bytes,
    d: f.d,
    n: f.n,
    m: f.m,
  })),
);

const twoRegisters: Rows = oneOperand.flatMap(([u, opcode, op, sizes, scalars]) =>
  vectorAndScalar(
    u,
    (rest) => `${rest} xx 10000 ${opcode} 10 xxxxx xxxxx`,
    op,
    scalars,
    SIMD,
    (f, bytes, scalar) =>
      scalar || (has(sizes, f.size) && !alone(f))
        ? { group, kind: "int1", op, size: f.size, bytes, d: f.d, n: f.n }
        : undefined,
  ),
);

const one = (picture: string, op: Int1, size: 0 | 2): Row<IntegerShape> =>
  encoding(picture, op, SIMD, (f) => ({ group, kind: "int1", op, size, bytes: f.bytes, d: f.d, n: f.n }));

const singleSized: Rows = [
  one("0 x 1 01110 00 10000 00101 10 xxxxx xxxxx", "not", 0),
  one("0 x 1 01110 01 10000 00101 10 xxxxx xxxxx", "rbit", 0),
  one("0 x 0 01110 10 10000 11100 10 xxxxx xxxxx", "urecpe", 2),
  one("0 x 1 01110 10 10000 11100 10 xxxxx xxxxx", "ursqrte", 2),
];

const acrossLanes: Rows = across.map(([u, opcode, op]) =>
  encoding(`0 x ${u} 01110 xx 11000 ${opcode} 10 xxxxx xxxxx`, op, SIMD, (f) =>
    f.size === 3 || (f.size === 2 && f.q === 0)
      ? undefined
      : { group, kind: "int-across", op, size: f.size, bytes: f.bytes, d: f.d, n: f.n },
  ),
);

export const simdIntegerRows: Rows = [
  ...threeSame,
  ...threeSameExtra,
  ...pairwise,
  ...logical,
  ...twoRegisters,
  ...singleSized,
  ...acrossLanes,
];
