/** Data processing on general-purpose registers (Arm ARM, C4.1.93 and C4.1.95). */
import { bitmask } from "./bitmask.ts";
import { orStack, source, target } from "./registers.ts";
import { type Lacks, lackingRow, type Row, row } from "./row.ts";

/** LSL, LSR, ASR, ROR as encoded. */
export type Shift = 0 | 1 | 2 | 3;

/** Of all: `wide` works on 64 bits, not 32. `d` is the destination; n, m, a are sources, as indices of `state.x`. */
interface OfWidth {
  readonly group: "integer";
  readonly wide: boolean;
  readonly d: number;
}

interface Addition extends OfWidth {
  readonly n: number;
  readonly subtract: boolean;
  readonly flags: boolean;
}

export type Logic = "and" | "orr" | "eor";

export type IntegerInstruction =
  | (Addition & { readonly kind: "add-immediate"; readonly immediate: number })
  | (Addition & {
      readonly kind: "add-shifted";
      readonly m: number;
      readonly shift: Shift;
      readonly amount: number;
    })
  /** @see `extend`: UXTB, UXTH, UXTW, UXTX, SXTB, SXTH, SXTW, SXTX as encoded, then shifted left. */
  | (Addition & {
      readonly kind: "add-extended";
      readonly m: number;
      readonly extend: number;
      readonly amount: number;
    })
  | (Addition & { readonly kind: "add-carry"; readonly m: number })
  | (OfWidth & {
      readonly kind: "logic-immediate";
      readonly logic: Logic;
      readonly flags: boolean;
      readonly n: number;
      readonly low: number;
      readonly high: number;
    })
  | (OfWidth & {
      readonly kind: "logic-shifted";
      readonly logic: Logic;
      readonly flags: boolean;
      readonly invert: boolean;
      readonly n: number;
      readonly m: number;
      readonly shift: Shift;
      readonly amount: number;
    })
  /** MOVZ and MOVN: the value that they load. */
  | (OfWidth & { readonly kind: "move"; readonly low: number; readonly high: number })
  /** MOVK; `at` counts in 16 bits. */
  | (OfWidth & { readonly kind: "move-keep"; readonly value: number; readonly at: number })
  | (OfWidth & {
      readonly kind: "bitfield";
      readonly how: "signed" | "insert" | "unsigned";
      readonly n: number;
      readonly rotate: number;
      readonly last: number;
    })
  | (OfWidth & { readonly kind: "extract"; readonly n: number; readonly m: number; readonly amount: number })
  /** `m` a register, or `immediate` from 0 to 31. */
  | {
      readonly group: "integer";
      readonly kind: "compare-if";
      readonly wide: boolean;
      readonly subtract: boolean;
      readonly n: number;
      readonly m: number | undefined;
      readonly immediate: number;
      readonly condition: number;
      readonly otherwise: number;
    }
  | (OfWidth & {
      readonly kind: "select";
      readonly n: number;
      readonly m: number;
      readonly condition: number;
      readonly increment: boolean;
      readonly invert: boolean;
    })
  | (OfWidth & { readonly kind: "shift"; readonly n: number; readonly m: number; readonly shift: Shift })
  | (OfWidth & { readonly kind: "divide"; readonly n: number; readonly m: number; readonly signed: boolean })
  | (OfWidth & {
      readonly kind: "crc32";
      readonly n: number;
      readonly m: number;
      readonly castagnoli: boolean;
      readonly size: 1 | 2 | 4 | 8;
    })
  | (OfWidth & { readonly kind: "one-source"; readonly operation: OneSource; readonly n: number })
  /** `m` a register, or the immediate in `low` and `high`. */
  | (OfWidth & {
      readonly kind: "extreme";
      readonly operation: Extreme;
      readonly n: number;
      readonly m: number | undefined;
      readonly low: number;
      readonly high: number;
    })
  | (OfWidth & {
      readonly kind: "multiply-add";
      readonly n: number;
      readonly m: number;
      readonly a: number;
      readonly subtract: boolean;
    })
  | (OfWidth & {
      readonly kind: "multiply-add-long";
      readonly n: number;
      readonly m: number;
      readonly a: number;
      readonly subtract: boolean;
      readonly signed: boolean;
    })
  | (OfWidth & {
      readonly kind: "multiply-high";
      readonly n: number;
      readonly m: number;
      readonly signed: boolean;
    })
  /** ADR and ADRP: bytes from the instruction, or from the beginning of its page of 4 KiB. */
  | {
      readonly group: "integer";
      readonly kind: "address";
      readonly d: number;
      readonly page: boolean;
      readonly low: number;
      readonly high: number;
    }
  | {
      readonly group: "integer";
      readonly kind: "rotate-into-flags";
      readonly n: number;
      readonly rotate: number;
      readonly mask: number;
    }
  | { readonly group: "integer"; readonly kind: "set-flags"; readonly n: number; readonly bits: 8 | 16 }
  | Lacks;

