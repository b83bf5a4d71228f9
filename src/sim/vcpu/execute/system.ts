/** Hints, barriers, flags; registers and SYS instructions by way of the system's files. */
import type { SystemInstruction } from "../decode/system.ts";
import { readX, SP, writeX } from "../state.ts";
import {
  executeSys,
  readSystem,
  virtualCount,
  withRegister,
  writePstateField,
  writeSystem,
} from "../system/index.ts";
import type { Access } from "../world.ts";
import { maintain, zeroBlock, zeroesOf } from "./cache.ts";
import { bit } from "./context.ts";
import { fateCell, has, NOTHING } from "./gate.ts";
import {
  type Answer,
  dropTranslations,
  type Machine,
  NEXT,
  type Op,
  RENEW,
  raise,
  STOP_AFTER,
  stopWith,
} from "./machine.ts";
import { authenticateRegister, type Key, signRegister, strip } from "./pauth.ts";

type Of<Kind extends SystemInstruction["kind"]> = Extract<SystemInstruction, { readonly kind: Kind }>;

/** ESR_ELx.EC of a trapped WFI or WFE, and of its ISS: CV with the condition AL. */
const WAIT_TRAP = 0x01;
const ALWAYS = 0x1e0_0000;

const SCTLR_NTWI = 16;
const SCTLR_NTWE = 18;
const HCR_TWI = 13;
const HCR_TWE = 14;

/** The trap of a wait, if SCTLR_ELx or HCR_EL2 make one of it. @param iss TI, and the register of WFET and WFIT */
function waitTrap(machine: Machine, event: boolean, iss: number): Answer {
  const { el, regime, hcr } = machine.context;
  if (el === 0 && !bit(regime.sctlr, event ? SCTLR_NTWE : SCTLR_NTWI))
    return raise(machine, { ec: WAIT_TRAP, iss: ALWAYS | iss });
  if (regime.name === "el1" && bit(hcr, event ? HCR_TWE : HCR_TWI))
    return raise(machine, { level: 2, ec: WAIT_TRAP, iss: ALWAYS | iss });
  return NEXT;
}

function wait(machine: Machine, event: boolean): Answer {
  if (event && machine.event) {
    machine.event = false;
    return NEXT;
  }
  const answer = waitTrap(machine, event, event ? 1 : 0);
  if (answer !== NEXT) return answer;
  machine.stop = { kind: "waits", why: event ? "wfe" : "wfi" };
  return STOP_AFTER;
}

const LINK = 30;
const ZERO_MODIFIER = (): bigint => 0n;
const STACK = (machine: Machine): bigint => readX(machine.state, SP);
const X16 = (machine: Machine): bigint => readX(machine.state, 16);

/** Hints of pointer authentication: key, register, modifier. */
const SIGN: ReadonlyMap<number, readonly [Key, number, (machine: Machine) => bigint]> = new Map([
  [8, ["ia", 17, X16]],
  [10, ["ib", 17, X16]],
  [24, ["ia", LINK, ZERO_MODIFIER]],
  [25, ["ia", LINK, STACK]],
  [26, ["ib", LINK, ZERO_MODIFIER]],
  [27, ["ib", LINK, STACK]],
]);
/** A hint that checks is the one that signs, and so many more. */
const TO_CHECK = 4;
const XPACLRI = 7;

function hintOp(machine: Machine, { number }: Of<"hint">): Op {
  switch (number) {
    case 2:
      return (running) => wait(running, true);
    case 3:
      return (running) => wait(running, false);
    case 4:
    case 5:
      return (running) => {
        running.event = true;
        return NEXT;
      };
  }
  const cell = fateCell(machine, "PACIA");
  if (number === XPACLRI)
    return (running) => {
      if (has(running, cell)) writeX(running.state, LINK, strip(running, readX(running.state, LINK), false));
      return NEXT;
    };
  const sign = SIGN.get(number);
  if (sign !== undefined) {
    const [key, d, modifier] = sign;
    return (running) => {
      if (has(running, cell)) signRegister(running, key, d, modifier(running));
      return NEXT;
    };
  }
  const check = SIGN.get(number - TO_CHECK);
  if (check !== undefined) {
    const [key, d, modifier] = check;
    return (running) =>
      has(running, cell) ? authenticateRegister(running, key, d, modifier(running)) : NEXT;
  }
  return NOTHING;
}

const C = 2;

