/** Branches, calls out of the level, and the way back. */

import { debuggingOf } from "../debug.ts";
import type { BranchInstruction, Comparison } from "../decode/branch.ts";
import type { VcpuState } from "../state.ts";
import { exceptionReturn } from "../system/exceptions.ts";
import { UNDEFINED } from "../world.ts";
import { conditionMask } from "./condition.ts";
import { bit, systemValue } from "./context.ts";
import {
  type Answer,
  BRANCH,
  BRANCH_RENEW,
  type Machine,
  NEXT,
  type Op,
  raise,
  STOP_THERE,
  stopWith,
} from "./machine.ts";
import { authenticateInto, authenticateReturn } from "./pauth.ts";

type Of<Kind extends BranchInstruction["kind"]> = Extract<BranchInstruction, { readonly kind: Kind }>;

/** Moves the program counter by so many bytes. */
function jump(state: VcpuState, by: number): void {
  const before = state.pcLow;
  const low = (before + by) | 0;
  state.pcLow = low;
  if (by >= 0) {
    if (low >>> 0 < before >>> 0) state.pcHigh = (state.pcHigh + 1) | 0;
  } else if (low >>> 0 > before >>> 0) state.pcHigh = (state.pcHigh - 1) | 0;
}

/** X30 becomes the address `by` bytes behind the block's beginning. */
function link({ x, state }: Machine, by: number): void {
  const low = (state.pcLow + by) | 0;
  x[60] = low;
  x[61] = state.pcHigh + (low >>> 0 < state.pcLow >>> 0 ? 1 : 0);
}

function branchOp({ link: links, offset }: Of<"branch">, at: number): Op {
  const by = at + offset;
  if (!links)
    return ({ state }) => {
      jump(state, by);
      return BRANCH;
    };
  const back = at + 4;
  return (machine) => {
    link(machine, back);
    jump(machine.state, by);
    return BRANCH;
  };
}

function branchIfOp({ condition, offset }: Of<"branch-if">, at: number): Op {
  const mask = conditionMask(condition);
  const by = at + offset;
  return ({ state }) => {
    if (((mask >> state.nzcv) & 1) === 0) return NEXT;
    jump(state, by);
    return BRANCH;
  };
}

function branchIfZeroOp({ wide, nonzero, t, offset }: Of<"branch-if-zero">, at: number): Op {
  const low = 2 * t;
  const high = wide ? low + 1 : low;
  const by = at + offset;
  return ({ x, state }) => {
    if ((((x[low] ?? 0) | (x[high] ?? 0)) !== 0) !== nonzero) return NEXT;
    jump(state, by);
    return BRANCH;
  };
}

function branchIfBitOp({ bit, set, t, offset }: Of<"branch-if-bit">, at: number): Op {
  const half = 2 * t + (bit >> 5);
  const mask = 1 << (bit & 31);
  const by = at + offset;
  return ({ x, state }) => {
    if ((((x[half] ?? 0) & mask) !== 0) !== set) return NEXT;
    jump(state, by);
    return BRANCH;
  };
}

const SIGNED: readonly Comparison[] = ["gt", "ge", "lt"];

/** Whether a comparison of two numbers holds. */
function compares(comparison: Comparison, a: bigint, b: bigint): boolean {
  switch (comparison) {
    case "gt":
    case "hi":
      return a > b;
    case "ge":
    case "hs":
      return a >= b;
    case "lt":
    case "lo":
      return a < b;
    case "eq":
      return a === b;
    case "ne":
      return a !== b;
  }
}

function branchIfComparedOp(instruction: Of<"branch-if-compared">, at: number): Op {
  const { comparison, bits, t, m, immediate, offset } = instruction;
  const by = at + offset;
  const view = SIGNED.includes(comparison) ? BigInt.asIntN : BigInt.asUintN;
  const value = ({ x }: Machine, n: number): bigint =>
    view(bits, (BigInt(x[2 * n + 1] ?? 0) << 32n) | BigInt((x[2 * n] ?? 0) >>> 0));
  return (machine) => {
    const right = m === undefined ? BigInt(immediate) : value(machine, m);
    if (!compares(comparison, value(machine, t), right)) return NEXT;
    jump(machine.state, by);
    return BRANCH;
  };
}

/** BTYPE of a jump through X16 or X17, of a call, and of another jump from a guarded page. */
const BTYPE_VENEER = 1;
const BTYPE_CALL = 2;
const BTYPE_JUMP = 3;

