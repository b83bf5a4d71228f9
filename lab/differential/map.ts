/** Where things are in the memory of a test machine, and in the record of a block. */

/** Where QEMU's `virt` machine has its RAM. */
export const RAM = 0x4000_0000;
export const RAM_BYTES = 64 * 2 ** 20;
/** The emulator puts its device tree at the start of RAM: nothing of ours is below. Code; EL1 only. */
export const CODE = RAM + 0x20_0000;
export const VECTORS = CODE + 0x800;
export const TABLES = CODE + 0x1000;
/** What the frame remembers between blocks, see {@link variables}. */
export const VARIABLES = CODE + 0x3000;
/** Results of the machine as a whole: what ID registers say. */
export const IDENTITY = CODE + 0x3800;
export const BLOCKS = CODE + 0x6000;
/** Code of blocks ends here. */
export const CODE_END = RAM + 0x80_0000;
/** Exceptions that blocks took, in order. */
export const LOG = RAM + 0x80_0000;
export const LOG_END = RAM + 0x100_0000;
/** Records of blocks: state before and, once it ran, after it. */
export const RECORDS = RAM + 0x100_0000;
export const RECORDS_END = RAM + 0x200_0000;
/** SVE's part of the records. */
export const SVE_RECORDS = RAM + 0x200_0000;
export const SVE_RECORDS_END = RAM + 0x300_0000;
/** Scratch areas; EL0 may read and write them, for LDTR and STTR. */
export const SCRATCHES = RAM + 0x300_0000;
export const SCRATCHES_END = RAM + RAM_BYTES;

/** Of one block; the base register points at its start. DC ZVA clears up to 2 KB, 512 bytes on QEMU's `max`. */
export const SCRATCH_BYTES = 1024;
/** Register that holds the address of the scratch area all through a block. */
export const BASE = 28;

/** Offsets of 64-bit variables from VARIABLES. */
export const variables = {
  /** Where the next exception is logged. */
  log: 0,
  blockStart: 8,
  /** Where a block goes on that jumped out of itself. */
  blockEnd: 16,
  record: 24,
  lastRecord: 32,
  saved2: 40,
  saved3: 48,
  /** 0; 1: the log is full; 2: an exception of a kind that no block should take. */
  verdict: 56,
  /** Bytes of a vector register of SVE; 0: SVE is not used. */
  vectorBytes: 64,
  sveRecord: 72,
} as const;

/** Offsets in an entry of the log. */
export const logged = { esr: 0, elr: 8, far: 16, spsr: 24 } as const;
export const LOG_ENTRY = 32;

/** Offsets in a record. X0 is at 0, V0 at `v`. */
export const recorded = {
  sp: 248,
  nzcv: 256,
  fpcr: 264,
  fpsr: 272,
  tpidr: 280,
  code: 288,
  codeEnd: 296,
  v: 320,
} as const;
export const RECORD_BYTES = 832;

/** Length of the vectors of SVE that blocks have. */
export const VECTOR_BYTES = 32;
export const PREDICATE_BYTES = VECTOR_BYTES / 8;
/** P0 to P15, and FFR behind them. */
export const PREDICATES = 17;
/** Offsets in SVE's part of a record. */
export const sveRecorded = {
  p: 0,
  z: Math.ceil((PREDICATES * PREDICATE_BYTES) / VECTOR_BYTES) * VECTOR_BYTES,
} as const;
export const SVE_RECORD_BYTES = sveRecorded.z + 32 * VECTOR_BYTES;
export const GENERAL = 31;
export const VECTORS_COUNT = 32;
