/** AT: an address translated as an access would be, with the answer in PAR_EL1. */
import { contextOf } from "../execute/context.ts";
import { type StageTwoFault, stageOne, translateWith } from "../execute/translate.ts";
import type { Level } from "../state.ts";
import { readPc } from "../state.ts";
import type { Access, Core } from "../world.ts";
import { PAR_EL1 } from "./keys.ts";

export interface AddressTranslation {
  /** With whose rights. */
  readonly level: Level;
  readonly kind: "read" | "write";
  /** PSTATE.PAN counts. */
  readonly pan?: boolean;
  /** The regime of EL1 and EL0 with both stages, asked for at EL2. */
  readonly lower?: boolean;
}

const FAILED = 1n;
/** Bits that are one in PAR_EL1 of the 64-bit form. */
const FORM = 1n << 11n;
const NON_SECURE = 1n << 9n;
const ATTRIBUTES_AT = 56n;
const SHAREABILITY_AT = 7n;
const CODE_AT = 1n;
const STAGE_TWO = 1n << 9n;
const WALK = 1n << 8n;
const OUTER = 2n;
/** Device memory and Normal Non-cacheable are shared with all. */
const isShared = (attributes: number): boolean => (attributes & 0xf0) === 0 || attributes === 0x44;

/** The context of the level that the instruction names; PSTATE is as it was afterwards. */
function contextFor(core: Core, level: Level): ReturnType<typeof contextOf> {
  const { pstate } = core.state;
  const { el } = pstate;
  pstate.el = level;
  try {
    return contextOf(core);
  } finally {
    pstate.el = el;
  }
}

/** PAR_EL1.S and PTW: the fault is one of stage 2, and came up in a walk of stage 1. */
const ofStageTwo = (fault: StageTwoFault | undefined): bigint =>
  fault === undefined ? 0n : STAGE_TWO | (fault.walk ? WALK : 0n);

/** @param address the virtual address */
export function translateInto(
  core: Core,
  address: bigint,
  { level, kind, pan, lower }: AddressTranslation,
): Access {
  const from = core.state.pstate.el;
  // EL2 as a host asks for its own EL0 and EL1 unless it names both stages.
  const context = contextFor(core, from === 2 && lower !== true && level === 1 ? 1 : level);
  const both = lower === true;
  const found = (both ? translateWith : stageOne)(core, context, {
    address,
    kind,
    el: level,
    pan: pan === true && core.state.pstate.pan === 1,
  });
  if (found.kind === "lacks")
    return { kind: "stop", stop: { kind: "lacks", word: 0, address: readPc(core.state), what: found.what } };
  const value =
    found.kind === "fault"
      ? FORM | FAILED | (BigInt(found.code) << CODE_AT) | ofStageTwo(found.stageTwo)
      : FORM |
        NON_SECURE |
        (found.physical & ~0xfffn) |
        (BigInt(found.attributes) << ATTRIBUTES_AT) |
        ((isShared(found.attributes) ? OUTER : BigInt(found.shareability)) << SHAREABILITY_AT);
  core.state.system.set(PAR_EL1, value);
  return { kind: "done", value: 0n };
}
