/** What the guest executes before it is saved, so that there is something to carry, and what it is asked before and after. */
import type { Contract } from "../../src/contract.ts";
import { printQuestion, type Question } from "../../src/predict/index.ts";
import { featuresGating } from "../../src/sim/view/instructions.ts";
import { systemRegister } from "../../src/tables/index.ts";
import { lengthQuestions } from "../prove/promises.ts";
import { hasEl2, questionsFor } from "../prove/vmm.ts";
import { mrs, msr } from "../record/words.ts";

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** Values that the guest leaves in registers; timers and counters are set so that nothing of them runs on by itself. */
const LEFT: readonly (readonly [register: string, value: bigint])[] = [
  ["TPIDR_EL0", 0x1122_3344_5566_7788n],
  ["TPIDRRO_EL0", 0x99aa_bbccn],
  ["TPIDR_EL1", 0xffff_8000_1234_5678n],
  ["CONTEXTIDR_EL1", 0x1234n],
  ["TTBR0_EL1", 0x4200_0000n],
  ["TTBR1_EL1", 0x4300_0000n],
  ["TCR_EL1", 0x10_3510n],
  ["MAIR_EL1", 0xff_0c08_0400n],
  ["FAR_EL1", 0xdead_beefn],
  ["CNTKCTL_EL1", 3n],
  ["CNTV_CVAL_EL0", 0x7fff_ffff_ffff_fff0n],
  ["CNTV_CTL_EL0", 3n],
  ["CNTP_CVAL_EL0", 0x7fff_ffff_ffff_fff8n],
  ["CNTP_CTL_EL0", 3n],
  ["PMCNTENCLR_EL0", 0xffff_ffffn],
  ["PMINTENCLR_EL1", 0xffff_ffffn],
  ["PMSELR_EL0", 1n],
  ["PMUSERENR_EL0", 1n],
  ["PMEVTYPER0_EL0", 0n],
  ["PMEVCNTR0_EL0", 0x77n],
  ["PMCCNTR_EL0", 0x1_0000_0001n],
  ["PMCNTENSET_EL0", 1n],
  ["PMINTENSET_EL1", 1n],
  ["PMOVSSET_EL0", 1n],
  ["PMCR_EL0", 1n],
  ["MDSCR_EL1", 0x1000n],
  ["DBGBVR0_EL1", 0x4000_1000n],
  ["DBGWVR0_EL1", 0x4000_2000n],
  ["APIAKeyLo_EL1", 0x0123_4567_89ab_cdefn],
  ["APGAKeyHi_EL1", 0xfedc_ba98_7654_3210n],
  ["TCR2_EL1", 0n],
  ["PIR_EL1", 0x33n],
  ["FPCR", 0x40_0000n],
  ["FPSR", 0x8n],
];

/** Vector registers: `dup v2.2d, x0`, `ptrue p1.b`, `dup z1.d, x0`. */
const VECTORS: readonly (readonly [name: string, word: number])[] = [
  ["V2", 0x4e08_0c02],
  ["P1", 0x2518_e3e1],
  ["Z1", 0x05e0_3801],
];
const IN_VECTORS = 0x1357_9bdf_0246_8acen;

/** `str x1, [x0]` to memory that moves with the guest. */
const STORE = 0xf900_0001;
const STORED = 0x5ca1_ab1en;
/**
 * `ldr x0, LABEL` of that memory, for the first question: from AGENT_SLOTS to AGENT_SCRATCH (examples/vmm/agent.h).
 */
const LOAD_BY_FIRST = (0x5800_0000 | (((-0x8f000 / 4) & 0x7_ffff) << 5)) >>> 0;

/** Under which the guest's own state is asked for; these are no subjects of a prediction. */
const LEFT_PREFIX = "LEFT_";
export const isLeft = (name: string): boolean => name.startsWith(LEFT_PREFIX);
/** The register that such a question is about; undefined: memory. */
export const leftRegister = (name: string): string | undefined => {
  const of = name.slice(LEFT_PREFIX.length);
  return of === "MEMORY" ? undefined : of;
};

const levelOf = (contract: Contract): 1 | 2 => (hasEl2(contract) ? 2 : 1);

/** Question file of what the guest executes before it is saved. A register that it lacks is UNDEFINED, and that is that. */
export function leaving(contract: Contract): string {
  const level = levelOf(contract);
  const registers = LEFT.map(([name, value]) => {
    const row = systemRegister(name);
    if (row === undefined) throw new Error(`no system register is called ${name}`);
    return `instruction ${name} ${level} ${hex(msr(row))} ${hex(value)}`;
  });
  const vectors = VECTORS.map(
    ([name, word]) => `instruction ${name} ${level} ${hex(word)} ${hex(IN_VECTORS)}`,
  );
  return `${[`instruction STORE ${level} ${hex(STORE)} scratch ${hex(STORED)}`, ...registers, ...vectors].join("\n")}\n`;
}

/**
 * The questions whose answers are predicted: every ID register and call, and of the instructions that need the same features
 * one; the fate of the others is theirs (`prove` asks them all).
 */
export function lookedAt(contract: Contract): readonly Question[] {
  const seen = new Set<string>();
  return questionsFor(contract).filter((question) => {
    if (question.kind !== "instruction") return true;
    const features = featuresGating(question.name);
    const key = `${features.join(" ")} ${question.level}`;
    if (features.length === 0 || question.name.startsWith("TLBI") || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** The instructions that read what the guest left, by the name of the question. */
export const leftReads = (): ReadonlyMap<string, number> =>
  new Map(
    LEFT.flatMap(([name]) => {
      const row = systemRegister(name);
      return row === undefined ? [] : [[`${LEFT_PREFIX}${name}`, mrs(row)] as const];
    }),
  );

/** Question file of what the guest is asked before it is saved and after it was restored. */
export function looking(contract: Contract): string {
  const level = levelOf(contract);
  const own = [...leftReads()].map(([name, word]) => `register ${name} ${hex(word)}`);
  const asked = lookedAt(contract)
    .map(printQuestion)
    .map((line) => line.replace(/^(instruction \S+) 1 /, `$1 ${level} `));
  const lines = [`register ${LEFT_PREFIX}MEMORY ${hex(LOAD_BY_FIRST)}`, ...own, ...asked];
  return `${lines.join("\n")}\n${lengthQuestions(contract, level)}`;
}
