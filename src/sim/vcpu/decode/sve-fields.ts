/** Rows of SVE encodings, and what their instructions have in common. */
import { type Row, row } from "./row.ts";
import { bits, type GateOf } from "./simd-fields.ts";
import type { Size } from "./simd-shapes.ts";

export interface SveFields {
  readonly word: number;
  /** Bits 23 and 22. */
  readonly size: Size;
  /** Registers: bits 20 to 16, 9 to 5, 4 to 0; governing predicate: bits 12 to 10. */
  readonly m: number;
  readonly n: number;
  readonly d: number;
  readonly pg: number;
}

/** Each is the fate of all instructions that came with it. */
const named = (fate: string): GateOf => ({ fate, uses: "sve" });
export const SVE = named("ADD_Z");
export const SVE2 = named("SQDMULH_Z");
export const SVE2P1 = named("DUPQ");
export const sveGate = named;

export const sve = "sve" as const;

export const sveFields = (word: number): SveFields => ({
  word,
  size: bits(word, 22, 2) as Size,
  m: bits(word, 16, 5),
  n: bits(word, 5, 5),
  d: bits(word, 0, 5),
  pg: bits(word, 10, 3),
});

/** @param make as in `row` */
export const sveRow = <Shape>(
  picture: string,
  name: string,
  gateOf: GateOf,
  make: (fields: SveFields) => Shape | undefined,
): Row<Shape> => row(picture, { name, ...gateOf }, (_, word) => make(sveFields(word)));

/** TSZ and immediate of a shift, as one number: the highest bit tells the size. undefined: no size. */
export function shiftOf(tsz: number): { size: Size; left: number; right: number } | undefined {
  if (tsz < 8) return undefined;
  const size = (31 - Math.clz32(tsz >>> 3)) as Size;
  return { size, left: tsz - (8 << size), right: (16 << size) - tsz };
}

/** TSZ of unpredicated shifts: bits 23, 22 and 20 to 16; of predicated ones: 23, 22 and 9 to 5. */
export const tszHigh = (word: number): number => (bits(word, 22, 2) << 5) | bits(word, 16, 5);
export const tszLow = (word: number): number => (bits(word, 22, 2) << 5) | bits(word, 5, 5);

export const signedBits = (word: number, from: number, width: number): number =>
  (word << (32 - from - width)) >> (32 - width);
