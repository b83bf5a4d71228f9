/** The code around the blocks: start, the loop over the blocks, and the handler of their exceptions. */
import {
  addImmediate,
  assemble,
  b,
  bCond,
  cbz,
  compare,
  DSB_SY,
  EQ,
  ERET,
  HS,
  hvc,
  ISB,
  type Line,
  LO,
  ldp,
  ldpQ,
  ldr,
  ldrP,
  ldrZ,
  loadConstant,
  mrs,
  msr,
  NOP,
  orr,
  readFfr,
  registers,
  SP,
  stp,
  stpQ,
  str,
  strP,
  strZ,
  testBits,
  writeFfr,
} from "./assemble.ts";
import {
  BLOCKS,
  CODE,
  IDENTITY,
  LOG_END,
  LOG_ENTRY,
  logged,
  PREDICATES,
  RECORD_BYTES,
  recorded,
  SVE_RECORD_BYTES,
  sveRecorded,
  TABLES,
  VARIABLES,
  VECTOR_BYTES,
  VECTORS,
  VECTORS_COUNT,
  variables,
} from "./map.ts";

/**
 * M, C, I, the keys of pointer authentication and the RES1 bits of Armv8.0: MMU and caches on. No alignment is checked;
 * SA is 0, too, as QEMU does not look at the stack pointer.
 */
const SCTLR = 0xf8d0_3805n;
/** 39 bits of addresses by TTBR0 and by TTBR1, of which there is none; cacheable and inner shareable walks, 4 KB granules, 40 bits out. */
const TCR = 0x2_b599_3519n;
/** Attribute 0: Normal, write-back. */
const MAIR = 0xffn;
/** FPEN: no trap of FP and SIMD; ZEN, SMEN: SVE and SME are trapped. */
const CPACR = 3n << 20n;
/** ZEN. */
const CPACR_SVE = 3n << 16n;
/** EL1h with D, A, I and F masked. */
const ENTRY_PSTATE = 0x3c5n;
const SYSTEM_OFF = 0x8400_0008n;
/** ID_AA64PFR0_EL1 to the end of its space: op0 3, op1 0, CRn 0, CRm 4 to 7. */
export const identityKeys: readonly number[] = [
  ...Array.from({ length: 32 }, (_, at) => 0xc000 | (4 << 3) | at),
  // CTR_EL0 and DCZID_EL0
  0xd801,
  0xd807,
];

/** APIAKeyLo_EL1 to APDBKeyHi_EL1 and APGAKey: op0 3, op1 0, CRn 2, CRm 1 to 3. */
const keyEncodings: readonly number[] = [8, 9, 10, 11, 16, 17, 18, 19, 24, 25].map(
  (at) => 0xc000 | (2 << 7) | at,
);
/** ID_AA64ISAR1_EL1. */
const ISAR1 = 0xc000 | (6 << 3) | 1;
const keyWords: readonly number[] = keyEncodings.flatMap((key, at) => [
  ...loadConstant(0, BigInt.asUintN(64, 0x9e37_79b9_7f4a_7c15n * BigInt(at + 1))),
  msr(key << 5, 0),
]);

const to = (label: string, word: (distance: number) => number): Line => ({ to: label, word });
const pairs = (count: number): readonly number[] => Array.from({ length: count / 2 }, (_, at) => 2 * at);

const start: readonly Line[] = [
  ...loadConstant(0, MAIR),
  msr(registers.mair, 0),
  ...loadConstant(0, TCR),
  msr(registers.tcr, 0),
  ...loadConstant(0, BigInt(TABLES)),
  msr(registers.ttbr0, 0),
  ...loadConstant(0, BigInt(VECTORS)),
  msr(registers.vbar, 0),
  ...loadConstant(0, CPACR),
  msr(registers.cpacr, 0),
  mrs(0, ISAR1 << 5),
  // APA and API: a CPU without pointer authentication has no keys.
  testBits(0, 4, 8),
  bCond(EQ, 4 * (keyWords.length + 1)),
  ...keyWords,
  DSB_SY,
  ISB,
  ...loadConstant(0, SCTLR),
  msr(registers.sctlr, 0),
  ISB,
  ...loadConstant(0, BigInt(VARIABLES)),
  ldr(1, 0, variables.vectorBytes),
  to("fixed", (distance) => cbz(1, distance)),
  ...loadConstant(0, CPACR | CPACR_SVE),
  msr(registers.cpacr, 0),
  ISB,
  ...loadConstant(0, BigInt(VECTOR_BYTES / 16 - 1)),
  msr(registers.zcr, 0),
  ISB,
  { label: "fixed" },
  ...loadConstant(1, BigInt(IDENTITY)),
  ...identityKeys.flatMap((key, at) => [mrs(0, key << 5), str(0, 1, 8 * at)]),
  to("next", b),
];

