/** Branches and exception-generating instructions (Arm ARM, C4.1.94). */
import { orStack, signed, source } from "./registers.ts";
import { type Lacks, lackingRow, type Row, row } from "./row.ts";

/** The key of an authenticated branch, and its modifier; `modifier` is an index of `state.x`. */
export interface Authentication {
  readonly key: "a" | "b";
  readonly modifier: number;
}

/** `offset`: bytes from the instruction. Registers are indices of `state.x`. */
export type BranchInstruction =
  | { readonly group: "branch"; readonly kind: "branch"; readonly link: boolean; readonly offset: number }
  | {
      readonly group: "branch";
      readonly kind: "branch-if";
      readonly condition: number;
      readonly offset: number;
    }
  | {
      readonly group: "branch";
      readonly kind: "branch-if-zero";
      readonly wide: boolean;
      readonly nonzero: boolean;
      readonly t: number;
      readonly offset: number;
    }
  | {
      readonly group: "branch";
      readonly kind: "branch-if-bit";
      readonly bit: number;
      readonly set: boolean;
      readonly t: number;
      readonly offset: number;
    }
  /** FEAT_CMPBR; `m` a register or the immediate 0 to 63; of `bits` bits. */
  | {
      readonly group: "branch";
      readonly kind: "branch-if-compared";
      readonly comparison: Comparison;
      readonly bits: 8 | 16 | 32 | 64;
      readonly t: number;
      readonly m: number | undefined;
      readonly immediate: number;
      readonly offset: number;
    }
  | {
      readonly group: "branch";
      readonly kind: "branch-register";
      readonly how: "jump" | "call" | "return";
      readonly n: number;
      readonly authentication: Authentication | undefined;
    }
  | {
      readonly group: "branch";
      readonly kind: "exception-return";
      readonly key: "a" | "b" | undefined;
    }
  | {
      readonly group: "branch";
      readonly kind: "exception";
      readonly how: "svc" | "hvc" | "smc" | "brk" | "hlt" | "dcps";
      readonly immediate: number;
    }
  | Lacks;

export type Comparison = "gt" | "ge" | "lt" | "hi" | "hs" | "lo" | "eq" | "ne";

const group = "branch";
const AGAINST_REGISTER: readonly (Comparison | undefined)[] = [
  "gt",
  "ge",
  "hi",
  "hs",
  undefined,
  undefined,
  "eq",
  "ne",
];
const AGAINST_IMMEDIATE: readonly (Comparison | undefined)[] = [
  "gt",
  "lt",
  "hi",
  "lo",
  undefined,
  undefined,
  "eq",
  "ne",
];

/** Compare and branch; undefined where the condition's code is not allocated. */
const compared = (
  comparison: Comparison | undefined,
  bits: 8 | 16 | 32 | 64,
  {
    t,
    m,
    immediate,
    to,
  }: {
    readonly t: number;
    readonly m: number | undefined;
    readonly immediate: number;
    readonly to: number;
  },
): BranchInstruction | undefined =>
  comparison === undefined
    ? undefined
    : {
        group,
        kind: "branch-if-compared",
        comparison,
        bits,
        t: source(t),
        m,
        immediate,
        offset: offset(to, 9),
      };

/** Immediates of 9, 14, 19 and 26 bits count in instructions. */
const offset = (value: number, width: number): number => signed(value, width) * 4;

const immediate: readonly Row<BranchInstruction>[] = [
  row("link:1 00101 to:26", { name: "b" }, ({ link, to }) => ({
    group,
    kind: "branch",
    link: link === 1,
    offset: offset(to, 26),
  })),
  row("0101010 0 to:19 0 condition:4", { name: "b.cond" }, ({ to, condition }) => ({
    group,
    kind: "branch-if",
    condition,
    offset: offset(to, 19),
  })),
  row("0101010 0 to:19 1 condition:4", { name: "bc.cond", fate: "BC_EQ" }, ({ to, condition }) => ({
    group,
    kind: "branch-if",
    condition,
    offset: offset(to, 19),
  })),
  row("sf:1 011010 nonzero:1 to:19 t:5", { name: "cbz" }, ({ sf, nonzero, to, t }) => ({
    group,
    kind: "branch-if-zero",
    wide: sf === 1,
    nonzero: nonzero === 1,
    t: source(t),
    offset: offset(to, 19),
  })),
  row("high:1 011011 set:1 low:5 to:14 t:5", { name: "tbz" }, ({ high, set, low, to, t }) => ({
    group,
    kind: "branch-if-bit",
    bit: (high << 5) | low,
    set: set === 1,
    t: source(t),
    offset: offset(to, 14),
  })),
  row("sf:1 1110100 cc:3 m:5 00 to:9 t:5", { name: "cb", fate: "CBGT" }, ({ sf, cc, m, to, t }) =>
    compared(AGAINST_REGISTER[cc], sf === 1 ? 64 : 32, { t, m: source(m), immediate: 0, to }),
  ),
  row("0 1110100 cc:3 m:5 1 half:1 to:9 t:5", { name: "cbb", fate: "CBGT" }, ({ cc, m, half, to, t }) =>
    compared(AGAINST_REGISTER[cc], half === 1 ? 16 : 8, { t, m: source(m), immediate: 0, to }),
  ),
  row("sf:1 1110101 cc:3 value:6 0 to:9 t:5", { name: "cb", fate: "CBGT" }, ({ sf, cc, value, to, t }) =>
    compared(AGAINST_IMMEDIATE[cc], sf === 1 ? 64 : 32, { t, m: undefined, immediate: value, to }),
  ),
];

