/** SVE across lanes: reductions, permutations, searches, and what fits nowhere else. */
import { orStack, source, target } from "../decode/registers.ts";
import type { SveReduce } from "../decode/sve-permute.ts";
import type { SveShape } from "../decode/sve-shapes.ts";
import { Z_BYTES } from "../state.ts";
import { aesDecrypt, aesEncrypt, aesMixColumns, aesUnmixColumns, sm4Encrypt, sm4Key } from "./crypto-aes.ts";
import { abs, mulAdd } from "./fp-arithmetic.ts";
import { infinity } from "./fp-format.ts";
import { permutesShortVectors } from "./leniency.ts";
import type { Machine, Op } from "./machine.ts";
import { fpPairs } from "./simd-fp-lanes.ts";
import { clearAbove } from "./simd-registers.ts";
import { trigonometricCoefficient } from "./sve-constants.ts";
import { larger, smaller, sveLanes } from "./sve-lanes.ts";
import { formatOfSize } from "./sve-map.ts";
import {
  elements,
  fromLength,
  isActive,
  overVectors,
  readElement,
  readPredicate,
  storePredicate,
  testFlags,
  type Vectors,
  writeElement,
} from "./sve-state.ts";

type Of<Kind extends SveShape["kind"]> = Extract<SveShape, { kind: Kind }>;
type Permute = Of<"permute">;

const TWO_QUADWORDS = 32;

/** Number of the last active lane; -1: none is. */
function lastActive(v: Vectors, pg: number, size: number): number {
  for (let i = elements(v, size) - 1; i >= 0; i--) if (isActive(v, pg, size, i)) return i;
  return -1;
}

const readAll = (v: Vectors, z: number, size: number): bigint[] =>
  Array.from({ length: elements(v, size) }, (_, i) => readElement(v.r, z, size, i, false));

function writeAll(v: Vectors, d: number, size: number, values: readonly bigint[]): void {
  for (const [i, value] of values.entries()) writeElement(v.r, d, size, i, value);
}

/** A result in lane 0 of a vector register. */
function writeScalar(machine: Machine, v: Vectors, d: number, size: number, value: bigint): void {
  writeElement(v.r, d, size, 0, value);
  clearAbove(machine, v.r, d, 1 << size);
}

function writeGeneral({ x }: Machine, d: number, value: bigint): void {
  const to = 2 * target(d);
  x[to] = Number(BigInt.asIntN(32, value));
  x[to + 1] = Number(BigInt.asIntN(32, value >> 32n));
}

function readGeneral({ x }: Machine, at: number): bigint {
  return (BigInt((x[2 * at + 1] ?? 0) >>> 0) << 32n) | BigInt((x[2 * at] ?? 0) >>> 0);
}

interface Fold {
  readonly isSigned: boolean;
  /** Of no lanes. */
  readonly start: (bits: number) => bigint;
  readonly join: (a: bigint, b: bigint) => bigint;
  /** The result has 64 bits. */
  readonly long?: true;
}

const fold = (isSigned: boolean, start: Fold["start"], join: Fold["join"]): Fold => ({
  isSigned,
  start,
  join,
});
const top = (bits: number): bigint => (1n << BigInt(bits - 1)) - 1n;

const folds: Readonly<Partial<Record<SveReduce, Fold>>> = {
  orv: fold(
    false,
    () => 0n,
    (a, b) => a | b,
  ),
  eorv: fold(
    false,
    () => 0n,
    (a, b) => a ^ b,
  ),
  andv: fold(
    false,
    () => -1n,
    (a, b) => a & b,
  ),
  uaddv: {
    isSigned: false,
    start: () => 0n,
    join: (a, b) => a + b,
    long: true,
  },
  saddv: {
    isSigned: true,
    start: () => 0n,
    join: (a, b) => a + b,
    long: true,
  },
  smaxv: fold(true, (bits) => -top(bits) - 1n, larger),
  umaxv: fold(false, () => 0n, larger),
  sminv: fold(true, top, smaller),
  uminv: fold(false, (bits) => (1n << BigInt(bits)) - 1n, smaller),
};

