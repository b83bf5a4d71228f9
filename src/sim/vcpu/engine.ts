/**
 * The core's loop. Code is run in blocks: straight runs of instructions, decoded once and kept by physical address.
 * A block holds as long as the words that it was made of are in memory; that is looked at again whenever a line with
 * code has been written (`Space.epoch`).
 */
import { type Block, type BlockCache, blockAt, cacheOf, isCurrent, TABLE_MASK, tableOf } from "./blocks.ts";
import { type Debugging, debuggingOf, debugTrap } from "./debug.ts";
import { instructionAbort } from "./execute/access.ts";
import { contextOf, holds, sameTranslation } from "./execute/context.ts";
import { refreshFates } from "./execute/gate.ts";
import { landingFault } from "./execute/landing.ts";
import {
  BRANCH,
  BRANCH_RENEW,
  buffersAt,
  contextIndex,
  dropTranslations,
  type Machine,
  machineOf,
  NEXT,
  RAISE,
  RENEW,
  STOP,
  STOP_AFTER,
} from "./execute/machine.ts";
import { refreshSpace, spaceOf } from "./execute/space.ts";
import { fetchPage } from "./fetch.ts";
import { readPc } from "./state.ts";
import { takeException } from "./system/exceptions.ts";
import type { Core, Stop, Trap } from "./world.ts";

/** ESR_ELx.EC of a program counter that is not aligned, and of an illegal state. */
const PC_ALIGNMENT = 0x22;
const ILLEGAL_STATE = 0x0e;

/** Takes note of what system registers, level and hypervisor say now. */
function renew(machine: Machine): void {
  refreshFates(machine);
  const { core, state } = machine;
  machine.debugging = debuggingOf(core);
  const index = contextIndex(state);
  let context = machine.contexts[index];
  if (context === undefined || !holds(context, core)) {
    const before = context;
    context = contextOf(core);
    if (before !== undefined && !sameTranslation(before, context)) dropTranslations(machine);
    machine.contexts[index] = context;
  }
  if (machine.context === context) return;
  machine.context = context;
  machine.little = !context.bigEndian;
  machine.strict = context.strict ? -1 : 0;
  const { reads, writes } = buffersAt(machine, index);
  machine.reads = reads;
  machine.writes = writes;
}

function raised(machine: Machine, trap: Trap): void {
  takeException(machine.core, trap);
  renew(machine);
}

/** What keeps the next instruction from being fetched. */
function obstacle({ state }: Machine): Trap | undefined {
  if ((state.pcLow & 3) !== 0) return { ec: PC_ALIGNMENT, iss: 0, far: readPc(state) };
  if (state.pstate.il === 1) return { ec: ILLEGAL_STATE, iss: 0 };
  return undefined;
}

/** The block at the program counter; a trap or a stop where there is none. */
function find(machine: Machine, cache: BlockCache): Block | Trap | Stop {
  const { state, space, context } = machine;
  const table = tableOf(cache, context.el);
  const index = (state.pcLow >>> 2) & TABLE_MASK;
  const known = table[index];
  if (
    known !== undefined &&
    known.low === state.pcLow &&
    known.high === state.pcHigh &&
    known.stamp === machine.translationStamp &&
    state.pstate.il === 0
  ) {
    machine.guarded = known.guarded;
    if (known.block.epoch === space.epoch || isCurrent(known.block, space)) return known.block;
  }
  const trap = obstacle(machine);
  if (trap !== undefined) return trap;
  const page = fetchPage(machine);
  if ("kind" in page) {
    if (page.kind === "abort") return instructionAbort(machine, readPc(state), page.code, page.stageTwo);
    return { kind: "lacks", word: 0, address: readPc(state), what: page.what };
  }
  machine.guarded = page.guarded;
  const block = blockAt(machine, cache, page.page, state.pcLow & 0xffc);
  table[index] = {
    low: state.pcLow,
    high: state.pcHigh,
    stamp: machine.translationStamp,
    guarded: page.guarded,
    block,
  };
  return block;
}

/** What debugging has to say before the next instruction. */
function debug(machine: Machine, debugging: Debugging): Trap | Stop | undefined {
  if (debugging.lacks !== undefined)
    return { kind: "lacks", word: 0, address: readPc(machine.state), what: debugging.lacks };
  return debugTrap(machine, debugging);
}

