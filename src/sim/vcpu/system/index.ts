/**
 * System registers and SYS instructions as a guest meets them.
 *
 * An access that is trapped answers with the exception; the general register's number, bits 9:5 of its syndrome, is the
 * caller's to add (`withRegister`), for the register file is not looked at here.
 */
import { type Access, type Core, type Trap, UNDEFINED } from "../world.ts";
import { handlerOf } from "./access.ts";
import { changeState } from "./immediate.ts";
import { operationOf } from "./operations.ts";

export { nextTimer, physicalCount, timerRaised, timers, virtualCount } from "./counters.ts";
export { exceptionReturn, takeException, takeInterrupt } from "./exceptions.ts";
export { fixBits } from "./fixed-bits.ts";

/** ESR_ELx.EC of trapped system instructions. */
const SYSTEM_TRAP = 0x18;
const RT_AT = 5;

/** The trap of an access with its general register in the syndrome. @param rt 0 to 31 */
export const withRegister = (trap: Trap, rt: number): Trap =>
  trap.ec === SYSTEM_TRAP ? { ...trap, iss: trap.iss | (rt << RT_AT) } : trap;

/** MRS at the level at which the guest is. @param key `encodingKey` of op0 2 or 3 */
export const readSystem = (core: Core, key: number): Access =>
  handlerOf(core, key, core.state.pstate.el, false)(core, 0n);

/** MSR of a register at the level at which the guest is. @param key `encodingKey` of op0 2 or 3 */
export const writeSystem = (core: Core, key: number, value: bigint): Access =>
  handlerOf(core, key, core.state.pstate.el, true)(core, value);

/**
 * SYS and SYSL. Cache maintenance and TLBI change nothing that the guest's own registers show; the caller drops what it
 * remembers of translations. AT leaves its answer in PAR_EL1.
 *
 * @param key `encodingKey` of op0 1
 * @param value of the general register
 * @param readsResult SYSL: `done` has the value
 */
export const executeSys = (core: Core, key: number, value: bigint, readsResult: boolean): Access =>
  operationOf(core, key, core.state.pstate.el, readsResult)(core, value);

/** MSR (immediate). @param crm the immediate */
export const writePstateField = (core: Core, op1: number, op2: number, crm: number): Access =>
  changeState(core, op1, op2, crm) ?? { kind: "trap", trap: UNDEFINED };