/** Vectors have 32 words each; all but the synchronous one of the current level on its own stack end the run. */
const SYNCHRONOUS = 4;
const vectors: readonly Line[] = Array.from({ length: 16 }, (_, at): readonly Line[] => [
  to(at === SYNCHRONOUS ? "exception" : "unexpected", b),
  ...Array.from({ length: 31 }, () => NOP),
]).flat();

/** SVE's registers from the record to which X2 points, or to it. */
const predicates = Array.from({ length: PREDICATES - 1 }, (_, n) => n);
const zs = Array.from({ length: VECTORS_COUNT }, (_, n) => n);
const firstZ = sveRecorded.z / VECTOR_BYTES;
const loadSve: readonly number[] = [
  ldrP(0, 2, PREDICATES - 1),
  writeFfr(0),
  ...predicates.map((n) => ldrP(n, 2, n)),
  ...zs.map((n) => ldrZ(n, 2, firstZ + n)),
];
const storeSve: readonly number[] = [
  ...predicates.map((n) => strP(n, 2, n)),
  readFfr(0),
  strP(0, 2, PREDICATES - 1),
  ...zs.map((n) => strZ(n, 2, firstZ + n)),
];
/** Does something where SVE is used, with X0 at the variables and X2 at SVE's record. */
const withSve = (label: string, lines: readonly Line[]): readonly Line[] => [
  ldr(2, 0, variables.vectorBytes),
  to(label, (distance) => cbz(2, distance)),
  ldr(2, 0, variables.sveRecord),
  ...lines,
  { label },
];

const loop: readonly Line[] = [
  { label: "next" },
  ...loadConstant(0, BigInt(VARIABLES)),
  ldr(1, 0, variables.record),
  ldr(2, 0, variables.lastRecord),
  compare(1, 2),
  to("off", (distance) => bCond(EQ, distance)),
  ldr(2, 1, recorded.code),
  str(2, 0, variables.blockStart),
  msr(registers.elr, 2),
  ldr(2, 1, recorded.codeEnd),
  str(2, 0, variables.blockEnd),
  ldr(2, 1, recorded.nzcv),
  ...loadConstant(3, ENTRY_PSTATE),
  orr(2, 2, 3),
  msr(registers.spsr, 2),
  ldr(2, 1, recorded.fpcr),
  msr(registers.fpcr, 2),
  ldr(2, 1, recorded.fpsr),
  msr(registers.fpsr, 2),
  ldr(2, 1, recorded.tpidr),
  msr(registers.tpidrEl0, 2),
  ldr(2, 1, recorded.sp),
  addImmediate(SP, 2, 0),
  ...pairs(VECTORS_COUNT).map((n) => ldpQ(n, n + 1, 1, recorded.v + 16 * n)),
  ...withSve("loaded", loadSve),
  ldr(30, 1, 8 * 30),
  ...pairs(28).map((n) => ldp(n + 2, n + 3, 1, 8 * (n + 2))),
  ldp(0, 1, 1, 0),
  // Clears the exclusive monitor, too.
  ERET,

  { label: "done" },
  msr(registers.tpidrEl1, 0),
  msr(registers.tpidrroEl0, 1),
  ...loadConstant(0, BigInt(VARIABLES)),
  ldr(1, 0, variables.record),
  ...pairs(28).map((n) => stp(n + 2, n + 3, 1, 8 * (n + 2))),
  str(30, 1, 8 * 30),
  mrs(2, registers.tpidrEl1),
  mrs(3, registers.tpidrroEl0),
  stp(2, 3, 1, 0),
  addImmediate(2, SP, 0),
  str(2, 1, recorded.sp),
  mrs(2, registers.nzcv),
  str(2, 1, recorded.nzcv),
  mrs(2, registers.fpcr),
  str(2, 1, recorded.fpcr),
  mrs(2, registers.fpsr),
  str(2, 1, recorded.fpsr),
  mrs(2, registers.tpidrEl0),
  str(2, 1, recorded.tpidr),
  ...pairs(VECTORS_COUNT).map((n) => stpQ(n, n + 1, 1, recorded.v + 16 * n)),
  ...withSve("stored", [...storeSve, addImmediate(2, 2, SVE_RECORD_BYTES), str(2, 0, variables.sveRecord)]),
  addImmediate(1, 1, RECORD_BYTES),
  str(1, 0, variables.record),
  to("next", b),
];

