/** Advanced SIMD products of floating-point lanes: by an element, complex, across formats: their encodings. */
import type { Row } from "./row.ts";
import { bits, encoding, gate, group, HALF_VECTOR, SIMD, type VectorFields } from "./simd-fields.ts";
import type { FpShape, FpSize } from "./simd-shapes.ts";

type Rows = readonly Row<FpShape>[];

const FCMA = gate("FCMLA");

const FHM = gate("FMLAL");

const BF16 = gate("BFDOT");

/** Sizes 1 to 3; no double alone in a vector. */
const complexSize = ({ size, q }: VectorFields): FpSize | undefined =>
  size === 0 || (size === 3 && q === 0) ? undefined : size;

const rotations = [0, 90, 180, 270] as const;

const rotationOf = (index: number): 0 | 90 | 180 | 270 => rotations[index & 3] ?? 0;

const complex: Rows = [
  encoding("0 x 1 01110 xx 0 xxxxx 111x0 1 xxxxx xxxxx", "fcadd", FCMA, (f) => {
    const size = complexSize(f);
    return size === undefined
      ? undefined
      : {
          group,
          kind: "fp-rotate-add",
          rotation: bits(f.word, 12, 1) === 0 ? 90 : 270,
          size,
          bytes: f.bytes,
          d: f.d,
          n: f.n,
          m: f.m,
        };
  }),
  encoding("0 x 1 01110 xx 0 xxxxx 110xx 1 xxxxx xxxxx", "fcmla", FCMA, (f) => {
    const size = complexSize(f);
    return size === undefined
      ? undefined
      : {
          group,
          kind: "fp-rotate-multiply",
          rotation: rotationOf(bits(f.word, 11, 2)),
          size,
          bytes: f.bytes,
          d: f.d,
          n: f.n,
          m: f.m,
        };
  }),
  encoding("0 x 1 01111 xx x xxxxx 0xx1 x 0 xxxxx xxxxx", "fcmla", FCMA, (f) => {
    const h = bits(f.word, 11, 1);
    const l = bits(f.word, 21, 1);
    if ((f.size !== 1 && f.size !== 2) || (f.size === 2 && (l === 1 || f.q === 0))) return undefined;
    if (f.size === 1 && h === 1 && f.q === 0) return undefined;
    return {
      group,
      kind: "fp-rotate-multiply",
      rotation: rotationOf(bits(f.word, 13, 2)),
      size: f.size,
      bytes: f.bytes,
      d: f.d,
      n: f.n,
      m: f.m,
      index: f.size === 1 ? (h << 1) | l : h,
    };
  }),
];

const longMultiply = (
  picture: string,
  name: string,
  negates: boolean,
  second: boolean,
  indexed: boolean,
): Row<FpShape> =>
  encoding(picture, name, FHM, (f) => ({
    group,
    kind: "fp-multiply-long",
    bytes: f.bytes,
    negates,
    second,
    d: f.d,
    n: f.n,
    m: indexed ? bits(f.word, 16, 4) : f.m,
    index: indexed ? halfIndex(f) : undefined,
  }));

const longMultiplies: Rows = [
  longMultiply("0 x 0 01110 00 1 xxxxx 11101 1 xxxxx xxxxx", "fmlal", false, false, false),
  longMultiply("0 x 0 01110 10 1 xxxxx 11101 1 xxxxx xxxxx", "fmlsl", true, false, false),
  longMultiply("0 x 1 01110 00 1 xxxxx 11001 1 xxxxx xxxxx", "fmlal2", false, true, false),
  longMultiply("0 x 1 01110 10 1 xxxxx 11001 1 xxxxx xxxxx", "fmlsl2", true, true, false),
  longMultiply("0 x 0 01111 10 x xxxxx 0000 x 0 xxxxx xxxxx", "fmlal", false, false, true),
  longMultiply("0 x 0 01111 10 x xxxxx 0100 x 0 xxxxx xxxxx", "fmlsl", true, false, true),
  longMultiply("0 x 1 01111 10 x xxxxx 1000 x 0 xxxxx xxxxx", "fmlal2", false, true, true),
  longMultiply("0 x 1 01111 10 x xxxxx 1100 x 0 xxxxx xxxxx", "fmlsl2", true, true, true),
];

