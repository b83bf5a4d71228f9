/** SVE across lanes: reductions, permutations, searches: encodings. */
import type { Row } from "./row.ts";
import { asSize, bits, has } from "./simd-fields.ts";
import { SVE, SVE2, type SveFields, sve, sveGate, sveRow } from "./sve-fields.ts";
import type { SveShape } from "./sve-shapes.ts";

type Rows = readonly Row<SveShape>[];

const reductions = [
  ["00000100 xx 011 000 001", "orv", "0123"],
  ["00000100 xx 011 001 001", "eorv", "0123"],
  ["00000100 xx 011 010 001", "andv", "0123"],
  ["00000100 xx 000 001 001", "uaddv", "0123"],
  ["00000100 xx 000 000 001", "saddv", "012"],
  ["00000100 xx 001 000 001", "smaxv", "0123"],
  ["00000100 xx 001 001 001", "umaxv", "0123"],
  ["00000100 xx 001 010 001", "sminv", "0123"],
  ["00000100 xx 001 011 001", "uminv", "0123"],
  ["01100101 xx 000 000 001", "faddv", "123"],
  ["01100101 xx 000 100 001", "fmaxnmv", "123"],
  ["01100101 xx 000 101 001", "fminnmv", "123"],
  ["01100101 xx 000 110 001", "fmaxv", "123"],
  ["01100101 xx 000 111 001", "fminv", "123"],
  ["01100101 xx 011 000 001", "fadda", "123"],
] as const;
export type SveReduce = (typeof reductions)[number][1];

/** Registers: `d`, `n`, `m` where the encoding has them; `g`: the predicate. */
const plain = [
  ["00000101 xx 1 xxxxx 011 000", "zip1"],
  ["00000101 xx 1 xxxxx 011 001", "zip2"],
  ["00000101 xx 1 xxxxx 011 010", "uzp1"],
  ["00000101 xx 1 xxxxx 011 011", "uzp2"],
  ["00000101 xx 1 xxxxx 011 100", "trn1"],
  ["00000101 xx 1 xxxxx 011 101", "trn2"],
  ["00000101 xx 1 xxxxx 001100", "tbl"],
] as const;

const plain2 = [
  ["00000101 xx 1 xxxxx 001010", "tbl2"],
  ["00000101 xx 1 xxxxx 001011", "tbx"],
] as const;

const quadwords = [
  ["000 000", "zip1q"],
  ["000 001", "zip2q"],
  ["000 010", "uzp1q"],
  ["000 011", "uzp2q"],
  ["000 110", "trn1q"],
  ["000 111", "trn2q"],
] as const;

/** Last elements: A is the one after the last active, B the last active itself. */
const lasts = [
  ["00000101 xx 10001 0 100", "lasta-vector"],
  ["00000101 xx 10001 1 100", "lastb-vector"],
  ["00000101 xx 10000 0 101", "lasta-general"],
  ["00000101 xx 10000 1 101", "lastb-general"],
  ["00000101 xx 10101 0 100", "clasta-vector"],
  ["00000101 xx 10101 1 100", "clastb-vector"],
  ["00000101 xx 11000 0 101", "clasta-general"],
  ["00000101 xx 11000 1 101", "clastb-general"],
  ["00000101 xx 10100 0 100", "clasta"],
  ["00000101 xx 10100 1 100", "clastb"],
  ["00000101 xx 101 100 100", "splice"],
] as const;

const unpacks = [
  ["0", "0", "sunpklo"],
  ["0", "1", "sunpkhi"],
  ["1", "0", "uunpklo"],
  ["1", "1", "uunpkhi"],
] as const;

const crypto = [
  ["01000101 00 10001 0 11100 0", "aese", "AESE_Z"],
  ["01000101 00 10001 0 11100 1", "aesd", "AESE_Z"],
  ["01000101 00 10001 1 11100 0", "sm4e", "SM4E_Z"],
] as const;

const crypto3 = [
  ["01000101 00 1 xxxxx 11110 0", "sm4ekey", "SM4E_Z"],
  ["01000101 00 1 xxxxx 11110 1", "rax1", "RAX1_Z"],
] as const;

const searches = [
  ["0", "match"],
  ["1", "nmatch"],
] as const;

export type SvePermute =
  | (typeof plain)[number][1]
  | (typeof plain2)[number][1]
  | (typeof quadwords)[number][1]
  | (typeof lasts)[number][1]
  | (typeof unpacks)[number][2]
  | (typeof crypto)[number][1]
  | (typeof crypto3)[number][1]
  | (typeof searches)[number][1]
  | "aesmc"
  | "aesimc"
  | "ext"
  | "ext2"
  | "splice2"
  | "rev"
  | "revd"
  | "insr-general"
  | "insr-vector"
  | "dup-lane"
  | "dupq"
  | "compact"
  | "eorbt"
  | "eortb"
  | "adclb"
  | "adclt"
  | "sbclb"
  | "sbclt"
  | "histcnt"
  | "histseg"
  | "ftmad";

type Permute = Extract<SveShape, { kind: "permute" }>;

const permute = (op: SvePermute, f: SveFields, more: Partial<Permute> = {}): Permute => ({
  group: sve,
  kind: "permute",
  op,
  size: f.size,
  d: f.d,
  n: f.n,
  m: f.m,
  pg: f.pg,
  by: 0,
  ...more,
});

const reduced: Rows = reductions.map(([picture, op, sizes]) =>
  sveRow(`${picture} xxx xxxxx xxxxx`, op, SVE, (f) =>
    has(sizes, f.size)
      ? { group: sve, kind: "reduce", op, size: f.size, d: f.d, pg: f.pg, n: f.n }
      : undefined,
  ),
);