/** One instruction under PSTATE.SS: behind it the exception is pending. */
function step(machine: Machine, { stepping }: Debugging): void {
  if (!stepping) return;
  machine.stepped = true;
  machine.state.pstate.ss = 0;
}

/** A stop with the address of the instruction that it is about. */
function placed(machine: Machine, word: number): Stop {
  const { stop, state } = machine;
  return stop.kind === "lacks"
    ? { ...stop, word: stop.word === 0 ? word >>> 0 : stop.word, address: readPc(state) }
    : stop;
}

function advance(machine: Machine, by: number): void {
  const { state } = machine;
  const low = (state.pcLow + by) | 0;
  if (low >>> 0 < state.pcLow >>> 0) state.pcHigh = (state.pcHigh + 1) | 0;
  state.pcLow = low;
}

/**
 * Runs until the core stops.
 *
 * @param budget most instructions to execute, exceptions taken before an instruction counted; 1 or more
 */
export function runCore(core: Core, budget: number): Stop {
  const machine = machineOf(core);
  const { state } = machine;
  machine.space = spaceOf(core.memory);
  if (machine.regions !== core.memory.regions) dropTranslations(machine);
  refreshSpace(machine.space);
  machine.regions = core.memory.regions;
  renew(machine);
  const cache = cacheOf(machine, budget);
  const { space } = machine;
  let left = budget;
  while (left > 0) {
    const { debugging } = machine;
    if (debugging !== undefined) {
      const ended = debug(machine, debugging);
      if (ended !== undefined) {
        if ("kind" in ended) return ended;
        machine.stepped = false;
        raised(machine, ended);
        left--;
        continue;
      }
    }
    const block = find(machine, debugging === undefined ? cache : cacheOf(machine, 1));
    if (!("ops" in block)) {
      if ("kind" in block) return block;
      raised(machine, block);
      left--;
      continue;
    }
    let { btype } = state.pstate;
    if (btype !== 0) {
      const trap = landingFault(machine, block.words[0] ?? 0);
      if (trap !== undefined) {
        raised(machine, trap);
        left--;
        continue;
      }
      state.pstate.btype = 0;
    }
    const { ops } = block;
    const startLow = state.pcLow;
    const startHigh = state.pcHigh;
    for (;;) {
      const count = Math.min(ops.length, left);
      if (debugging !== undefined) step(machine, debugging);
      let answer: number = NEXT;
      let i = 0;
      while (i < count) {
        answer = (ops[i] as Block["ops"][number])(machine);
        i++;
        if (answer !== NEXT) break;
      }
      left -= i;
      if (answer === BRANCH) {
        state.retired += i;
        // A loop that comes back to its own beginning stays here.
        if (
          state.pcLow === startLow &&
          state.pcHigh === startHigh &&
          block.epoch === space.epoch &&
          left > 0 &&
          debugging === undefined &&
          state.pstate.btype === 0
        ) {
          btype = 0;
          continue;
        }
        break;
      }
      if (answer === NEXT) {
        state.retired += i;
        advance(machine, 4 * i);
        break;
      }
      if (answer === BRANCH_RENEW) {
        state.retired += i;
        renew(machine);
        break;
      }
      if (answer === RENEW) {
        state.retired += i;
        advance(machine, 4 * i);
        renew(machine);
        break;
      }
      if (answer === RAISE) {
        state.retired += i - 1;
        advance(machine, 4 * (i - 1));
        if (machine.trap.after === true) state.retired++;
        // The instruction that a branch led to has not been executed.
        if (i === 1) state.pstate.btype = btype;
        raised(machine, machine.trap);
        break;
      }
      if (answer === STOP) {
        state.retired += i - 1;
        advance(machine, 4 * (i - 1));
        return placed(machine, block.words[i - 1] ?? 0);
      }
      state.retired += i;
      if (answer === STOP_AFTER) advance(machine, 4 * i);
      return machine.stop;
    }
  }
  return { kind: "budget" };
}

/** One instruction. */
export const stepCore = (core: Core): Stop => runCore(core, 1);

/** Forgets translations: after TLBI, and after registers of translation were changed from outside. */
export const invalidateTranslations = (core: Core): void => dropTranslations(machineOf(core));