export type OneSource = "rbit" | "rev16" | "rev32" | "rev" | "clz" | "cls" | "ctz" | "cnt" | "abs";
export type Extreme = "smax" | "umax" | "smin" | "umin";

const group = "integer";
const LOGIC: readonly Logic[] = ["and", "orr", "eor", "and"];
const EXTREMES: readonly Extreme[] = ["smax", "umax", "smin", "umin"];
const WIDTHS = ["signed", "insert", "unsigned"] as const;
const SIZES = [1, 2, 4, 8] as const;

const isShift = (value: number): value is Shift => value >= 0 && value <= 3;

const additions: readonly Row<IntegerInstruction>[] = [
  row("sf:1 op:1 s:1 100010 sh:1 imm:12 n:5 d:5", { name: "add" }, ({ sf, op, s, sh, imm, n, d }) => ({
    group,
    kind: "add-immediate",
    wide: sf === 1,
    subtract: op === 1,
    flags: s === 1,
    d: s === 1 ? target(d) : orStack(d),
    n: orStack(n),
    immediate: sh === 1 ? imm << 12 : imm,
  })),
  row(
    "sf:1 op:1 s:1 01011 shift:2 0 m:5 amount:6 n:5 d:5",
    { name: "add" },
    ({ sf, op, s, shift, m, amount, n, d }) =>
      shift === 3 || !isShift(shift) || (sf === 0 && amount > 31)
        ? undefined
        : {
            group,
            kind: "add-shifted",
            wide: sf === 1,
            subtract: op === 1,
            flags: s === 1,
            d: target(d),
            n: source(n),
            m: source(m),
            shift,
            amount,
          },
  ),
  row(
    "sf:1 op:1 s:1 01011 00 1 m:5 extend:3 amount:3 n:5 d:5",
    { name: "add" },
    ({ sf, op, s, m, extend, amount, n, d }) =>
      amount > 4
        ? undefined
        : {
            group,
            kind: "add-extended",
            wide: sf === 1,
            subtract: op === 1,
            flags: s === 1,
            d: s === 1 ? target(d) : orStack(d),
            n: orStack(n),
            m: source(m),
            extend,
            amount,
          },
  ),
  row("sf:1 op:1 s:1 11010000 m:5 000000 n:5 d:5", { name: "adc" }, ({ sf, op, s, m, n, d }) => ({
    group,
    kind: "add-carry",
    wide: sf === 1,
    subtract: op === 1,
    flags: s === 1,
    d: target(d),
    n: source(n),
    m: source(m),
  })),
  lackingRow("1 x 0 11010000 xxxxx 001 xxx xxxxx xxxxx", {
    name: "ADDPT and SUBPT (FEAT_CPA)",
    fate: "ADDPT",
  }),
  lackingRow("1 00 11011 011 xxxxx x xxxxx xxxxx xxxxx", {
    name: "MADDPT and MSUBPT (FEAT_CPA)",
    fate: "ADDPT",
  }),
];

const logic: readonly Row<IntegerInstruction>[] = [
  row(
    "sf:1 op:2 100100 big:1 rotate:6 size:6 n:5 d:5",
    { name: "and" },
    ({ sf, op, big, rotate, size, n, d }) => {
      const mask = bitmask(sf === 1, big, rotate, size);
      return mask === undefined
        ? undefined
        : {
            group,
            kind: "logic-immediate",
            wide: sf === 1,
            logic: LOGIC[op] ?? "and",
            flags: op === 3,
            d: op === 3 ? target(d) : orStack(d),
            n: source(n),
            low: mask.low,
            high: sf === 1 ? mask.high : 0,
          };
    },
  ),
  row(
    "sf:1 op:2 01010 shift:2 invert:1 m:5 amount:6 n:5 d:5",
    { name: "and" },
    ({ sf, op, shift, invert, m, amount, n, d }) =>
      !isShift(shift) || (sf === 0 && amount > 31)
        ? undefined
        : {
            group,
            kind: "logic-shifted",
            wide: sf === 1,
            logic: LOGIC[op] ?? "and",
            flags: op === 3,
            invert: invert === 1,
            d: target(d),
            n: source(n),
            m: source(m),
            shift,
            amount,
          },
  ),
];