const brain: Rows = [
  encoding("0 x 1 01110 01 0 xxxxx 11111 1 xxxxx xxxxx", "bfdot", BF16, (f) => ({
    group,
    kind: "bf-dot",
    bytes: f.bytes,
    d: f.d,
    n: f.n,
    m: f.m,
  })),
  encoding("0 x 0 01111 01 x xxxxx 1111 x 0 xxxxx xxxxx", "bfdot", BF16, (f) => ({
    group,
    kind: "bf-dot",
    bytes: f.bytes,
    d: f.d,
    n: f.n,
    m: f.m,
    index: (bits(f.word, 11, 1) << 1) | bits(f.word, 21, 1),
  })),
  encoding("0 x 1 01110 11 0 xxxxx 11111 1 xxxxx xxxxx", "bfmlal", BF16, (f) => ({
    group,
    kind: "bf-multiply-long",
    top: f.q === 1,
    d: f.d,
    n: f.n,
    m: f.m,
  })),
  encoding("0 x 0 01111 11 x xxxxx 1111 x 0 xxxxx xxxxx", "bfmlal", BF16, (f) => ({
    group,
    kind: "bf-multiply-long",
    top: f.q === 1,
    d: f.d,
    n: f.n,
    m: bits(f.word, 16, 4),
    index: halfIndex(f),
  })),
  encoding("0 1 1 01110 01 0 xxxxx 11101 1 xxxxx xxxxx", "bfmmla", BF16, (f) => ({
    group,
    kind: "bf-matrix",
    d: f.d,
    n: f.n,
    m: f.m,
  })),
];

/** H, L and M: which of eight halves. */
const halfIndex = ({ word }: VectorFields): number =>
  (bits(word, 11, 1) << 2) | (bits(word, 21, 1) << 1) | bits(word, 20, 1);

/** Lanes times one lane. The register of a half has four bits. */
const byElement = (
  [
    ["0", "1001", "fmul", "fp2"],
    ["1", "1001", "fmulx", "fp2"],
    ["0", "0001", "fmla", "fp3"],
    ["0", "0101", "fmls", "fp3"],
  ] as const
).flatMap(([u, opcode, op, kind]): Rows => {
  const shape = (f: VectorFields, size: FpSize, bytes: number, m: number, index: number): FpShape =>
    kind === "fp2"
      ? { group, kind, op, size, bytes, d: f.d, n: f.n, m, index }
      : { group, kind, op, size, bytes, d: f.d, n: f.n, m, index, a: f.d };
  const wide =
    (scalar: boolean) =>
    (f: VectorFields): FpShape | undefined => {
      const h = bits(f.word, 11, 1);
      const l = bits(f.word, 21, 1);
      if ((f.size & 1) === 0) return shape(f, 2, scalar ? 4 : f.bytes, f.m, (h << 1) | l);
      return l === 1 || (!scalar && f.q === 0) ? undefined : shape(f, 3, scalar ? 8 : 16, f.m, h);
    };
  const half =
    (scalar: boolean) =>
    (f: VectorFields): FpShape =>
      shape(f, 1, scalar ? 2 : f.bytes, bits(f.word, 16, 4), halfIndex(f));
  return [
    encoding(`0 x ${u} 01111 1x x xxxxx ${opcode} x 0 xxxxx xxxxx`, op, SIMD, wide(false)),
    encoding(`01 ${u} 11111 1x x xxxxx ${opcode} x 0 xxxxx xxxxx`, op, SIMD, wide(true)),
    encoding(`0 x ${u} 01111 00 x xxxxx ${opcode} x 0 xxxxx xxxxx`, op, HALF_VECTOR, half(false)),
    encoding(`01 ${u} 11111 00 x xxxxx ${opcode} x 0 xxxxx xxxxx`, op, gate("FADD_H"), half(true)),
  ];
});

export const simdFpProductRows: Rows = [...complex, ...longMultiplies, ...brain, ...byElement];