const permutations: Rows = [
  ...plain.map(([picture, op]) => sveRow<SveShape>(`${picture} xxxxx xxxxx`, op, SVE, (f) => permute(op, f))),
  ...plain2.map(([picture, op]) =>
    sveRow<SveShape>(`${picture} xxxxx xxxxx`, op, SVE2, (f) => permute(op, f)),
  ),
  ...quadwords.map(([opcode, op]) =>
    sveRow<SveShape>(`00000101 10 1 xxxxx ${opcode} xxxxx xxxxx`, op, sveGate("FMMLA_D"), (f) =>
      permute(op, f),
    ),
  ),
  ...lasts.map(([picture, op]) =>
    sveRow<SveShape>(`${picture} xxx xxxxx xxxxx`, op, SVE, (f) => permute(op, f)),
  ),
  ...unpacks.map(([u, h, op]) =>
    sveRow<SveShape>(`00000101 xx 1100 ${u} ${h} 001110 xxxxx xxxxx`, op, SVE, (f) =>
      f.size === 0 ? undefined : permute(op, f),
    ),
  ),
  sveRow("00000101 001 xxxxx 000 xxx xxxxx xxxxx", "ext", SVE, (f) =>
    permute("ext", f, { m: f.n, n: f.d, by: (f.m << 3) | bits(f.word, 10, 3) }),
  ),
  sveRow("00000101 011 xxxxx 000 xxx xxxxx xxxxx", "ext", SVE2, (f) =>
    permute("ext2", f, { m: (f.n + 1) & 31, by: (f.m << 3) | bits(f.word, 10, 3) }),
  ),
  sveRow("00000101 xx 101 101 100 xxx xxxxx xxxxx", "splice", SVE2, (f) => permute("splice2", f)),
  sveRow("00000101 xx 1 11000 001110 xxxxx xxxxx", "rev", SVE, (f) => permute("rev", f)),
  sveRow("00000101 00 1011 10 100 xxx xxxxx xxxxx", "revd", sveGate("SCLAMP_Z"), (f) => permute("revd", f)),
  sveRow("00000101 xx 1 00100 001110 xxxxx xxxxx", "insr", SVE, (f) => permute("insr-general", f)),
  sveRow("00000101 xx 1 10100 001110 xxxxx xxxxx", "insr", SVE, (f) => permute("insr-vector", f)),
  sveRow("00000101 xx 1 xxxxx 001000 xxxxx xxxxx", "dup", SVE, (f) => {
    const immediate = (bits(f.word, 22, 2) << 5) | f.m;
    if ((f.m & 31) === 0) return undefined;
    const size = 31 - Math.clz32(f.m & -f.m);
    return permute("dup-lane", f, { size: size as Permute["size"], by: immediate >>> (size + 1) });
  }),
  sveRow("00000101 001 xxxxx 001001 xxxxx xxxxx", "dupq", sveGate("DUPQ"), (f) => {
    const size = 31 - Math.clz32(f.m & -f.m);
    return (f.m & 15) === 0 ? undefined : permute("dupq", f, { size: asSize(size), by: f.m >>> (size + 1) });
  }),
  sveRow("00000101 xx 100001 100 xxx xxxxx xxxxx", "compact", SVE, (f) =>
    f.size < 2 ? undefined : permute("compact", f),
  ),
  sveRow("01000101 xx 0 xxxxx 10010 0 xxxxx xxxxx", "eorbt", SVE2, (f) => permute("eorbt", f)),
  sveRow("01000101 xx 0 xxxxx 10010 1 xxxxx xxxxx", "eortb", SVE2, (f) => permute("eortb", f)),
  ...(["0", "1"] as const).flatMap((t) =>
    (["0", "1"] as const).map((subtracts) =>
      sveRow<SveShape>(`01000101 ${subtracts}x 0 xxxxx 11010 ${t} xxxxx xxxxx`, "adcl", SVE2, (f) => {
        const op = subtracts === "0" ? (t === "0" ? "adclb" : "adclt") : t === "0" ? "sbclb" : "sbclt";
        return permute(op, f, { size: (f.size & 1) === 0 ? 2 : 3 });
      }),
    ),
  ),
  ...searches.map(([last, op]) =>
    sveRow<SveShape>(`01000101 0x 1 xxxxx 100 xxx xxxxx ${last} xxxx`, op, SVE2, (f) =>
      permute(op, f, { d: bits(f.word, 0, 4) }),
    ),
  ),
  sveRow("01000101 1x 1 xxxxx 110 xxx xxxxx xxxxx", "histcnt", SVE2, (f) => permute("histcnt", f)),
  sveRow("01000101 00 1 xxxxx 101 000 xxxxx xxxxx", "histseg", SVE2, (f) => permute("histseg", f)),
  sveRow("01100101 xx 010 xxx 100000 xxxxx xxxxx", "ftmad", SVE, (f) =>
    f.size === 0 ? undefined : permute("ftmad", f, { by: bits(f.word, 16, 3) }),
  ),
];

const cryptography: Rows = [
  ...crypto.map(([picture, op, fate]) =>
    sveRow<SveShape>(`${picture} xxxxx xxxxx`, op, sveGate(fate), (f) => permute(op, f)),
  ),
  ...crypto3.map(([picture, op, fate]) =>
    sveRow<SveShape>(`${picture} xxxxx xxxxx`, op, sveGate(fate), (f) => permute(op, f)),
  ),
  ...(
    [
      ["0", "aesmc"],
      ["1", "aesimc"],
    ] as const
  ).map(([code, op]) =>
    sveRow<SveShape>(`01000101 00 10000011100 ${code} 00000 xxxxx`, op, sveGate("AESE_Z"), (f) =>
      permute(op, f),
    ),
  ),
];

export const svePermuteRows: Rows = [...reduced, ...permutations, ...cryptography];
