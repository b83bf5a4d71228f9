/** Scalar floating point: its encodings. */
import { type Naming, type Row, row } from "./row.ts";
import { bits, encoding, FP, type GateOf, gate, group, type VectorFields } from "./simd-fields.ts";
import type { Fp1, Fp2, Fp3, FpToInteger } from "./simd-fp.ts";
import { expandFloat } from "./simd-move.ts";
import type { FpShape, FpSize, ScalarShape } from "./simd-shapes.ts";

type Shape = ScalarShape | FpShape;
type Rows = readonly Row<Shape>[];

/** PTYPE and what it stands for. */
const types = [
  ["00", 2],
  ["01", 3],
  ["11", 1],
] as const;
type Type = (typeof types)[number];

const gateOf = (size: FpSize): GateOf => (size === 1 ? gate("FADD_H") : FP);

const each = (rows: (type: Type) => Rows): Rows => types.flatMap(rows);

const twoSources: readonly (readonly [string, Fp2])[] = [
  ["0000", "fmul"],
  ["0001", "fdiv"],
  ["0010", "fadd"],
  ["0011", "fsub"],
  ["0100", "fmax"],
  ["0101", "fmin"],
  ["0110", "fmaxnm"],
  ["0111", "fminnm"],
  ["1000", "fnmul"],
];

const threeSources: readonly (readonly [string, string, string, Fp3])[] = [
  ["0", "0", "fmadd", "fmla"],
  ["0", "1", "fmsub", "fmls"],
  ["1", "0", "fnmadd", "fnmla"],
  ["1", "1", "fnmsub", "fnmls"],
];

const oneSource: readonly (readonly [string, Fp1])[] = [
  ["000000", "fmov"],
  ["000001", "fabs"],
  ["000010", "fneg"],
  ["000011", "fsqrt"],
  ["001000", "frintn"],
  ["001001", "frintp"],
  ["001010", "frintm"],
  ["001011", "frintz"],
  ["001100", "frinta"],
  ["001110", "frintx"],
  ["001111", "frinti"],
];

const integerRanges: readonly (readonly [string, Fp1])[] = [
  ["010000", "frint32z"],
  ["010001", "frint32x"],
  ["010010", "frint64z"],
  ["010011", "frint64x"],
];

const arithmetic = each(([type, size]) => [
  ...twoSources.map(([opcode, op]) =>
    encoding<Shape>(`000 11110 ${type} 1 xxxxx ${opcode} 10 xxxxx xxxxx`, op, gateOf(size), (f) => ({
      group,
      kind: "fp2",
      op,
      size,
      bytes: 1 << size,
      d: f.d,
      n: f.n,
      m: f.m,
    })),
  ),
  ...threeSources.map(([o1, o0, name, op]) =>
    encoding<Shape>(`000 11111 ${type} ${o1} xxxxx ${o0} xxxxx xxxxx xxxxx`, name, gateOf(size), (f) => ({
      group,
      kind: "fp3",
      op,
      size,
      bytes: 1 << size,
      d: f.d,
      n: f.n,
      m: f.m,
      a: bits(f.word, 10, 5),
    })),
  ),
  ...oneSource.map(([opcode, op]) => unary(type, size, opcode, op, gateOf(size))),
  ...(size === 1 ? [] : integerRanges.map(([opcode, op]) => unary(type, size, opcode, op, gate("FRINT32Z")))),
]);

function unary(type: string, size: FpSize, opcode: string, op: Fp1, own: GateOf): Row<Shape> {
  return encoding(`000 11110 ${type} 1 ${opcode} 10000 xxxxx xxxxx`, op, own, (f) => ({
    group,
    kind: "fp1",
    op,
    size,
    bytes: 1 << size,
    d: f.d,
    n: f.n,
  }));
}

/** FCVT between formats. Half precision here is older than FEAT_FP16. */
const formats = each(([type, from]) =>
  types
    .filter(([, to]) => to !== from)
    .map(([to, size]) =>
      encoding<Shape>(`000 11110 ${type} 1 0001${to} 10000 xxxxx xxxxx`, "fcvt", FP, (f) => ({
        group,
        kind: "fp-convert",
        from,
        to: size,
        d: f.d,
        n: f.n,
      })),
    ),
);

const brain: Row<Shape> = encoding(
  "000 11110 01 1 000110 10000 xxxxx xxxxx",
  "bfcvt",
  gate("BFCVT"),
  (f) => ({
    group,
    kind: "fp-convert",
    from: 2,
    to: "bfloat",
    d: f.d,
    n: f.n,
  }),
);

const NEVER = 15;
const ALWAYS = 14;

