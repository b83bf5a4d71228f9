/** Operands of SVE instructions that work lane by lane. */
import type { Row } from "./row.ts";
import { bits, type GateOf, has } from "./simd-fields.ts";
import { type SveFields, sve, sveRow } from "./sve-fields.ts";
import type { SveMap } from "./sve-map.ts";
import type { Operand, SveShape } from "./sve-shapes.ts";

export type MapShape = Extract<SveShape, { kind: "map" }>;

export const same = (z: number): Operand => ({ z, pick: "same" });

export const constant = (value: bigint | number): Operand => ({ pick: "constant", value: BigInt(value) });

export const mapped = (
  op: SveMap,
  size: MapShape["size"],
  d: number,
  sources: readonly Operand[],
  pg?: number,
): MapShape => ({ group: sve, kind: "map", op, size, d, sources, pg });

export const element16 = (word: number): number => (bits(word, 22, 1) << 2) | bits(word, 19, 2);

export const operands = ({ d, n }: SveFields, swapped: boolean): readonly Operand[] =>
  swapped ? [same(n), same(d)] : [same(d), same(n)];

export const governedRow = (
  picture: string,
  op: SveMap,
  sizes: string,
  gateOf: GateOf,
  swapped: boolean,
): Row<SveShape> =>
  sveRow(`${picture} xxx xxxxx xxxxx`, op, gateOf, (f) =>
    has(sizes, f.size) ? mapped(op, f.size, f.d, operands(f, swapped), f.pg) : undefined,
  );
