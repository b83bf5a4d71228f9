/**
 * The interpreter's own state around a core: what can be thrown away and made again.
 *
 * An instruction is executed by a closure, its `Op`, which `compile` makes of it once. Registers are pairs of 32-bit
 * halves, since JavaScript has no fast 64-bit integer.
 */
import type { Debugging } from "../debug.ts";
import type { Region } from "../memory.ts";
import type { VcpuState } from "../state.ts";
import type { Core, Stop, Trap } from "../world.ts";
import { UNDEFINED } from "../world.ts";
import type { Context } from "./context.ts";
import { contextOf } from "./context.ts";
import type { PhysicalPage, Space } from "./space.ts";
import { spaceOf } from "./space.ts";

/** What an `Op` answers. */
/** The next instruction follows. */
export const NEXT = 0;
/** The op has written the program counter. */
export const BRANCH = 1;
/** The instruction takes `machine.trap`; the program counter is at it. */
export const RAISE = 2;
/** The core stops with `machine.stop`, the program counter at this instruction, which has not been executed. */
export const STOP = 3;
/** The core stops with `machine.stop`; the instruction is done and the next one follows. */
export const STOP_AFTER = 4;
/** As NEXT, but the block ends: translation, level, traps or code may have changed. */
export const RENEW = 5;
/** As BRANCH, and as RENEW. */
export const BRANCH_RENEW = 6;

/** The core stops with `machine.stop`; the op has written the program counter. */
export const STOP_THERE = 7;

export type Answer = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/**
 * Executes one instruction. While a block runs, the program counter of the state is that of the block's first
 * instruction; an op that needs its own adds the offset that it was compiled with.
 */
export type Op = (machine: Machine) => Answer;

/** A page of virtual memory with the page behind it. */
export interface Translation {
  /** Bits 31:12 of the virtual address in place, and its upper half; `low` is odd where there is none. */
  readonly low: number;
  readonly high: number;
  readonly page: PhysicalPage;
  readonly view: DataView;
  readonly lines: Uint8Array;
}

/** Translations of one kind of access, by bits of the page number. */
export type TranslationBuffer = Translation[];

export const BUFFER_BITS = 10;

export interface Buffers {
  readonly reads: TranslationBuffer;
  readonly writes: TranslationBuffer;
  /** All that is in those, and what does not fit into them any more, by number of the virtual page. */
  readonly moreReads: Map<number, Translation>;
  readonly moreWrites: Map<number, Translation>;
  /** It may have translations. */
  used: boolean;
}

export interface Machine {
  readonly state: VcpuState;
  /** `state.x`. */
  readonly x: Int32Array;
  /** `state.z` in words. */
  readonly z: Int32Array;
  core: Core;
  space: Space;
  trap: Trap;
  stop: Stop;
  /** Halves of a 64-bit result that a function leaves here beside its answer. */
  low: number;
  high: number;
  /** Where the last load or store found no memory: its physical address; undefined otherwise. */
  missing: bigint | undefined;
  /** What registers say of translation, byte order and traps; made anew with each RENEW. */
  context: Context;
  /** The last context of each level and PSTATE.PAN (`contextIndex`): translations are kept as long as they stay. */
  readonly contexts: (Context | undefined)[];
  /** The memory's regions when translations were last made. */
  regions: readonly Region[];
  /** Data is little-endian. */
  little: boolean;
  /** -1 where each access has to be aligned, else 0. */
  strict: number;
  /** Buffers for loads, stores and fetches at the level in use; `buffers` has those of all, by `contextIndex`. */
  reads: TranslationBuffer;
  writes: TranslationBuffer;
  readonly buffers: (Buffers | undefined)[];
  /** Counts up whenever translations are dropped. */
  translationStamp: number;
  /** What LDXR read, for STXR to compare: up to 16 bytes; and the monitor's state that it belongs to. */
  readonly monitored: Int32Array;
  monitor: VcpuState["exclusive"];
  /** Fates by name and level, as of `fateGeneration`. */
  readonly fates: Map<string, FateCell>;
  fateGeneration: number;
  /** The access under way has SP as its base, and its tag is not compared. */
  untagged: boolean;
  /** The block that runs lies in a guarded page (FEAT_BTI). */
  guarded: boolean;
  /** Debug exceptions that are enabled at the level. */
  debugging: Debugging | undefined;
  /** The last instruction was one that PSTATE.SS let through. */
  stepped: boolean;
  /** The event register: SEV sets it, WFE clears it. */
  event: boolean;
}

