/** What a vCPU holds: everything that a snapshot keeps but memory. Mutable, because a guest is. */

/** Index in `x` of the zero register (reads 0; nothing writes it), the stack pointer in use, and where writes to XZR go. */
export const ZERO = 31;
export const SP = 32;
export const SINK = 33;

/** Bytes of a Z register at the longest vector length; V is its first 16. */
export const Z_BYTES = 256;
export const P_BYTES = 32;

export type Level = 0 | 1 | 2;

/** PSTATE but for NZCV. */
export interface ProcessState {
  el: Level;
  /** PSTATE.SP: 1 where the level uses its own stack pointer. */
  sp: 0 | 1;
  /** D, A, I, F as bits 3 to 0. */
  daif: number;
  /** The single bits that features add; 0 where the CPU lacks them. */
  pan: 0 | 1;
  uao: 0 | 1;
  dit: 0 | 1;
  tco: 0 | 1;
  ssbs: 0 | 1;
  allint: 0 | 1;
  /** PSTATE.BTYPE. */
  btype: number;
  il: 0 | 1;
  ss: 0 | 1;
}

/** An exception that was taken: where, why, and how many instructions had been executed by then. */
export interface TakenException {
  readonly retired: number;
  readonly address: bigint;
  /** ESR_ELx. */
  readonly syndrome: bigint;
}

export interface VcpuState {
  /** X n in two halves: bits 31:0 at 2n, bits 63:32 at 2n + 1; n also ZERO, SP, SINK. */
  readonly x: Int32Array;
  /** Halves of the program counter, as signed 32-bit numbers. */
  pcLow: number;
  pcHigh: number;
  /** N, Z, C, V as bits 3 to 0. */
  nzcv: number;
  readonly pstate: ProcessState;
  /** Bits of PSTATE that user space set and the core does not model, those of AArch32 modes among them. */
  pstateRest: bigint;
  /** SP_EL0, SP_EL1, SP_EL2; the one in use is out of date, its value is in `x`. */
  readonly stackPointers: BigUint64Array;
  /**
   * System registers by `encodingKey`: what they hold, as the architecture's bits. Registers that are views of others
   * (NZCV, ELR_EL12, TPIDR through HCR_EL2 …) are not here; nor are ID registers, which are the VM's.
   */
  readonly system: Map<number, bigint>;
  /**
   * `retired` when user space last wrote, by `encodingKey`: once the guest has gone on, a register holds no more bits than
   * the CPU has.
   */
  readonly written: Map<number, number>;
  /** CCSIDR_EL1 by bits 3:0 of CSSELR_EL1; filled at KVM_ARM_VCPU_INIT. */
  readonly caches: Map<number, bigint>;
  readonly z: Uint8Array;
  readonly p: Uint8Array;
  readonly ffr: Uint8Array;
  fpcr: number;
  fpsr: number;
  /** The exclusive monitor: the physical address and bytes that LDXR saw; undefined: open. */
  exclusive: { readonly address: bigint; readonly size: number } | undefined;
  /** Instructions executed so far; the guest's clocks go by it. */
  retired: number;
  /** The first exception since the last instruction that was executed; for people, no state of the architecture's. */
  firstException: TakenException | undefined;
}

export function freshState(): VcpuState {
  return {
    x: new Int32Array(34 * 2),
    pcLow: 0,
    pcHigh: 0,
    nzcv: 0,
    pstate: {
      el: 1,
      sp: 1,
      daif: 0xf,
      pan: 0,
      uao: 0,
      dit: 0,
      tco: 0,
      ssbs: 0,
      allint: 0,
      btype: 0,
      il: 0,
      ss: 0,
    },
    pstateRest: 0n,
    stackPointers: new BigUint64Array(3),
    system: new Map(),
    written: new Map(),
    caches: new Map(),
    z: new Uint8Array(32 * Z_BYTES),
    p: new Uint8Array(16 * P_BYTES),
    ffr: new Uint8Array(P_BYTES),
    fpcr: 0,
    fpsr: 0,
    exclusive: undefined,
    retired: 0,
    firstException: undefined,
  };
}

const join = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

/** @param n register number, ZERO or SP */
export const readX = (state: VcpuState, n: number): bigint =>
  join(state.x[2 * n] ?? 0, state.x[2 * n + 1] ?? 0);

/** @param n register number or SP; a write to ZERO is dropped */
export function writeX(state: VcpuState, n: number, value: bigint): void {
  if (n === ZERO) return;
  state.x[2 * n] = Number(BigInt.asIntN(32, value));
  state.x[2 * n + 1] = Number(BigInt.asIntN(32, value >> 32n));
}

export const readPc = (state: VcpuState): bigint => join(state.pcLow, state.pcHigh);

export function writePc(state: VcpuState, value: bigint): void {
  state.pcLow = Number(BigInt.asIntN(32, value));
  state.pcHigh = Number(BigInt.asIntN(32, value >> 32n));
}

/** Which of the stack pointers is in use: 0 for SP_EL0. */
const inUse = ({ pstate }: VcpuState): number => (pstate.sp === 0 ? 0 : pstate.el);

/** SP_EL0, SP_EL1 or SP_EL2. */
export const readStackPointer = (state: VcpuState, of: Level): bigint =>
  of === inUse(state) ? readX(state, SP) : (state.stackPointers[of] ?? 0n);

export function writeStackPointer(state: VcpuState, of: Level, value: bigint): void {
  if (of === inUse(state)) writeX(state, SP, value);
  else state.stackPointers[of] = value;
}

/** Changes the exception level and the choice of stack pointer, and brings the right one into use. */
export function changeLevel(state: VcpuState, el: Level, sp: 0 | 1): void {
  state.stackPointers[inUse(state)] = readX(state, SP);
  state.pstate.el = el;
  state.pstate.sp = sp;
  writeX(state, SP, state.stackPointers[inUse(state)] ?? 0n);
}
