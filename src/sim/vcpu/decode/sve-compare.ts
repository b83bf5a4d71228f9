/** SVE comparisons into a predicate: encodings. */
import type { Row } from "./row.ts";
import { bits } from "./simd-fields.ts";
import { SVE, type SveFields, signedBits, sve, sveRow } from "./sve-fields.ts";
import { constant, same } from "./sve-operands.ts";
import type { Operand, SveShape } from "./sve-shapes.ts";

type Rows = readonly Row<SveShape>[];

/** Comparisons into a predicate. */
const vectorTests = [
  ["000", "0", "hs", "same"],
  ["000", "1", "hi", "same"],
  ["100", "0", "ge", "same"],
  ["100", "1", "gt", "same"],
  ["101", "0", "eq", "same"],
  ["101", "1", "ne", "same"],
  ["001", "0", "eq", "wide"],
  ["001", "1", "ne", "wide"],
  ["010", "0", "ge", "wide"],
  ["010", "1", "gt", "wide"],
  ["011", "0", "lt", "wide"],
  ["011", "1", "le", "wide"],
  ["110", "0", "hs", "wide"],
  ["110", "1", "hi", "wide"],
  ["111", "0", "lo", "wide"],
  ["111", "1", "ls", "wide"],
] as const;

const fpTests = [
  ["010", "0", "fge"],
  ["010", "1", "fgt"],
  ["011", "0", "feq"],
  ["011", "1", "fne"],
  ["110", "0", "fuo"],
  ["110", "1", "face"],
  ["111", "1", "fact"],
] as const;

const fpZeroTests = [
  ["00", "0", "fge"],
  ["00", "1", "fgt"],
  ["01", "0", "flt"],
  ["01", "1", "fle"],
  ["10", "0", "feq"],
  ["11", "0", "fne"],
] as const;

export type SveCompare =
  | (typeof vectorTests)[number][2]
  | (typeof fpTests)[number][2]
  | (typeof fpZeroTests)[number][2];

const compared = (f: SveFields, op: SveCompare, second: Operand, flags: boolean): SveShape => ({
  group: sve,
  kind: "compare",
  op,
  size: f.size,
  d: bits(f.word, 0, 4),
  pg: f.pg,
  sources: [same(f.n), second],
  flags,
});

export const sveCompareRows: Rows = [
  ...vectorTests.map(([opcode, last, op, pick]) =>
    sveRow<SveShape>(`00100100 xx 0 xxxxx ${opcode} xxx xxxxx ${last} xxxx`, `cmp${op}`, SVE, (f) =>
      pick === "wide" && f.size === 3 ? undefined : compared(f, op, { z: f.m, pick }, true),
    ),
  ),
  ...(
    [
      ["0", "0", "hs"],
      ["0", "1", "hi"],
      ["1", "0", "lo"],
      ["1", "1", "ls"],
    ] as const
  ).map(([opcode, last, op]) =>
    sveRow<SveShape>(`00100100 xx 1 xxxxxxx ${opcode} xxx xxxxx ${last} xxxx`, `cmp${op}`, SVE, (f) =>
      compared(f, op, constant(bits(f.word, 14, 7)), true),
    ),
  ),
  ...(
    [
      ["000", "0", "ge"],
      ["000", "1", "gt"],
      ["001", "0", "lt"],
      ["001", "1", "le"],
      ["100", "0", "eq"],
      ["100", "1", "ne"],
    ] as const
  ).map(([opcode, last, op]) =>
    sveRow<SveShape>(`00100101 xx 0 xxxxx ${opcode} xxx xxxxx ${last} xxxx`, `cmp${op}`, SVE, (f) =>
      compared(f, op, constant(signedBits(f.word, 16, 5)), true),
    ),
  ),
  ...fpTests.map(([opcode, last, op]) =>
    sveRow<SveShape>(`01100101 xx 0 xxxxx ${opcode} xxx xxxxx ${last} xxxx`, op, SVE, (f) =>
      f.size === 0 ? undefined : compared(f, op, same(f.m), false),
    ),
  ),
  ...fpZeroTests.map(([opcode, last, op]) =>
    sveRow<SveShape>(`01100101 xx 0100 ${opcode} 001 xxx xxxxx ${last} xxxx`, op, SVE, (f) =>
      f.size === 0 ? undefined : compared(f, op, constant(0), false),
    ),
  ),
];
