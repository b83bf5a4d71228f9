/** Exclusive, ordered and atomic accesses, 64-byte accesses (Arm ARM, C4.1.96). */
import { orStack, signed, source, target } from "./registers.ts";
import { type Lacks, lackingRow, type Row, row } from "./row.ts";

export type Size = 1 | 2 | 4 | 8;

/** What an atomic does with what it finds and what it brings. */
export type Operation = "add" | "clear" | "eor" | "set" | "smax" | "smin" | "umax" | "umin" | "swap";

/** Ordering is not kept: one vCPU runs at a time, and its accesses are seen in program order. */
export type AtomicInstruction =
  | {
      readonly group: "atomic";
      readonly kind: "load-exclusive";
      readonly size: Size;
      readonly t: number;
      /** undefined: not a pair. */
      readonly second: number | undefined;
      readonly n: number;
    }
  | {
      readonly group: "atomic";
      readonly kind: "store-exclusive";
      readonly size: Size;
      /** Where 0 or 1 goes: done, or not. */
      readonly s: number;
      readonly t: number;
      readonly second: number | undefined;
      readonly n: number;
    }
  /** LDAR, LDLAR, LDAPR, LDAPUR; `moves`: the base moves by so many bytes, before a store and after a load. */
  | {
      readonly group: "atomic";
      readonly kind: "ordered";
      readonly load: boolean;
      readonly size: Size;
      readonly signed: 0 | 32 | 64;
      readonly t: number;
      readonly n: number;
      readonly offset: number;
      readonly moves: number;
    }
  /** LDIAPP and STILP. */
  | {
      readonly group: "atomic";
      readonly kind: "ordered-pair";
      readonly load: boolean;
      readonly size: 4 | 8;
      readonly t: number;
      readonly second: number;
      readonly n: number;
      readonly moves: number;
    }
  /** LDAPUR and STLUR of vector registers. */
  | {
      readonly group: "atomic";
      readonly kind: "ordered-vector";
      readonly load: boolean;
      readonly bytes: Size | 16;
      readonly t: number;
      readonly n: number;
      readonly offset: number;
    }
  | {
      readonly group: "atomic";
      readonly kind: "change";
      readonly operation: Operation;
      readonly size: Size;
      readonly s: number;
      readonly t: number;
      readonly n: number;
    }
  /** LDCLRP, LDSETP and SWPP: both registers are source and destination. */
  | {
      readonly group: "atomic";
      readonly kind: "change-pair";
      readonly operation: "clear" | "set" | "swap";
      readonly t: number;
      readonly second: number;
      readonly n: number;
    }
  | {
      readonly group: "atomic";
      readonly kind: "compare-and-swap";
      readonly size: Size;
      readonly s: number;
      readonly t: number;
      readonly n: number;
    }
  | {
      readonly group: "atomic";
      readonly kind: "compare-and-swap-pair";
      readonly size: 4 | 8;
      readonly s: number;
      readonly t: number;
      readonly n: number;
    }
  /** LD64B and the ST64B family; `s`: where the status goes. */
  | {
      readonly group: "atomic";
      readonly kind: "sixty-four";
      readonly load: boolean;
      readonly t: number;
      readonly n: number;
      readonly s: number | undefined;
      readonly accdata: boolean;
    }
  | Lacks;

const group = "atomic";
const SIZES: readonly Size[] = [1, 2, 4, 8];
const sizeOf = (size: number): Size => SIZES[size] ?? 1;

const exclusives: readonly Row<AtomicInstruction>[] = [
  row("size:2 001000 0 1 0 xxxxx x xxxxx n:5 t:5", { name: "ldxr" }, ({ size, n, t }) => ({
    group,
    kind: "load-exclusive",
    size: sizeOf(size),
    t: target(t),
    second: undefined,
    n: orStack(n),
  })),
  row("size:2 001000 0 0 0 s:5 x xxxxx n:5 t:5", { name: "stxr" }, ({ size, s, n, t }) => ({
    group,
    kind: "store-exclusive",
    size: sizeOf(size),
    s: target(s),
    t: source(t),
    second: undefined,
    n: orStack(n),
  })),
  row("1 wide:1 001000 0 1 1 xxxxx x m:5 n:5 t:5", { name: "ldxp" }, ({ wide, m, n, t }) => ({
    group,
    kind: "load-exclusive",
    size: wide === 1 ? 8 : 4,
    t: target(t),
    second: target(m),
    n: orStack(n),
  })),
  row("1 wide:1 001000 0 0 1 s:5 x m:5 n:5 t:5", { name: "stxp" }, ({ wide, s, m, n, t }) => ({
    group,
    kind: "store-exclusive",
    size: wide === 1 ? 8 : 4,
    s: target(s),
    t: source(t),
    second: source(m),
    n: orStack(n),
  })),
];

