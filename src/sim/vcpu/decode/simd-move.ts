/** Advanced SIMD: copies, immediates, permutations and tables. */
import type { Row } from "./row.ts";
import { asSize, bits, encoding, gate, group, HALF_VECTOR, SIMD, type VectorFields } from "./simd-fields.ts";
import type { MoveShape } from "./simd-shapes.ts";

type Rows = readonly Row<MoveShape>[];

/** IMM5 of the copies: the lowest bit that is set tells the size, what is above it the lane. */
function elementOf(word: number): { size: 0 | 1 | 2 | 3; index: number } | undefined {
  const immediate = bits(word, 16, 5);
  if ((immediate & 15) === 0) return undefined;
  const size = asSize(31 - Math.clz32(immediate & -immediate));
  return { size, index: immediate >>> (size + 1) };
}

const copies: Rows = [
  encoding("0 x 0 01110000 xxxxx 0 0000 1 xxxxx xxxxx", "dup", SIMD, (f) => duplicate(f, f.bytes)),
  encoding("01 0 11110000 xxxxx 0 0000 1 xxxxx xxxxx", "dup", SIMD, (f) => duplicate(f, 0)),
  encoding("0 x 0 01110000 xxxxx 0 0001 1 xxxxx xxxxx", "dup", SIMD, (f) => {
    const at = elementOf(f.word);
    return at === undefined || (at.size === 3 && f.q === 0)
      ? undefined
      : { group, kind: "dup-general", size: at.size, bytes: f.bytes, d: f.d, n: f.n };
  }),
  encoding("0 x 0 01110000 xxxxx 0 0101 1 xxxxx xxxxx", "smov", SIMD, (f) => {
    const at = elementOf(f.word);
    return at === undefined || at.size === 3 || (at.size === 2 && f.q === 0)
      ? undefined
      : { group, kind: "to-general", ...at, isSigned: true, wide: f.q === 1, d: f.d, n: f.n };
  }),
  encoding("0 x 0 01110000 xxxxx 0 0111 1 xxxxx xxxxx", "umov", SIMD, (f) => {
    const at = elementOf(f.word);
    return at === undefined || (at.size === 3) !== (f.q === 1)
      ? undefined
      : { group, kind: "to-general", ...at, isSigned: false, wide: f.q === 1, d: f.d, n: f.n };
  }),
  encoding("0 1 0 01110000 xxxxx 0 0011 1 xxxxx xxxxx", "ins", SIMD, (f) => {
    const at = elementOf(f.word);
    return at === undefined
      ? undefined
      : { group, kind: "insert-general", size: at.size, to: at.index, d: f.d, n: f.n };
  }),
  encoding("0 1 1 01110000 xxxxx 0 xxxx 1 xxxxx xxxxx", "ins", SIMD, (f) => {
    const at = elementOf(f.word);
    return at === undefined
      ? undefined
      : {
          group,
          kind: "insert-element",
          size: at.size,
          to: at.index,
          from: bits(f.word, 11, 4) >>> at.size,
          d: f.d,
          n: f.n,
        };
  }),
];

/** @param bytes 0: one lane */
function duplicate(f: VectorFields, bytes: number): MoveShape | undefined {
  const at = elementOf(f.word);
  if (at === undefined || (at.size === 3 && bytes === 8)) return undefined;
  return { group, kind: "dup-element", ...at, bytes: bytes === 0 ? 1 << at.size : bytes, d: f.d, n: f.n };
}

const twice = (half: number): number => (half | (half << 16)) >>> 0;
const fourTimes = (byte: number): number => Math.imul(byte, 0x01010101) >>> 0;

/** VFPExpandImm, as the upper 32 bits of a double, or as a single or half. */
export function expandFloat(immediate: number, size: 1 | 2 | 3): bigint {
  const sign = immediate >>> 7;
  const exponentBits = size === 1 ? 5 : size === 2 ? 8 : 11;
  const width = 8 << size;
  const b = (immediate >>> 6) & 1;
  const repeated = b === 1 ? 2 ** (exponentBits - 3) - 1 : 0;
  const exponent = ((1 - b) << (exponentBits - 1)) | (repeated << 2) | ((immediate >>> 4) & 3);
  const fraction = width - 1 - exponentBits;
  return (
    (BigInt(sign) << BigInt(width - 1)) |
    (BigInt(exponent) << BigInt(fraction)) |
    (BigInt(immediate & 15) << BigInt(fraction - 4))
  );
}

/** AdvSIMDExpandImm: halves of 64 bits. */
function expandImmediate(op: number, cmode: number, immediate: number): { low: number; high: number } {
  const same = (low: number): { low: number; high: number } => ({ low, high: low });
  if (cmode < 8) return same((immediate << (8 * (cmode >>> 1))) >>> 0);
  if (cmode < 12) return same(twice(immediate << (8 * ((cmode >>> 1) & 1))));
  if (cmode === 12) return same(((immediate << 8) | 0xff) >>> 0);
  if (cmode === 13) return same(((immediate << 16) | 0xffff) >>> 0);
  if (cmode === 14) {
    if (op === 0) return same(fourTimes(immediate));
    const byte = (bit: number): number => (((immediate >>> bit) & 1) === 1 ? 0xff : 0);
    const four = (bit: number): number =>
      (byte(bit) | (byte(bit + 1) << 8) | (byte(bit + 2) << 16) | (byte(bit + 3) << 24)) >>> 0;
    return { low: four(0), high: four(4) };
  }
  if (op === 0) return same(Number(expandFloat(immediate, 2)));
  return { low: 0, high: Number(expandFloat(immediate, 3) >> 32n) };
}

