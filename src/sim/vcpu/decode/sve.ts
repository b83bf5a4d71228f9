/** SVE, SVE2 and SME: their encodings, and what of them the engine lacks. */
import { type Lacks, lackingRow, type Naming, type Row } from "./row.ts";
import { sveCompareRows } from "./sve-compare.ts";
import { SVE2P1 } from "./sve-fields.ts";
import { sveFloatRows } from "./sve-float.ts";
import { sveMapRows } from "./sve-map.ts";
import { sveMemoryRows } from "./sve-memory.ts";
import { svePermuteRows } from "./sve-permute.ts";
import { svePredicateRows } from "./sve-predicate.ts";
import type { SveShape } from "./sve-shapes.ts";
import { sveWidenRows } from "./sve-widen.ts";

export interface SveInstruction {
  readonly group: "simd";
  readonly kind: "sve";
  readonly shape: SveShape;
}

const wrapped = ({ make, ...row }: Row<SveShape>): Row<SveInstruction> => ({
  ...row,
  make: (word) => {
    const shape = make(word);
    return shape === undefined ? undefined : { group: "simd", kind: "sve", shape };
  },
});

/** Among the encodings of SVE and SVE2, where those that came first leave room. */
const later = [
  // ST1W and ST1D of lanes of 128 bits.
  "1110010 10 00 xxxxx 010 xxx xxxxx xxxxx",
  "1110010 11 10 xxxxx 010 xxx xxxxx xxxxx",
  "1110010 10 00 0 xxxx 111 xxx xxxxx xxxxx",
  "1110010 11 10 0 xxxx 111 xxx xxxxx xxxxx",
  // SQCVTN, UQCVTN, SQCVTUN.
  "01000101 00 1 10001 010 xx 0 xxxx 0 xxxxx",
];

const sme: Naming = { name: "SME", fate: "RDSVL", uses: "sme" };

/** Came with SVE2.1 and later, where earlier CPUs have nothing; what is in no row came later still, or never. */
const lacking: readonly Row<Lacks>[] = [
  lackingRow("xxx 0010 xxxxxxxxxxxxxxxxxxxxxxxxx", { ...SVE2P1, name: "SVE2.1 and later" }),
  ...later.map((picture) => lackingRow(picture, { ...SVE2P1, name: "SVE2.1 and later" })),
  lackingRow("1xx 0000 xxxxxxxxxxxxxxxxxxxxxxxxx", sme),
];

export const sveRows: readonly Row<SveInstruction | Lacks>[] = [
  ...[
    ...sveMapRows,
    ...sveFloatRows,
    ...sveCompareRows,
    ...sveWidenRows,
    ...svePermuteRows,
    ...svePredicateRows,
    ...sveMemoryRows,
  ].map(wrapped),
  ...lacking,
];