function branchRegisterOp({ how, n, authentication }: Of<"branch-register">, at: number): Op {
  const from = 2 * n;
  const veneer = n === 16 || n === 17;
  const back = at + 4;
  return (machine) => {
    const { x, state } = machine;
    let low = x[from] ?? 0;
    let high = x[from + 1] ?? 0;
    if (authentication !== undefined) {
      const answer = authenticateInto(machine, low, high, authentication);
      if (answer !== NEXT) return answer;
      low = machine.low;
      high = machine.high;
    }
    if (how === "call") link(machine, back);
    if (machine.context.bti)
      state.pstate.btype =
        how === "return"
          ? 0
          : how === "call"
            ? BTYPE_CALL
            : veneer || !machine.guarded
              ? BTYPE_VENEER
              : BTYPE_JUMP;
    state.pcLow = low;
    state.pcHigh = high;
    branchAddress(machine);
    return BRANCH;
  };
}

/** A branch drops what is no part of the address: the top byte where TBI says so (AArch64.BranchAddr). */
function branchAddress({ state, context }: Machine): void {
  const top = (state.pcHigh >>> 23) & 1 ? context.dropsTopUpper : context.dropsTopLower;
  if (!top) return;
  state.pcHigh = (state.pcHigh << 8) >> 8;
  if (!context.regime.twoRanges) state.pcHigh &= 0xff_ffff;
}

const SPSR_SS = 21;

function returnOp({ key }: Of<"exception-return">): Op {
  return (machine) => {
    if (machine.context.el === 0) return raise(machine, UNDEFINED);
    if (key !== undefined) {
      const answer = authenticateReturn(machine, key);
      if (answer !== NEXT) return answer;
    }
    const { core, state, debugging } = machine;
    const spsr = systemValue(core, machine.context.el === 2 ? "SPSR_EL2" : "SPSR_EL1");
    const trap = exceptionReturn(core);
    if (trap !== undefined) return raise(machine, trap);
    // One instruction may go ahead of a software step that the return turns on.
    if (bit(spsr, SPSR_SS) && debugging?.stepping !== true && debuggingOf(core)?.stepping === true)
      state.pstate.ss = 1;
    return BRANCH_RENEW;
  };
}

const EC = { svc: 0x15, brk: 0x3c } as const;

/** HVC and SMC: the hypervisor answers, with the program counter at the instruction behind. */
function call(machine: Machine, conduit: "hvc" | "smc", immediate: number): Answer {
  const { core, state } = machine;
  const { pcLow, pcHigh } = state;
  jump(state, 4);
  const result = core.hypervisor.call(state, conduit, immediate);
  if (result === undefined) return BRANCH_RENEW;
  if ("kind" in result) {
    machine.stop = result;
    return STOP_THERE;
  }
  state.pcLow = pcLow;
  state.pcHigh = pcHigh;
  return raise(machine, result);
}

function exceptionOp({ how, immediate }: Of<"exception">): Op {
  switch (how) {
    case "svc":
      return (machine) => raise(machine, { ec: EC.svc, iss: immediate, after: true });
    case "brk":
      return (machine) => raise(machine, { ec: EC.brk, iss: immediate });
    case "hvc":
    case "smc":
      return (machine) =>
        machine.context.el === 0 ? raise(machine, UNDEFINED) : call(machine, how, immediate);
    case "hlt":
      return (machine) =>
        machine.core.hypervisor.halts?.has(immediate) === true
          ? stopWith(machine, { kind: "halt", immediate })
          : raise(machine, UNDEFINED);
    // DCPS1 to DCPS3 exist in Debug state, in which no guest is.
    case "dcps":
      return (machine) => raise(machine, UNDEFINED);
  }
}

/** @param at bytes from the beginning of the op's block */
export function compileBranch(instruction: Exclude<BranchInstruction, { group: "none" }>, at: number): Op {
  switch (instruction.kind) {
    case "branch":
      return branchOp(instruction, at);
    case "branch-if":
      return branchIfOp(instruction, at);
    case "branch-if-zero":
      return branchIfZeroOp(instruction, at);
    case "branch-if-bit":
      return branchIfBitOp(instruction, at);
    case "branch-if-compared":
      return branchIfComparedOp(instruction, at);
    case "branch-register":
      return branchRegisterOp(instruction, at);
    case "exception-return":
      return returnOp(instruction);
    case "exception":
      return exceptionOp(instruction);
  }
}
