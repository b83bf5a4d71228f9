/** Hints, barriers, flags, and accesses to system registers (Arm ARM, C4.1.94, "System"). */
import { encodingKey } from "../world.ts";
import { source, target } from "./registers.ts";
import { type Lacks, lackingRow, type Row, row } from "./row.ts";

/** `key` is an `encodingKey`; `rt` the register's number in the encoding, for syndromes. */
export type SystemInstruction =
  /** `number` is CRm and op2 together. Those that are not allocated do nothing. */
  | { readonly group: "system"; readonly kind: "hint"; readonly number: number }
  | { readonly group: "system"; readonly kind: "barrier"; readonly instructions: boolean }
  | { readonly group: "system"; readonly kind: "clear-exclusive" }
  | {
      readonly group: "system";
      readonly kind: "wait-until";
      readonly event: boolean;
      readonly t: number;
      readonly rt: number;
    }
  | { readonly group: "system"; readonly kind: "flags"; readonly how: "cfinv" | "xaflag" | "axflag" }
  | {
      readonly group: "system";
      readonly kind: "write-field";
      readonly op1: number;
      readonly op2: number;
      readonly immediate: number;
    }
  | {
      readonly group: "system";
      readonly kind: "read";
      readonly key: number;
      readonly t: number;
      readonly rt: number;
    }
  | {
      readonly group: "system";
      readonly kind: "write";
      readonly key: number;
      readonly t: number;
      readonly rt: number;
    }
  | {
      readonly group: "system";
      readonly kind: "operation";
      readonly key: number;
      readonly crn: number;
      readonly result: boolean;
      readonly t: number;
      readonly rt: number;
    }
  | Lacks;

const group = "system";

const waits: readonly Row<SystemInstruction>[] = [
  row("1101010100 0 00 011 0010 number:7 11111", { name: "hint" }, ({ number }) => ({
    group,
    kind: "hint",
    number,
  })),
  row("1101010100 0 00 011 0001 0000 000 t:5", { name: "wfet", fate: "WFET" }, ({ t }) => ({
    group,
    kind: "wait-until",
    event: true,
    t: source(t),
    rt: t,
  })),
  row("1101010100 0 00 011 0001 0000 001 t:5", { name: "wfit", fate: "WFIT" }, ({ t }) => ({
    group,
    kind: "wait-until",
    event: false,
    t: source(t),
    rt: t,
  })),
];

const barrier = (instructions: boolean) => (): SystemInstruction => ({
  group,
  kind: "barrier",
  instructions,
});

const barriers: readonly Row<SystemInstruction>[] = [
  row("1101010100 0 00 011 0011 xxxx 010 11111", { name: "clrex" }, () => ({
    group,
    kind: "clear-exclusive",
  })),
  row("1101010100 0 00 011 0011 xxxx 100 11111", { name: "dsb" }, barrier(false)),
  row("1101010100 0 00 011 0011 xxxx 101 11111", { name: "dmb" }, barrier(false)),
  row("1101010100 0 00 011 0011 xxxx 110 11111", { name: "isb" }, barrier(true)),
  row("1101010100 0 00 011 0011 0000 111 11111", { name: "sb", fate: "SB" }, barrier(true)),
  row("1101010100 0 00 011 0011 xx10 001 11111", { name: "dsb nXS", fate: "DSB_SYNXS" }, barrier(false)),
];

const transactions: readonly Row<SystemInstruction>[] = [
  lackingRow("1101010100 0 00 011 0011 0000 011 11111", { name: "TCOMMIT (FEAT_TME)", fate: "TTEST" }),
  lackingRow("1101010100 1 00 011 0011 0000 011 xxxxx", { name: "TSTART (FEAT_TME)", fate: "TTEST" }),
  lackingRow("1101010100 1 00 011 0011 0001 011 xxxxx", { name: "TTEST (FEAT_TME)", fate: "TTEST" }),
];

const flags: readonly Row<SystemInstruction>[] = [
  row("1101010100 0 00 op1:3 0100 immediate:4 op2:3 11111", { name: "msr" }, ({ op1, op2, immediate }) => ({
    group,
    kind: "write-field",
    op1,
    op2,
    immediate,
  })),
  row("1101010100 0 00 000 0100 xxxx 000 11111", { name: "cfinv", fate: "CFINV" }, () => ({
    group,
    kind: "flags",
    how: "cfinv",
  })),
  row("1101010100 0 00 000 0100 xxxx 001 11111", { name: "xaflag", fate: "XAFLAG" }, () => ({
    group,
    kind: "flags",
    how: "xaflag",
  })),
  row("1101010100 0 00 000 0100 xxxx 010 11111", { name: "axflag", fate: "AXFLAG" }, () => ({
    group,
    kind: "flags",
    how: "axflag",
  })),
];

const registers: readonly Row<SystemInstruction>[] = [
  row(
    "1101010100 read:1 1 o0:1 op1:3 crn:4 crm:4 op2:3 t:5",
    { name: "mrs" },
    ({ read, o0, op1, crn, crm, op2, t }) => ({
      group,
      kind: read === 1 ? "read" : "write",
      key: encodingKey({ op0: 2 + o0, op1, crn, crm, op2 }),
      t: read === 1 ? target(t) : source(t),
      rt: t,
    }),
  ),
  row(
    "1101010100 result:1 01 op1:3 crn:4 crm:4 op2:3 t:5",
    { name: "sys" },
    ({ result, op1, crn, crm, op2, t }) => ({
      group,
      kind: "operation",
      key: encodingKey({ op0: 1, op1, crn, crm, op2 }),
      crn,
      result: result === 1,
      t: result === 1 ? target(t) : source(t),
      rt: t,
    }),
  ),
  lackingRow("1101010101 x 1x xxx xxxx xxxx xxx xxxx0", {
    name: "MRRS and MSRR (FEAT_SYSREG128)",
    fate: "MRRS_TTBR0_EL1",
  }),
  lackingRow("1101010101 0 01 xxx xxxx xxxx xxx xxxxx", {
    name: "SYSP (FEAT_SYSINSTR128)",
    fate: "TLBIP_VAE1",
  }),
];

export const systemRows: readonly Row<SystemInstruction>[] = [
  ...waits,
  ...barriers,
  ...transactions,
  ...flags,
  ...registers,
];