const HOW = ["jump", "call", "return"] as const;

const register: readonly Row<BranchInstruction>[] = [
  row("1101011 00 op:2 11111 000000 n:5 00000", { name: "br" }, ({ op, n }) => {
    const how = HOW[op];
    return how === undefined
      ? undefined
      : { group, kind: "branch-register", how, n: source(n), authentication: undefined };
  }),
  row("1101011 000 op:1 11111 00001 b:1 n:5 11111", { name: "braaz", fate: "PACIA" }, ({ op, b, n }) => ({
    group,
    kind: "branch-register",
    how: op === 1 ? "call" : "jump",
    n: source(n),
    authentication: { key: b === 1 ? "b" : "a", modifier: source(31) },
  })),
  row("1101011 100 op:1 11111 00001 b:1 n:5 m:5", { name: "braa", fate: "PACIA" }, ({ op, b, n, m }) => ({
    group,
    kind: "branch-register",
    how: op === 1 ? "call" : "jump",
    n: source(n),
    authentication: { key: b === 1 ? "b" : "a", modifier: orStack(m) },
  })),
  row("1101011 0010 11111 00001 b:1 11111 11111", { name: "retaa", fate: "PACIA" }, ({ b }) => ({
    group,
    kind: "branch-register",
    how: "return",
    n: 30,
    authentication: { key: b === 1 ? "b" : "a", modifier: orStack(31) },
  })),
  row("1101011 0100 11111 000000 11111 00000", { name: "eret" }, () => ({
    group,
    kind: "exception-return",
    key: undefined,
  })),
  row("1101011 0100 11111 00001 b:1 11111 11111", { name: "eretaa", fate: "PACIA" }, ({ b }) => ({
    group,
    kind: "exception-return",
    key: b === 1 ? "b" : "a",
  })),
  lackingRow("1101011 0010 11111 00001 x 11111 0xxxx", {
    name: "RETAASPPC (FEAT_PAuth_LR)",
    fate: "PACIASPPC",
  }),
  lackingRow("1101011 0010 11111 00001 x 11111 10xxx", {
    name: "RETAASPPC (FEAT_PAuth_LR)",
    fate: "PACIASPPC",
  }),
  lackingRow("01010101 000 xxxxxxxxxxxxxxxx 11111", { name: "RETAASPPC (FEAT_PAuth_LR)", fate: "PACIASPPC" }),
  lackingRow("01010101 001 xxxxxxxxxxxxxxxx 11111", { name: "RETABSPPC (FEAT_PAuth_LR)", fate: "PACIASPPC" }),
];

const CALLS = [undefined, "svc", "hvc", "smc"] as const;

const exceptions: readonly Row<BranchInstruction>[] = [
  row("11010100 000 immediate:16 000 level:2", { name: "svc" }, ({ immediate, level }) => {
    const how = CALLS[level];
    return how === undefined ? undefined : { group, kind: "exception", how, immediate };
  }),
  row("11010100 001 immediate:16 000 00", { name: "brk" }, ({ immediate }) => ({
    group,
    kind: "exception",
    how: "brk",
    immediate,
  })),
  row("11010100 010 immediate:16 000 00", { name: "hlt" }, ({ immediate }) => ({
    group,
    kind: "exception",
    how: "hlt",
    immediate,
  })),
  row("11010100 101 immediate:16 000 level:2", { name: "dcps" }, ({ immediate, level }) =>
    level === 0 ? undefined : { group, kind: "exception", how: "dcps", immediate },
  ),
  lackingRow("11010100 011 xxxxxxxxxxxxxxxx 000 00", { name: "TCANCEL (FEAT_TME)", fate: "TTEST" }),
];

export const branchRows: readonly Row<BranchInstruction>[] = [...immediate, ...register, ...exceptions];