/** Fates of one instruction at EL0, EL1 and EL2, as far as they have been asked for. */
export interface FateCell {
  readonly name: string;
  readonly at: ("executes" | "undefined" | "trapped" | undefined)[];
}

const machines = new WeakMap<VcpuState, Machine>();

const nothing: PhysicalPage = {
  number: -1,
  view: new DataView(new ArrayBuffer(0)),
  bytes: new Uint8Array(0),
  lines: new Uint8Array(0),
  readOnly: true,
  space: spaceOf({ regions: [], generation: 0 }),
};

/** The entry of a buffer that matches no address. */
export const NO_TRANSLATION: Translation = {
  low: 1,
  high: 0,
  page: nothing,
  view: nothing.view,
  lines: nothing.lines,
};

const emptyBuffer = (): TranslationBuffer => new Array(1 << BUFFER_BITS).fill(NO_TRANSLATION);

const emptyBuffers = (): Buffers => ({
  reads: emptyBuffer(),
  writes: emptyBuffer(),
  moreReads: new Map(),
  moreWrites: new Map(),
  used: false,
});

/** The buffers of a level and PSTATE.PAN, about to be used. @param index `contextIndex` */
export function buffersAt(machine: Machine, index: number): Buffers {
  const known = machine.buffers[index];
  const buffers = known ?? emptyBuffers();
  if (known === undefined) machine.buffers[index] = buffers;
  buffers.used = true;
  return buffers;
}

/** The machine around a core; the same for the same state, memory and hypervisor. */
export function machineOf(core: Core): Machine {
  const known = machines.get(core.state);
  if (known !== undefined && known.core.memory === core.memory && known.core.hypervisor === core.hypervisor) {
    known.core = core;
    return known;
  }
  const first = emptyBuffers();
  const space = spaceOf(core.memory);
  space.cores++;
  const machine: Machine = {
    state: core.state,
    x: core.state.x,
    z: new Int32Array(core.state.z.buffer, core.state.z.byteOffset, core.state.z.length / 4),
    core,
    space,
    trap: UNDEFINED,
    stop: { kind: "budget" },
    low: 0,
    high: 0,
    missing: undefined,
    context: contextOf(core),
    contexts: [],
    regions: core.memory.regions,
    little: true,
    strict: -1,
    reads: first.reads,
    writes: first.writes,
    buffers: [],
    translationStamp: 0,
    monitored: new Int32Array(4),
    monitor: undefined,
    fates: new Map(),
    fateGeneration: core.hypervisor.generation,
    untagged: false,
    guarded: false,
    debugging: undefined,
    stepped: false,
    event: false,
  };
  machines.set(core.state, machine);
  return machine;
}

/** What translations depend on beside registers: the level and PSTATE.PAN. */
export const contextIndex = ({ pstate }: VcpuState): number => 2 * pstate.el + pstate.pan;

/**
 * The buffers of what LDTR and STTR reach with EL0's rights, beside those of their own level: they are of its regime,
 * which EL0 itself may not have.
 */
export const unprivilegedIndex = (state: VcpuState): number => 8 + contextIndex(state);

/** Of a buffer with fewer pages than this, entries are taken out one by one. */
const FEW = 128;

/** Empties a buffer; `more` has all that is in it. */
function emptyBoth(buffer: TranslationBuffer, more: Map<number, Translation>): void {
  if (more.size === 0) return;
  if (more.size >= FEW) buffer.fill(NO_TRANSLATION);
  else for (const page of more.keys()) buffer[page % buffer.length] = NO_TRANSLATION;
  more.clear();
}

export function dropTranslations(machine: Machine): void {
  for (const buffers of machine.buffers) {
    if (buffers === undefined || !buffers.used) continue;
    buffers.used = buffers.reads === machine.reads;
    emptyBoth(buffers.reads, buffers.moreReads);
    emptyBoth(buffers.writes, buffers.moreWrites);
  }
  machine.translationStamp++;
}

export function raise(machine: Machine, trap: Trap): typeof RAISE {
  machine.trap = trap;
  return RAISE;
}

export function stopWith(machine: Machine, stop: Stop): typeof STOP {
  machine.stop = stop;
  return STOP;
}
