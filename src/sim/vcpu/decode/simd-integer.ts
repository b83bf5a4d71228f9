/** Advanced SIMD on integer lanes: its encodings. */
import type { Row } from "./row.ts";
import { asSize, bits, encoding, gate, group, has, SIMD, type VectorFields } from "./simd-fields.ts";
import type { IntegerShape } from "./simd-shapes.ts";

const RDM = gate("SQRDMLAH");

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
const narrow = [
  ["0", "10010", "xtn", ""],
  ["0", "10100", "sqxtn", "012"],
  ["1", "10010", "sqxtun", "012"],
  ["1", "10100", "uqxtn", "012"],
] as const;

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

/** By U and opcode; of lanes times one lane. */
const byElement = [
  ["0", "1000", "mul", "12", "", SIMD],
  ["0", "1100", "sqdmulh", "12", "12", SIMD],
  ["0", "1101", "sqrdmulh", "12", "12", SIMD],
  ["1", "0000", "mla", "12", "", SIMD],
  ["1", "0100", "mls", "12", "", SIMD],
  ["1", "1101", "sqrdmlah", "12", "12", RDM],
  ["1", "1111", "sqrdmlsh", "12", "12", RDM],
] as const;

const longByElement = [
  ["0", "0010", "smlal", ""],
  ["0", "0011", "sqdmlal", "12"],
  ["0", "0110", "smlsl", ""],
  ["0", "0111", "sqdmlsl", "12"],
  ["0", "1010", "smull", ""],
  ["0", "1011", "sqdmull", "12"],
  ["1", "0010", "umlal", ""],
  ["1", "0110", "umlsl", ""],
  ["1", "1010", "umull", ""],
] as const;

type Rows = readonly Row<IntegerShape>[];
type Make = (fields: VectorFields) => IntegerShape | undefined;

/** The vector form of an encoding, and the scalar form where there is one. */
function vectorAndScalar(
  u: string,
  below: (rest: "01110" | "11110") => string,
  op: string,
  scalars: string,
  gateOf: typeof SIMD,
  make: (fields: VectorFields, bytes: number, scalar: boolean) => IntegerShape | undefined,
): Rows {
  const vector = encoding(`0 x ${u} ${below("01110")}`, op, gateOf, (f) => make(f, f.bytes, false));
  if (scalars === "") return [vector];
  return [
    vector,
    encoding(`01 ${u} ${below("11110")}`, op, gateOf, (f) =>
      has(scalars, f.size) ? make(f, 1 << f.size, true) : undefined,
    ),
  ];
}

/** No lane of 64 bits alone in a vector. */
const alone = ({ size, q }: VectorFields): boolean => size === 3 && q === 0;

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
    RDM,
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
const longShape = (
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

const shiftLongEight = (["0", "1"] as const).map((u) => [u, u === "0" ? "sshll" : "ushll"] as const);

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

const immediateShifts: Rows = [
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

/** Register and lane of an element of 16 or 32 bits: M belongs to the register or to the lane. */
function element(f: VectorFields): { m: number; index: number } {
  const h = bits(f.word, 11, 1);
  const l = bits(f.word, 21, 1);
  const m = bits(f.word, 20, 1);
  return f.size === 1
    ? { m: bits(f.word, 16, 4), index: (h << 2) | (l << 1) | m }
    : { m: f.m, index: (h << 1) | l };
}

const byLane: Rows = [
  ...byElement.flatMap(([u, opcode, op, sizes, scalars, gateOf]) =>
    vectorAndScalar(
      u,
      (rest) => `${rest === "01110" ? "01111" : "11111"} xx xx xxxx ${opcode} x 0 xxxxx xxxxx`,
      op,
      scalars,
      gateOf,
      (f, bytes) =>
        has(sizes, f.size)
          ? { group, kind: "int2", op, size: f.size, bytes, d: f.d, n: f.n, ...element(f) }
          : undefined,
    ),
  ),
  ...longByElement.flatMap(([u, opcode, op, scalars]) =>
    vectorAndScalar(
      u,
      (rest) => `${rest === "01110" ? "01111" : "11111"} xx xx xxxx ${opcode} x 0 xxxxx xxxxx`,
      op,
      scalars,
      SIMD,
      (f, bytes, scalar) =>
        has("12", f.size)
          ? longShape(op, f, scalar ? bytes : 8, !scalar && f.q === 1, element(f))
          : undefined,
    ),
  ),
];

const dot = (
  op: "sdot" | "udot" | "usdot" | "sudot",
  f: VectorFields,
  index: number | undefined,
): IntegerShape => ({
  group,
  kind: "dot",
  op,
  bytes: f.bytes,
  d: f.d,
  n: f.n,
  m: f.m,
  index,
});

/** H and L: which four bytes. */
const quarter = (f: VectorFields): number => (bits(f.word, 11, 1) << 1) | bits(f.word, 21, 1);

const dots: Rows = [
  encoding("0 x 0 01110 10 0 xxxxx 10010 1 xxxxx xxxxx", "sdot", gate("SDOT"), (f) =>
    dot("sdot", f, undefined),
  ),
  encoding("0 x 1 01110 10 0 xxxxx 10010 1 xxxxx xxxxx", "udot", gate("SDOT"), (f) =>
    dot("udot", f, undefined),
  ),
  encoding("0 x 0 01110 10 0 xxxxx 10011 1 xxxxx xxxxx", "usdot", gate("USDOT"), (f) =>
    dot("usdot", f, undefined),
  ),
  encoding("0 x 0 01111 10 x xxxxx 1110 x 0 xxxxx xxxxx", "sdot", gate("SDOT"), (f) =>
    dot("sdot", f, quarter(f)),
  ),
  encoding("0 x 1 01111 10 x xxxxx 1110 x 0 xxxxx xxxxx", "udot", gate("SDOT"), (f) =>
    dot("udot", f, quarter(f)),
  ),
  encoding("0 x 0 01111 10 x xxxxx 1111 x 0 xxxxx xxxxx", "usdot", gate("USDOT"), (f) =>
    dot("usdot", f, quarter(f)),
  ),
  encoding("0 x 0 01111 00 x xxxxx 1111 x 0 xxxxx xxxxx", "sudot", gate("USDOT"), (f) =>
    dot("sudot", f, quarter(f)),
  ),
];

const matrix = (picture: string, op: "smmla" | "ummla" | "usmmla"): Row<IntegerShape> =>
  encoding(picture, op, gate("SMMLA"), (f) => ({ group, kind: "matrix", op, d: f.d, n: f.n, m: f.m }));

const matrices: Rows = [
  matrix("0 1 0 01110 10 0 xxxxx 10100 1 xxxxx xxxxx", "smmla"),
  matrix("0 1 1 01110 10 0 xxxxx 10100 1 xxxxx xxxxx", "ummla"),
  matrix("0 1 0 01110 10 0 xxxxx 10101 1 xxxxx xxxxx", "usmmla"),
];

export const simdIntegerRows: Rows = [
  ...threeSame,
  ...threeSameExtra,
  ...pairwise,
  ...logical,
  ...twoRegisters,
  ...singleSized,
  ...acrossLanes,
  ...threeDifferent,
  ...narrowing,
  ...pairsLong,
  shll,
  ...immediateShifts,
  ...byLane,
  ...dots,
  ...matrices,
];
