/** SVE2 between widths, and sums of products: encodings. */
import type { Row } from "./row.ts";
import { asSize, bits, type GateOf, has } from "./simd-fields.ts";
import { SVE, SVE2, type SveFields, shiftOf, sve, sveGate, sveRow, tszHigh } from "./sve-fields.ts";
import type { SveMap } from "./sve-map.ts";
import { same } from "./sve-operands.ts";
import type { Operand, SveShape } from "./sve-shapes.ts";

type Rows = readonly Row<SveShape>[];

const half = (z: number, top: boolean): Operand => ({ z, pick: top ? "top" : "bottom" });

const mapped = (op: SveMap, size: number, d: number, sources: readonly Operand[], pg?: number): SveShape => ({
  group: sve,
  kind: "map",
  op,
  size: asSize(size),
  d,
  sources,
  pg,
});

/** U and what is done; T is the lowest bit of the opcode. */
const long: readonly (readonly [string, SveMap])[] = [
  ["00 000", "long-add"],
  ["00 001", "unsigned-add"],
  ["00 010", "long-subtract"],
  ["00 011", "unsigned-subtract"],
  ["00 110", "long-difference"],
  ["00 111", "unsigned-difference"],
  ["011 00", "sqdmull"],
  ["011 10", "long-multiply"],
  ["011 11", "unsigned-multiply"],
];

const wide: readonly (readonly [string, SveMap])[] = [
  ["010 00", "long-add"],
  ["010 01", "unsigned-add"],
  ["010 10", "long-subtract"],
  ["010 11", "unsigned-subtract"],
];

/** Of the bottom of one and the top of the other. */
const interleaved: readonly (readonly [string, SveMap, boolean, boolean])[] = [
  ["1000 00", "long-add", false, true],
  ["1000 10", "long-subtract", false, true],
  ["1000 11", "long-subtract", true, false],
];

const accumulating: readonly (readonly [string, string, SveMap])[] = [
  ["01000101", "1100 0", "long-difference-add"],
  ["01000101", "1100 1", "unsigned-difference-add"],
  ["01000100", "0110 0", "sqdmlal"],
  ["01000100", "0110 1", "sqdmlsl"],
  ["01000100", "010 00", "long-multiply-add"],
  ["01000100", "010 01", "unsigned-multiply-add"],
  ["01000100", "010 10", "long-multiply-subtract"],
  ["01000100", "010 11", "unsigned-multiply-subtract"],
];

const eachHalf = ["0", "1"] as const;

const widening: Rows = eachHalf.flatMap((t) => [
  ...long.map(([opcode, op]) =>
    sveRow<SveShape>(`01000101 xx 0 xxxxx ${opcode}${t} xxxxx xxxxx`, op, SVE2, (f) =>
      f.size === 0 ? undefined : mapped(op, f.size, f.d, [half(f.n, t === "1"), half(f.m, t === "1")]),
    ),
  ),
  ...wide.map(([opcode, op]) =>
    sveRow<SveShape>(`01000101 xx 0 xxxxx ${opcode}${t} xxxxx xxxxx`, op, SVE2, (f) =>
      f.size === 0 ? undefined : mapped(op, f.size, f.d, [same(f.n), half(f.m, t === "1")]),
    ),
  ),
  ...accumulating.map(([top, opcode, op]) =>
    sveRow<SveShape>(`${top} xx 0 xxxxx ${opcode}${t} xxxxx xxxxx`, op, SVE2, (f) =>
      f.size === 0
        ? undefined
        : mapped(op, f.size, f.d, [half(f.n, t === "1"), half(f.m, t === "1"), same(f.d)]),
    ),
  ),
  sveRow<SveShape>(`01000101 xx 0 xxxxx 011 01${t} xxxxx xxxxx`, "pmull", SVE2, (f) =>
    f.size === 0 || f.size === 2
      ? undefined
      : mapped("long-polynomial", f.size, f.d, [half(f.n, t === "1"), half(f.m, t === "1")]),
  ),
  sveRow<SveShape>(`01000101 00 0 xxxxx 011 01${t} xxxxx xxxxx`, "pmull", sveGate("PMULLB_Q"), (f) => ({
    group: sve,
    kind: "product",
    op: "pmull128",
    size: 3,
    d: f.d,
    n: f.n,
    m: f.m,
    index: Number(t),
    rotation: 0,
  })),
  ...(["0", "1"] as const).map((u) =>
    sveRow<SveShape>(
      `01000101 0x 0 xxxxx 1010 ${u}${t} xxxxx xxxxx`,
      u === "0" ? "sshll" : "ushll",
      SVE2,
      (f) => {
        const shift = shiftOf(tszHigh(f.word));
        if (shift === undefined || shift.size === 3) return undefined;
        return mapped(u === "0" ? "long-shift" : "unsigned-shift", shift.size + 1, f.d, [
          half(f.n, t === "1"),
          { pick: "constant", value: BigInt(shift.left) },
        ]);
      },
    ),
  ),
]);

