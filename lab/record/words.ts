/** Instruction words of A64 that questions are made of. */
import type { Encoding } from "../../src/tables/index.ts";

const system = (read: boolean, { op0, op1, crn, crm, op2 }: Encoding, rt: number): number =>
  (0xd500_0000 |
    (read ? 0x20_0000 : 0) |
    (op0 << 19) |
    (op1 << 16) |
    (crn << 12) |
    (crm << 8) |
    (op2 << 5) |
    rt) >>>
  0;

/** MRS Xt, of the register with that encoding (op0 2 or 3). */
export const mrs = (encoding: Encoding, rt = 0): number => system(true, encoding, rt);
/** MSR of the register with that encoding. */
export const msr = (encoding: Encoding, rt = 0): number => system(false, encoding, rt);
/** SYS: TLBI, DC, IC, AT … (op0 1); rt 31 where it takes no register. */
export const sys = (encoding: Encoding, rt = 0): number => system(false, encoding, rt);
export const hvc = (immediate = 0): number => (0xd400_0002 | (immediate << 5)) >>> 0;
export const smc = (immediate = 0): number => (0xd400_0003 | (immediate << 5)) >>> 0;

/** The encoding that an MRS reads; undefined for other instructions. */
export function readByMrs(word: number): Encoding | undefined {
  if (word >>> 20 !== 0xd53) return undefined;
  return {
    op0: (word >>> 19) & 3,
    op1: (word >>> 16) & 7,
    crn: (word >>> 12) & 15,
    crm: (word >>> 8) & 15,
    op2: (word >>> 5) & 7,
  };
}

/** HVC or SMC, with any immediate. */
export const isCall = (word: number): boolean =>
  word >>> 21 === 0x6a0 && ((word & 0x1f) === 2 || (word & 0x1f) === 3);

/** The register that an MRS writes. */
export const targetOf = (word: number): number => word & 0x1f;

/** The agent's page for loads and stores, `AGENT_SCRATCH` of examples/vmm/agent.h. */
export const SCRATCH = 0x4001_1000n;