function compileReduce({ op, size, d, pg, n }: Of<"reduce">): Op {
  const bits = 8 << size;
  const known = folds[op];
  if (known !== undefined)
    return overVectors((v, machine) => {
      let result = known.start(bits);
      for (let i = 0; i < elements(v, size); i++)
        if (isActive(v, pg, size, i))
          result = known.join(result, readElement(v.r, n, size, i, known.isSigned));
      writeScalar(machine, v, d, known.long === true ? 3 : size, result);
    });
  const f = formatOfSize(size);
  if (op === "fadda")
    return overVectors((v, machine) => {
      let result = readElement(v.r, d, size, 0, false);
      for (let i = 0; i < elements(v, size); i++)
        if (isActive(v, pg, size, i))
          result = sveLanes.fadd.f(result, readElement(v.r, n, size, i, false), 0n, bits, v.state);
      writeScalar(machine, v, d, size, result);
    });
  const name =
    op === "faddv"
      ? "fadd"
      : op === "fmaxv"
        ? "fmax"
        : op === "fminv"
          ? "fmin"
          : op === "fmaxnmv"
            ? "fmaxnm"
            : "fminnm";
  const { exact } = fpPairs[name];
  const neutral =
    name === "fadd"
      ? 0n
      : name === "fmaxnm" || name === "fminnm"
        ? f.defaultNaN
        : infinity(f, name === "fmax");
  return overVectors((v, machine) => {
    const count = elements(v, size);
    // As many as a power of two, the rest neutral.
    const wide = 2 ** Math.ceil(Math.log2(count));
    let values = Array.from({ length: wide }, (_, i) =>
      i < count && isActive(v, pg, size, i) ? readElement(v.r, n, size, i, false) : neutral,
    );
    while (values.length > 1) {
      const before = values;
      values = before.flatMap((value, i) =>
        (i & 1) === 0 ? [exact(f, value, before[i + 1] ?? neutral, v.state)] : [],
      );
    }
    writeScalar(machine, v, d, size, values[0] ?? neutral);
  });
}

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
      else if (to === "general") writeGeneral(machine, d, readGeneral(machine, source(d)) & mask);
      return;
    }
    const at = after ? (last + 1) % count : last < 0 ? count - 1 : last;
    const value = readElement(v.r, n, size, at, false);
    if (to === "vector") writeScalar(machine, v, d, size, value);
    else if (to === "general") writeGeneral(machine, d, value);
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

/** EORBT and EORTB: each odd with its even lane. */
function compileEorInterleaved({ op, size, d, n, m }: Permute): Op {
  const to = op === "eorbt" ? 0 : 1;
  return overVectors((v) => {
    const a = readAll(v, n, size);
    const b = readAll(v, m, size);
    for (let i = 0; i < a.length; i += 2)
      writeElement(v.r, d, size, i + to, (a[i + to] ?? 0n) ^ (b[i + 1 - to] ?? 0n));
  });
}

/** Long addition and subtraction: the carry is bit 0 of the odd lane. */
function compileCarry({ op, size, d, n, m }: Permute): Op {
  const part = op.endsWith("t") ? 1 : 0;
  const subtracts = op.startsWith("sbc");
  const bits = BigInt(8 << size);
  const mask = (1n << bits) - 1n;
  return overVectors((v) => {
    const results: [bigint, bigint][] = [];
    for (let i = 0; i < elements(v, size); i += 2) {
      const addend = readElement(v.r, d, size, i, false);
      const carry = readElement(v.r, m, size, i + 1, false) & 1n;
      const other = readElement(v.r, n, size, i + part, false);
      const sum = addend + (subtracts ? other ^ mask : other) + carry;
      results.push([sum & mask, sum >> bits]);
    }
    for (const [i, [sum, carry]] of results.entries()) {
      writeElement(v.r, d, size, 2 * i, sum);
      writeElement(v.r, d, size, 2 * i + 1, carry);
    }
  });
}

