/** SVE predicates, counts and scalars: encodings. */
import { bitmask } from "./bitmask.ts";
import type { Row } from "./row.ts";
import { asSize, bits } from "./simd-fields.ts";
import { expandFloat } from "./simd-move.ts";
import { SVE, SVE2, type SveFields, signedBits, sve, sveGate, sveRow } from "./sve-fields.ts";
import type { Scalar, SveShape } from "./sve-shapes.ts";

type Rows = readonly Row<SveShape>[];

/** Fields of predicates have four bits. */
const four = (word: number, from: number): number => bits(word, from, 4);

const logic = [
  ["0", "00", "0", "0", "and"],
  ["0", "00", "0", "1", "bic"],
  ["0", "00", "1", "0", "eor"],
  ["0", "00", "1", "1", "sel"],
  ["1", "00", "0", "0", "orr"],
  ["1", "00", "0", "1", "orn"],
  ["1", "00", "1", "0", "nor"],
  ["1", "00", "1", "1", "nand"],
] as const;
export type PredicateLogic = (typeof logic)[number][4];

const permutes = [
  ["010 000 0", "zip1"],
  ["010 001 0", "zip2"],
  ["010 010 0", "uzp1"],
  ["010 011 0", "uzp2"],
  ["010 100 0", "trn1"],
  ["010 101 0", "trn2"],
] as const;

const breaks = [
  ["00100101 0x 01000001 xxxx 0 xxxx 0 xxxx", "brka"],
  ["00100101 1x 01000001 xxxx 0 xxxx 0 xxxx", "brkb"],
  ["00100101 00 01000001 xxxx 0 xxxx 1 xxxx", "brka-merging"],
  ["00100101 10 01000001 xxxx 0 xxxx 1 xxxx", "brkb-merging"],
  ["00100101 0x 01100001 xxxx 0 xxxx 0 xxxx", "brkn"],
  ["00100101 0x 00 xxxx 11 xxxx 0 xxxx 0 xxxx", "brkpa"],
  ["00100101 0x 00 xxxx 11 xxxx 0 xxxx 1 xxxx", "brkpb"],
] as const;

export type PredicatePermute =
  | (typeof permutes)[number][1]
  | (typeof breaks)[number][1]
  | "rev"
  | "punpklo"
  | "punpkhi"
  | "pfirst"
  | "pnext"
  | "ptest"
  | "psel";

type Permute = Extract<SveShape, { kind: "predicate-permute" }>;

const permute = (op: PredicatePermute, f: SveFields, more: Partial<Permute> = {}): Permute => ({
  group: sve,
  kind: "predicate-permute",
  op,
  size: f.size,
  d: four(f.word, 0),
  n: four(f.word, 5),
  m: four(f.word, 16),
  pg: four(f.word, 10),
  flags: false,
  by: 0,
  ...more,
});