const others: Rows = [
  ...interleaved.map(([opcode, op, first, second]) =>
    sveRow<SveShape>(`01000101 xx 0 xxxxx ${opcode} xxxxx xxxxx`, op, SVE2, (f) =>
      f.size === 0 ? undefined : mapped(op, f.size, f.d, [half(f.n, first), half(f.m, second)]),
    ),
  ),
  ...(
    [
      ["0", "sqdmlal"],
      ["1", "sqdmlsl"],
    ] as const
  ).map(([last, op]) =>
    sveRow<SveShape>(`01000100 xx 0 xxxxx 00001 ${last} xxxxx xxxxx`, op, SVE2, (f) =>
      f.size === 0 ? undefined : mapped(op, f.size, f.d, [half(f.n, false), half(f.m, true), same(f.d)]),
    ),
  ),
  ...(
    [
      ["0", "pair-signed"],
      ["1", "pair-unsigned"],
    ] as const
  ).map(([u, op]) =>
    sveRow<SveShape>(`01000100 xx 000 10${u} 101 xxx xxxxx xxxxx`, op, SVE2, (f) =>
      f.size === 0
        ? undefined
        : mapped(op, f.size, f.d, [half(f.n, false), half(f.n, true), same(f.d)], f.pg),
    ),
  ),
];

/** Products with one lane of each 128 bits, into lanes twice as wide. */
const longIndexed: Rows = (
  [
    ["0010", "sqdmlal", true],
    ["0011", "sqdmlsl", true],
    ["1000", "long-multiply-add", true],
    ["1001", "unsigned-multiply-add", true],
    ["1010", "long-multiply-subtract", true],
    ["1011", "unsigned-multiply-subtract", true],
    ["1100", "long-multiply", false],
    ["1101", "unsigned-multiply", false],
    ["1110", "sqdmull", false],
  ] as const
).flatMap(([opcode, op, accumulates]) =>
  eachHalf.flatMap((t) =>
    ([2, 3] as const).map((size) =>
      sveRow<SveShape>(
        `01000100 ${size === 2 ? "10" : "11"} 1 xxxxx ${opcode} x ${t} xxxxx xxxxx`,
        op,
        SVE2,
        (f) => {
          const low = bits(f.word, 11, 1);
          const lane: Operand = {
            z: bits(f.word, 16, size === 2 ? 3 : 4),
            pick: "index",
            index: (size === 2 ? bits(f.word, 19, 2) << 1 : bits(f.word, 20, 1) << 1) | low,
            size: asSize(size - 1),
          };
          const sources = [half(f.n, t === "1"), lane];
          return mapped(op, size, f.d, accumulates ? [...sources, same(f.d)] : sources);
        },
      ),
    ),
  ),
);

/** Halves, or brain halves, into singles. */
const fpLong: Rows = (
  [
    ["10", "0", "fmlal", SVE2],
    ["10", "1", "fmlsl", SVE2],
    ["11", "0", "bfmlal", sveGate("BFDOT_Z")],
    ["11", "1", "bfmlsl", sveGate("DUPQ")],
  ] as const
).flatMap(([size, negates, op, gateOf]) =>
  eachHalf.flatMap((t) => [
    sveRow<SveShape>(`01100100 ${size} 1 xxxxx 10 ${negates} 00 ${t} xxxxx xxxxx`, op, gateOf, (f) =>
      mapped(op, 2, f.d, [half(f.n, t === "1"), half(f.m, t === "1"), same(f.d)]),
    ),
    sveRow<SveShape>(`01100100 ${size} 1 xxxxx 01 ${negates} 0 x ${t} xxxxx xxxxx`, op, gateOf, (f) =>
      mapped(op, 2, f.d, [
        half(f.n, t === "1"),
        {
          z: bits(f.word, 16, 3),
          pick: "index",
          index: (bits(f.word, 19, 2) << 1) | bits(f.word, 11, 1),
          size: 1,
        },
        same(f.d),
      ]),
    ),
  ]),
);

const narrowing = [
  ["010 00", "sqxtn", "extract"],
  ["010 01", "uqxtn", "extract"],
  ["010 10", "sqxtun", "extract"],
  ["00 000", "sqshrun", "shift"],
  ["00 001", "sqrshrun", "shift"],
  ["00 010", "shrn", "shift"],
  ["00 011", "rshrn", "shift"],
  ["00 100", "sqshrn", "shift"],
  ["00 101", "sqrshrn", "shift"],
  ["00 110", "uqshrn", "shift"],
  ["00 111", "uqrshrn", "shift"],
] as const;

