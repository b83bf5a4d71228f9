/**
 * CPY* and SET* (FEAT_MOPS) by option A: the prologue moves nothing and turns the registers into end addresses and a
 * negative count, or for a copy from the end, keeps them; main and epilogue then do the work. A step moves no more than
 * a page, and the instruction is executed again until nothing is left, so that faults and interrupts find registers
 * that say how far it got.
 */
import type { CopyInstruction, Stage } from "../decode/copy.ts";
import { readX, writeX } from "../state.ts";
import { type Trap, UNDEFINED } from "../world.ts";
import { dataAbort, loadBytesAs, storeBytesAs, unprivilegedLevel } from "./access.ts";
import { bit } from "./context.ts";
import { type Answer, BRANCH, type Machine, NEXT, type Op, raise } from "./machine.ts";
import { setTags, withoutChecks } from "./tags.ts";
import { FAULT } from "./translate.ts";

type Copy = Extract<CopyInstruction, { readonly kind: "copy" }>;
type Set = Extract<CopyInstruction, { readonly kind: "set" }>;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const s64 = (value: bigint): bigint => BigInt.asIntN(64, value);
const low32 = (value: bigint): number => Number(BigInt.asIntN(32, value));
const high32 = (value: bigint): number => Number(BigInt.asIntN(32, value >> 32n));

/** Most bytes of a step. */
const STEP = 4096n;
const MOST = 0x7fff_ffff_ffff_ffffn;
const MOST_EITHER_WAY = 0x007f_ffff_ffff_ffffn;
const SCTLR_MSCEN = 33;
/** ESR_ELx.EC of an exception of memory copy and memory set. */
const MOPS = 0x27;

const smallest = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** Registers in a state that this engine's prologue never leaves: they are of option B. */
function wrongOption({ options, d, s, n, kind, stage }: CopyInstruction, tags: boolean): Trap {
  const set = kind === "set";
  return {
    ec: MOPS,
    iss:
      (set ? 1 << 24 : 0) |
      (tags ? 1 << 23 : 0) |
      ((options & 0xf) << 19) |
      (stage === "epilogue" ? 1 << 18 : 0) |
      (1 << 17) |
      (1 << 16) |
      ((d & 31) << 10) |
      ((s & 31) << 5) |
      (n & 31),
  };
}

const OPTION_B = 2;

const buffer = new Uint8Array(Number(STEP));

/** Not done yet: the same instruction again. */
const again: Answer = BRANCH;

function copyPrologue(machine: Machine, { forward, d, s, n }: Copy): void {
  const { state } = machine;
  const to = readX(state, d);
  const from = readX(state, s);
  const count = smallest(readX(state, n), forward ? MOST : MOST_EITHER_WAY);
  state.nzcv = 0;
  const [a, b] = [BigInt.asUintN(56, from), BigInt.asUintN(56, to)];
  const fromEnd = !forward && a < b && BigInt.asUintN(56, from + count) > b;
  if (fromEnd) writeX(state, n, count);
  else {
    writeX(state, d, u64(to + count));
    writeX(state, s, u64(from + count));
    writeX(state, n, u64(-count));
  }
}

/** As much as neither page lets one go beyond, from the beginning or the end. */
function stepOf(address: bigint, left: bigint, back: boolean): bigint {
  const room = back ? ((address - 1n) & (STEP - 1n)) + 1n : STEP - (address & (STEP - 1n));
  return smallest(left, room);
}

function copyStep(machine: Machine, { d, s, n, readUnprivileged, writeUnprivileged }: Copy): Answer {
  const { state, context } = machine;
  const count = s64(readX(state, n));
  if (count === 0n) return NEXT;
  const back = count > 0n;
  const left = back ? count : -count;
  const to = u64(readX(state, d) + count);
  const from = u64(readX(state, s) + count);
  const step = stepOf(from, stepOf(to, left, back), back);
  const [source, target] = back ? [u64(from - step), u64(to - step)] : [from, to];
  const unprivileged = unprivilegedLevel(machine);
  const bytes = Number(step);
  const reads = readUnprivileged ? unprivileged : context.el;
  const loaded = loadBytesAs(machine, low32(source), high32(source), buffer, bytes, reads);
  if (loaded !== NEXT) return loaded;
  const writes = writeUnprivileged ? unprivileged : context.el;
  const stored = storeBytesAs(machine, low32(target), high32(target), buffer, bytes, writes);
  if (stored !== NEXT) return stored;
  writeX(state, n, u64(back ? count - step : count + step));
  return left === step ? NEXT : again;
}

function setPrologue(machine: Machine, { d, n }: Set): void {
  const { state } = machine;
  const count = smallest(readX(state, n), MOST);
  state.nzcv = 0;
  writeX(state, d, u64(readX(state, d) + count));
  writeX(state, n, u64(-count));
}

function setStep(machine: Machine, { d, n, s, unprivileged, tags }: Set): Answer {
  const { state, context } = machine;
  const left = -s64(readX(state, n));
  if (left <= 0n) return NEXT;
  const address = u64(readX(state, d) - left);
  const step = stepOf(address, left, false);
  const [low, high] = [low32(address), high32(address)];
  if (tags && ((low & 15) !== 0 || (left & 15n) !== 0n))
    return raise(machine, dataAbort(machine, low, high, FAULT.alignment, true));
  buffer.fill(Number(readX(state, s) & 0xffn), 0, Number(step));
  const el = unprivileged ? unprivilegedLevel(machine) : context.el;
  const store = (): Answer => storeBytesAs(machine, low, high, buffer, Number(step), el);
  const stored = tags ? withoutChecks(machine, store) : store();
  if (stored !== NEXT) return stored;
  if (tags) {
    const answer = setTags(machine, low, high, Number(step), Number((address >> 56n) & 0xfn));
    if (answer !== NEXT) return answer;
  }
  writeX(state, n, u64(step - left));
  return left === step ? NEXT : again;
}

/** The block's beginning is this instruction: it is executed again by staying there. */
export function compileCopy(instruction: CopyInstruction): Op {
  const { stage } = instruction;
  const tags = instruction.kind === "set" && instruction.tags;
  const run: Readonly<Record<Stage, (machine: Machine) => Answer>> =
    instruction.kind === "copy"
      ? {
          prologue: (machine) => {
            copyPrologue(machine, instruction);
            return NEXT;
          },
          main: (machine) => copyStep(machine, instruction),
          epilogue: (machine) => copyStep(machine, instruction),
        }
      : {
          prologue: (machine) => {
            setPrologue(machine, instruction);
            return NEXT;
          },
          main: (machine) => setStep(machine, instruction),
          epilogue: (machine) => setStep(machine, instruction),
        };
  const op = run[stage];
  return (machine) => {
    const { context, state } = machine;
    if (context.el === 0 && !bit(context.regime.sctlr, SCTLR_MSCEN)) return raise(machine, UNDEFINED);
    if (stage !== "prologue" && (state.nzcv & OPTION_B) !== 0)
      return raise(machine, wrongOption(instruction, tags));
    return op(machine);
  };
}