const predicates: Rows = [
  ...logic.map(([high, low, first, second, op]) =>
    sveRow<SveShape>(`00100101 ${high}x ${low} xxxx 01 xxxx ${first} xxxx ${second} xxxx`, op, SVE, (f) => {
      const flags = bits(f.word, 22, 1) === 1;
      if (op === "sel" && flags) return undefined;
      return {
        group: sve,
        kind: "predicate-logic",
        op,
        d: four(f.word, 0),
        pg: four(f.word, 10),
        n: four(f.word, 5),
        m: four(f.word, 16),
        flags,
      };
    }),
  ),
  ...permutes.map(([opcode, op]) =>
    sveRow<SveShape>(`00000101 xx 10 xxxx ${opcode} xxxx 0 xxxx`, op, SVE, (f) => permute(op, f)),
  ),
  sveRow("00000101 xx 11 0100 010 000 0 xxxx 0 xxxx", "rev", SVE, (f) => permute("rev", f)),
  sveRow("00000101 00 11 0000 010 000 0 xxxx 0 xxxx", "punpklo", SVE, (f) => permute("punpklo", f)),
  sveRow("00000101 00 11 0001 010 000 0 xxxx 0 xxxx", "punpkhi", SVE, (f) => permute("punpkhi", f)),
  sveRow("00100101 01 011 000 11000 00 xxxx 0 xxxx", "pfirst", SVE, (f) =>
    permute("pfirst", f, { pg: four(f.word, 5), n: four(f.word, 0) }),
  ),
  sveRow("00100101 xx 011 001 11000 10 xxxx 0 xxxx", "pnext", SVE, (f) =>
    permute("pnext", f, { pg: four(f.word, 5), n: four(f.word, 0) }),
  ),
  sveRow("00100101 01 010000 11 xxxx 0 xxxx 0 0000", "ptest", SVE, (f) => permute("ptest", f)),
  ...breaks.map(([picture, op]) =>
    sveRow<SveShape>(picture, op, SVE, (f) =>
      permute(op, f, { flags: !op.endsWith("merging") && bits(f.word, 22, 1) === 1 }),
    ),
  ),
  sveRow("00100101 xx 1 xxxxx 01 xxxx 0 xxxx 0 xxxx", "psel", sveGate("PSEL"), (f) => {
    // I1 (bit 23), TSZH and TSZL: the lowest bit of the last four that is set tells the size, what is above it the lane.
    const lane = (bits(f.word, 22, 2) << 3) | bits(f.word, 18, 3);
    const low = lane & 15;
    if (low === 0) return undefined;
    const size = asSize(31 - Math.clz32(low & -low));
    return permute("psel", f, {
      size,
      n: four(f.word, 10),
      m: four(f.word, 5),
      // The register that is added to the lane's number: W12 to W15.
      pg: 12 + bits(f.word, 16, 2),
      by: lane >>> (size + 1),
    });
  }),
  sveRow("00100101 xx 01100 x 111000 xxxxx 0 xxxx", "ptrue", SVE, (f) => ({
    group: sve,
    kind: "ptrue",
    size: f.size,
    pattern: bits(f.word, 5, 5),
    d: four(f.word, 0),
    flags: bits(f.word, 16, 1) === 1,
  })),
  sveRow("00100101 0001 1000 1110 0100 0000 xxxx", "pfalse", SVE, (f) => ({
    group: sve,
    kind: "predicate-logic",
    op: "bic",
    d: four(f.word, 0),
    pg: 0,
    n: 0,
    m: 0,
    flags: false,
  })),
];

/** First-fault register. */
const faults: Rows = [
  sveRow("00100101 0010 1100 1001 0000 0000 0000", "setffr", SVE, () => ({
    group: sve,
    kind: "ffr",
    op: "set",
    d: 0,
    pg: undefined,
    flags: false,
  })),
  sveRow("00100101 0x 0110001111000 xxxx 0 xxxx", "rdffr", SVE, (f) => ({
    group: sve,
    kind: "ffr",
    op: "read",
    d: four(f.word, 0),
    pg: four(f.word, 5),
    flags: bits(f.word, 22, 1) === 1,
  })),
  sveRow("00100101 0001 1001 1111 0000 0000 xxxx", "rdffr", SVE, (f) => ({
    group: sve,
    kind: "ffr",
    op: "read",
    d: four(f.word, 0),
    pg: undefined,
    flags: false,
  })),
  sveRow("00100101 0010 1000 1001 000 xxxx 00000", "wrffr", SVE, (f) => ({
    group: sve,
    kind: "ffr",
    op: "write",
    d: four(f.word, 5),
    pg: undefined,
    flags: false,
  })),
];

const whiles = [
  ["0", "1", "0", "lt"],
  ["0", "1", "1", "le"],
  ["1", "1", "0", "lo"],
  ["1", "1", "1", "ls"],
  ["0", "0", "0", "ge"],
  ["0", "0", "1", "gt"],
  ["1", "0", "0", "hs"],
  ["1", "0", "1", "hi"],
] as const;