/** MATCH, NMATCH: whether a lane is among those of the 128 bits around it. */
function compileMatch({ op, size, d, n, m, pg }: Permute): Op {
  const wanted = op === "match";
  return overVectors((v) => {
    const result = new Uint8Array(v.length);
    const all = readAll(v, m, size);
    const each = 16 >> size;
    for (const [i, value] of readAll(v, n, size).entries()) {
      if (!isActive(v, pg, size, i)) continue;
      const segment = Math.floor(i / each) * each;
      if (all.slice(segment, segment + each).includes(value) === wanted) result[i << size] = 1;
    }
    const mask = readPredicate(v, pg);
    storePredicate(v, d, result);
    testFlags(v.state, mask, result, 1 << size);
  });
}

function compileHistogram({ op, size, d, n, m, pg }: Permute): Op {
  return overVectors((v) => {
    if (op === "histseg") {
      const all = readAll(v, m, 0);
      const results = readAll(v, n, 0).map((value, i) => {
        const segment = i & ~15;
        return BigInt(all.slice(segment, segment + 16).filter((other) => other === value).length);
      });
      writeAll(v, d, 0, results);
      return;
    }
    const all = readAll(v, m, size);
    const results = readAll(v, n, size).map((value, i) => {
      if (!isActive(v, pg, size, i)) return 0n;
      const equal = all.filter((other, k) => k <= i && isActive(v, pg, size, k) && other === value);
      return BigInt(equal.length);
    });
    writeAll(v, d, size, results);
  });
}

/** By 128 bits. */
function compileCrypto({ op, d, n, m }: Permute): Op {
  return overVectors((v) => {
    const { bytes, words, unsignedLong } = v.r;
    for (let at = 0; at < v.length; at += 16) {
      const block = (z: number): Uint8Array => bytes.subarray(z * Z_BYTES + at, z * Z_BYTES + at + 16);
      const four = (z: number): Int32Array =>
        words.subarray((z * Z_BYTES + at) >> 2, ((z * Z_BYTES + at) >> 2) + 4);
      if (op === "aese") block(d).set(aesEncrypt(block(d), block(n)));
      else if (op === "aesd") block(d).set(aesDecrypt(block(d), block(n)));
      else if (op === "aesmc") block(d).set(aesMixColumns(block(d)));
      else if (op === "aesimc") block(d).set(aesUnmixColumns(block(d)));
      else if (op === "sm4e") four(d).set(sm4Encrypt(four(d), four(n)));
      else if (op === "sm4ekey") four(d).set(sm4Key(four(n), four(m)));
      else
        for (const k of [0, 1]) {
          const value = unsignedLong[((m * Z_BYTES + at) >> 3) + k] ?? 0n;
          const rotated = (value << 1n) | (value >> 63n);
          unsignedLong[((d * Z_BYTES + at) >> 3) + k] =
            (unsignedLong[((n * Z_BYTES + at) >> 3) + k] ?? 0n) ^ rotated;
        }
    }
  });
}

function compileInsert({ op, size, d, n }: Permute): Op {
  return overVectors((v, machine) => {
    const value =
      op === "insr-general" ? readGeneral(machine, source(n)) : readElement(v.r, n, size, 0, false);
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

function compileTrigonometric({ size, d, n, by }: Permute): Op {
  const f = formatOfSize(size);
  return overVectors((v) => {
    for (let i = 0; i < elements(v, size); i++) {
      const angle = readElement(v.r, n, size, i, false);
      const coefficient = trigonometricCoefficient(f, by, (angle & f.sign) !== 0n);
      writeElement(
        v.r,
        d,
        size,
        i,
        mulAdd(f, coefficient, readElement(v.r, d, size, i, false), abs(f, angle), v.state),
      );
    }
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
          : readGeneral(machine, of.stack ? orStack(of.n) : source(of.n));
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
          : readGeneral(machine, value.stack ? orStack(value.n) : source(value.n));
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
