/** Keys of the registers that the code itself has to do with. */
import { encodingKey } from "../world.ts";

const key = (op0: number, op1: number, crn: number, crm: number, op2: number): number =>
  encodingKey({ op0, op1, crn, crm, op2 });

/** Registers of one exception level that exceptions and translation use. */
export interface LevelKeys {
  readonly sctlr: number;
  readonly vbar: number;
  readonly elr: number;
  readonly spsr: number;
  readonly esr: number;
  readonly far: number;
}

const EL1: LevelKeys = {
  sctlr: key(3, 0, 1, 0, 0),
  vbar: key(3, 0, 12, 0, 0),
  elr: key(3, 0, 4, 0, 1),
  spsr: key(3, 0, 4, 0, 0),
  esr: key(3, 0, 5, 2, 0),
  far: key(3, 0, 6, 0, 0),
};
const EL2: LevelKeys = {
  sctlr: key(3, 4, 1, 0, 0),
  vbar: key(3, 4, 12, 0, 0),
  elr: key(3, 4, 4, 0, 1),
  spsr: key(3, 4, 4, 0, 0),
  esr: key(3, 4, 5, 2, 0),
  far: key(3, 4, 6, 0, 0),
};

export const keysOf = (level: 1 | 2): LevelKeys => (level === 2 ? EL2 : EL1);

export const HCR_EL2 = key(3, 4, 1, 1, 0);
export const HPFAR_EL2 = key(3, 4, 6, 0, 4);
export const PAR_EL1 = key(3, 0, 7, 4, 0);
export const CNTV_CTL_EL0 = key(3, 3, 14, 3, 1);
export const CNTV_CVAL_EL0 = key(3, 3, 14, 3, 2);
export const CNTP_CTL_EL0 = key(3, 3, 14, 2, 1);
export const CNTP_CVAL_EL0 = key(3, 3, 14, 2, 2);
export const CNTHP_CTL_EL2 = key(3, 4, 14, 2, 1);
export const CNTHP_CVAL_EL2 = key(3, 4, 14, 2, 2);
export const CNTHV_CTL_EL2 = key(3, 4, 14, 3, 1);
export const CNTHV_CVAL_EL2 = key(3, 4, 14, 3, 2);
export const CNTVOFF_EL2 = key(3, 4, 14, 0, 3);
export const PMCR_EL0 = key(3, 3, 9, 12, 0);
export const PMCNTENSET_EL0 = key(3, 3, 9, 12, 1);
export const PMSELR_EL0 = key(3, 3, 9, 12, 5);
export const PMUSERENR_EL0 = key(3, 3, 9, 14, 0);
export const PMCCNTR_EL0 = key(3, 3, 9, 13, 0);
export const PMCCFILTR_EL0 = key(3, 3, 14, 15, 7);
/** PMEVCNTR<n>_EL0 and PMEVTYPER<n>_EL0. */
export const eventCounter = (n: number): number => key(3, 3, 14, 8 + (n >> 3), n & 7);
export const eventType = (n: number): number => key(3, 3, 14, 12 + (n >> 3), n & 7);
export const CSSELR_EL1 = key(3, 2, 0, 0, 0);
export const CTR_EL0 = key(3, 3, 0, 0, 1);
export const OSLSR_EL1 = key(2, 0, 1, 1, 4);
export const HFGITR_EL2 = key(3, 4, 1, 1, 6);