const scalars: Rows = [
  ...whiles.map(([u, upwards, eq, op]) =>
    sveRow<SveShape>(
      `00100101 xx 1 xxxxx 000 x ${u} ${upwards} xxxxx ${eq} xxxx`,
      `while${op}`,
      upwards === "1" ? SVE : SVE2,
      (f) => ({
        group: sve,
        kind: "while",
        op,
        size: f.size,
        wide: bits(f.word, 12, 1) === 1,
        d: four(f.word, 0),
        n: f.n,
        m: f.m,
      }),
    ),
  ),
  ...(
    [
      ["0", "wr"],
      ["1", "rw"],
    ] as const
  ).map(([last, op]) =>
    sveRow<SveShape>(
      `00100101 xx 1 xxxxx 001 100 xxxxx ${last} xxxx`,
      `while${op}`,
      sveGate("WHILERW"),
      (f) => ({
        group: sve,
        kind: "while",
        op,
        size: f.size,
        wide: true,
        d: four(f.word, 0),
        n: f.n,
        m: f.m,
      }),
    ),
  ),
  sveRow("00100101 1x 1 xxxxx 001000 xxxxx x 0000", "cterm", SVE, (f) => ({
    group: sve,
    kind: "cterm",
    wide: bits(f.word, 22, 1) === 1,
    n: f.n,
    m: f.m,
    notEqual: bits(f.word, 4, 1) === 1,
  })),
  ...(
    [
      ["001", "01010", "vector", SVE],
      ["011", "01010", "predicate", SVE],
      ["001", "01011", "streaming", { fate: "RDSVL", uses: "sme" }],
      ["011", "01011", "streaming-predicate", { fate: "RDSVL", uses: "sme" }],
    ] as const
  ).map(([high, opcode, of, gateOf]) =>
    sveRow<SveShape>(`00000100 ${high} xxxxx ${opcode} xxxxxx xxxxx`, `add${of}`, gateOf, (f) => ({
      group: sve,
      kind: "add-length",
      of,
      times: signedBits(f.word, 5, 6),
      d: f.d,
      n: f.m,
    })),
  ),
  ...(
    [
      ["01010", "vector", SVE],
      ["01011", "streaming", { fate: "RDSVL", uses: "sme" }],
    ] as const
  ).map(([opcode, of, gateOf]) =>
    sveRow<SveShape>(`00000100 101 11111 ${opcode} xxxxxx xxxxx`, `rd${of}`, gateOf, (f) => ({
      group: sve,
      kind: "add-length",
      of,
      times: signedBits(f.word, 5, 6),
      d: f.d,
      n: undefined,
    })),
  ),
];

type Count = Extract<SveShape, { kind: "count" }>;

const byPattern = (f: SveFields): Count["from"] => ({
  kind: "pattern",
  pattern: bits(f.word, 5, 5),
  times: bits(f.word, 16, 4) + 1,
});

const byPredicate = (f: SveFields): Count["from"] => ({
  kind: "predicate",
  n: four(f.word, 5),
  pg: undefined,
});

const counted = (f: SveFields, from: Count["from"], how: Count["how"], to: Count["to"]): SveShape => ({
  group: sve,
  kind: "count",
  size: f.size,
  from,
  how,
  to,
  d: f.d,
});

const both = ["0", "1"] as const;
const howOf = (d: "0" | "1"): "add" | "subtract" => (d === "0" ? "add" : "subtract");