const halves = (value: number, at: number): { low: number; high: number } => ({
  low: at < 2 ? value << (16 * at) : 0,
  high: at < 2 ? 0 : value << (16 * (at - 2)),
});

const moves: readonly Row<IntegerInstruction>[] = [
  row("sf:1 op:2 100101 at:2 value:16 d:5", { name: "mov" }, ({ sf, op, at, value, d }) => {
    if (op === 1 || (sf === 0 && at > 1)) return undefined;
    const wide = sf === 1;
    if (op === 3) return { group, kind: "move-keep", wide, value, at, d: target(d) };
    const { low, high } = halves(value, at);
    const [a, b] = op === 2 ? [low, high] : [~low, ~high];
    return { group, kind: "move", wide, low: a, high: wide ? b : 0, d: target(d) };
  }),
  row("page:1 lower:2 10000 upper:19 d:5", { name: "adr" }, ({ page, lower, upper, d }) => {
    const offset = ((upper << 13) >> 11) | lower;
    return page === 1
      ? { group, kind: "address", page: true, d: target(d), low: offset << 12, high: offset >> 20 }
      : { group, kind: "address", page: false, d: target(d), low: offset, high: offset >> 31 };
  }),
];

const fields: readonly Row<IntegerInstruction>[] = [
  row(
    "sf:1 how:2 100110 big:1 rotate:6 last:6 n:5 d:5",
    { name: "bfm" },
    ({ sf, how, big, rotate, last, n, d }) => {
      const name = WIDTHS[how];
      if (name === undefined || sf !== big || (sf === 0 && (rotate > 31 || last > 31))) return undefined;
      return { group, kind: "bitfield", wide: sf === 1, how: name, d: target(d), n: source(n), rotate, last };
    },
  ),
  row("sf:1 00 100111 big:1 0 m:5 amount:6 n:5 d:5", { name: "extr" }, ({ sf, big, m, amount, n, d }) =>
    sf !== big || (sf === 0 && amount > 31)
      ? undefined
      : { group, kind: "extract", wide: sf === 1, d: target(d), n: source(n), m: source(m), amount },
  ),
];

const conditionals: readonly Row<IntegerInstruction>[] = [
  row(
    "sf:1 op:1 1 11010010 m:5 condition:4 immediate:1 0 n:5 0 otherwise:4",
    { name: "ccmp" },
    ({ sf, op, m, condition, immediate, n, otherwise }) => ({
      group,
      kind: "compare-if",
      wide: sf === 1,
      subtract: op === 1,
      n: source(n),
      m: immediate === 1 ? undefined : source(m),
      immediate: m,
      condition,
      otherwise,
    }),
  ),
  row(
    "sf:1 op:1 0 11010100 m:5 condition:4 0 op2:1 n:5 d:5",
    { name: "csel" },
    ({ sf, op, m, condition, op2, n, d }) => ({
      group,
      kind: "select",
      wide: sf === 1,
      d: target(d),
      n: source(n),
      m: source(m),
      condition,
      increment: op2 === 1,
      invert: op === 1,
    }),
  ),
];

