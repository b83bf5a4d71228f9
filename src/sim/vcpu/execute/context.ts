/** What the system registers say of translation, byte order and traps at the level at which the guest is. */
import { systemRegister } from "../../../tables/index.ts";
import type { Level } from "../state.ts";
import { cpuHas } from "../system/facts.ts";
import type { Core, Trap } from "../world.ts";
import { encodingKey } from "../world.ts";
import { ignoresTopByte } from "./translate.ts";

/** One translation regime's controls. */
export interface Regime {
  readonly name: "el1" | "el2" | "el2-host";
  readonly sctlr: bigint;
  readonly tcr: bigint;
  readonly ttbr0: bigint;
  readonly ttbr1: bigint;
  readonly mair: bigint;
  /** TCR2_EL1 or TCR2_EL2. */
  readonly tcr2: bigint;
  /** It has a lower and an upper range, and an EL0. */
  readonly twoRanges: boolean;
}

/** Stage 2, which a guest with an EL2 of its own keeps for its own guests. */
export interface StageTwo {
  readonly vtcr: bigint;
  readonly vttbr: bigint;
}

export interface Context {
  readonly el: Level;
  /** What it was made of: `inputs` as they were. */
  readonly made: readonly (bigint | undefined)[];
  readonly generation: number;
  readonly regime: Regime;
  readonly stageTwo: StageTwo | undefined;
  readonly mmu: boolean;
  /** HCR_EL2.DC: without stage 1, memory is Normal. */
  readonly defaultCacheable: boolean;
  readonly bigEndian: boolean;
  /** Unaligned data accesses fault: SCTLR_ELx.A, or all memory is Device. */
  readonly strict: boolean;
  /** The stack pointer has to be aligned where it is a base. */
  readonly stackCheck: boolean;
  /** The CPU has FEAT_BTI. */
  readonly bti: boolean;
  /** A branch to the upper or the lower range drops the address's top byte. */
  readonly dropsTopUpper: boolean;
  readonly dropsTopLower: boolean;
  /** HCR_EL2 of a guest that has it; 0 otherwise. */
  readonly hcr: bigint;
  /** What an instruction with these registers takes; undefined: it is let through. */
  readonly traps: Readonly<Record<"fp" | "sve" | "sme", Trap | undefined>>;
}

const keys = new Map<string, number>();

/** @throws Error for a name that the tables do not have */
export function keyOf(name: string): number {
  const known = keys.get(name);
  if (known !== undefined) return known;
  const row = systemRegister(name);
  if (row === undefined) throw new Error(`no system register ${name}`);
  const key = encodingKey(row);
  keys.set(name, key);
  return key;
}

export const systemValue = ({ state }: Core, name: string): bigint => state.system.get(keyOf(name)) ?? 0n;

export const bit = (value: bigint, at: number): boolean => ((value >> BigInt(at)) & 1n) === 1n;

const HCR_VM = 0;
const HCR_TGE = 27;
const HCR_E2H = 34;
const HCR_DC = 12;

const SCTLR_M = 0;
const SCTLR_A = 1;
const SCTLR_SA = 3;
const SCTLR_SA0 = 4;
const SCTLR_E0E = 24;
const SCTLR_EE = 25;

/** The regime that translates for a level. */
export function regimeOf(core: Core, el: Level, hcr: bigint): Regime {
  const host = bit(hcr, HCR_E2H);
  const atTwo = el === 2 || (el === 0 && host && bit(hcr, HCR_TGE));
  const suffix = atTwo ? "EL2" : "EL1";
  return {
    name: atTwo ? (host ? "el2-host" : "el2") : "el1",
    sctlr: systemValue(core, `SCTLR_${suffix}`),
    tcr: systemValue(core, `TCR_${suffix}`),
    ttbr0: systemValue(core, `TTBR0_${suffix}`),
    ttbr1: atTwo && !host ? 0n : systemValue(core, `TTBR1_${suffix}`),
    mair: systemValue(core, `MAIR_${suffix}`),
    tcr2: systemValue(core, `TCR2_${suffix}`),
    twoRanges: !atTwo || host,
  };
}

/** ISS of a trapped access to SIMD and floating point: CV, and the condition AL. */
const FP_ISS = 0x1e0_0000;

/** Whether a two-bit enable (FPEN, ZEN, SMEN) lets a level through. */
const enabled = (field: bigint, el: Level): boolean => field === 3n || (field === 1n && el !== 0);