const counts: Rows = [
  sveRow("00000100 xx 10 xxxx 1110 0 0 xxxxx xxxxx", "cnt", SVE, (f) =>
    counted(f, byPattern(f), "set", { kind: "general", saturation: "none" }),
  ),
  sveRow("00100101 xx 100 000 10 xxxx 0 xxxx xxxxx", "cntp", SVE, (f) =>
    counted(f, { kind: "predicate", n: four(f.word, 5), pg: four(f.word, 10) }, "set", {
      kind: "general",
      saturation: "none",
    }),
  ),
  ...both.flatMap((d) => [
    sveRow<SveShape>(`00000100 xx 11 xxxx 1110 0 ${d} xxxxx xxxxx`, "inc", SVE, (f) =>
      counted(f, byPattern(f), howOf(d), { kind: "general", saturation: "none" }),
    ),
    sveRow<SveShape>(`00000100 xx 11 xxxx 1100 0 ${d} xxxxx xxxxx`, "inc", SVE, (f) =>
      f.size === 0 ? undefined : counted(f, byPattern(f), howOf(d), { kind: "vector", saturation: "none" }),
    ),
    sveRow<SveShape>(`00100101 xx 10110 ${d} 10001 00 xxxx xxxxx`, "incp", SVE, (f) =>
      counted(f, byPredicate(f), howOf(d), { kind: "general", saturation: "none" }),
    ),
    sveRow<SveShape>(`00100101 xx 10110 ${d} 10000 00 xxxx xxxxx`, "incp", SVE, (f) =>
      f.size === 0 ? undefined : counted(f, byPredicate(f), howOf(d), { kind: "vector", saturation: "none" }),
    ),
    ...both.flatMap((u) => [
      ...(["10", "11"] as const).map((width) =>
        sveRow<SveShape>(`00000100 xx ${width} xxxx 1111 ${d} ${u} xxxxx xxxxx`, "qinc", SVE, (f) =>
          counted(f, byPattern(f), howOf(d), {
            kind: "general",
            saturation: `${u === "1" ? "u" : "s"}${width === "10" ? "32" : "64"}`,
          }),
        ),
      ),
      sveRow<SveShape>(`00000100 xx 10 xxxx 1100 ${d} ${u} xxxxx xxxxx`, "qinc", SVE, (f) =>
        f.size === 0
          ? undefined
          : counted(f, byPattern(f), howOf(d), {
              kind: "vector",
              saturation: u === "1" ? "unsigned" : "signed",
            }),
      ),
      ...(["00", "10"] as const).map((width) =>
        sveRow<SveShape>(`00100101 xx 1010 ${d} ${u} 10001 ${width} xxxx xxxxx`, "qincp", SVE, (f) =>
          counted(f, byPredicate(f), howOf(d), {
            kind: "general",
            saturation: `${u === "1" ? "u" : "s"}${width === "00" ? "32" : "64"}`,
          }),
        ),
      ),
      sveRow<SveShape>(`00100101 xx 1010 ${d} ${u} 10000 00 xxxx xxxxx`, "qincp", SVE, (f) =>
        f.size === 0
          ? undefined
          : counted(f, byPredicate(f), howOf(d), {
              kind: "vector",
              saturation: u === "1" ? "unsigned" : "signed",
            }),
      ),
    ]),
  ]),
];

const constant = (value: number | bigint): Scalar => ({ kind: "constant", value: BigInt(value) });
const general = (n: number, stack = false): Scalar => ({ kind: "general", n, stack });

const index = (f: SveFields, from: Scalar, step: Scalar): SveShape => ({
  group: sve,
  kind: "index",
  size: f.size,
  d: f.d,
  from,
  step,
});

const indices: Rows = [
  sveRow("00000100 xx 1 xxxxx 010000 xxxxx xxxxx", "index", SVE, (f) =>
    index(f, constant(signedBits(f.word, 5, 5)), constant(signedBits(f.word, 16, 5))),
  ),
  sveRow("00000100 xx 1 xxxxx 010010 xxxxx xxxxx", "index", SVE, (f) =>
    index(f, constant(signedBits(f.word, 5, 5)), general(f.m)),
  ),
  sveRow("00000100 xx 1 xxxxx 010001 xxxxx xxxxx", "index", SVE, (f) =>
    index(f, general(f.n), constant(signedBits(f.word, 16, 5))),
  ),
  sveRow("00000100 xx 1 xxxxx 010011 xxxxx xxxxx", "index", SVE, (f) => index(f, general(f.n), general(f.m))),
];

