/** The A64 decoder. It knows nothing of execution. */
import { atomicRows } from "./atomic.ts";
import { branchRows } from "./branch.ts";
import { copyRows } from "./copy.ts";
import type { Decoded, Instruction } from "./instruction.ts";
import { integerRows } from "./integer.ts";
import { memoryRows } from "./memory.ts";
import { pointerRows } from "./pointer.ts";
import type { Row } from "./row.ts";
import { simdRows } from "./simd.ts";
import { systemRows } from "./system.ts";

export type { Decoded, Instruction } from "./instruction.ts";

/** The groups. Order does not matter: of two rows that fit, the one with more fixed bits wins. */
const groups = (): readonly (readonly Row<Instruction>[])[] => [
  integerRows,
  branchRows,
  systemRows,
  memoryRows,
  atomicRows,
  pointerRows,
  copyRows,
  simdRows,
];

/** Words are looked up by bits 31 to 21. */
const SHIFT = 21;
const BUCKETS = 1 << (32 - SHIFT);

let buckets: (readonly Row<Instruction>[] | undefined)[] | undefined;
let rows: readonly Row<Instruction>[] = [];

/** The rows that a word with these upper bits can be, most specific first. */
function bucket(upper: number): readonly Row<Instruction>[] {
  if (buckets === undefined) {
    buckets = new Array(BUCKETS);
    rows = groups()
      .flat()
      .toSorted((one, other) => other.fixed - one.fixed);
  }
  const known = buckets[upper];
  if (known !== undefined) return known;
  const fitting = rows.filter(({ mask, value }) => (upper & (mask >>> SHIFT)) === value >>> SHIFT);
  buckets[upper] = fitting;
  return fitting;
}

const UNALLOCATED: Instruction = { group: "none", kind: "undefined" };

function decodeAnew(word: number): Decoded {
  for (const row of bucket(word >>> SHIFT)) {
    if ((word & row.mask) !== row.value) continue;
    const instruction = row.make(word);
    if (instruction === undefined) break;
    return {
      word,
      name: row.name,
      instruction,
      ...(row.fate === undefined ? {} : { fate: row.fate }),
      ...(row.uses === undefined ? {} : { uses: row.uses }),
    };
  }
  return { word, name: "undefined", instruction: UNALLOCATED };
}

/** Programs repeat themselves: so many words are remembered. */
const MOST = 1 << 14;
const remembered = new Map<number, Decoded>();

/** @param word the instruction, 32 bits, signed or not */
export function decode(word: number): Decoded {
  const signed = word | 0;
  const known = remembered.get(signed);
  if (known !== undefined) return known;
  if (remembered.size >= MOST) remembered.clear();
  const decoded = decodeAnew(signed);
  remembered.set(signed, decoded);
  return decoded;
}
