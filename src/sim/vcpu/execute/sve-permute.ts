/** SVE permutations, and what puts one value in many lanes. */
import { orStack, source, target } from "../decode/registers.ts";
import type { SveShape } from "../decode/sve-shapes.ts";
import { readX, writeX, Z_BYTES } from "../state.ts";
import { permutesShortVectors } from "./leniency.ts";
import type { Op } from "./machine.ts";
import { compileReduce } from "./sve-reduce.ts";
import { lastActive, readAll, writeAll, writeScalar } from "./sve-scalars.ts";
import {
  compileCarry,
  compileCrypto,
  compileEorInterleaved,
  compileHistogram,
  compileMatch,
  compileTrigonometric,
} from "./sve-search.ts";
import { elements, fromLength, isActive, overVectors, readElement, writeElement } from "./sve-state.ts";

type Of<Kind extends SveShape["kind"]> = Extract<SveShape, { kind: Kind }>;

type Permute = Of<"permute">;

const TWO_QUADWORDS = 32;

/** Number of the source lane, those of the second source behind those of the first. */
function interleaving(op: string, count: number): (i: number) => number {
  const part = op.includes("2") ? 1 : 0;
  if (op.startsWith("zip")) return (i) => (part * count) / 2 + (i >> 1) + (i & 1) * count;
  if (op.startsWith("trn")) return (i) => (i & ~1) + part + (i & 1) * count;
  return (i) => 2 * i + part;
}

function compileInterleaving({ op, size, d, n, m }: Permute): Op {
  return overVectors((v) => {
    const all = [...readAll(v, n, size), ...readAll(v, m, size)];
    const from = interleaving(op, elements(v, size));
    writeAll(
      v,
      d,
      size,
      Array.from({ length: elements(v, size) }, (_, i) => all[from(i)] ?? 0n),
    );
  });
}

/** The same of 128 bits, two at least. What is left over of an odd number becomes 0, by the architecture. */
function compileQuadwords({ op, d, n, m }: Permute): Op {
  const work = overVectors((v, { core }) => {
    const whole = v.length >> 4;
    const count = op.startsWith("uzp") && permutesShortVectors(core) ? whole : whole & ~1;
    const from = interleaving(op, count);
    const all = [...readAll(v, n, 3).slice(0, 2 * count), ...readAll(v, m, 3).slice(0, 2 * count)];
    const results = Array.from({ length: 2 * whole }, (_, i) =>
      i < 2 * count ? (all[2 * from(i >> 1) + (i & 1)] ?? 0n) : 0n,
    );
    writeAll(v, d, 3, results);
  });
  const long = fromLength(TWO_QUADWORDS, work);
  return (machine) => (permutesShortVectors(machine.core) ? work(machine) : long(machine));
}

function compileTable({ op, size, d, n, m }: Permute): Op {
  return overVectors((v) => {
    const table =
      op === "tbl2" ? [...readAll(v, n, size), ...readAll(v, (n + 1) & 31, size)] : readAll(v, n, size);
    const results = readAll(v, m, size).map((index, i) => {
      const value = index < BigInt(table.length) ? table[Number(index)] : undefined;
      return value ?? (op === "tbx" ? readElement(v.r, d, size, i, false) : 0n);
    });
    writeAll(v, d, size, results);
  });
}

/** LASTA, LASTB and their conditional forms. */
function compileLast({ op, size, d, n, pg }: Permute): Op {
  const conditional = op.startsWith("c");
  const after = op.includes("lasta");
  const to = op.endsWith("vector") ? "vector" : op.endsWith("general") ? "general" : "all";
  const mask = (1n << BigInt(8 << size)) - 1n;
  return overVectors((v, machine) => {
    const count = elements(v, size);
    const last = lastActive(v, pg, size);
    if (conditional && last < 0) {
      // What is in the destination stays, but for what is above its lane.
      if (to === "vector") writeScalar(machine, v, d, size, readElement(v.r, d, size, 0, false));
      else if (to === "general") writeX(machine.state, target(d), readX(machine.state, source(d)) & mask);
      return;
    }
    const at = after ? (last + 1) % count : last < 0 ? count - 1 : last;
    const value = readElement(v.r, n, size, at, false);
    if (to === "vector") writeScalar(machine, v, d, size, value);
    else if (to === "general") writeX(machine.state, target(d), value);
    else writeAll(v, d, size, new Array(count).fill(value));
  });
}

function compileSplice({ op, size, d, n, pg }: Permute): Op {
  const [first, second] = op === "splice2" ? [n, (n + 1) & 31] : [d, n];
  return overVectors((v) => {
    const count = elements(v, size);
    const last = lastActive(v, pg, size);
    const values = readAll(v, first, size);
    const from = values.findIndex((_, i) => isActive(v, pg, size, i));
    const taken = last < 0 ? [] : values.slice(from, last + 1);
    writeAll(v, d, size, [...taken, ...readAll(v, second, size)].slice(0, count));
  });
}

function compileExtract({ d, n, m, by }: Permute): Op {
  return overVectors((v) => {
    const { bytes } = v.r;
    const both = new Uint8Array(2 * v.length);
    both.set(bytes.subarray(n * Z_BYTES, n * Z_BYTES + v.length));
    both.set(bytes.subarray(m * Z_BYTES, m * Z_BYTES + v.length), v.length);
    const from = by >= v.length ? 0 : by;
    bytes.set(both.subarray(from, from + v.length), d * Z_BYTES);
  });
}