const highNarrowing = [
  ["011 00", "addhn"],
  ["011 01", "raddhn"],
  ["011 10", "subhn"],
  ["011 11", "rsubhn"],
] as const;

export type SveNarrow = (typeof narrowing)[number][1] | (typeof highNarrowing)[number][1];

const narrow: Rows = eachHalf.flatMap((t) => [
  ...narrowing.map(([opcode, op, form]) =>
    sveRow<SveShape>(`01000101 0x 1 xxxxx ${opcode}${t} xxxxx xxxxx`, op, SVE2, (f) => {
      const shift = shiftOf(tszHigh(f.word));
      if (shift === undefined || shift.size === 3 || (form === "extract" && shift.left !== 0))
        return undefined;
      return {
        group: sve,
        kind: "narrow",
        op,
        size: shift.size,
        top: t === "1",
        shift: form === "extract" ? 0 : shift.right,
        d: f.d,
        n: f.n,
        m: f.n,
      };
    }),
  ),
  ...highNarrowing.map(([opcode, op]) =>
    sveRow<SveShape>(`01000101 xx 1 xxxxx ${opcode}${t} xxxxx xxxxx`, op, SVE2, (f) =>
      f.size === 0
        ? undefined
        : {
            group: sve,
            kind: "narrow",
            op,
            size: asSize(f.size - 1),
            top: t === "1",
            shift: 0,
            d: f.d,
            n: f.n,
            m: f.m,
          },
    ),
  ),
]);

const product = (
  op: SveProduct,
  size: number,
  f: SveFields,
  m: number,
  index: number | undefined,
  rotation = 0,
  pg?: number,
): SveShape => ({
  group: sve,
  kind: "product",
  op,
  size: asSize(size),
  d: f.d,
  n: f.n,
  m,
  index,
  rotation,
  pg,
});

export type SveProduct =
  | "sdot"
  | "udot"
  | "usdot"
  | "sudot"
  | "cdot"
  | "cmla"
  | "sqrdcmlah"
  | "cadd"
  | "sqcadd"
  | "fcadd"
  | "fcmla"
  | "smmla"
  | "ummla"
  | "usmmla"
  | "fmmla"
  | "bfmmla"
  | "bfdot"
  | "pmull128";

const I8MM = sveGate("SMMLA_Z");
const BF16 = sveGate("BFDOT_Z");
const degrees = (index: number): number => index * 90;

/** A lane of 32 or 64 bits of each 128, as dot products have them. */
const quarter = (f: SveFields): readonly [number, number] => [bits(f.word, 16, 3), bits(f.word, 19, 2)];
const eighth = (f: SveFields): readonly [number, number] => [bits(f.word, 16, 4), bits(f.word, 20, 1)];

const laneOf = (f: SveFields): readonly [number, number] => (f.size === 3 ? eighth(f) : quarter(f));

const products: Rows = [
  ...(
    [
      ["0", "sdot"],
      ["1", "udot"],
    ] as const
  ).flatMap(([u, op]) => [
    sveRow<SveShape>(`01000100 1x 0 xxxxx 00000 ${u} xxxxx xxxxx`, op, SVE, (f) =>
      product(op, f.size, f, f.m, undefined),
    ),
    sveRow<SveShape>(`01000100 1x 1 xxxxx 00000 ${u} xxxxx xxxxx`, op, SVE, (f) =>
      product(op, f.size, f, ...laneOf(f)),
    ),
  ]),
  sveRow("01000100 10 0 xxxxx 011 110 xxxxx xxxxx", "usdot", I8MM, (f) =>
    product("usdot", 2, f, f.m, undefined),
  ),
  sveRow("01000100 10 1 xxxxx 000110 xxxxx xxxxx", "usdot", I8MM, (f) =>
    product("usdot", 2, f, ...quarter(f)),
  ),
  sveRow("01000100 10 1 xxxxx 000111 xxxxx xxxxx", "sudot", I8MM, (f) =>
    product("sudot", 2, f, ...quarter(f)),
  ),
  sveRow("01000101 00 0 xxxxx 10011 0 xxxxx xxxxx", "smmla", I8MM, (f) =>
    product("smmla", 2, f, f.m, undefined),
  ),
  sveRow("01000101 10 0 xxxxx 10011 0 xxxxx xxxxx", "usmmla", I8MM, (f) =>
    product("usmmla", 2, f, f.m, undefined),
  ),
  sveRow("01000101 11 0 xxxxx 10011 0 xxxxx xxxxx", "ummla", I8MM, (f) =>
    product("ummla", 2, f, f.m, undefined),
  ),
  sveRow("01100100 01 1 xxxxx 111 001 xxxxx xxxxx", "bfmmla", BF16, (f) =>
    product("bfmmla", 2, f, f.m, undefined),
  ),
  sveRow("01100100 10 1 xxxxx 111 001 xxxxx xxxxx", "fmmla", sveGate("FMMLA_S"), (f) =>
    product("fmmla", 2, f, f.m, undefined),
  ),
  sveRow("01100100 11 1 xxxxx 111 001 xxxxx xxxxx", "fmmla", sveGate("FMMLA_D"), (f) =>
    product("fmmla", 3, f, f.m, undefined),
  ),
  sveRow("01100100 01 1 xxxxx 10 0 00 0 xxxxx xxxxx", "bfdot", BF16, (f) =>
    product("bfdot", 2, f, f.m, undefined),
  ),
  sveRow("01100100 01 1 xxxxx 010000 xxxxx xxxxx", "bfdot", BF16, (f) =>
    product("bfdot", 2, f, ...quarter(f)),
  ),
];

