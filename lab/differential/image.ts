/** The memory of a test machine: written before it runs, read afterwards. */
import { b, NOP } from "./assemble.ts";
import type { Block, BlockState } from "./block.ts";
import { type Frame, frame, identityKeys } from "./frame.ts";
import {
  BASE,
  BLOCKS,
  CODE,
  CODE_END,
  GENERAL,
  IDENTITY,
  LOG,
  LOG_ENTRY,
  logged,
  PREDICATE_BYTES,
  PREDICATES,
  RAM,
  RAM_BYTES,
  RECORD_BYTES,
  RECORDS,
  RECORDS_END,
  recorded,
  SCRATCH_BYTES,
  SCRATCHES,
  SCRATCHES_END,
  SVE_RECORD_BYTES,
  SVE_RECORDS,
  SVE_RECORDS_END,
  sveRecorded,
  TABLES,
  VARIABLES,
  VECTOR_BYTES,
  VECTORS_COUNT,
  variables,
} from "./map.ts";

const BLOCK_PAGE = 2 ** 21;
const TABLE = 0b11n;
/** Access flag, inner shareable, attribute 0, block. */
const PAGE = (1n << 10n) | (3n << 8n) | 1n;
/** AP[1]: EL0 may, too; EL1 may then not execute there. */
const FOR_EL0 = 1n << 6n;
const TABLE_BYTES = 4096;
/** Words after a block that literal loads of its last instructions reach. */
const PADDING = 24;
export const blocksAtMost = Math.floor((RECORDS_END - RECORDS) / RECORD_BYTES);

const viewOf = (ram: Uint8Array): DataView => new DataView(ram.buffer, ram.byteOffset, ram.byteLength);

function writeTables(view: DataView): void {
  const second = TABLES + TABLE_BYTES;
  const at = (table: number, entry: number): number => table - RAM + 8 * entry;
  view.setBigUint64(at(TABLES, Math.floor(RAM / 2 ** 30)), BigInt(second) | TABLE, true);
  for (let page = 0; page < RAM_BYTES / BLOCK_PAGE; page++) {
    const address = RAM + page * BLOCK_PAGE;
    // The emulator's device tree is not ours to look at.
    if (address < CODE) continue;
    const rights = address >= SCRATCHES ? FOR_EL0 : 0n;
    view.setBigUint64(at(second, page), BigInt(address) | PAGE | rights, true);
  }
}

function writeWords(view: DataView, address: number, words: readonly number[]): void {
  for (const [at, word] of words.entries()) view.setUint32(address - RAM + 4 * at, word, true);
}

function writeState(view: DataView, record: number, scratch: number, state: BlockState): void {
  const set = (offset: number, value: bigint): void => view.setBigUint64(record - RAM + offset, value, true);
  for (const [n, value] of state.x.entries()) set(8 * n, n === BASE ? BigInt(scratch) : value);
  set(recorded.sp, state.sp);
  set(recorded.nzcv, state.nzcv);
  set(recorded.fpcr, state.fpcr);
  set(recorded.fpsr, state.fpsr);
  set(recorded.tpidr, state.tpidr);
  for (const [n, value] of state.v.entries()) {
    set(recorded.v + 16 * n, BigInt.asUintN(64, value));
    set(recorded.v + 16 * n + 8, value >> 64n);
  }
  new Uint8Array(view.buffer, view.byteOffset).set(state.scratch, scratch - RAM);
}

/** SVE's part: predicates of 4 bytes, vectors whose lower half is that of V. */
function writeSve(view: DataView, address: number, { v, sve }: BlockState): void {
  if (sve === undefined) return;
  const at = address - RAM;
  for (const [n, value] of sve.p.entries())
    view.setUint32(at + sveRecorded.p + n * PREDICATE_BYTES, Number(value), true);
  for (const [n, upper] of sve.z.entries())
    for (const [half, value] of [v[n] ?? 0n, upper].entries()) {
      const lane = at + sveRecorded.z + n * VECTOR_BYTES + 16 * half;
      view.setBigUint64(lane, BigInt.asUintN(64, value), true);
      view.setBigUint64(lane + 8, value >> 64n, true);
    }
}

function readSve(view: DataView, address: number): BlockState["sve"] {
  const at = address - RAM;
  return {
    p: Array.from({ length: PREDICATES }, (_, n) =>
      BigInt(view.getUint32(at + sveRecorded.p + n * PREDICATE_BYTES, true)),
    ),
    z: Array.from({ length: VECTORS_COUNT }, (_, n) => {
      const lane = at + sveRecorded.z + n * VECTOR_BYTES + 16;
      return view.getBigUint64(lane, true) | (view.getBigUint64(lane + 8, true) << 64n);
    }),
  };
}

/** A machine's memory, and where its blocks are. */
export interface Image {
  readonly ram: Uint8Array;
  readonly blocks: readonly Block[];
  /** Address of the first word of each block, and last the address behind all. */
  readonly starts: readonly number[];
}

let known: Frame | undefined;

