/** Pointer authentication and logical tags on registers; allocation tags in memory (FEAT_PAuth, FEAT_MTE). */
import type { Mode } from "./memory.ts";
import { orStack, signed, source, target } from "./registers.ts";
import { type Lacks, lackingRow, type Row, row } from "./row.ts";

export type Key = "ia" | "ib" | "da" | "db";

export type PointerInstruction =
  | {
      readonly group: "pointer";
      readonly kind: "sign" | "authenticate";
      readonly key: Key;
      readonly d: number;
      /** Where the modifier is. */
      readonly n: number;
    }
  | { readonly group: "pointer"; readonly kind: "strip"; readonly data: boolean; readonly d: number }
  | {
      readonly group: "pointer";
      readonly kind: "generic";
      readonly d: number;
      readonly n: number;
      readonly m: number;
    }
  /** IRG; `m` holds the tags that are not to be taken. */
  | {
      readonly group: "pointer";
      readonly kind: "random-tag";
      readonly d: number;
      readonly n: number;
      readonly m: number;
    }
  /** ADDG and SUBG. */
  | {
      readonly group: "pointer";
      readonly kind: "add-tag";
      readonly d: number;
      readonly n: number;
      readonly bytes: number;
      readonly tag: number;
    }
  | {
      readonly group: "pointer";
      readonly kind: "tag-mask";
      readonly d: number;
      readonly n: number;
      readonly m: number;
    }
  | {
      readonly group: "pointer";
      readonly kind: "subtract";
      readonly flags: boolean;
      readonly d: number;
      readonly n: number;
      readonly m: number;
    }
  | {
      readonly group: "pointer";
      readonly kind: "load-tag";
      readonly t: number;
      readonly n: number;
      readonly offset: number;
    }
  /** STG, ST2G, STZG, STZ2G: so many granules of 16 bytes. */
  | {
      readonly group: "pointer";
      readonly kind: "store-tag";
      readonly granules: 1 | 2;
      readonly zero: boolean;
      readonly t: number;
      readonly n: number;
      readonly offset: number;
      readonly mode: Mode;
    }
  | {
      readonly group: "pointer";
      readonly kind: "store-tag-pair";
      readonly t: number;
      readonly second: number;
      readonly n: number;
      readonly offset: number;
      readonly mode: Mode;
    }
  /** LDGM, STGM, STZGM. */
  | {
      readonly group: "pointer";
      readonly kind: "many-tags";
      readonly how: "load" | "store" | "zero";
      readonly t: number;
      readonly n: number;
    }
  | Lacks;

const group = "pointer";
const KEYS: readonly Key[] = ["ia", "ib", "da", "db"];
const MODES: readonly Mode[] = ["offset", "post", "offset", "pre"];

const authentication: readonly Row<PointerInstruction>[] = [
  row(
    "1 1 0 11010110 00001 00 0 check:1 key:2 n:5 d:5",
    { name: "pac", fate: "PACIA" },
    ({ check, key, n, d }) => ({
      group,
      kind: check === 1 ? "authenticate" : "sign",
      key: KEYS[key] ?? "ia",
      d: target(d),
      n: orStack(n),
    }),
  ),
  row(
    "1 1 0 11010110 00001 00 1 check:1 key:2 11111 d:5",
    { name: "pacz", fate: "PACDZA" },
    ({ check, key, d }) => ({
      group,
      kind: check === 1 ? "authenticate" : "sign",
      key: KEYS[key] ?? "ia",
      d: target(d),
      n: source(31),
    }),
  ),
  row("1 1 0 11010110 00001 010000 11111 d:5", { name: "xpaci", fate: "XPACI" }, ({ d }) => ({
    group,
    kind: "strip",
    data: false,
    d: target(d),
  })),
  row("1 1 0 11010110 00001 010001 11111 d:5", { name: "xpacd", fate: "XPACD" }, ({ d }) => ({
    group,
    kind: "strip",
    data: true,
    d: target(d),
  })),
  row("1 0 0 11010110 m:5 001100 n:5 d:5", { name: "pacga", fate: "PACGA" }, ({ m, n, d }) => ({
    group,
    kind: "generic",
    d: target(d),
    n: source(n),
    m: orStack(m),
  })),
  lackingRow("1 1 0 11010110 00001 10 xxxx xxxxx 11110", { name: "PAC of FEAT_PAuth_LR", fate: "PACIASPPC" }),
  lackingRow("1 11 100111 0 x xxxxxxxxxxxxxxxx 11111", {
    name: "AUTIASPPC (FEAT_PAuth_LR)",
    fate: "PACIASPPC",
  }),
];