/** Rotations of complex numbers. */
const complex: Rows = [
  ...(
    [
      ["0001", "cdot", "23"],
      ["0010", "cmla", "0123"],
      ["0011", "sqrdcmlah", "0123"],
    ] as const
  ).map(([opcode, op, sizes]) =>
    sveRow<SveShape>(`01000100 xx 0 xxxxx ${opcode} xx xxxxx xxxxx`, op, SVE2, (f) =>
      has(sizes, f.size) ? product(op, f.size, f, f.m, undefined, degrees(bits(f.word, 10, 2))) : undefined,
    ),
  ),
  ...(
    [
      ["0100", "cdot", 0],
      ["0110", "cmla", -1],
      ["0111", "sqrdcmlah", -1],
    ] as const
  ).map(([opcode, op, less]) =>
    sveRow<SveShape>(`01000100 1x 1 xxxxx ${opcode} xx xxxxx xxxxx`, op, SVE2, (f) =>
      product(op, f.size + less, f, ...laneOf(f), degrees(bits(f.word, 10, 2))),
    ),
  ),
  ...(
    [
      ["0", "cadd"],
      ["1", "sqcadd"],
    ] as const
  ).map(([code, op]) =>
    sveRow<SveShape>(
      `01000101 xx 00000 ${code} 11011 x xxxxx xxxxx`,
      op,
      SVE2,
      (f) =>
        ({
          ...product(op, f.size, f, f.n, undefined, bits(f.word, 10, 1) === 0 ? 90 : 270),
          n: f.d,
        }) as SveShape,
    ),
  ),
  sveRow("01100100 xx 00000 x 100 xxx xxxxx xxxxx", "fcadd", SVE, (f) =>
    f.size === 0
      ? undefined
      : ({
          ...product("fcadd", f.size, f, f.n, undefined, bits(f.word, 16, 1) === 0 ? 90 : 270, f.pg),
          n: f.d,
        } as SveShape),
  ),
  sveRow("01100100 xx 0 xxxxx 0 xx xxx xxxxx xxxxx", "fcmla", SVE, (f) =>
    f.size === 0
      ? undefined
      : product("fcmla", f.size, f, f.m, undefined, degrees(bits(f.word, 13, 2)), f.pg),
  ),
  sveRow("01100100 1x 1 xxxxx 0001 xx xxxxx xxxxx", "fcmla", SVE, (f) =>
    product("fcmla", f.size - 1, f, ...laneOf(f), degrees(bits(f.word, 10, 2))),
  ),
];

/** Neighbours. */
const pairwise: Rows = (
  [
    ["01000100 xx 010 001 101", "add", "0123"],
    ["01000100 xx 010 100 101", "smax", "0123"],
    ["01000100 xx 010 101 101", "umax", "0123"],
    ["01000100 xx 010 110 101", "smin", "0123"],
    ["01000100 xx 010 111 101", "umin", "0123"],
    ["01100100 xx 010 000 100", "fadd", "123"],
    ["01100100 xx 010 100 100", "fmaxnm", "123"],
    ["01100100 xx 010 101 100", "fminnm", "123"],
    ["01100100 xx 010 110 100", "fmax", "123"],
    ["01100100 xx 010 111 100", "fmin", "123"],
  ] as const
).map(([picture, op, sizes]) =>
  sveRow(`${picture} xxx xxxxx xxxxx`, `${op}p`, SVE2 as GateOf, (f) =>
    has(sizes, f.size)
      ? { group: sve, kind: "pairwise", op, size: f.size, d: f.d, m: f.n, pg: f.pg }
      : undefined,
  ),
);

export const sveWidenRows: Rows = [
  ...widening,
  ...others,
  ...longIndexed,
  ...fpLong,
  ...narrow,
  ...products,
  ...complex,
  ...pairwise,
];