const access = (
  load: boolean,
  size: number,
  n: number,
  t: number,
  more: { readonly offset?: number; readonly moves?: number; readonly signed?: 0 | 32 | 64 } = {},
): AtomicInstruction => ({
  group,
  kind: "ordered",
  load,
  size: sizeOf(size),
  signed: more.signed ?? 0,
  t: load ? target(t) : source(t),
  n: orStack(n),
  offset: more.offset ?? 0,
  moves: more.moves ?? 0,
});

const ordered: readonly Row<AtomicInstruction>[] = [
  row("size:2 001000 1 load:1 0 xxxxx 1 xxxxx n:5 t:5", { name: "ldar" }, ({ size, load, n, t }) =>
    access(load === 1, size, n, t),
  ),
  row(
    "size:2 001000 1 load:1 0 xxxxx 0 xxxxx n:5 t:5",
    { name: "ldlar", fate: "LDLAR" },
    ({ size, load, n, t }) => access(load === 1, size, n, t),
  ),
  row("size:2 111 0 00 1 0 1 xxxxx 1 100 00 n:5 t:5", { name: "ldapr", fate: "LDAPR" }, ({ size, n, t }) =>
    access(true, size, n, t),
  ),
  row(
    "size:2 011001 opc:2 0 imm:9 00 n:5 t:5",
    { name: "ldapur", fate: "LDAPUR" },
    ({ size, opc, imm, n, t }) => {
      if (opc > 1 && (size === 3 || (size === 2 && opc === 3))) return undefined;
      const carried = opc === 2 ? 64 : opc === 3 ? 32 : 0;
      return access(opc !== 0, size, n, t, { offset: signed(imm, 9), signed: carried });
    },
  ),
  row("1 wide:1 011001 11 0 00000 0000 10 n:5 t:5", { name: "ldapr", fate: "LDIAPP" }, ({ wide, n, t }) =>
    access(true, 2 + wide, n, t, { moves: wide === 1 ? 8 : 4 }),
  ),
  row("1 wide:1 011001 10 0 00000 0000 10 n:5 t:5", { name: "stlr", fate: "STILP" }, ({ wide, n, t }) =>
    access(false, 2 + wide, n, t, { moves: wide === 1 ? -8 : -4 }),
  ),
  row(
    "1 wide:1 011001 0 load:1 0 m:5 000 stay:1 10 n:5 t:5",
    { name: "ldiapp", fate: "LDIAPP" },
    ({ wide, load, m, stay, n, t }) => {
      const size = wide === 1 ? 8 : 4;
      return {
        group,
        kind: "ordered-pair",
        load: load === 1,
        size,
        t: load === 1 ? target(t) : source(t),
        second: load === 1 ? target(m) : source(m),
        n: orStack(n),
        moves: stay === 1 ? 0 : load === 1 ? 2 * size : -2 * size,
      };
    },
  ),
  row(
    "size:2 011101 opc:2 0 imm:9 10 n:5 t:5",
    { name: "ldapur", fate: "LDIAPP", uses: "fp" },
    ({ size, opc, imm, n, t }) =>
      opc > 1 && size !== 0
        ? undefined
        : {
            group,
            kind: "ordered-vector",
            load: (opc & 1) === 1,
            bytes: opc > 1 ? 16 : sizeOf(size),
            t,
            n: orStack(n),
            offset: signed(imm, 9),
          },
  ),
];

const OPERATIONS: readonly Operation[] = ["add", "clear", "eor", "set", "smax", "smin", "umax", "umin"];

