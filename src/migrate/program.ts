/**
 * What a guest runs on both sides of a migration: a loop that counts, asks for the PSCI version, reads what it knows its
 * CPU by and the counter, and keeps its count in memory.
 */
import { idRegister, systemRegister } from "../tables/index.ts";

export const PROGRAM_BASE = 0x4000_0000n;
/** Whole pages; the program at its start, the count at half of it. */
export const PROGRAM_MEMORY = 0x1_0000;

/** X26 holds the time, which differs from run to run. */
export const timeRegister = 26;

const MRS = 0xd530_0000;

function mrs(name: string, to: number): number {
  const of = idRegister(name) ?? systemRegister(name);
  if (of === undefined) throw new Error(`no system register is called ${name}`);
  const { op0, op1, crn, crm, op2 } = of;
  return (MRS | ((op0 & 1) << 19) | (op1 << 16) | (crn << 12) | (crm << 8) | (op2 << 5) | to) >>> 0;
}

/** What the program reads, by the general register that holds it. */
export const programReads: ReadonlyMap<number, string> = new Map([
  [21, "MIDR_EL1"],
  [22, "CTR_EL0"],
  [23, "CNTFRQ_EL0"],
  [24, "ID_AA64PFR0_EL1"],
  [25, "DCZID_EL0"],
]);

const HVC = 0xd400_0002;
const SMC = 0xd400_0003;

/** @param level at which the guest begins: at EL2 an HVC would be its own */
export function program(level: 1 | 2): Uint8Array {
  const loop = [
    0x9100_0673, // add x19, x19, #1
    0x52b0_8000, // mov w0, #0x84000000: PSCI_VERSION
    level === 2 ? SMC : HVC,
    0xaa00_03f4, // mov x20, x0
    ...[...programReads].map(([to, name]) => mrs(name, to)),
    mrs("CNTVCT_EL0", timeRegister),
    0xf900_0373, // str x19, [x27]
    0xf940_037c, // ldr x28, [x27]
  ];
  const back = (0x1400_0000 | (-loop.length & 0x3ff_ffff)) >>> 0; // b
  // movz x27, #0x4000, lsl #16; movk x27, #0x8000
  const words = [0xd2a8_001b, 0xf290_001b, ...loop, back];
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  for (const [at, word] of words.entries()) view.setUint32(4 * at, word, true);
  return bytes;
}
