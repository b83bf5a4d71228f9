/** Forms that Advanced SIMD instructions on integers have: vectors, and scalars as one lane. */
import type { Row } from "./row.ts";
import { encoding, has, type SIMD, type VectorFields } from "./simd-fields.ts";
import type { IntegerShape } from "./simd-shapes.ts";

export type Rows = readonly Row<IntegerShape>[];

/** The vector form of an encoding, and the scalar form where there is one. */
export function vectorAndScalar(
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
export const alone = ({ size, q }: VectorFields): boolean => size === 3 && q === 0;
