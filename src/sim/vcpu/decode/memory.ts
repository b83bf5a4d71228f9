/** Loads and stores of single registers and of pairs (Arm ARM, C4.1.96). */
import { orStack, signed, source, target } from "./registers.ts";
import { type Lacks, lackingRow, type Row, row } from "./row.ts";

/** When the offset is added to the base. */
export type Mode = "offset" | "post" | "pre";

/** Bytes of a register as loaded or stored. */
export type Bytes = 1 | 2 | 4 | 8 | 16;

/**
 * `t` is an index of `state.x`, or with `vector` the number of a vector register. `n` is the base, an index of
 * `state.x`.
 */
interface Access {
  readonly group: "memory";
  readonly load: boolean;
  readonly vector: boolean;
  readonly bytes: Bytes;
  /** Bits to which a loaded value's sign is carried; 0: zeroes. */
  readonly signed: 0 | 32 | 64;
  readonly t: number;
}

export type MemoryInstruction =
  | (Access & {
      readonly kind: "single";
      readonly n: number;
      readonly offset: number;
      readonly mode: Mode;
      readonly unprivileged: boolean;
    })
  /** The offset is a register, extended as in `add-extended`. */
  | (Access & {
      readonly kind: "indexed";
      readonly n: number;
      readonly m: number;
      readonly extend: number;
      readonly amount: number;
    })
  /** From the instruction's own address. */
  | (Access & { readonly kind: "literal"; readonly offset: number })
  | (Access & {
      readonly kind: "pair";
      readonly second: number;
      readonly n: number;
      readonly offset: number;
      readonly mode: Mode;
    })
  | { readonly group: "memory"; readonly kind: "prefetch" }
  /** LDRAA and LDRAB. */
  | {
      readonly group: "memory";
      readonly kind: "authenticated";
      readonly key: "da" | "db";
      readonly t: number;
      readonly n: number;
      readonly offset: number;
      readonly mode: "offset" | "pre";
    }
  | Lacks;

const group = "memory";
const MODES: readonly Mode[] = ["offset", "post", "offset", "pre"];
const BYTES: readonly Bytes[] = [1, 2, 4, 8];

interface Shape {
  readonly load: boolean;
  readonly vector: boolean;
  readonly bytes: Bytes;
  readonly signed: 0 | 32 | 64;
}

/** What `size` and `opc` say; undefined: not allocated, "prefetch": PRFM. */
function shapeOf(size: number, vector: number, opc: number): Shape | "prefetch" | undefined {
  if (vector === 1) {
    if (opc > 1 && size !== 0) return undefined;
    return { load: (opc & 1) === 1, vector: true, bytes: opc > 1 ? 16 : (BYTES[size] ?? 1), signed: 0 };
  }
  if (opc < 2) return { load: opc === 1, vector: false, bytes: BYTES[size] ?? 1, signed: 0 };
  if (size === 3) return opc === 2 ? "prefetch" : undefined;
  if (size === 2 && opc === 3) return undefined;
  return { load: true, vector: false, bytes: BYTES[size] ?? 1, signed: opc === 2 ? 64 : 32 };
}

const registerOf = (
  { load, vector }: { readonly load: boolean; readonly vector: boolean },
  t: number,
): number => (vector ? t : load ? target(t) : source(t));

const prefetch: MemoryInstruction = { group, kind: "prefetch" };

function single(
  size: number,
  vector: number,
  opc: number,
  how: { readonly mode: Mode; readonly unprivileged: boolean; readonly offset: (bytes: number) => number },
  n: number,
  t: number,
): MemoryInstruction | undefined {
  const shape = shapeOf(size, vector, opc);
  if (shape === undefined) return undefined;
  if (shape === "prefetch") return how.mode === "offset" && !how.unprivileged ? prefetch : undefined;
  return {
    group,
    kind: "single",
    ...shape,
    t: registerOf(shape, t),
    n: orStack(n),
    offset: how.offset(shape.bytes),
    mode: how.mode,
    unprivileged: how.unprivileged,
  };
}

/** The general-purpose and the vector form of an encoding whose bit 26 tells them apart. */
const both = (
  picture: string,
  name: string,
  make: (
    fields: Readonly<Record<"opc" | "size" | "imm" | "how" | "n" | "t" | "m" | "extend" | "s", number>>,
    v: 0 | 1,
  ) => MemoryInstruction | undefined,
): readonly Row<MemoryInstruction>[] => [
  row(picture.replace("V", "0") as "opc:2", { name }, (fields) => make(fields as never, 0)),
  row(picture.replace("V", "1") as "opc:2", { name, uses: "fp" }, (fields) => make(fields as never, 1)),
];

