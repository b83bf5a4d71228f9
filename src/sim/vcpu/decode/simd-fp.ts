/** Advanced SIMD on floating-point lanes, scalar forms with them: their encodings. */
import type { Row } from "./row.ts";
import {
  bits,
  encoding,
  type GateOf,
  gate,
  group,
  HALF_VECTOR,
  SIMD,
  type VectorFields,
} from "./simd-fields.ts";
import type { FpShape, FpSize } from "./simd-shapes.ts";

/** By U, bit 23 and opcode (its lower three bits for half precision); whether there is a scalar form. */
const twoOperands = [
  ["0", "0", "11000", "fmaxnm", false],
  ["0", "0", "11010", "fadd", false],
  ["0", "0", "11011", "fmulx", true],
  ["0", "0", "11110", "fmax", false],
  ["0", "0", "11111", "frecps", true],
  ["0", "1", "11000", "fminnm", false],
  ["0", "1", "11010", "fsub", false],
  ["0", "1", "11011", "famax", false],
  ["0", "1", "11110", "fmin", false],
  ["0", "1", "11111", "frsqrts", true],
  ["1", "0", "11011", "fmul", false],
  ["1", "0", "11111", "fdiv", false],
  ["1", "1", "11010", "fabd", true],
  ["1", "1", "11011", "famin", false],
  ["1", "1", "11111", "fscale", false],
] as const;

export type Fp2 = (typeof twoOperands)[number][3] | "fnmul";

const fateOf: Readonly<Record<string, string>> = { famax: "FAMAX", famin: "FAMIN", fscale: "FSCALE" };

const accumulating = [
  ["0", "0", "11001", "fmla"],
  ["0", "1", "11001", "fmls"],
] as const;

/** The last two negate the addend, the first two of those names' middle the product. */
export type Fp3 = (typeof accumulating)[number][3] | "fnmla" | "fnmls";

const pairs = [
  ["1", "0", "11000", "fmaxnm"],
  ["1", "0", "11010", "fadd"],
  ["1", "0", "11110", "fmax"],
  ["1", "1", "11000", "fminnm"],
  ["1", "1", "11110", "fmin"],
] as const;

export type FpPair = (typeof pairs)[number][3];

const tests = [
  ["0", "0", "11100", "fcmeq"],
  ["1", "0", "11100", "fcmge"],
  ["1", "0", "11101", "facge"],
  ["1", "1", "11100", "fcmgt"],
  ["1", "1", "11101", "facgt"],
] as const;

const zeroTests = [
  ["0", "01100", "fcmgt"],
  ["0", "01101", "fcmeq"],
  ["0", "01110", "fcmlt"],
  ["1", "01100", "fcmge"],
  ["1", "01101", "fcmle"],
] as const;

export type FpCompare = (typeof tests)[number][3] | (typeof zeroTests)[number][2];

/** By U, bit 23 and opcode; scalar forms; whether there is one for half precision. */
const oneOperand = [
  ["0", "0", "11000", "frintn", false],
  ["0", "0", "11001", "frintm", false],
  ["0", "1", "01111", "fabs", false],
  ["0", "1", "11000", "frintp", false],
  ["0", "1", "11001", "frintz", false],
  ["0", "1", "11101", "frecpe", true],
  ["1", "0", "11000", "frinta", false],
  ["1", "0", "11001", "frintx", false],
  ["1", "1", "01111", "fneg", false],
  ["1", "1", "11001", "frinti", false],
  ["1", "1", "11101", "frsqrte", true],
  ["1", "1", "11111", "fsqrt", false],
] as const;

const toIntegerRanges = [
  ["0", "0", "11110", "frint32z"],
  ["0", "0", "11111", "frint64z"],
  ["1", "0", "11110", "frint32x"],
  ["1", "0", "11111", "frint64x"],
] as const;

export type Fp1 = (typeof oneOperand)[number][3] | (typeof toIntegerRanges)[number][3] | "frecpx" | "fmov";

const conversions = [
  ["0", "0", "11010", "fcvtns"],
  ["0", "0", "11011", "fcvtms"],
  ["0", "0", "11100", "fcvtas"],
  ["0", "1", "11010", "fcvtps"],
  ["0", "1", "11011", "fcvtzs"],
  ["1", "0", "11010", "fcvtnu"],
  ["1", "0", "11011", "fcvtmu"],
  ["1", "0", "11100", "fcvtau"],
  ["1", "1", "11010", "fcvtpu"],
  ["1", "1", "11011", "fcvtzu"],
] as const;

