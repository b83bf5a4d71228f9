/** A64 words of the instructions that frame the tests, and labels between them. */

const word = (bits: number): number => bits >>> 0;

export const NOP = 0xd503_201f;
export const ERET = 0xd69f_03e0;
export const ISB = 0xd503_3fdf;
export const DSB_SY = 0xd503_3f9f;
export const CLREX = 0xd503_3f5f;
/** Number of the stack pointer, and of the zero register. */
export const SP = 31;
export const XZR = 31;

/** System registers by op0:op1:CRn:CRm:op2 as in MRS and MSR, already shifted to bits 20:5. */
const systemRegister = (op0: number, op1: number, crn: number, crm: number, op2: number): number =>
  ((op0 & 3) << 19) | (op1 << 16) | (crn << 12) | (crm << 8) | (op2 << 5);

export const registers = {
  sctlr: systemRegister(3, 0, 1, 0, 0),
  cpacr: systemRegister(3, 0, 1, 0, 2),
  ttbr0: systemRegister(3, 0, 2, 0, 0),
  tcr: systemRegister(3, 0, 2, 0, 2),
  spsr: systemRegister(3, 0, 4, 0, 0),
  elr: systemRegister(3, 0, 4, 0, 1),
  esr: systemRegister(3, 0, 5, 2, 0),
  far: systemRegister(3, 0, 6, 0, 0),
  mair: systemRegister(3, 0, 10, 2, 0),
  zcr: systemRegister(3, 0, 1, 2, 0),
  vbar: systemRegister(3, 0, 12, 0, 0),
  tpidrEl1: systemRegister(3, 0, 13, 0, 4),
  tpidrroEl0: systemRegister(3, 3, 13, 0, 3),
  tpidrEl0: systemRegister(3, 3, 13, 0, 2),
  nzcv: systemRegister(3, 3, 4, 2, 0),
  fpcr: systemRegister(3, 3, 4, 4, 0),
  fpsr: systemRegister(3, 3, 4, 4, 1),
} as const;

/** @param register bits 20:5 of the word */
export const mrs = (rt: number, register: number): number => word(0xd520_0000 | register | rt);
export const msr = (register: number, rt: number): number => word(0xd500_0000 | register | rt);
export const hvc = (immediate: number): number => word(0xd400_0002 | (immediate << 5));

/** Z means that `shift` is 0, 16, 32 or 48. */
export const movz = (rd: number, immediate: number, shift = 0): number =>
  word(0xd280_0000 | ((shift / 16) << 21) | ((immediate & 0xffff) << 5) | rd);
export const movk = (rd: number, immediate: number, shift: number): number =>
  word(0xf280_0000 | ((shift / 16) << 21) | ((immediate & 0xffff) << 5) | rd);

/** Puts any 64-bit value into a register. */
export function loadConstant(rd: number, value: bigint): readonly number[] {
  const halves = [0, 16, 32, 48].map((shift) => Number((value >> BigInt(shift)) & 0xffffn));
  return [
    movz(rd, halves[0] ?? 0),
    ...[1, 2, 3].flatMap((at) => (halves[at] === 0 ? [] : [movk(rd, halves[at] ?? 0, 16 * at)])),
  ];
}

/** 64 bits; 31 is the stack pointer in `rd` and `rn`. @param immediate 0 to 4095 */
export const addImmediate = (rd: number, rn: number, immediate: number, shifted = false): number =>
  word(0x9100_0000 | (shifted ? 1 << 22 : 0) | (immediate << 10) | (rn << 5) | rd);
export const subImmediate = (rd: number, rn: number, immediate: number, shifted = false): number =>
  word(0xd100_0000 | (shifted ? 1 << 22 : 0) | (immediate << 10) | (rn << 5) | rd);
export const compare = (rn: number, rm: number): number => word(0xeb00_001f | (rm << 16) | (rn << 5));
/** TST with a run of ones, 64 bits. @param from number of the lowest of them */
export const testBits = (rn: number, from: number, count: number): number =>
  word(0xf240_001f | (((64 - from) & 63) << 16) | ((count - 1) << 10) | (rn << 5));
export const orr = (rd: number, rn: number, rm: number): number =>
  word(0xaa00_0000 | (rm << 16) | (rn << 5) | rd);

const addressed = (base: number, rt: number, rn: number, offset: number, scale: number): number =>
  word(base | ((offset / scale) << 10) | (rn << 5) | rt);
