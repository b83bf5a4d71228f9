/** Loads and stores of structures: LD1 to LD4, ST1 to ST4, and LDAP1 and STL1. */
import type { Row } from "./row.ts";
import { asSize, bits, encoding, gate, group, SIMD, type VectorFields } from "./simd-fields.ts";
import type { FpAtomic, MemoryShape } from "./simd-shapes.ts";

/** OPCODE of the multiple structures: name, elements of a structure, registers that follow each other for each. */
const multiple = [
  ["0000", "4", 4, 1],
  ["0010", "1", 1, 4],
  ["0100", "3", 3, 1],
  ["0110", "1", 1, 3],
  ["0111", "1", 1, 1],
  ["1000", "2", 2, 1],
  ["1010", "1", 1, 2],
] as const;

const loads = ["0", "1"] as const;
const nameOf = (load: "0" | "1", structure: number | string, replicates = false): string =>
  `${load === "1" ? "ld" : "st"}${structure}${replicates ? "r" : ""}`;

/** Writeback: by a register, or by as much as was transferred where that is 31; undefined: none. */
const after = (f: VectorFields): number | undefined => (bits(f.word, 23, 1) === 1 ? f.m : undefined);

const whole = loads.flatMap((load) =>
  multiple.flatMap(([opcode, name, elements, repeats]) =>
    ["0011000 x 000000", "0011001 x 0 xxxxx"].map((form) =>
      encoding<MemoryShape>(
        `0 x ${form.replace("x", load)} ${opcode} xx xxxxx xxxxx`,
        nameOf(load, name),
        SIMD,
        (f) => {
          const size = asSize(f.word >>> 10);
          if (size === 3 && f.q === 0 && elements !== 1) return undefined;
          return {
            group,
            kind: "structures",
            load: load === "1",
            size,
            bytes: f.bytes,
            elements,
            repeats,
            t: f.d,
            base: f.n,
            after: after(f),
          };
        },
      ),
    ),
  ),
);

/** Size and lane of a single structure; undefined: not allocated. */
function laneOf(word: number): { size: 0 | 1 | 2 | 3; index: number } | undefined {
  const q = bits(word, 30, 1);
  const s = bits(word, 12, 1);
  const size = bits(word, 10, 2);
  switch (bits(word, 14, 2)) {
    case 0:
      return { size: 0, index: (q << 3) | (s << 2) | size };
    case 1:
      return (size & 1) === 1 ? undefined : { size: 1, index: (q << 2) | (s << 1) | (size >> 1) };
    case 2:
      if (size === 0) return { size: 2, index: (q << 1) | s };
      return size === 1 && s === 0 ? { size: 3, index: q } : undefined;
    default:
      return undefined;
  }
}

/** Bits 21 and 13: elements of the structure, less one. */
const elementsOf = (word: number): number => ((bits(word, 13, 1) << 1) | bits(word, 21, 1)) + 1;

const single = loads.flatMap((load) =>
  ["0011010 x x 00000", "0011011 x x xxxxx"].flatMap((form) => [
    encoding<MemoryShape>(
      `0 x ${form.replace("x", load)} xxx x xx xxxxx xxxxx`,
      nameOf(load, "1"),
      SIMD,
      (f) => {
        const elements = elementsOf(f.word);
        const common = { group, elements, t: f.d, base: f.n, after: after(f) };
        if (bits(f.word, 14, 2) === 3) {
          if (load === "0" || bits(f.word, 12, 1) === 1) return undefined;
          return { ...common, kind: "replicate", size: asSize(f.word >>> 10), bytes: f.bytes };
        }
        const lane = laneOf(f.word);
        return lane === undefined
          ? undefined
          : { ...common, ...lane, kind: "one-structure", load: load === "1" };
      },
    ),
  ]),
);

/** LDAP1, STL1: ordered; the lane of 64 bits. */
const ordered = loads.map((load) =>
  encoding<MemoryShape>(
    `0 x 0011010 ${load} 0 00001 100 0 01 xxxxx xxxxx`,
    load === "1" ? "ldap1" : "stl1",
    gate("LDIAPP"),
    (f) => ({
      group,
      kind: "one-structure",
      load: load === "1",
      size: 3,
      index: f.q,
      elements: 1,
      t: f.d,
      base: f.n,
      after: undefined,
    }),
  ),
);

const atomics = (
  [
    ["000", "fadd"],
    ["100", "fmax"],
    ["101", "fmin"],
    ["110", "fmaxnm"],
    ["111", "fminnm"],
  ] as const
).flatMap(([opcode, op]) =>
  (["0", "1"] as const).map((o3) =>
    encoding<FpAtomic>(
      `xx 111 1 00 x x 1 xxxxx ${o3} ${opcode} 00 xxxxx xxxxx`,
      `${o3 === "0" ? "ld" : "st"}${op}`,
      gate("LDFADD"),
      (f) => {
        const size = bits(f.word, 30, 2);
        const stores = o3 === "1";
        if (stores && (f.d !== 31 || bits(f.word, 23, 1) === 1)) return undefined;
        const format = size === 1 || size === 2 || size === 3 ? size : "bfloat";
        return { group, kind: "fp-atomic", op, format, stores, s: f.m, n: f.n, d: f.d };
      },
    ),
  ),
);

export const simdMemoryRows: readonly Row<MemoryShape | FpAtomic>[] = [
  ...whole,
  ...single,
  ...ordered,
  ...atomics,
];