export type FpToInteger = (typeof conversions)[number][3];

type Rows = readonly Row<FpShape>[];

type Make = (fields: VectorFields, size: FpSize, bytes: number) => FpShape | undefined;

/** Single or double by bit 22; no double alone in a vector. */
const singleOrDouble =
  (make: Make, scalar: boolean) =>
  (f: VectorFields): FpShape | undefined => {
    const size = (f.size & 1) === 1 ? 3 : 2;
    if (scalar) return make(f, size, 1 << size);
    return size === 3 && f.q === 0 ? undefined : make(f, size, f.bytes);
  };

const halves =
  (make: Make, scalar: boolean) =>
  (f: VectorFields): FpShape | undefined =>
    make(f, 1, scalar ? 2 : f.bytes);

const halfOf = (own: string | undefined): GateOf => (own === undefined ? HALF_VECTOR : gate(own));

/** The forms of an instruction with three registers: vector and scalar, single or double and half. */
function threeRegisters(
  [u, a, opcode, name]: readonly [string, string, string, string],
  scalar: boolean,
  make: Make,
  fate?: string,
): Rows {
  const own = fate === undefined ? SIMD : gate(fate);
  const short = opcode.slice(2);
  const forms: Row<FpShape>[] = [
    encoding(`0 x ${u} 01110 ${a}x 1 xxxxx ${opcode} 1 xxxxx xxxxx`, name, own, singleOrDouble(make, false)),
    encoding(
      `0 x ${u} 01110 ${a}10 xxxxx 00 ${short} 1 xxxxx xxxxx`,
      name,
      halfOf(fate),
      halves(make, false),
    ),
  ];
  if (scalar)
    forms.push(
      encoding(`01 ${u} 11110 ${a}x 1 xxxxx ${opcode} 1 xxxxx xxxxx`, name, own, singleOrDouble(make, true)),
      encoding(
        `01 ${u} 11110 ${a}10 xxxxx 00 ${short} 1 xxxxx xxxxx`,
        name,
        gate("FADD_H"),
        halves(make, true),
      ),
    );
  return forms;
}

/** As above, with two registers. */
function twoRegisters(
  [u, a, opcode, name]: readonly [string, string, string, string],
  { vector, scalar, half, own }: { vector: boolean; scalar: boolean; half: boolean; own: GateOf },
  make: Make,
): Rows {
  const forms: Row<FpShape>[] = [];
  if (vector)
    forms.push(
      encoding(`0 x ${u} 01110 ${a}x 10000 ${opcode} 10 xxxxx xxxxx`, name, own, singleOrDouble(make, false)),
    );
  if (vector && half)
    forms.push(
      encoding(`0 x ${u} 01110 ${a} 111100 ${opcode} 10 xxxxx xxxxx`, name, HALF_VECTOR, halves(make, false)),
    );
  if (scalar)
    forms.push(
      encoding(`01 ${u} 11110 ${a}x 10000 ${opcode} 10 xxxxx xxxxx`, name, own, singleOrDouble(make, true)),
    );
  if (scalar && half)
    forms.push(
      encoding(
        `01 ${u} 11110 ${a} 111100 ${opcode} 10 xxxxx xxxxx`,
        name,
        gate("FADD_H"),
        halves(make, true),
      ),
    );
  return forms;
}

const arithmetic: Rows = [
  ...twoOperands.flatMap(([u, a, opcode, op, scalar]) =>
    threeRegisters(
      [u, a, opcode, op],
      scalar,
      (f, size, bytes) => ({ group, kind: "fp2", op, size, bytes, d: f.d, n: f.n, m: f.m }),
      fateOf[op],
    ),
  ),
  ...accumulating.flatMap(([u, a, opcode, op]) =>
    threeRegisters([u, a, opcode, op], false, (f, size, bytes) => ({
      group,
      kind: "fp3",
      op,
      size,
      bytes,
      d: f.d,
      n: f.n,
      m: f.m,
      a: f.d,
    })),
  ),
  ...pairs.flatMap(([u, a, opcode, op]) =>
    threeRegisters([u, a, opcode, `${op}p`], false, (f, size, bytes) => ({
      group,
      kind: "fp-pair",
      op,
      size,
      bytes,
      d: f.d,
      n: f.n,
      m: f.m,
    })),
  ),
  ...tests.flatMap(([u, a, opcode, op]) =>
    threeRegisters([u, a, opcode, op], true, (f, size, bytes) => ({
      group,
      kind: "fp-test",
      op,
      size,
      bytes,
      d: f.d,
      n: f.n,
      m: f.m,
    })),
  ),
];

