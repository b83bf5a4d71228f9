/**
 * What Advanced SIMD and floating-point instructions are made of, once decoded.
 *
 * A scalar instruction is a vector of one lane: `bytes` says how much of the operands counts. What is above the bytes
 * that are written becomes zero.
 */

import type { Crypto2, Crypto3, Crypto4, CryptoImmediate } from "./crypto.ts";
import type { Fp1, Fp2, Fp3, FpCompare, FpPair, FpToInteger } from "./simd-fp.ts";
import type { BitsOf, Int1, Int2, IntAcross, IntPair } from "./simd-integer.ts";
import type { NarrowOf, ShiftLong, ShiftOf } from "./simd-shift.ts";
import type { LongOf, Wide } from "./simd-widen.ts";

/** Bytes of a lane are 1 << size. */
export type Size = 0 | 1 | 2 | 3;

interface Simd {
  readonly group: "simd";
}

/** Destination and sources, as register numbers. */
export interface OneSource extends Simd {
  readonly d: number;
  readonly n: number;
}

export interface TwoSources extends OneSource {
  readonly m: number;
}

interface Lanes {
  readonly size: Size;
  readonly bytes: number;
}

/** `m`'s lane that stands for all; undefined: each its own. */
interface Indexed {
  readonly index?: number | undefined;
}

export type IntegerShape =
  | (OneSource & Lanes & { readonly kind: "int1"; readonly op: Int1 })
  | (TwoSources & Lanes & Indexed & { readonly kind: "int2"; readonly op: Int2 })
  | (TwoSources & Lanes & { readonly kind: "int-pair"; readonly op: IntPair })
  | (OneSource & Lanes & { readonly kind: "int-across"; readonly op: IntAcross })
  | (TwoSources & { readonly kind: "bits"; readonly op: BitsOf; readonly bytes: number })
  /** `size` is of the narrow lanes; the sources' upper halves where `high`. */
  | (TwoSources & Lanes & Indexed & { readonly kind: "long"; readonly op: LongOf; readonly high: boolean })
  /** As long, but the first source is wide already. */
  | (TwoSources & Lanes & { readonly kind: "wide"; readonly op: Wide; readonly high: boolean })
  /** Upper halves of wide lanes. */
  | (TwoSources &
      Lanes & {
        readonly kind: "high-narrow";
        readonly op: "addhn" | "raddhn" | "subhn" | "rsubhn";
        readonly high: boolean;
      })
  | (OneSource &
      Lanes & {
        readonly kind: "narrow";
        readonly op: NarrowOf;
        readonly shift: number;
        readonly high: boolean;
      })
  | (OneSource & Lanes & { readonly kind: "shift"; readonly op: ShiftOf; readonly shift: number })
  | (OneSource &
      Lanes & {
        readonly kind: "shift-long";
        readonly op: ShiftLong;
        readonly shift: number;
        readonly high: boolean;
      })
  /** Sums of neighbours, twice as wide. */
  | (OneSource &
      Lanes & { readonly kind: "pair-long"; readonly isSigned: boolean; readonly accumulates: boolean })
  /** Four (or two) products of narrow lanes for each lane of 32 (or 64) bits. */
  | (TwoSources &
      Indexed & {
        readonly kind: "dot";
        readonly op: "sdot" | "udot" | "usdot" | "sudot";
        readonly bytes: number;
      })
  | (TwoSources & { readonly kind: "matrix"; readonly op: "smmla" | "ummla" | "usmmla" })
  | (TwoSources & { readonly kind: "pmull"; readonly size: 0 | 3; readonly high: boolean });

export type MoveShape =
  /** A value of 64 bits in halves, for each of the register's halves. */
  | {
      readonly group: "simd";
      readonly kind: "immediate";
      readonly op: "move" | "or" | "clear";
      readonly low: number;
      readonly high: number;
      readonly bytes: number;
      readonly d: number;
    }
  | (OneSource & Lanes & { readonly kind: "dup-element"; readonly index: number })
  | (OneSource & Lanes & { readonly kind: "dup-general" })
  | (OneSource & {
      readonly kind: "insert-element";
      readonly size: Size;
      readonly to: number;
      readonly from: number;
    })
  | (OneSource & { readonly kind: "insert-general"; readonly size: Size; readonly to: number })
  | (OneSource & {
      readonly kind: "to-general";
      readonly size: Size;
      readonly index: number;
      readonly isSigned: boolean;
      readonly wide: boolean;
    })
  | (TwoSources &
      Lanes & { readonly kind: "permute"; readonly op: "uzp1" | "uzp2" | "trn1" | "trn2" | "zip1" | "zip2" })
  | (TwoSources & { readonly kind: "extract"; readonly bytes: number; readonly by: number })
  | (TwoSources & {
      readonly kind: "table";
      readonly bytes: number;
      readonly registers: number;
      readonly keeps: boolean;
    })
  /** Lanes in reverse within each container of 1 << container bytes. */
  | (OneSource & Lanes & { readonly kind: "reverse"; readonly container: Size })
  /** LUTI2, LUTI4: `width` bits of the index register choose one of 2^width lanes of the table. */
  | (TwoSources & {
      readonly kind: "lookup";
      readonly size: 0 | 1;
      readonly width: 2 | 4;
      readonly part: number;
      readonly registers: number;
    });

/** Precision by the size of its lanes. */
export type FpSize = 1 | 2 | 3;

interface FpLanes {
  readonly size: FpSize;
  readonly bytes: number;
}

