/** Instructions that mean something only together: signed pointers that are used, and memory copies in three parts. */
import { adr, movz } from "../assemble.ts";
import { baseWords, type Context, classOf, type InstructionClass, type Item, variantOf } from "../class.ts";
import { encode, type Fields, layoutOf } from "../layout.ts";
import { SCRATCH_BYTES } from "../map.ts";

const memory = classOf.bind(undefined, "memory");
const branch = classOf.bind(undefined, "branch");

/** Items of words that prepare, and of words that are tested, as the same instruction. */
function itemOf(of: InstructionClass, f: Fields, before: readonly number[], tested: readonly number[]): Item {
  const own = { name: of.name, variant: variantOf(of, f) };
  return {
    words: [...before, ...tested],
    classes: [...before.map(() => undefined), ...tested.map(() => own)],
  };
}

const copyPart = layoutOf("00011 kind 01 part:2 0 rs:5 options:4 01 rn:5 rd:5");
const setPart = layoutOf("0001100111 0 rs:5 part:2 options:2 01 rn:5 rd:5");
const longestCopy = 300;
const XZR = 31;

/** Prologue, main part, epilogue. */
const copy: InstructionClass = memory("memory-copy", "00011 kind 01 00 0 rs:5 options:4 01 rn:5 rd:5", {
  tells: "kind",
  sequence: (f, { random }) => {
    const { rs = 0, rn = 0, rd = 0 } = f;
    if (new Set([rs, rn, rd, XZR]).size < 4) return undefined;
    const bytes = random.below(longestCopy);
    const room = SCRATCH_BYTES - longestCopy;
    const before = [
      ...baseWords(rd, random.below(room)),
      ...baseWords(rs, random.below(room)),
      movz(rn, bytes),
    ];
    return itemOf(
      copy,
      f,
      before,
      [0, 1, 2].map((part) => encode(copyPart, { ...f, part })),
    );
  },
});

const set: InstructionClass = memory("memory-set", "0001100111 0 rs:5 00 options:2 01 rn:5 rd:5", {
  sequence: (f, { random }) => {
    const { rs = 0, rn = 0, rd = 0 } = f;
    if (new Set([rn, rd, XZR]).size < 3 || rs === rn || rs === rd) return undefined;
    const before = [
      ...baseWords(rd, random.below(SCRATCH_BYTES - longestCopy)),
      movz(rn, random.below(longestCopy)),
    ];
    return itemOf(
      set,
      f,
      before,
      [0, 1, 2].map((part) => encode(setPart, { ...f, part })),
    );
  },
});

const sign = layoutOf("110110101100000100 z opcode:3 rn:5 rd:5");
/** By the bit that chooses the key: PACIA and PACIB, PACDA and PACDB. */
const codeKey = (b: number | undefined): number => b ?? 0;
const dataKey = (b: number | undefined): number => 2 + (b ?? 0);

/** LDRAA, LDRAB; once in eight the pointer is not signed. */
const authenticatedLoad: InstructionClass = memory(
  "load-authenticated",
  "11111000 m s:1 1 imm9:9 w 1 rn:5 rt:5",
  {
    tells: "m w",
    where: (f) => f.rn !== f.rt && f.rn !== XZR,
    sequence: (f, { random }) => {
      const { rn = 0 } = f;
      const offset = ((f.s === 1 ? -512 : 0) + (f.imm9 ?? 0)) * 8;
      const before = [
        ...baseWords(rn, random.below(SCRATCH_BYTES - 8) - offset),
        ...(random.once(8) ? [] : [encode(sign, { z: 1, opcode: dataKey(f.m), rn: XZR, rd: rn })]),
      ];
      return itemOf(authenticatedLoad, f, before, [encode(authenticatedLoad.layout, f)]);
    },
  },
);

/** QEMU 10.0 stops at an assertion of its own when it translates BRAA by another register than X16 and X17. */
const isTranslated = (f: Fields): boolean => f.link === 1 || f.rn === 16 || f.rn === 17;

/** BRAA, BLRAA and theirs with key B or without a modifier: over a few instructions. */
const authenticatedBranch: InstructionClass = branch(
  "branch-authenticated",
  "1101011 z 00 link 1111100001 m rn:5 rm:5",
  {
    tells: "z link m",
    where: (f) => isTranslated(f) && f.rn !== XZR && f.rn !== f.rm && (f.z === 1 || f.rm === XZR),
    sequence: (f, { plain, reserved }: Context) => {
      const skipped = plain(reserved);
      const { rn = 0, rm = 0 } = f;
      const z = f.z === 1 ? 0 : 1;
      const before = [
        adr(rn, 4 * (skipped.words.length + 3)),
        encode(sign, { z, opcode: codeKey(f.m), rn: z === 1 ? XZR : rm, rd: rn }),
      ];
      const made = itemOf(authenticatedBranch, f, before, [encode(authenticatedBranch.layout, f)]);
      return {
        words: [...made.words, ...skipped.words],
        classes: [...made.classes, ...skipped.classes],
      };
    },
  },
);

export const sequence: readonly InstructionClass[] = [copy, set, authenticatedLoad, authenticatedBranch];
