/** Advanced SIMD by an element, sums of products, matrices: their encodings. */
import type { Row } from "./row.ts";
import { bits, encoding, gate, group, has, SIMD, type VectorFields } from "./simd-fields.ts";
import { type Rows, vectorAndScalar } from "./simd-forms.ts";
import type { IntegerShape } from "./simd-shapes.ts";
import { longShape } from "./simd-widen.ts";

const RDM = gate("SQRDMLAH");

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

export const simdElementRows: Rows = [...byLane, ...dots, ...matrices];