const conditional = each(([type, size]) => {
  const own = gateOf(size);
  return [
    row(
      `000 11110 ${type} 1 m:5 00 1000 n:5 signalling:1 zero:1 000`,
      { name: "fcmp", ...own },
      (_, word) => {
        const zero = bits(word, 3, 1) === 1;
        return {
          group,
          kind: "fp-flags",
          size,
          signalling: bits(word, 4, 1) === 1,
          n: bits(word, 5, 5),
          m: zero ? undefined : bits(word, 16, 5),
          condition: ALWAYS,
          otherwise: 0,
        };
      },
    ),
    encoding<Shape>(`000 11110 ${type} 1 xxxxx xxxx 01 xxxxx x xxxx`, "fccmp", own, (f) => ({
      group,
      kind: "fp-flags",
      size,
      signalling: bits(f.word, 4, 1) === 1,
      n: f.n,
      m: f.m,
      condition: bits(f.word, 12, 4) === NEVER ? ALWAYS : bits(f.word, 12, 4),
      otherwise: bits(f.word, 0, 4),
    })),
    encoding<Shape>(`000 11110 ${type} 1 xxxxx xxxx 11 xxxxx xxxxx`, "fcsel", own, (f) => ({
      group,
      kind: "fp-select",
      size,
      condition: bits(f.word, 12, 4) === NEVER ? ALWAYS : bits(f.word, 12, 4),
      d: f.d,
      n: f.n,
      m: f.m,
    })),
    encoding<Shape>(`000 11110 ${type} 1 xxxxxxxx 100 00000 xxxxx`, "fmov", own, (f) => ({
      group,
      kind: "fp-immediate",
      size,
      bits: expandFloat(bits(f.word, 13, 8), size),
      d: f.d,
    })),
  ] as Rows;
});

/** By RMODE and OPCODE. */
const toIntegers: readonly (readonly [string, string, FpToInteger])[] = [
  ["00", "000", "fcvtns"],
  ["00", "001", "fcvtnu"],
  ["01", "000", "fcvtps"],
  ["01", "001", "fcvtpu"],
  ["10", "000", "fcvtms"],
  ["10", "001", "fcvtmu"],
  ["11", "000", "fcvtzs"],
  ["11", "001", "fcvtzu"],
  ["00", "100", "fcvtas"],
  ["00", "101", "fcvtau"],
];

const wide = (f: VectorFields): boolean => f.word < 0 || f.word >>> 31 === 1;

const general = each(([type, size]) => {
  const own = gateOf(size);
  return [
    ...toIntegers.map(([rmode, opcode, op]) =>
      encoding<Shape>(`x 00 11110 ${type} 1 ${rmode} ${opcode} 000000 xxxxx xxxxx`, op, own, (f) => ({
        group,
        kind: "fp-to-general",
        size,
        wide: wide(f),
        op,
        places: 0,
        d: f.d,
        n: f.n,
      })),
    ),
    ...(["fcvtzs", "fcvtzu"] as const).map((op, u) =>
      encoding<Shape>(`x 00 11110 ${type} 0 11 00${u} xxxxxx xxxxx xxxxx`, op, own, (f) =>
        places(f, (count) => ({
          group,
          kind: "fp-to-general",
          size,
          wide: wide(f),
          op,
          places: count,
          d: f.d,
          n: f.n,
        })),
      ),
    ),
    ...(["scvtf", "ucvtf"] as const).flatMap((name, u) => {
      const shape = (f: VectorFields, count: number): Shape => ({
        group,
        kind: "fp-from-general",
        size,
        wide: wide(f),
        isSigned: u === 0,
        places: count,
        d: f.d,
        n: f.n,
      });
      return [
        encoding<Shape>(`x 00 11110 ${type} 1 00 01${u} 000000 xxxxx xxxxx`, name, own, (f) => shape(f, 0)),
        encoding<Shape>(`x 00 11110 ${type} 0 00 01${u} xxxxxx xxxxx xxxxx`, name, own, (f) =>
          places(f, (count) => shape(f, count)),
        ),
      ];
    }),
  ];
});

/** SCALE; with 32-bit integers at most 32 places. */
function places(f: VectorFields, make: (count: number) => Shape): Shape | undefined {
  const count = 64 - bits(f.word, 10, 6);
  return !wide(f) && count > 32 ? undefined : make(count);
}

const move = (sf: string, type: string, rmode: string, size: FpSize, part: 0 | 1): Rows => [
  encoding(`${sf} 00 11110 ${type} 1 ${rmode} 110 000000 xxxxx xxxxx`, "fmov", gateOf(size), (f) => ({
    group,
    kind: "fp-move-to-general",
    size,
    part,
    wide: sf === "1",
    d: f.d,
    n: f.n,
  })),
  encoding(`${sf} 00 11110 ${type} 1 ${rmode} 111 000000 xxxxx xxxxx`, "fmov", gateOf(size), (f) => ({
    group,
    kind: "fp-move-from-general",
    size,
    part,
    d: f.d,
    n: f.n,
  })),
];

const javascript: Naming = { name: "fjcvtzs", fate: "FJCVTZS", uses: "fp" };

export const fpRows: Rows = [
  ...arithmetic,
  ...formats,
  brain,
  ...conditional,
  ...general,
  ...move("0", "00", "00", 2, 0),
  ...move("1", "01", "00", 3, 0),
  ...move("1", "10", "01", 3, 1),
  ...move("0", "11", "00", 1, 0),
  ...move("1", "11", "00", 1, 0),
  row("000 11110 01 1 11 110 000000 n:5 d:5", javascript, ({ n, d }) => ({
    group,
    kind: "fp-javascript",
    n,
    d,
  })),
];