function compileUnpack({ op, size, d, n }: Permute): Op {
  const isSigned = op.startsWith("s");
  return overVectors((v) => {
    const count = elements(v, size);
    const from = op.endsWith("hi") ? count : 0;
    const values = Array.from({ length: count }, (_, i) => readElement(v.r, n, size - 1, from + i, isSigned));
    writeAll(v, d, size, values);
  });
}

function compileInsert({ op, size, d, n }: Permute): Op {
  return overVectors((v, machine) => {
    const value =
      op === "insr-general" ? readX(machine.state, source(n)) : readElement(v.r, n, size, 0, false);
    writeAll(v, d, size, [value, ...readAll(v, d, size).slice(0, -1)]);
  });
}

/** DUP of a lane, which may lie beyond the vector; of 128 bits: size 4. */
function compileDuplicate({ op, size, d, n, by }: Permute): Op {
  return overVectors((v) => {
    const count = v.length >> size;
    if (op === "dupq") {
      const each = 16 >> size;
      const all = readAll(v, n, size);
      writeAll(
        v,
        d,
        size,
        all.map((_, i) => all[Math.floor(i / each) * each + by] ?? 0n),
      );
      return;
    }
    const wide = Number(size) === 4;
    const unit = wide ? 3 : size;
    const at = by < count ? by : -1;
    const read = (part: number): bigint =>
      at < 0 ? 0n : readElement(v.r, n, unit, wide ? 2 * at + part : at, false);
    const values = [read(0), wide ? read(1) : read(0)];
    for (let i = 0; i < elements(v, unit); i++) writeElement(v.r, d, unit, i, values[i & 1] ?? 0n);
  });
}

function compilePermute(shape: Permute): Op {
  const { op, size, d, n, pg } = shape;
  switch (op) {
    case "zip1":
    case "zip2":
    case "uzp1":
    case "uzp2":
    case "trn1":
    case "trn2":
      return compileInterleaving(shape);
    case "zip1q":
    case "zip2q":
    case "uzp1q":
    case "uzp2q":
    case "trn1q":
    case "trn2q":
      return compileQuadwords(shape);
    case "tbl":
    case "tbl2":
    case "tbx":
      return compileTable(shape);
    case "splice":
    case "splice2":
      return compileSplice(shape);
    case "ext":
    case "ext2":
      return compileExtract(shape);
    case "sunpklo":
    case "sunpkhi":
    case "uunpklo":
    case "uunpkhi":
      return compileUnpack(shape);
    case "rev":
      return overVectors((v) => writeAll(v, d, size, readAll(v, n, size).reverse()));
    case "revd":
      return overVectors((v) => {
        const values = readAll(v, n, 3);
        for (let i = 0; i < values.length; i++)
          if (isActive(v, pg, 4, i >> 1)) writeElement(v.r, d, 3, i, values[i ^ 1] ?? 0n);
      });
    case "compact":
      return overVectors((v) => {
        const kept = readAll(v, n, size).filter((_, i) => isActive(v, pg, size, i));
        const rest = new Array<bigint>(elements(v, size) - kept.length).fill(0n);
        writeAll(v, d, size, [...kept, ...rest]);
      });
    case "insr-general":
    case "insr-vector":
      return compileInsert(shape);
    case "dup-lane":
    case "dupq":
      return compileDuplicate(shape);
    case "eorbt":
    case "eortb":
      return compileEorInterleaved(shape);
    case "adclb":
    case "adclt":
    case "sbclb":
    case "sbclt":
      return compileCarry(shape);
    case "match":
    case "nmatch":
      return compileMatch(shape);
    case "histcnt":
    case "histseg":
      return compileHistogram(shape);
    case "aese":
    case "aesd":
    case "aesmc":
    case "aesimc":
    case "sm4e":
    case "sm4ekey":
    case "rax1":
      return compileCrypto(shape);
    case "ftmad":
      return compileTrigonometric(shape);
    default:
      return compileLast(shape);
  }
}

function compileIndex({ size, d, from, step }: Of<"index">): Op {
  return overVectors((v, machine) => {
    const value = (of: typeof from): bigint =>
      of.kind === "constant"
        ? of.value
        : of.kind === "lane"
          ? readElement(v.r, of.n, size, 0, false)
          : readX(machine.state, of.stack ? orStack(of.n) : source(of.n));
    const base = value(from);
    const by = value(step);
    for (let i = 0; i < elements(v, size); i++)
      writeElement(v.r, d, size, i, BigInt.asUintN(64, base + BigInt(i) * by));
  });
}

function compileBroadcast({ size, d, value, pg, zeroes }: Of<"broadcast">): Op {
  return overVectors((v, machine) => {
    const known =
      value.kind === "constant"
        ? value.value
        : value.kind === "lane"
          ? readElement(v.r, value.n, size, 0, false)
          : readX(machine.state, value.stack ? orStack(value.n) : source(value.n));
    for (let i = 0; i < elements(v, size); i++) {
      if (isActive(v, pg, size, i)) writeElement(v.r, d, size, i, BigInt.asUintN(64, known));
      else if (zeroes) writeElement(v.r, d, size, i, 0n);
    }
  });
}

type PermuteShape = Extract<SveShape, { kind: "reduce" | "permute" | "index" | "broadcast" }>;

export function compileSvePermute(shape: PermuteShape): Op {
  switch (shape.kind) {
    case "reduce":
      return compileReduce(shape);
    case "permute":
      return compilePermute(shape);
    case "index":
      return compileIndex(shape);
    case "broadcast":
      return compileBroadcast(shape);
  }
}