/** @throws Error when the blocks have no room */
export function imageOf(blocks: readonly Block[]): Image {
  known ??= frame();
  const ram = new Uint8Array(RAM_BYTES);
  const view = viewOf(ram);
  writeTables(view);
  for (const { address, words } of known.pieces) writeWords(view, address, words);
  const starts: number[] = [];
  let code = BLOCKS;
  for (const [number, { state, items }] of blocks.entries()) {
    const words = items.flatMap((item) => item.words);
    const record = RECORDS + number * RECORD_BYTES;
    const scratch = SCRATCHES + number * SCRATCH_BYTES;
    const end = code + 4 * words.length;
    if (
      record + RECORD_BYTES > RECORDS_END ||
      scratch + SCRATCH_BYTES > SCRATCHES_END ||
      end > CODE_END - 256
    )
      throw new Error(`${blocks.length} blocks have no room in one machine`);
    writeState(view, record, scratch, state);
    if (state.sve !== undefined) {
      const part = SVE_RECORDS + number * SVE_RECORD_BYTES;
      if (part + SVE_RECORD_BYTES > SVE_RECORDS_END)
        throw new Error(`${blocks.length} blocks with SVE have no room in one machine`);
      writeSve(view, part, state);
    }
    view.setBigUint64(record - RAM + recorded.code, BigInt(code), true);
    view.setBigUint64(record - RAM + recorded.codeEnd, BigInt(end), true);
    writeWords(view, code, words);
    writeWords(view, end, [b(known.done - end), ...Array.from({ length: PADDING }, () => NOP)]);
    starts.push(code);
    code = end + 4 * (1 + PADDING);
  }
  starts.push(code);
  const set = (offset: number, value: number): void =>
    view.setBigUint64(VARIABLES - RAM + offset, BigInt(value), true);
  set(variables.log, LOG);
  set(variables.record, RECORDS);
  set(variables.vectorBytes, blocks.some(({ state }) => state.sve !== undefined) ? VECTOR_BYTES : 0);
  set(variables.sveRecord, SVE_RECORDS);
  set(variables.lastRecord, RECORDS + blocks.length * RECORD_BYTES);
  return { ram, blocks, starts };
}

export interface LoggedException {
  readonly esr: bigint;
  readonly elr: bigint;
  readonly far: bigint;
  readonly spsr: bigint;
}

/** What a machine left behind. */
export interface Outcome {
  /** As `BlockState`; fewer than blocks where it did not come to the end. */
  readonly states: readonly BlockState[];
  readonly exceptions: readonly LoggedException[];
  /** undefined: it came to its end. */
  readonly fault: string | undefined;
  /** Values of ID registers by `encodingKey`. */
  readonly identity: ReadonlyMap<number, bigint>;
}

const verdicts: Readonly<Record<number, string>> = {
  1: "the log of exceptions is full",
  2: "an exception that no block should take",
};

function readState(ram: Uint8Array, view: DataView, number: number): BlockState {
  const record = RECORDS + number * RECORD_BYTES - RAM;
  const scratch = SCRATCHES + number * SCRATCH_BYTES - RAM;
  const get = (offset: number): bigint => view.getBigUint64(record + offset, true);
  const vectors = view.getBigUint64(VARIABLES - RAM + variables.vectorBytes, true);
  const sve = vectors === 0n ? undefined : readSve(view, SVE_RECORDS + number * SVE_RECORD_BYTES);
  return {
    ...(sve === undefined ? {} : { sve }),
    x: Array.from({ length: GENERAL }, (_, n) => get(8 * n)),
    sp: get(recorded.sp),
    nzcv: get(recorded.nzcv),
    fpcr: get(recorded.fpcr),
    fpsr: get(recorded.fpsr),
    tpidr: get(recorded.tpidr),
    v: Array.from(
      { length: VECTORS_COUNT },
      (_, n) => get(recorded.v + 16 * n) | (get(recorded.v + 16 * n + 8) << 64n),
    ),
    scratch: ram.subarray(scratch, scratch + SCRATCH_BYTES),
  };
}

export function outcomeOf(ram: Uint8Array): Outcome {
  const view = viewOf(ram);
  const variable = (offset: number): number => Number(view.getBigUint64(VARIABLES - RAM + offset, true));
  const done = Math.floor((variable(variables.record) - RECORDS) / RECORD_BYTES);
  const wanted = Math.floor((variable(variables.lastRecord) - RECORDS) / RECORD_BYTES);
  const verdict = variable(variables.verdict);
  const entries = Math.max(0, Math.floor((variable(variables.log) - LOG) / LOG_ENTRY));
  return {
    states: Array.from({ length: Math.max(0, Math.min(done, blocksAtMost)) }, (_, at) =>
      readState(ram, view, at),
    ),
    exceptions: Array.from({ length: Math.min(entries, 2 ** 18) }, (_, at) => {
      const get = (offset: number): bigint => view.getBigUint64(LOG - RAM + at * LOG_ENTRY + offset, true);
      return {
        esr: get(logged.esr),
        elr: get(logged.elr),
        far: get(logged.far),
        spsr: get(logged.spsr),
      };
    }),
    fault:
      verdict !== 0
        ? (verdicts[verdict] ?? `verdict ${verdict}`)
        : done === wanted
          ? undefined
          : `it ended after ${done} of ${wanted} blocks`,
    identity: new Map(identityKeys.map((key, at) => [key, view.getBigUint64(IDENTITY - RAM + 8 * at, true)])),
  };
}