/** CFINV, XAFLAG and AXFLAG: flags of Arm's comparisons and of another format of floating-point comparison. */
function flagsOp({ how }: Of<"flags">): Op {
  switch (how) {
    case "cfinv":
      return ({ state }) => {
        state.nzcv ^= C;
        return NEXT;
      };
    case "xaflag":
      return ({ state }) => {
        const z = (state.nzcv >> 2) & 1;
        const c = (state.nzcv >> 1) & 1;
        const n = (c | z) ^ 1;
        state.nzcv = (n << 3) | ((z & c) << 2) | ((c | z) << 1) | ((c ^ 1) & z);
        return NEXT;
      };
    case "axflag":
      return ({ state }) => {
        const z = (state.nzcv >> 2) & 1;
        const c = (state.nzcv >> 1) & 1;
        const v = state.nzcv & 1;
        state.nzcv = ((z | v) << 2) | ((c & (v ^ 1)) << 1);
        return NEXT;
      };
  }
}

/** What an access comes to that is not done. */
function refused(machine: Machine, access: Exclude<Access, { readonly kind: "done" }>, rt: number): Answer {
  if (access.kind === "trap") return raise(machine, withRegister(access.trap, rt));
  if (access.stop.kind === "lacks") return stopWith(machine, access.stop);
  machine.stop = access.stop;
  return STOP_AFTER;
}

function readOp({ key, t, rt }: Of<"read">): Op {
  return (machine) => {
    const access = readSystem(machine.core, key);
    if (access.kind !== "done") return refused(machine, access, rt);
    writeX(machine.state, t, access.value);
    return NEXT;
  };
}

/** CRn of registers that may change translation, traps or PSTATE. */
const RENEWING: readonly number[] = [1, 2, 4, 5, 10, 13];

function writeOp({ key, t, rt }: Of<"write">): Op {
  const crn = (key >> 7) & 0xf;
  const isDebug = key >> 14 === 2;
  const after = isDebug || RENEWING.includes(crn) ? RENEW : NEXT;
  return (machine) => {
    const access = writeSystem(machine.core, key, readX(machine.state, t));
    return access.kind === "done" ? after : refused(machine, access, rt);
  };
}

/** CRn of TLBI, and of TLBI with the nXS qualifier. */
const TLBI = 8;
const TLBI_NXS = 9;
/** CRn of cache maintenance. */
const CACHE = 7;

function operationOp({ key, crn, result, t, rt }: Of<"operation">): Op {
  const zeroes = zeroesOf(key);
  return (machine) => {
    const value = result ? 0n : readX(machine.state, t);
    const access = executeSys(machine.core, key, value, result);
    if (access.kind !== "done") return refused(machine, access, rt);
    if (result) {
      writeX(machine.state, t, access.value);
      return NEXT;
    }
    if (crn === TLBI || crn === TLBI_NXS) dropTranslations(machine);
    if (crn !== CACHE) return RENEW;
    return zeroes === undefined ? maintain(machine, key, value) : zeroBlock(machine, value, zeroes);
  };
}

function fieldOp({ op1, op2, immediate }: Of<"write-field">): Op {
  return (machine) => {
    const access = writePstateField(machine.core, op1, op2, immediate);
    return access.kind === "done" ? RENEW : refused(machine, access, 31);
  };
}

/** WFET and WFIT: nothing else runs meanwhile, so they are over when the counter gets there, or wait as WFE and WFI. */
function waitUntilOp({ event, t, rt }: Of<"wait-until">): Op {
  return (machine) => {
    // The instruction itself looks at the counter: whether EL0 may read it does not matter.
    if (virtualCount(machine.core) >= readX(machine.state, t)) return NEXT;
    if (event && machine.event) {
      machine.event = false;
      return NEXT;
    }
    const answer = waitTrap(machine, event, (event ? 3 : 2) | 4 | (rt << 5));
    if (answer !== NEXT) return answer;
    // The guest's clock goes by instructions: executed again, it gets there.
    return BRANCH_HERE;
  };
}

/** The instruction is executed once more. */
const BRANCH_HERE: Answer = 1;

/** Whether an instruction has to see, or changes, what is exact only between blocks: it makes a block by itself. */
export const isSolo = (instruction: SystemInstruction): boolean =>
  instruction.kind !== "barrier" &&
  instruction.kind !== "clear-exclusive" &&
  instruction.kind !== "flags" &&
  !(instruction.kind === "hint" && instruction.number !== 2 && instruction.number !== 3);

export function compileSystem(
  machine: Machine,
  instruction: Exclude<SystemInstruction, { group: "none" }>,
): Op {
  switch (instruction.kind) {
    case "hint":
      return hintOp(machine, instruction);
    case "barrier":
      return instruction.instructions ? () => RENEW : NOTHING;
    case "clear-exclusive":
      return ({ state }) => {
        state.exclusive = undefined;
        return NEXT;
      };
    case "wait-until":
      return waitUntilOp(instruction);
    case "flags":
      return flagsOp(instruction);
    case "write-field":
      return fieldOp(instruction);
    case "read":
      return readOp(instruction);
    case "write":
      return writeOp(instruction);
    case "operation":
      return operationOp(instruction);
  }
}