const singles: readonly Row<MemoryInstruction>[] = [
  ...both("size:2 111 V 01 opc:2 imm:12 n:5 t:5", "ldr", ({ size, opc, imm, n, t }, v) =>
    single(size, v, opc, { mode: "offset", unprivileged: false, offset: (bytes) => imm * bytes }, n, t),
  ),
  ...both("size:2 111 V 00 opc:2 0 imm:9 how:2 n:5 t:5", "ldur", ({ size, opc, imm, how, n, t }, v) =>
    how === 2 && v === 1
      ? undefined
      : single(
          size,
          v,
          opc,
          { mode: MODES[how] ?? "offset", unprivileged: how === 2, offset: () => signed(imm, 9) },
          n,
          t,
        ),
  ),
  ...both(
    "size:2 111 V 00 opc:2 1 m:5 extend:3 s:1 10 n:5 t:5",
    "ldr",
    ({ size, opc, m, extend, s, n, t }, v) => {
      const shape = shapeOf(size, v, opc);
      if (shape === undefined || (extend & 2) === 0) return undefined;
      if (shape === "prefetch") return prefetch;
      return {
        group,
        kind: "indexed",
        ...shape,
        t: registerOf(shape, t),
        n: orStack(n),
        m: source(m),
        extend,
        amount: s === 1 ? Math.log2(shape.bytes) : 0,
      };
    },
  ),
  ...both("opc:2 011 V 00 imm:19 t:5", "ldr", ({ opc, imm, t }, v) => {
    const offset = signed(imm, 19) * 4;
    if (v === 1)
      return opc === 3
        ? undefined
        : {
            group,
            kind: "literal",
            load: true,
            vector: true,
            bytes: opc === 0 ? 4 : opc === 1 ? 8 : 16,
            signed: 0,
            t,
            offset,
          };
    if (opc === 3) return prefetch;
    return {
      group,
      kind: "literal",
      load: true,
      vector: false,
      bytes: opc === 1 ? 8 : 4,
      signed: opc === 2 ? 64 : 0,
      t: target(t),
      offset,
    };
  }),
  row(
    "11 111 0 00 key:1 s:1 1 imm:9 write:1 1 n:5 t:5",
    { name: "ldraa", fate: "LDRAA" },
    ({ key, s, imm, write, n, t }) => ({
      group,
      kind: "authenticated",
      key: key === 1 ? "db" : "da",
      t: target(t),
      n: orStack(n),
      offset: signed((s << 9) | imm, 10) * 8,
      mode: write === 1 ? "pre" : "offset",
    }),
  ),
];

const pairs: readonly Row<MemoryInstruction>[] = both(
  "opc:2 101 V 0 how:2 s:1 imm:7 m:5 n:5 t:5",
  "ldp",
  ({ opc, how, s, imm, m, n, t }, v) => {
    const load = s === 1;
    // Without bits 24 and 23 it is a non-temporal pair: of LDPSW and STGP there is none.
    if (opc === 3 || (v === 0 && opc === 1 && (how === 0 || !load))) return undefined;
    const bytes: Bytes = v === 1 ? (opc === 0 ? 4 : opc === 1 ? 8 : 16) : opc === 2 ? 8 : 4;
    const shape: Shape = { load, vector: v === 1, bytes, signed: v === 0 && opc === 1 ? 64 : 0 };
    return {
      group,
      kind: "pair",
      ...shape,
      t: registerOf(shape, t),
      second: registerOf(shape, m),
      n: orStack(n),
      offset: signed(imm, 7) * bytes,
      mode: MODES[how] ?? "offset",
    };
  },
);

const lacking: readonly Row<MemoryInstruction>[] = [
  lackingRow("11011001 000 11111 00001 1 xxxxx xxxxx", { name: "GCSSTR and GCSSTTR", fate: "GCSSTR" }),
  lackingRow("11011001 000 11111 00011 1 xxxxx xxxxx", { name: "GCSSTR and GCSSTTR", fate: "GCSSTR" }),
  lackingRow("xx 111 1 00 xx 1 xxxxx xxxx 00 xxxxx xxxxx", {
    name: "floating-point atomics (FEAT_LSFE)",
    fate: "LDFADD",
    uses: "fp",
  }),
];

export const memoryRows: readonly Row<MemoryInstruction>[] = [...singles, ...pairs, ...lacking];
