/** Rows of vector encodings, and the fields that most of them have at the same bits. */
import { type Naming, type Row, row } from "./row.ts";
import type { Size } from "./simd-shapes.ts";

export interface VectorFields {
  readonly word: number;
  /** Bit 30. */
  readonly q: number;
  /** 16 bytes, or 8 where Q is 0. */
  readonly bytes: number;
  /** Bits 23 and 22. */
  readonly size: Size;
  /** Registers: bits 20 to 16, 9 to 5, 4 to 0. */
  readonly m: number;
  readonly n: number;
  readonly d: number;
}

export type GateOf = Omit<Naming, "name">;

export const SIMD: GateOf = { fate: "ADD_16B", uses: "fp" };
export const FP: GateOf = { fate: "FADD_D", uses: "fp" };
export const HALF_VECTOR: GateOf = { fate: "FADD_8H", uses: "fp" };
export const gate = (fate: string): GateOf => ({ fate, uses: "fp" });

export const group = "simd" as const;

export const bits = (word: number, from: number, width: number): number => (word >>> from) & (2 ** width - 1);

export const asSize = (size: number): Size => (size & 3) as Size;

/** A size's digit among those that an instruction has. */
export const has = (sizes: string, size: number): boolean => sizes.includes(String(size));

export const fieldsOf = (word: number): VectorFields => ({
  word,
  q: bits(word, 30, 1),
  bytes: bits(word, 30, 1) === 1 ? 16 : 8,
  size: asSize(word >>> 22),
  m: bits(word, 16, 5),
  n: bits(word, 5, 5),
  d: bits(word, 0, 5),
});

/** A row whose fields are found at their usual bits. @param make as in `row` */
export const encoding = <Shape>(
  picture: string,
  name: string,
  gateOf: GateOf,
  make: (fields: VectorFields) => Shape | undefined,
): Row<Shape> => row(picture, { name, ...gateOf }, (_, word) => make(fieldsOf(word)));
