/** Flags and other registers of the state, hints, barriers, SVC and BRK, cache maintenance. */
import { NOP } from "../assemble.ts";
import { classOf, type InstructionClass, variantOf } from "../class.ts";
import { encode } from "../layout.ts";

const row = classOf.bind(undefined, "system");

const supervisorCall: InstructionClass = row("exception", "11010100 opc:3 imm16:16 000 ll:2", {
  tells: "opc ll",
  where: (f) => (f.opc === 0 && f.ll === 1) || (f.opc === 1 && f.ll === 0),
  // The handler goes on behind the instruction that is next.
  sequence: (f) => ({
    words: [encode(supervisorCall.layout, f), NOP],
    classes: [{ name: supervisorCall.name, variant: variantOf(supervisorCall, f) }, undefined],
  }),
});

/** CRm of ZVA, IVAU, CVAC, CVAU, CVAP, CVADP and CIVAC. */
const byAddress: ReadonlySet<number> = new Set([4, 5, 10, 11, 12, 13, 14]);

/** Waits for what has happened already: SEVL, WFE. */
const waitForEvent: InstructionClass = row("wait-for-event", "11010101000000110010000001011111", {
  sequence: () => ({
    words: [0xd503_20bf, 0xd503_205f],
    classes: [undefined, { name: waitForEvent.name, variant: "" }],
  }),
});

export const system: readonly InstructionClass[] = [
  row("move-flags", "1101010100 l 11011 0100 0010 000 rt:5", { tells: "l" }),
  row("move-fp-status", "1101010100 l 11011 0100 0100 op2:3 rt:5", {
    tells: "l op2",
    // What MSR FPCR takes depends on the features; what FPSR takes does, too.
    where: (f) => f.op2 === 1 || (f.op2 === 0 && f.l === 1),
  }),
  row("move-thread-pointer", "1101010100 l 11011 1101 0000 010 rt:5", { tells: "l" }),
  // SPSel and CurrentEL.
  row("read-state", "1101010100111000 0100 0010 op2:3 rt:5", {
    tells: "op2",
    where: (f) => f.op2 === 0 || f.op2 === 2,
  }),
  row("carry-and-format", "110101010000000001000000 op2:3 11111", {
    tells: "op2",
    where: (f) => (f.op2 ?? 0) < 3,
  }),
  row("hint", "11010101000000110010 crm:4 op2:3 11111", {
    tells: "crm op2",
    // Neither WFE nor WFI.
    where: (f) => f.crm !== 0 || ![2, 3].includes(f.op2 ?? 0),
  }),
  row("barrier", "11010101000000110011 crm:4 op2:3 11111", {
    tells: "op2",
    where: (f) => (f.op2 ?? 0) === 2 || (f.op2 ?? 0) >= 4,
  }),
  row("cache-by-address", "1101010100001 011 0111 crm:4 001 rn:5", {
    tells: "crm",
    where: (f) => f.rn !== 31 && byAddress.has(f.crm ?? 0),
    memory: () => ({ offset: 0, bytes: 1 }),
  }),
  supervisorCall,
  waitForEvent,
];