const unary: Rows = [
  ...oneOperand.flatMap(([u, a, opcode, op, scalar]) =>
    twoRegisters([u, a, opcode, op], { vector: true, scalar, half: true, own: SIMD }, (f, size, bytes) => ({
      group,
      kind: "fp1",
      op,
      size,
      bytes,
      d: f.d,
      n: f.n,
    })),
  ),
  ...twoRegisters(
    ["0", "1", "11111", "frecpx"],
    { vector: false, scalar: true, half: true, own: SIMD },
    (f, size, bytes) => ({ group, kind: "fp1", op: "frecpx", size, bytes, d: f.d, n: f.n }),
  ),
  ...toIntegerRanges.flatMap(([u, a, opcode, op]) =>
    twoRegisters(
      [u, a, opcode, op],
      { vector: true, scalar: false, half: false, own: gate("FRINT32Z") },
      (f, size, bytes) => ({ group, kind: "fp1", op, size, bytes, d: f.d, n: f.n }),
    ),
  ),
  ...zeroTests.flatMap(([u, opcode, op]) =>
    twoRegisters(
      [u, "1", opcode, op],
      { vector: true, scalar: true, half: true, own: SIMD },
      (f, size, bytes) => ({
        group,
        kind: "fp-test",
        op,
        size,
        bytes,
        d: f.d,
        n: f.n,
        m: undefined,
      }),
    ),
  ),
];

const integers: Rows = [
  ...conversions.flatMap(([u, a, opcode, op]) =>
    twoRegisters(
      [u, a, opcode, op],
      { vector: true, scalar: true, half: true, own: SIMD },
      (f, size, bytes) => ({
        group,
        kind: "fp-to-integer",
        op,
        size,
        bytes,
        places: 0,
        d: f.d,
        n: f.n,
      }),
    ),
  ),
  ...(["0", "1"] as const).flatMap((u) =>
    twoRegisters(
      [u, "0", "11101", u === "0" ? "scvtf" : "ucvtf"],
      { vector: true, scalar: true, half: true, own: SIMD },
      (f, size, bytes) => ({
        group,
        kind: "fp-from-integer",
        isSigned: u === "0",
        size,
        bytes,
        places: 0,
        d: f.d,
        n: f.n,
      }),
    ),
  ),
  ...fixedPoint("0"),
  ...fixedPoint("1"),
];

/** Conversions of fixed-point numbers: the immediate of the shifts tells size and places. */
function fixedPoint(u: "0" | "1"): Rows {
  const sizes = [
    ["001x", 1],
    ["01xx", 2],
    ["1xxx", 3],
  ] as const;
  return sizes.flatMap(([high, size]) =>
    [false, true].flatMap((scalar) => {
      const form = scalar ? `01 ${u} 11111 0` : `0 x ${u} 01111 0`;
      const own = size === 1 ? (scalar ? gate("FADD_H") : HALF_VECTOR) : SIMD;
      const common = (f: VectorFields) => ({
        group,
        size,
        bytes: scalar ? 1 << size : f.bytes,
        places: (16 << size) - bits(f.word, 16, 7),
        d: f.d,
        n: f.n,
      });
      const allowed = (f: VectorFields): boolean => scalar || size !== 3 || f.q === 1;
      return [
        encoding<FpShape>(
          `${form} ${high} xxx 11100 1 xxxxx xxxxx`,
          u === "0" ? "scvtf" : "ucvtf",
          own,
          (f) => (allowed(f) ? { ...common(f), kind: "fp-from-integer", isSigned: u === "0" } : undefined),
        ),
        encoding<FpShape>(
          `${form} ${high} xxx 11111 1 xxxxx xxxxx`,
          u === "0" ? "fcvtzs" : "fcvtzu",
          own,
          (f) =>
            allowed(f)
              ? { ...common(f), kind: "fp-to-integer", op: u === "0" ? "fcvtzs" : "fcvtzu" }
              : undefined,
        ),
      ];
    }),
  );
}

