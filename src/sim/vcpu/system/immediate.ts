/** MSR (immediate): single fields of PSTATE. */
import { contextOf } from "../execute/context.ts";
import { changeLevel } from "../state.ts";
import { type Access, type Core, encodingKey, UNDEFINED } from "../world.ts";

import { cpuHas } from "./facts.ts";
import { keysOf } from "./keys.ts";
import { systemTrap } from "./names.ts";

const done: Access = { kind: "done", value: 0n };
const undefinedAccess: Access = { kind: "trap", trap: UNDEFINED };

/** SCTLR_EL1.UMA: EL0 may change its masks. */
const UMA = 1n << 9n;
const MSR_IMMEDIATE = 4;

/** SVCR's fields. */
const STREAMING = { op1: 3, op2: 3 };

interface Field {
  readonly op1: number;
  readonly op2: number;
  /** CRm selects more than a value: these bits of it must be as `crmIs`. */
  readonly crmMask?: number;
  readonly crmIs?: number;
  /** It exists where the CPU has one of these. */
  readonly features: readonly string[];
  /** MSR_ name of the instructions' table, where KVM or the platform has a say. */
  readonly fate?: string;
  readonly atEl0?: "yes" | "by SCTLR_EL1.UMA";
  readonly set: (core: Core, crm: number) => void;
}

const bit = (crm: number): 0 | 1 => ((crm & 1) === 1 ? 1 : 0);

const fields: readonly Field[] = [
  { op1: 0, op2: 3, features: ["FEAT_UAO"], set: ({ state }, crm) => (state.pstate.uao = bit(crm)) },
  { op1: 0, op2: 4, features: ["FEAT_PAN"], set: ({ state }, crm) => (state.pstate.pan = bit(crm)) },
  { op1: 0, op2: 5, features: [], set: ({ state }, crm) => changeLevel(state, state.pstate.el, bit(crm)) },
  {
    op1: 1,
    op2: 0,
    crmMask: 0xe,
    crmIs: 0,
    features: ["FEAT_NMI"],
    set: ({ state }, crm) => (state.pstate.allint = bit(crm)),
  },
  {
    op1: 3,
    op2: 1,
    features: ["FEAT_SSBS2"],
    fate: "MSR_SSBS",
    atEl0: "yes",
    set: ({ state }, crm) => (state.pstate.ssbs = bit(crm)),
  },
  {
    op1: 3,
    op2: 2,
    features: ["FEAT_DIT"],
    atEl0: "yes",
    set: ({ state }, crm) => (state.pstate.dit = bit(crm)),
  },
  {
    op1: 3,
    op2: 4,
    features: ["FEAT_MTE"],
    atEl0: "yes",
    set: ({ state }, crm) => (state.pstate.tco = bit(crm)),
  },
  {
    op1: 3,
    op2: 6,
    features: [],
    atEl0: "by SCTLR_EL1.UMA",
    set: ({ state }, crm) => (state.pstate.daif |= crm),
  },
  {
    op1: 3,
    op2: 7,
    features: [],
    atEl0: "by SCTLR_EL1.UMA",
    set: ({ state }, crm) => (state.pstate.daif &= ~crm & 0xf),
  },
];

const byOperands = new Map(fields.map((field) => [(field.op1 << 3) | field.op2, field]));

/** @returns undefined where no field has these operands */
export function changeState(core: Core, op1: number, op2: number, crm: number): Access | undefined {
  if (op1 === STREAMING.op1 && op2 === STREAMING.op2) return changeStreaming(core);
  const field = byOperands.get((op1 << 3) | op2);
  if (field === undefined || (crm & (field.crmMask ?? 0)) !== (field.crmIs ?? 0)) return undefined;
  const { el } = core.state.pstate;
  if (el === 0 && field.atEl0 === undefined) return undefinedAccess;
  if (field.fate === undefined) {
    if (!field.features.every((feature) => cpuHas(core, feature))) return undefinedAccess;
  } else if (core.hypervisor.fate(field.fate) !== "executes") return undefinedAccess;
  if (el === 0 && field.atEl0 === "by SCTLR_EL1.UMA") {
    const sctlr = core.state.system.get(keysOf(1).sctlr) ?? 0n;
    if ((sctlr & UMA) === 0n) return { kind: "trap", trap: immediateTrap(op1, op2, crm) };
  }
  field.set(core, crm);
  return done;
}

/** SMSTART and SMSTOP: CPACR_EL1.SMEN closes them ahead of KVM, which has no SME for a guest. */
function changeStreaming(core: Core): Access {
  if (!cpuHas(core, "FEAT_SME")) return undefinedAccess;
  const trap = contextOf(core).traps.sme;
  return trap === undefined ? undefinedAccess : { kind: "trap", trap };
}

/** The trap of MSR (immediate): CRn is 4, Rt is 31. */
const immediateTrap = (op1: number, op2: number, crm: number): ReturnType<typeof systemTrap> => {
  const trap = systemTrap(encodingKey({ op0: 0, op1, crn: MSR_IMMEDIATE, crm, op2 }), false);
  return { ...trap, iss: trap.iss | (0x1f << 5) };
};