const tags: readonly Row<PointerInstruction>[] = [
  row("1 0 0 11010110 m:5 000100 n:5 d:5", { name: "irg", fate: "IRG" }, ({ m, n, d }) => ({
    group,
    kind: "random-tag",
    d: orStack(d),
    n: orStack(n),
    m: source(m),
  })),
  row("1 0 0 11010110 m:5 000101 n:5 d:5", { name: "gmi", fate: "GMI" }, ({ m, n, d }) => ({
    group,
    kind: "tag-mask",
    d: target(d),
    n: orStack(n),
    m: source(m),
  })),
  row("1 0 s:1 11010110 m:5 000000 n:5 d:5", { name: "subp", fate: "SUBP" }, ({ s, m, n, d }) => ({
    group,
    kind: "subtract",
    flags: s === 1,
    d: target(d),
    n: orStack(n),
    m: orStack(m),
  })),
  row(
    "1 minus:1 0 100011 0 by:6 00 tag:4 n:5 d:5",
    { name: "addg", fate: "ADDG" },
    ({ minus, by, tag, n, d }) => ({
      group,
      kind: "add-tag",
      d: orStack(d),
      n: orStack(n),
      bytes: (minus === 1 ? -16 : 16) * by,
      tag,
    }),
  ),
  row(
    "11011001 two:1 zero:1 1 imm:9 how:2 n:5 t:5",
    { name: "stg", fate: "STG" },
    ({ two, zero, imm, how, n, t }) =>
      how === 0
        ? undefined
        : {
            group,
            kind: "store-tag",
            granules: two === 1 ? 2 : 1,
            zero: zero === 1,
            t: orStack(t),
            n: orStack(n),
            offset: signed(imm, 9) * 16,
            mode: MODES[how] ?? "offset",
          },
  ),
  row("11011001 01 1 imm:9 00 n:5 t:5", { name: "ldg", fate: "LDG" }, ({ imm, n, t }) => ({
    group,
    kind: "load-tag",
    t,
    n: orStack(n),
    offset: signed(imm, 9) * 16,
  })),
  row("11011001 00 1 000000000 00 n:5 t:5", { name: "stzgm", fate: "STZGM" }, ({ n, t }) => ({
    group,
    kind: "many-tags",
    how: "zero",
    t: source(t),
    n: orStack(n),
  })),
  row("11011001 10 1 000000000 00 n:5 t:5", { name: "stgm", fate: "STGM" }, ({ n, t }) => ({
    group,
    kind: "many-tags",
    how: "store",
    t: source(t),
    n: orStack(n),
  })),
  row("11011001 11 1 000000000 00 n:5 t:5", { name: "ldgm", fate: "LDGM" }, ({ n, t }) => ({
    group,
    kind: "many-tags",
    how: "load",
    t: target(t),
    n: orStack(n),
  })),
  row("01 101 0 0 how:2 0 imm:7 m:5 n:5 t:5", { name: "stgp", fate: "STG" }, ({ how, imm, m, n, t }) =>
    how === 0
      ? undefined
      : {
          group,
          kind: "store-tag-pair",
          t: source(t),
          second: source(m),
          n: orStack(n),
          offset: signed(imm, 7) * 16,
          mode: MODES[how] ?? "offset",
        },
  ),
];

export const pointerRows: readonly Row<PointerInstruction>[] = [...authentication, ...tags];