/** Logs the exception and goes on behind its instruction, or at the block's end where it is outside. */
const handler: readonly Line[] = [
  { label: "exception" },
  msr(registers.tpidrEl1, 0),
  msr(registers.tpidrroEl0, 1),
  ...loadConstant(0, BigInt(VARIABLES)),
  str(2, 0, variables.saved2),
  str(3, 0, variables.saved3),
  ldr(1, 0, variables.log),
  mrs(2, registers.esr),
  str(2, 1, logged.esr),
  mrs(3, registers.far),
  str(3, 1, logged.far),
  mrs(3, registers.spsr),
  str(3, 1, logged.spsr),
  mrs(3, registers.elr),
  str(3, 1, logged.elr),
  addImmediate(1, 1, LOG_ENTRY),
  str(1, 0, variables.log),
  ...loadConstant(2, BigInt(LOG_END)),
  compare(1, 2),
  to("full", (distance) => bCond(HS, distance)),
  ldr(1, 0, variables.blockStart),
  compare(3, 1),
  to("outside", (distance) => bCond(LO, distance)),
  ldr(1, 0, variables.blockEnd),
  compare(3, 1),
  to("outside", (distance) => bCond(HS, distance)),
  addImmediate(3, 3, 4),
  { label: "resume" },
  msr(registers.elr, 3),
  ldr(3, 0, variables.saved3),
  ldr(2, 0, variables.saved2),
  mrs(1, registers.tpidrroEl0),
  mrs(0, registers.tpidrEl1),
  ERET,
  { label: "outside" },
  ldr(3, 0, variables.blockEnd),
  to("resume", b),

  { label: "full" },
  ...loadConstant(2, 1n),
  to("verdict", b),
  { label: "unexpected" },
  ...loadConstant(0, BigInt(VARIABLES)),
  ...loadConstant(2, 2n),
  { label: "verdict" },
  str(2, 0, variables.verdict),
  { label: "off" },
  ...loadConstant(0, SYSTEM_OFF),
  hvc(0),
  { label: "forever" },
  to("forever", b),
];

/** Behind the results of the machine as a whole; and behind the variables. */
const LOOP = CODE + 0x4000;
const HANDLER = CODE + 0x3400;

/** What lies where; `done` is where a block branches to. */
export interface Frame {
  readonly pieces: readonly { readonly address: number; readonly words: readonly number[] }[];
  readonly done: number;
}

export function frame(): Frame {
  const loopLabels = assemble(LOOP, loop, new Map([["off", 0]])).labels;
  const handlerLabels = assemble(HANDLER, handler, loopLabels).labels;
  const known = new Map([...loopLabels, ...handlerLabels]);
  const piece = (address: number, lines: readonly Line[], end: number) => {
    const { words } = assemble(address, lines, known);
    if (address + 4 * words.length > end) throw new Error("a part of the frame is too long");
    return { address, words };
  };
  const done = loopLabels.get("done");
  if (done === undefined) throw new Error("no label done");
  return {
    pieces: [
      piece(CODE, start, VECTORS),
      piece(LOOP, loop, BLOCKS),
      piece(VECTORS, vectors, TABLES),
      piece(HANDLER, handler, IDENTITY),
    ],
    done,
  };
}