const changes: readonly Row<AtomicInstruction>[] = [
  row(
    "size:2 111 0 00 xx 1 s:5 0 operation:3 00 n:5 t:5",
    { name: "ldadd", fate: "LDADD" },
    ({ size, s, operation, n, t }) => ({
      group,
      kind: "change",
      operation: OPERATIONS[operation] ?? "add",
      size: sizeOf(size),
      s: source(s),
      t: target(t),
      n: orStack(n),
    }),
  ),
  row("size:2 111 0 00 xx 1 s:5 1 000 00 n:5 t:5", { name: "swp", fate: "SWP" }, ({ size, s, n, t }) => ({
    group,
    kind: "change",
    operation: "swap",
    size: sizeOf(size),
    s: source(s),
    t: target(t),
    n: orStack(n),
  })),
  ...(
    [
      ["0 001", "clear", "LDCLRP"],
      ["0 011", "set", "LDSETP"],
      ["1 000", "swap", "SWPP"],
    ] as const
  ).map(([code, operation, fate]) =>
    row(
      `00 011001 xx 1 m:5 ${code} 00 n:5 t:5` as "m:5 n:5 t:5",
      { name: fate.toLowerCase(), fate },
      ({ m, n, t }): AtomicInstruction | undefined =>
        m === 31 || t === 31
          ? undefined
          : { group, kind: "change-pair", operation, t: source(t), second: source(m), n: orStack(n) },
    ),
  ),
  row("size:2 001000 1 x 1 s:5 x 11111 n:5 t:5", { name: "cas", fate: "CAS" }, ({ size, s, n, t }) => ({
    group,
    kind: "compare-and-swap",
    size: sizeOf(size),
    s,
    t: source(t),
    n: orStack(n),
  })),
  row("0 wide:1 001000 0 x 1 s:5 x 11111 n:5 t:5", { name: "casp", fate: "CASP" }, ({ wide, s, n, t }) =>
    s % 2 === 1 || t % 2 === 1
      ? undefined
      : { group, kind: "compare-and-swap-pair", size: wide === 1 ? 8 : 4, s, t, n: orStack(n) },
  ),
];

const eightWords = (
  picture: string,
  name: string,
  fate: string,
  how: { readonly load: boolean; readonly status: boolean; readonly accdata: boolean },
): Row<AtomicInstruction> =>
  row(picture as "s:5 n:5 t:5", { name, fate }, ({ s, n, t }) =>
    t % 2 === 1 || t > 22
      ? undefined
      : {
          group,
          kind: "sixty-four",
          load: how.load,
          t,
          n: orStack(n),
          s: how.status ? target(s) : undefined,
          accdata: how.accdata,
        },
  );

const eights: readonly Row<AtomicInstruction>[] = [
  eightWords("11 111 0 00 00 1 11111 1 101 00 n:5 t:5", "ld64b", "LD64B", {
    load: true,
    status: false,
    accdata: false,
  }),
  eightWords("11 111 0 00 00 1 11111 1 001 00 n:5 t:5", "st64b", "ST64B", {
    load: false,
    status: false,
    accdata: false,
  }),
  eightWords("11 111 0 00 00 1 s:5 1 011 00 n:5 t:5", "st64bv", "ST64BV", {
    load: false,
    status: true,
    accdata: false,
  }),
  eightWords("11 111 0 00 00 1 s:5 1 010 00 n:5 t:5", "st64bv0", "ST64BV0", {
    load: false,
    status: true,
    accdata: true,
  }),
];

const lacking: readonly Row<AtomicInstruction>[] = [
  lackingRow("0x 011001 xx 1 xxxxx 0 000 10 xxxxx xxxxx", { name: "RCWCAS (FEAT_THE)", fate: "RCWCAS" }),
  lackingRow("0x 011001 xx 1 xxxxx 0 000 11 xxxxx xxxxx", { name: "RCWCASP (FEAT_THE)", fate: "RCWCASP" }),
  lackingRow("0x 111 0 00 xx 1 xxxxx 1 001 00 xxxxx xxxxx", { name: "RCWCLR (FEAT_THE)", fate: "RCWCLR" }),
  lackingRow("0x 111 0 00 xx 1 xxxxx 1 010 00 xxxxx xxxxx", { name: "RCWSWP (FEAT_THE)", fate: "RCWCLR" }),
  lackingRow("0x 111 0 00 xx 1 xxxxx 1 011 00 xxxxx xxxxx", { name: "RCWSET (FEAT_THE)", fate: "RCWCLR" }),
  lackingRow("0x 011001 xx 1 xxxxx 1 001 00 xxxxx xxxxx", { name: "RCWCLRP (FEAT_THE)", fate: "RCWCASP" }),
  lackingRow("0x 011001 xx 1 xxxxx 1 010 00 xxxxx xxxxx", { name: "RCWSWPP (FEAT_THE)", fate: "RCWCASP" }),
  lackingRow("0x 011001 xx 1 xxxxx 1 011 00 xxxxx xxxxx", { name: "RCWSETP (FEAT_THE)", fate: "RCWCASP" }),
];

export const atomicRows: readonly Row<AtomicInstruction>[] = [
  ...exclusives,
  ...ordered,
  ...changes,
  ...eights,
  ...lacking,
];
