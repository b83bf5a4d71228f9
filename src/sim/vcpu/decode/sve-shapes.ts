/** What SVE instructions are made of, once decoded. */

import type { Size } from "./simd-shapes.ts";
import type { SveCompare } from "./sve-compare.ts";
import type { SveMap } from "./sve-map.ts";
import type { SvePermute, SveReduce } from "./sve-permute.ts";
import type { PredicateLogic, PredicatePermute } from "./sve-predicate.ts";
import type { SveNarrow, SveProduct } from "./sve-widen.ts";

interface Sve {
  readonly group: "sve";
}

/**
 * A vector operand: its own lane for each lane of the result, the even or the odd one of two narrower lanes, the 64
 * bits around it, or one lane of each 128 bits (of lanes of `size`).
 */
export type Operand =
  | { readonly z: number; readonly pick: "same" | "bottom" | "top" | "wide" }
  | { readonly z: number; readonly pick: "index"; readonly index: number; readonly size: Size }
  | { readonly value: bigint; readonly pick: "constant" };

/** Which lanes an instruction works on; `pg` undefined: all. */
interface Governed {
  readonly pg?: number | undefined;
}

export type SveShape =
  | (Sve &
      Governed & {
        readonly kind: "map";
        readonly op: SveMap;
        readonly size: Size;
        readonly d: number;
        readonly sources: readonly Operand[];
        /** Inactive lanes become 0, instead of keeping what the destination holds. */
        readonly zeroes?: boolean;
      })
  | (Sve & {
      readonly kind: "compare";
      readonly op: SveCompare;
      readonly size: Size;
      readonly d: number;
      readonly pg: number;
      readonly sources: readonly Operand[];
      readonly flags: boolean;
    })
  /** Lanes of `size` from wider ones; into the even lanes, or into the odd ones beside the even. */
  | (Sve & {
      readonly kind: "narrow";
      readonly op: SveNarrow;
      readonly size: Size;
      readonly top: boolean;
      readonly shift: number;
      readonly d: number;
      readonly n: number;
      readonly m: number;
    })
  /** Neighbours of the first source, then of the second. */
  | (Sve & {
      readonly kind: "pairwise";
      readonly op: SveMap;
      readonly size: Size;
      readonly d: number;
      readonly m: number;
      readonly pg: number;
    })
  /** Sums of products within lanes, pairs or matrices; complex numbers. */
  | (Sve &
      Governed & {
        readonly kind: "product";
        readonly op: SveProduct;
        readonly size: Size;
        readonly d: number;
        readonly n: number;
        readonly m: number;
        readonly index: number | undefined;
        /** Degrees. */
        readonly rotation: number;
      })
  | (Sve & {
      readonly kind: "reduce";
      readonly op: SveReduce;
      readonly size: Size;
      readonly d: number;
      readonly pg: number;
      readonly n: number;
    })
  | (Sve & {
      readonly kind: "permute";
      readonly op: SvePermute;
      readonly size: Size;
      readonly d: number;
      readonly n: number;
      readonly m: number;
      readonly pg: number;
      readonly by: number;
    })
  | (Sve & {
      readonly kind: "predicate-permute";
      readonly op: PredicatePermute;
      readonly size: Size;
      readonly d: number;
      readonly n: number;
      readonly m: number;
      readonly pg: number;
      readonly flags: boolean;
      /** PSEL: number of the lane, to which a general register (here `pg`) is added. */
      readonly by: number;
    })
  | (Sve & {
      readonly kind: "predicate-logic";
      readonly op: PredicateLogic;
      readonly d: number;
      readonly pg: number;
      readonly n: number;
      readonly m: number;
      readonly flags: boolean;
    })
  | (Sve & {
      readonly kind: "ptrue";
      readonly size: Size;
      readonly pattern: number;
      readonly d: number;
      readonly flags: boolean;
    })
  | (Sve & {
      readonly kind: "ffr";
      readonly op: "set" | "read" | "write";
      readonly d: number;
      readonly pg: number | undefined;
      readonly flags: boolean;
    })
  /** Compares two general registers, counting on. */
  | (Sve & {
      readonly kind: "while";
      readonly op: "lt" | "le" | "lo" | "ls" | "gt" | "ge" | "hi" | "hs" | "wr" | "rw";
      readonly size: Size;
      readonly wide: boolean;
      readonly d: number;
      readonly n: number;
      readonly m: number;
    })
  | (Sve & {
      readonly kind: "cterm";
      readonly wide: boolean;
      readonly n: number;
      readonly m: number;
      readonly notEqual: boolean;
    })
  /** X of d is X of n plus so many lengths of a vector or predicate; n undefined: 0. */
  | (Sve & {
      readonly kind: "add-length";
      readonly of: "vector" | "predicate" | "streaming" | "streaming-predicate";
      readonly times: number;
      readonly d: number;
      readonly n: number | undefined;
    })
  /** Elements of a pattern, or active ones of a predicate. */
  | (Sve & {
      readonly kind: "count";
      readonly size: Size;
      readonly from:
        | { readonly kind: "pattern"; readonly pattern: number; readonly times: number }
        | { readonly kind: "predicate"; readonly n: number; readonly pg: number | undefined };
      /** How the count is put to the destination. */
      readonly how: "set" | "add" | "subtract";
      readonly to:
        | { readonly kind: "general"; readonly saturation: "none" | "s32" | "u32" | "s64" | "u64" }
        | { readonly kind: "vector"; readonly saturation: "none" | "signed" | "unsigned" };
      readonly d: number;
    })
  | (Sve & {
      readonly kind: "index";
      readonly size: Size;
      readonly d: number;
      readonly from: Scalar;
      readonly step: Scalar;
    })
  | (Sve &
      Governed & {
        readonly kind: "broadcast";
        readonly size: Size;
        readonly d: number;
        readonly value: Scalar;
        readonly zeroes: boolean;
      })
  | (Sve & Governed & SveAccess);