const twoSources: readonly Row<IntegerInstruction>[] = [
  row("sf:1 0 0 11010110 m:5 00001 signed:1 n:5 d:5", { name: "div" }, ({ sf, m, signed, n, d }) => ({
    group,
    kind: "divide",
    wide: sf === 1,
    d: target(d),
    n: source(n),
    m: source(m),
    signed: signed === 1,
  })),
  row("sf:1 0 0 11010110 m:5 0010 shift:2 n:5 d:5", { name: "shift" }, ({ sf, m, shift, n, d }) =>
    isShift(shift)
      ? { group, kind: "shift", wide: sf === 1, d: target(d), n: source(n), m: source(m), shift }
      : undefined,
  ),
  row(
    "sf:1 0 0 11010110 m:5 010 c:1 size:2 n:5 d:5",
    { name: "crc32", fate: "CRC32X" },
    ({ sf, m, c, size, n, d }) =>
      (size === 3) !== (sf === 1)
        ? undefined
        : {
            group,
            kind: "crc32",
            wide: false,
            d: target(d),
            n: source(n),
            m: source(m),
            castagnoli: c === 1,
            size: SIZES[size] ?? 1,
          },
  ),
  row("sf:1 0 0 11010110 m:5 0110 op:2 n:5 d:5", { name: "max", fate: "SMAX" }, ({ sf, m, op, n, d }) => ({
    group,
    kind: "extreme",
    operation: EXTREMES[op] ?? "smax",
    wide: sf === 1,
    d: target(d),
    n: source(n),
    m: source(m),
    low: 0,
    high: 0,
  })),
  row("sf:1 0 0 1000111 00 op:2 imm:8 n:5 d:5", { name: "max", fate: "SMAX" }, ({ sf, op, imm, n, d }) => {
    const low = op % 2 === 0 ? (imm << 24) >> 24 : imm;
    return {
      group,
      kind: "extreme",
      operation: EXTREMES[op] ?? "smax",
      wide: sf === 1,
      d: target(d),
      n: source(n),
      m: undefined,
      low,
      high: low >> 31,
    };
  }),
];

const one = (opcode: string, operation: OneSource, fate?: string): Row<IntegerInstruction> =>
  row(
    `sf:1 1 0 11010110 00000 ${opcode} n:5 d:5` as "sf:1 n:5 d:5",
    { name: operation, ...(fate === undefined ? {} : { fate }) },
    ({ sf, n, d }) => ({
      group,
      kind: "one-source",
      operation: operation === "rev32" && sf === 0 ? "rev" : operation,
      wide: sf === 1,
      d: target(d),
      n: source(n),
    }),
  );

const oneSource: readonly Row<IntegerInstruction>[] = [
  one("000000", "rbit"),
  one("000001", "rev16"),
  one("000010", "rev32"),
  row("1 1 0 11010110 00000 000011 n:5 d:5", { name: "rev" }, ({ n, d }) => ({
    group,
    kind: "one-source",
    operation: "rev",
    wide: true,
    d: target(d),
    n: source(n),
  })),
  one("000100", "clz"),
  one("000101", "cls"),
  one("000110", "ctz", "CTZ"),
  one("000111", "cnt", "CNT"),
  one("001000", "abs", "ABS"),
];

const threeSources: readonly Row<IntegerInstruction>[] = [
  row("sf:1 00 11011 000 m:5 minus:1 a:5 n:5 d:5", { name: "madd" }, ({ sf, m, minus, a, n, d }) => ({
    group,
    kind: "multiply-add",
    wide: sf === 1,
    d: target(d),
    n: source(n),
    m: source(m),
    a: source(a),
    subtract: minus === 1,
  })),
  row("1 00 11011 u:1 01 m:5 minus:1 a:5 n:5 d:5", { name: "maddl" }, ({ u, m, minus, a, n, d }) => ({
    group,
    kind: "multiply-add-long",
    wide: true,
    d: target(d),
    n: source(n),
    m: source(m),
    a: source(a),
    subtract: minus === 1,
    signed: u === 0,
  })),
  row("1 00 11011 u:1 10 m:5 0 xxxxx n:5 d:5", { name: "mulh" }, ({ u, m, n, d }) => ({
    group,
    kind: "multiply-high",
    wide: true,
    d: target(d),
    n: source(n),
    m: source(m),
    signed: u === 0,
  })),
];

const flags: readonly Row<IntegerInstruction>[] = [
  row(
    "1 0 1 11010000 rotate:6 00001 n:5 0 mask:4",
    { name: "rmif", fate: "RMIF" },
    ({ rotate, n, mask }) => ({
      group,
      kind: "rotate-into-flags",
      n: source(n),
      rotate,
      mask,
    }),
  ),
  row(
    "0 0 1 11010000 000000 sixteen:1 0010 n:5 0 1101",
    { name: "setf", fate: "SETF8" },
    ({ sixteen, n }) => ({
      group,
      kind: "set-flags",
      n: source(n),
      bits: sixteen === 1 ? 16 : 8,
    }),
  ),
];

export const integerRows: readonly Row<IntegerInstruction>[] = [
  ...additions,
  ...logic,
  ...moves,
  ...fields,
  ...conditionals,
  ...twoSources,
  ...oneSource,
  ...threeSources,
  ...flags,
];