const broadcast = (
  f: SveFields,
  size: SveFields["size"],
  value: Scalar,
  pg?: number,
  zeroes = false,
): SveShape => ({
  group: sve,
  kind: "broadcast",
  size,
  d: f.d,
  value,
  pg,
  zeroes,
});

/** A signed immediate of 8 bits, shifted by 8 where bit 13 is set; not for bytes. */
function shifted(f: SveFields): number | undefined {
  const moved = bits(f.word, 13, 1) === 1;
  if (moved && f.size === 0) return undefined;
  return signedBits(f.word, 5, 8) * (moved ? 256 : 1);
}

/** Bitmask immediate of bits 17 to 5; undefined: not allocated. */
function maskOf(word: number): bigint | undefined {
  const mask = bitmask(true, bits(word, 17, 1), bits(word, 11, 6), bits(word, 5, 6));
  return mask === undefined ? undefined : (BigInt(mask.high >>> 0) << 32n) | BigInt(mask.low >>> 0);
}

const broadcasts: Rows = [
  sveRow("00000101 xx 1 00000 001110 xxxxx xxxxx", "dup", SVE, (f) =>
    broadcast(f, f.size, general(f.n, true)),
  ),
  sveRow("00000101 xx 101000 101 xxx xxxxx xxxxx", "cpy", SVE, (f) =>
    broadcast(f, f.size, general(f.n, true), f.pg),
  ),
  sveRow("00000101 xx 100000 100 xxx xxxxx xxxxx", "cpy", SVE, (f) =>
    broadcast(f, f.size, { kind: "lane", n: f.n }, f.pg),
  ),
  ...both.map((merges) =>
    sveRow<SveShape>(`00000101 xx 01 xxxx 0${merges} x xxxxxxxx xxxxx`, "cpy", SVE, (f) => {
      const value = shifted(f);
      return value === undefined
        ? undefined
        : broadcast(f, f.size, constant(value), four(f.word, 16), merges === "0");
    }),
  ),
  sveRow("00000101 xx 01 xxxx 110 xxxxxxxx xxxxx", "fcpy", SVE, (f) =>
    f.size === 0
      ? undefined
      : broadcast(f, f.size, constant(expandFloat(bits(f.word, 5, 8), f.size)), four(f.word, 16)),
  ),
  sveRow("00100101 xx 111 00 1110 xxxxxxxx xxxxx", "fdup", SVE, (f) =>
    f.size === 0 ? undefined : broadcast(f, f.size, constant(expandFloat(bits(f.word, 5, 8), f.size))),
  ),
  sveRow("00100101 xx 111 00 011 x xxxxxxxx xxxxx", "dup", SVE, (f) => {
    const value = shifted(f);
    return value === undefined ? undefined : broadcast(f, f.size, constant(value));
  }),
  sveRow("00000101 11 0000 xxxxxxxxxxxxx xxxxx", "dupm", SVE, (f) => {
    const mask = maskOf(f.word);
    return mask === undefined ? undefined : broadcast(f, 3, constant(mask));
  }),
  ...(
    [
      ["00", "orr"],
      ["01", "eor"],
      ["10", "and"],
    ] as const
  ).map(([code, op]) =>
    sveRow<SveShape>(`00000101 ${code} 0000 xxxxxxxxxxxxx xxxxx`, op, SVE, (f) => {
      const value = maskOf(f.word);
      if (value === undefined) return undefined;
      return {
        group: sve,
        kind: "map",
        op,
        size: 3,
        d: f.d,
        sources: [
          { z: f.d, pick: "same" },
          { pick: "constant", value },
        ],
      };
    }),
  ),
];

export const svePredicateRows: Rows = [
  ...predicates,
  ...faults,
  ...scalars,
  ...counts,
  ...indices,
  ...broadcasts,
];