/** A number, a general register (31: the stack pointer where `stack`) or lane 0 of a vector register. */
export type Scalar =
  | { readonly kind: "constant"; readonly value: bigint }
  | { readonly kind: "general"; readonly n: number; readonly stack: boolean }
  | { readonly kind: "lane"; readonly n: number };

/** Where lane i, or structure i, is. */
export type SveAddress =
  /** Contiguous from a base register, plus so many whole transfers. */
  | { readonly kind: "immediate"; readonly base: number; readonly times: number }
  /** A base register plus so many bytes. */
  | { readonly kind: "constant"; readonly base: number; readonly plus: bigint }
  | { readonly kind: "register"; readonly base: number; readonly m: number; readonly shift: number }
  /** A base register plus lanes of a vector. */
  | {
      readonly kind: "offsets";
      readonly base: number;
      readonly z: number;
      readonly extend: "sxtw" | "uxtw" | "none";
      readonly shift: number;
    }
  /** Lanes of a vector plus a constant or a register. */
  | { readonly kind: "bases"; readonly z: number; readonly plus: bigint }
  | { readonly kind: "bases-register"; readonly z: number; readonly m: number };

export type SveAccess =
  | {
      readonly kind: "transfer";
      readonly load: boolean;
      readonly size: Size;
      /** log2 of the bytes of an element in memory. */
      readonly memory: Size;
      readonly isSigned: boolean;
      readonly registers: number;
      readonly fault: "all" | "first" | "none";
      readonly address: SveAddress;
      readonly d: number;
      readonly pg: number;
    }
  /** LD1R: one element; LD1RQ, LD1RO: so many bytes, again and again. */
  | {
      readonly kind: "replicated";
      readonly size: Size;
      readonly memory: Size;
      readonly isSigned: boolean;
      readonly bytes: number;
      readonly address: SveAddress;
      readonly d: number;
      readonly pg: number;
    }
  /** LDR, STR of Z or P. */
  | {
      readonly kind: "whole";
      readonly load: boolean;
      readonly predicate: boolean;
      readonly base: number;
      readonly times: number;
      readonly d: number;
    }
  | { readonly kind: "prefetch" };