/** 64 bits. @param offset in bytes, a multiple of 8, 0 to 32760 */
export const ldr = (rt: number, rn: number, offset: number): number =>
  addressed(0xf940_0000, rt, rn, offset, 8);
export const str = (rt: number, rn: number, offset: number): number =>
  addressed(0xf900_0000, rt, rn, offset, 8);

const paired = (base: number, rt: number, rt2: number, rn: number, offset: number, scale: number): number =>
  word(base | (((offset / scale) & 0x7f) << 15) | (rt2 << 10) | (rn << 5) | rt);
/** 64 bits. @param offset in bytes, a multiple of 8, -512 to 504 */
export const ldp = (rt: number, rt2: number, rn: number, offset: number): number =>
  paired(0xa940_0000, rt, rt2, rn, offset, 8);
export const stp = (rt: number, rt2: number, rn: number, offset: number): number =>
  paired(0xa900_0000, rt, rt2, rn, offset, 8);
/** 128 bits. @param offset in bytes, a multiple of 16, -1024 to 1008 */
export const ldpQ = (rt: number, rt2: number, rn: number, offset: number): number =>
  paired(0xad40_0000, rt, rt2, rn, offset, 16);
export const stpQ = (rt: number, rt2: number, rn: number, offset: number): number =>
  paired(0xad00_0000, rt, rt2, rn, offset, 16);

/** LDR and STR of a predicate or vector of SVE, and the moves of FFR. @param at in units of its length, 0 to 255 */
const scalable = (base: number, rt: number, rn: number, at: number): number =>
  word(base | ((at >> 3) << 16) | ((at & 7) << 10) | (rn << 5) | rt);
export const ldrP = (pt: number, rn: number, at: number): number => scalable(0x8580_0000, pt, rn, at);
export const strP = (pt: number, rn: number, at: number): number => scalable(0xe580_0000, pt, rn, at);
export const ldrZ = (zt: number, rn: number, at: number): number => scalable(0x8580_4000, zt, rn, at);
export const strZ = (zt: number, rn: number, at: number): number => scalable(0xe580_4000, zt, rn, at);
export const writeFfr = (pn: number): number => word(0x2528_9000 | (pn << 5));
export const readFfr = (pd: number): number => word(0x2519_f000 | pd);

/** Distances in bytes from the instruction. */
export const b = (distance: number): number => word(0x1400_0000 | ((distance >> 2) & 0x3ff_ffff));
export const bl = (distance: number): number => word(0x9400_0000 | ((distance >> 2) & 0x3ff_ffff));
export const bCond = (condition: number, distance: number): number =>
  word(0x5400_0000 | (((distance >> 2) & 0x7_ffff) << 5) | condition);
export const cbz = (rt: number, distance: number): number =>
  word(0xb400_0000 | (((distance >> 2) & 0x7_ffff) << 5) | rt);
export const adr = (rd: number, distance: number): number =>
  word(0x1000_0000 | ((distance & 3) << 29) | (((distance >> 2) & 0x7_ffff) << 5) | rd);

export const EQ = 0;
export const NE = 1;
/** Unsigned: higher or same, lower. */
export const HS = 2;
export const LO = 3;

/** A word, a name for the address of the next one, or a word that depends on the distance to a name. */
export type Line =
  | number
  | { readonly label: string }
  | { readonly to: string; word(distance: number): number };

/**
 * @param known addresses of names outside these lines
 * @returns words, and the addresses of the names in these lines
 * @throws Error for a name that is nowhere
 */
export function assemble(
  address: number,
  lines: readonly Line[],
  known: ReadonlyMap<string, number> = new Map(),
): { readonly words: readonly number[]; readonly labels: ReadonlyMap<string, number> } {
  const labels = new Map<string, number>();
  let at = address;
  for (const line of lines) {
    if (typeof line === "object" && "label" in line) labels.set(line.label, at);
    else at += 4;
  }
  const words: number[] = [];
  for (const line of lines) {
    if (typeof line === "number") words.push(line);
    else if ("to" in line) {
      const target = labels.get(line.to) ?? known.get(line.to);
      if (target === undefined) throw new Error(`no label ${line.to}`);
      words.push(line.word(target - (address + 4 * words.length)));
    }
  }
  return { words, labels };
}