/** Traps by CPACR_EL1 and, in a guest with EL2, CPTR_EL2. */
function trapOf(
  core: Core,
  el: Level,
  hcr: bigint,
  [at, ec, iss, plainBit]: readonly [number, number, number, number],
): Trap | undefined {
  const host = bit(hcr, HCR_E2H);
  const cptr = systemValue(core, "CPTR_EL2");
  const inHost = host && (el === 2 || bit(hcr, HCR_TGE));
  if (el !== 2 && !inHost && !enabled((systemValue(core, "CPACR_EL1") >> BigInt(at)) & 3n, el))
    return { ec, iss };
  if (core.state.system.get(keyOf("CPTR_EL2")) === undefined) return undefined;
  const field = (cptr >> BigInt(at)) & 3n;
  const trapped = host ? (inHost ? !enabled(field, el) : field === 0n || field === 2n) : bit(cptr, plainBit);
  return trapped ? { level: 2, ec, iss } : undefined;
}

/** Lowest bit of the two-bit enable, exception class, syndrome, and the bit of CPTR_EL2 without HCR_EL2.E2H. */
const FP = [20, 0x07, FP_ISS, 10] as const;
const SVE = [16, 0x19, 0, 8] as const;
const SME = [24, 0x1d, 0, 12] as const;

/** Registers that a context depends on. */
const INPUTS = [
  "SCTLR_EL1",
  "TCR_EL1",
  "TTBR0_EL1",
  "TTBR1_EL1",
  "MAIR_EL1",
  "TCR2_EL1",
  "CPACR_EL1",
  "HCR_EL2",
  "CPTR_EL2",
  "SCTLR_EL2",
  "TCR_EL2",
  "TTBR0_EL2",
  "TTBR1_EL2",
  "MAIR_EL2",
  "TCR2_EL2",
  "VTCR_EL2",
  "VTTBR_EL2",
];

let inputs: readonly number[] = [];

function inputKeys(): readonly number[] {
  if (inputs.length === 0) inputs = INPUTS.map(keyOf);
  return inputs;
}

/** Whether a context of the level is what its registers still make. */
export function holds({ made, generation }: Context, { state, hypervisor }: Core): boolean {
  if (generation !== hypervisor.generation) return false;
  const wanted = inputKeys();
  for (let i = 0; i < wanted.length; i++) if (state.system.get(wanted[i] ?? 0) !== made[i]) return false;
  return true;
}

/** Reads the registers anew. */
export function contextOf(core: Core): Context {
  const { el } = core.state.pstate;
  const hcr = systemValue(core, "HCR_EL2");
  const regime = regimeOf(core, el, hcr);
  const { sctlr } = regime;
  const defaultCacheable = regime.name === "el1" && bit(hcr, HCR_DC);
  const underStageTwo = regime.name === "el1" && (bit(hcr, HCR_VM) || defaultCacheable);
  const mmu = bit(sctlr, SCTLR_M) && !defaultCacheable;
  const fp = trapOf(core, el, hcr, FP);
  return {
    el,
    made: inputKeys().map((key) => core.state.system.get(key)),
    generation: core.hypervisor.generation,
    regime,
    stageTwo: underStageTwo
      ? { vtcr: systemValue(core, "VTCR_EL2"), vttbr: systemValue(core, "VTTBR_EL2") }
      : undefined,
    mmu,
    bigEndian: bit(sctlr, el === 0 ? SCTLR_E0E : SCTLR_EE),
    defaultCacheable,
    strict: (!mmu && !defaultCacheable) || bit(sctlr, SCTLR_A),
    stackCheck: bit(sctlr, el === 0 ? SCTLR_SA0 : SCTLR_SA),
    bti: cpuHas(core, "FEAT_BTI"),
    dropsTopUpper: ignoresTopByte(regime, 1n << 55n, true),
    dropsTopLower: ignoresTopByte(regime, 0n, true),
    hcr,
    traps: { fp, sve: trapOf(core, el, hcr, SVE) ?? fp, sme: trapOf(core, el, hcr, SME) ?? fp },
  };
}

/** Whether translations made under one context hold under another of the same level. */
export function sameTranslation(one: Context, other: Context): boolean {
  const [a, b] = [one.regime, other.regime];
  return (
    a.name === b.name &&
    a.sctlr === b.sctlr &&
    a.tcr === b.tcr &&
    a.ttbr0 === b.ttbr0 &&
    a.ttbr1 === b.ttbr1 &&
    a.mair === b.mair &&
    a.tcr2 === b.tcr2 &&
    one.mmu === other.mmu &&
    one.defaultCacheable === other.defaultCacheable &&
    one.stageTwo?.vtcr === other.stageTwo?.vtcr &&
    one.stageTwo?.vttbr === other.stageTwo?.vttbr
  );
}