const immediateOf = (word: number): number => (bits(word, 16, 3) << 5) | bits(word, 5, 5);

/** MOVI, MVNI, ORR, BIC and FMOV: `from` is the highest bit of CMODE. */
const immediate = (op: "0" | "1", from: "0" | "1"): Row<MoveShape> =>
  encoding(`0 x ${op} 0111100000 xxx ${from}xxx 01 xxxxx xxxxx`, "movi", SIMD, (f) => {
    const cmode = bits(f.word, 12, 4);
    if (cmode === 15 && op === "1" && f.q === 0) return undefined;
    const value = expandImmediate(Number(op), cmode, immediateOf(f.word));
    // Odd modes below 12 combine with the destination; MVNI and BIC take the inverse.
    const combines = cmode < 12 && (cmode & 1) === 1;
    const inverts = op === "1" && cmode < 14;
    const inverted = { low: ~value.low >>> 0, high: ~value.high >>> 0 };
    return {
      group,
      kind: "immediate",
      op: combines ? (inverts ? "clear" : "or") : "move",
      ...(inverts && !combines ? inverted : value),
      bytes: f.bytes,
      d: f.d,
    };
  });

const immediates: Rows = [
  immediate("0", "0"),
  immediate("0", "1"),
  immediate("1", "0"),
  immediate("1", "1"),
  encoding("0 x 0 0111100000 xxx 1111 11 xxxxx xxxxx", "fmov", HALF_VECTOR, (f) => {
    const half = twice(Number(expandFloat(immediateOf(f.word), 1)));
    return { group, kind: "immediate", op: "move", low: half, high: half, bytes: f.bytes, d: f.d };
  }),
];

const permutations = (
  [
    ["001", "uzp1"],
    ["010", "trn1"],
    ["011", "zip1"],
    ["101", "uzp2"],
    ["110", "trn2"],
    ["111", "zip2"],
  ] as const
).map(([opcode, op]) =>
  encoding<MoveShape>(`0 x 001110 xx 0 xxxxx 0 ${opcode} 10 xxxxx xxxxx`, op, SIMD, (f) =>
    f.size === 3 && f.q === 0
      ? undefined
      : { group, kind: "permute", op, size: f.size, bytes: f.bytes, d: f.d, n: f.n, m: f.m },
  ),
);

const tables: Rows = [
  encoding("0 x 101110 00 0 xxxxx 0 xxxx 0 xxxxx xxxxx", "ext", SIMD, (f) => {
    const by = bits(f.word, 11, 4);
    return by >= f.bytes ? undefined : { group, kind: "extract", bytes: f.bytes, by, d: f.d, n: f.n, m: f.m };
  }),
  encoding("0 x 001110 00 0 xxxxx 0 xx x 00 xxxxx xxxxx", "tbl", SIMD, (f) => ({
    group,
    kind: "table",
    bytes: f.bytes,
    registers: bits(f.word, 13, 2) + 1,
    keeps: bits(f.word, 12, 1) === 1,
    d: f.d,
    n: f.n,
    m: f.m,
  })),
];

const lookup = (
  picture: string,
  name: "luti2" | "luti4",
  size: 0 | 1,
  partAt: number,
  partBits: number,
): Row<MoveShape> =>
  encoding(picture, name, gate(name.toUpperCase()), (f) => ({
    group,
    kind: "lookup",
    size,
    width: name === "luti2" ? 2 : 4,
    part: bits(f.word, partAt, partBits),
    registers: name === "luti4" && size === 1 ? 2 : 1,
    d: f.d,
    n: f.n,
    m: f.m,
  }));

const lookups: Rows = [
  lookup("0 1 001110 10 0 xxxxx 0 xx 1 00 xxxxx xxxxx", "luti2", 0, 13, 2),
  lookup("0 1 001110 11 0 xxxxx 0 xxx 00 xxxxx xxxxx", "luti2", 1, 12, 3),
  lookup("0 1 001110 01 0 xxxxx 0 x 1 0 00 xxxxx xxxxx", "luti4", 0, 14, 1),
  lookup("0 1 001110 01 0 xxxxx 0 xx 1 00 xxxxx xxxxx", "luti4", 1, 13, 2),
];

const reverse = (u: string, opcode: string, op: string, container: 1 | 2 | 3): Row<MoveShape> =>
  encoding(`0 x ${u} 01110 xx 10000 ${opcode} 10 xxxxx xxxxx`, op, SIMD, (f) =>
    f.size >= container
      ? undefined
      : { group, kind: "reverse", size: f.size, container, bytes: f.bytes, d: f.d, n: f.n },
  );

export const simdMoveRows: Rows = [
  ...copies,
  ...immediates,
  ...permutations,
  ...tables,
  ...lookups,
  reverse("0", "00000", "rev64", 3),
  reverse("1", "00000", "rev32", 2),
  reverse("0", "00001", "rev16", 1),
];