const across: Rows = (
  [
    ["0", "01100", "fmaxnm"],
    ["0", "01111", "fmax"],
    ["1", "01100", "fminnm"],
    ["1", "01111", "fmin"],
  ] as const
).flatMap(([a, opcode, op]) => [
  encoding<FpShape>(`0 1 1 01110 ${a}0 11000 ${opcode} 10 xxxxx xxxxx`, `${op}v`, SIMD, (f) => ({
    group,
    kind: "fp-across",
    op,
    size: 2,
    bytes: 16,
    d: f.d,
    n: f.n,
  })),
  encoding<FpShape>(`0 x 0 01110 ${a}0 11000 ${opcode} 10 xxxxx xxxxx`, `${op}v`, HALF_VECTOR, (f) => ({
    group,
    kind: "fp-across",
    op,
    size: 1,
    bytes: f.bytes,
    d: f.d,
    n: f.n,
  })),
]);

const scalarPairs: Rows = (
  [
    ["0", "01100", "fmaxnm"],
    ["0", "01101", "fadd"],
    ["0", "01111", "fmax"],
    ["1", "01100", "fminnm"],
    ["1", "01111", "fmin"],
  ] as const
).flatMap(([a, opcode, op]) => [
  encoding<FpShape>(`01 1 11110 ${a}x 11000 ${opcode} 10 xxxxx xxxxx`, `${op}p`, SIMD, (f) => {
    const size = (f.size & 1) === 1 ? 3 : 2;
    return { group, kind: "fp-across", op, size, bytes: 2 << size, d: f.d, n: f.n };
  }),
  encoding<FpShape>(`01 0 11110 ${a}0 11000 ${opcode} 10 xxxxx xxxxx`, `${op}p`, gate("FADD_H"), (f) => ({
    group,
    kind: "fp-across",
    op,
    size: 1,
    bytes: 4,
    d: f.d,
    n: f.n,
  })),
]);

const widths: Rows = [
  encoding("0 x 0 01110 0x 10000 10111 10 xxxxx xxxxx", "fcvtl", SIMD, (f) => ({
    group,
    kind: "fp-widen",
    size: (f.size & 1) === 1 ? 2 : 1,
    high: f.q === 1,
    d: f.d,
    n: f.n,
  })),
  encoding("0 x 0 01110 0x 10000 10110 10 xxxxx xxxxx", "fcvtn", SIMD, (f) =>
    narrow(f, "fcvtn", (f.size & 1) === 1 ? 2 : 1, false),
  ),
  encoding("0 x 1 01110 01 10000 10110 10 xxxxx xxxxx", "fcvtxn", SIMD, (f) => narrow(f, "fcvtxn", 2, false)),
  encoding("01 1 11110 01 10000 10110 10 xxxxx xxxxx", "fcvtxn", SIMD, (f) => narrow(f, "fcvtxn", 2, true)),
  encoding("0 x 0 01110 10 10000 10110 10 xxxxx xxxxx", "bfcvtn", gate("BFCVT"), (f) =>
    narrow(f, "bfcvtn", 1, false),
  ),
  encoding("0 x 1 01110 xx 10000 10111 10 xxxxx xxxxx", "f1cvtl", gate("F1CVTL"), (f) => ({
    group,
    kind: "fp8-widen",
    format: (f.size & 1) === 0 ? 1 : 2,
    bfloat: f.size >= 2,
    high: f.q === 1,
    d: f.d,
    n: f.n,
  })),
];

function narrow(f: VectorFields, op: "fcvtn" | "fcvtxn" | "bfcvtn", size: 1 | 2, scalar: boolean): FpShape {
  return { group, kind: "fp-narrow", op, size, scalar, high: !scalar && f.q === 1, d: f.d, n: f.n };
}

export const simdFpRows: Rows = [...arithmetic, ...unary, ...integers, ...across, ...scalarPairs, ...widths];