export type FpShape =
  | (OneSource & FpLanes & { readonly kind: "fp1"; readonly op: Fp1 })
  | (TwoSources & FpLanes & Indexed & { readonly kind: "fp2"; readonly op: Fp2 })
  /** Reads the destination, or `a` where the instruction has four operands. */
  | (TwoSources & FpLanes & Indexed & { readonly kind: "fp3"; readonly op: Fp3; readonly a: number })
  | (TwoSources & FpLanes & { readonly kind: "fp-pair"; readonly op: FpPair })
  | (OneSource & FpLanes & { readonly kind: "fp-across"; readonly op: FpPair })
  /** Lanes of ones and zeros; against zero where `m` is undefined. */
  | (OneSource &
      FpLanes & { readonly kind: "fp-test"; readonly op: FpCompare; readonly m: number | undefined })
  | (OneSource &
      FpLanes & { readonly kind: "fp-to-integer"; readonly op: FpToInteger; readonly places: number })
  | (OneSource &
      FpLanes & { readonly kind: "fp-from-integer"; readonly isSigned: boolean; readonly places: number })
  | (OneSource & { readonly kind: "fp-widen"; readonly size: 1 | 2; readonly high: boolean })
  | (OneSource & {
      readonly kind: "fp-narrow";
      readonly size: 1 | 2;
      readonly high: boolean;
      readonly op: "fcvtn" | "fcvtxn" | "bfcvtn";
      readonly scalar: boolean;
    })
  | (OneSource & {
      readonly kind: "fp8-widen";
      readonly format: 1 | 2;
      readonly bfloat: boolean;
      readonly high: boolean;
    })
  | (TwoSources & FpLanes & { readonly kind: "fp-rotate-add"; readonly rotation: 90 | 270 })
  | (TwoSources &
      FpLanes &
      Indexed & { readonly kind: "fp-rotate-multiply"; readonly rotation: 0 | 90 | 180 | 270 })
  /** Halves times halves into singles. */
  | (TwoSources &
      Indexed & {
        readonly kind: "fp-multiply-long";
        readonly bytes: number;
        readonly negates: boolean;
        readonly second: boolean;
      })
  | (TwoSources & Indexed & { readonly kind: "bf-dot"; readonly bytes: number })
  | (TwoSources & Indexed & { readonly kind: "bf-multiply-long"; readonly top: boolean })
  | (TwoSources & { readonly kind: "bf-matrix" });

export type ScalarShape =
  | {
      readonly group: "simd";
      readonly kind: "fp-immediate";
      readonly size: FpSize;
      readonly bits: bigint;
      readonly d: number;
    }
  | (OneSource & { readonly kind: "fp-convert"; readonly from: FpSize; readonly to: FpSize | "bfloat" })
  | {
      readonly group: "simd";
      readonly kind: "fp-flags";
      readonly size: FpSize;
      readonly signalling: boolean;
      readonly n: number;
      readonly m: number | undefined;
      readonly condition: number;
      readonly otherwise: number;
    }
  | (TwoSources & { readonly kind: "fp-select"; readonly size: FpSize; readonly condition: number })
  | (OneSource & {
      readonly kind: "fp-to-general";
      readonly size: FpSize;
      readonly wide: boolean;
      readonly op: FpToInteger;
      readonly places: number;
    })
  | (OneSource & {
      readonly kind: "fp-from-general";
      readonly size: FpSize;
      readonly wide: boolean;
      readonly isSigned: boolean;
      readonly places: number;
    })
  /** FMOV of bits. `part` 1: the upper half of 128 bits. */
  | (OneSource & {
      readonly kind: "fp-move-to-general";
      readonly size: FpSize;
      readonly part: 0 | 1;
      readonly wide: boolean;
    })
  | (OneSource & { readonly kind: "fp-move-from-general"; readonly size: FpSize; readonly part: 0 | 1 })
  | (OneSource & { readonly kind: "fp-javascript" });

interface Access extends Simd {
  /** Registers per structure. */
  readonly elements: number;
  /** First vector register. */
  readonly t: number;
  /** Base register; 31 is the stack pointer. */
  readonly base: number;
  /** Register that is added afterwards, 31: what was transferred; undefined: no writeback. */
  readonly after: number | undefined;
}

/** LDFADD and its like: memory becomes what `op` makes of it and `s`, `t` what it was (31 with `stores`: nowhere). */
export interface FpAtomic extends OneSource {
  readonly kind: "fp-atomic";
  readonly op: "fadd" | "fmax" | "fmin" | "fmaxnm" | "fminnm";
  readonly format: "bfloat" | FpSize;
  readonly stores: boolean;
  readonly s: number;
}

export type MemoryShape =
  | (Access & Lanes & { readonly kind: "structures"; readonly load: boolean; readonly repeats: number })
  | (Access & Lanes & { readonly kind: "replicate" })
  | (Access & {
      readonly kind: "one-structure";
      readonly load: boolean;
      readonly size: Size;
      readonly index: number;
    });

export type CryptoShape =
  | (OneSource & { readonly kind: "crypto2"; readonly op: Crypto2 })
  | (TwoSources & { readonly kind: "crypto3"; readonly op: Crypto3 })
  | (TwoSources & { readonly kind: "crypto4"; readonly op: Crypto4; readonly a: number })
  /** SM3TT: `a` is the lane. XAR: how far it is rotated. */
  | (TwoSources & { readonly kind: "crypto-immediate"; readonly op: CryptoImmediate; readonly a: number });

export type VectorShape =
  | IntegerShape
  | MoveShape
  | FpShape
  | ScalarShape
  | MemoryShape
  | FpAtomic
  | CryptoShape;
