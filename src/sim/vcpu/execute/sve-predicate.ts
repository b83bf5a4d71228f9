/** SVE predicates, counts and the scalar instructions that go with them. */
import { orStack, source, target } from "../decode/registers.ts";
import type { SveShape } from "../decode/sve-shapes.ts";
import { readX, writeX } from "../state.ts";
import { type Machine, NEXT, type Op, stopWith } from "./machine.ts";
import { saturate } from "./sve-lanes.ts";
import {
  elements,
  overVectors,
  readElement,
  readPredicate,
  storePredicate,
  testFlags,
  type Vectors,
  vectorLength,
  writeElement,
  writePredicate,
} from "./sve-state.ts";

type Of<Kind extends SveShape["kind"]> = Extract<SveShape, { kind: Kind }>;
type Bits = Uint8Array;

const allOf = (v: Vectors): Bits => new Uint8Array(v.length).fill(1);

/** Elements that a pattern names, of so many. */
function patternCount(pattern: number, count: number): number {
  if (pattern === 0) return 2 ** Math.floor(Math.log2(count));
  if (pattern <= 8) return pattern <= count ? pattern : 0;
  if (pattern <= 13) return 8 << (pattern - 8) <= count ? 8 << (pattern - 8) : 0;
  if (pattern === 29) return count - (count % 4);
  if (pattern === 30) return count - (count % 3);
  return pattern === 31 ? count : 0;
}

function compileTrue({ size, pattern, d, flags }: Of<"ptrue">): Op {
  return overVectors((v) => {
    const count = patternCount(pattern, elements(v, size));
    const result = new Uint8Array(v.length);
    for (let i = 0; i < count; i++) result[i << size] = 1;
    storePredicate(v, d, result);
    if (flags) testFlags(v.state, result, result, 1 << size);
  });
}

const logic: Readonly<Record<Of<"predicate-logic">["op"], (n: number, m: number, g: number) => number>> = {
  and: (n, m, g) => n & m & g,
  bic: (n, m, g) => n & ~m & g,
  eor: (n, m, g) => (n ^ m) & g,
  sel: (n, m, g) => (n & g) | (m & ~g),
  orr: (n, m, g) => (n | m) & g,
  orn: (n, m, g) => (n | ~m) & g,
  nor: (n, m, g) => ~(n | m) & g,
  nand: (n, m, g) => ~(n & m) & g,
};

function compileLogic({ op, d, pg, n, m, flags }: Of<"predicate-logic">): Op {
  const work = logic[op];
  return overVectors((v) => {
    const [first, second, mask] = [readPredicate(v, n), readPredicate(v, m), readPredicate(v, pg)];
    const result = first.map((bit, i) => work(bit, second[i] ?? 0, mask[i] ?? 0) & 1);
    storePredicate(v, d, result);
    if (flags) testFlags(v.state, mask, result, 1);
  });
}

/** The last bit where the mask is set; 0 where it nowhere is. */
function lastActiveBit(mask: Bits, bits: Bits): number {
  const at = mask.lastIndexOf(1);
  return at < 0 ? 0 : (bits[at] ?? 0);
}

type Permute = Of<"predicate-permute">;

/** BRKA, BRKB: set until the first bit of `bits`, with it or without it. */
function broken(mask: Bits, bits: Bits, inclusive: boolean, before: Bits | undefined): Bits {
  let stopped = false;
  return mask.map((active, i) => {
    if (active === 0) return before?.[i] ?? 0;
    const here = bits[i] === 1;
    const result = stopped || (here && !inclusive) ? 0 : 1;
    stopped ||= here;
    return result;
  });
}

/** BRKPA, BRKPB: as above where the last active bit of `previous` is set, else nothing. */
const propagated = (mask: Bits, previous: Bits, bits: Bits, inclusive: boolean): Bits =>
  lastActiveBit(mask, previous) === 1
    ? broken(mask, bits, inclusive, undefined)
    : new Uint8Array(mask.length);

/** Groups of bits, one for each lane. */
const groups = (bits: Bits, size: number): Bits[] =>
  Array.from({ length: bits.length >> size }, (_, i) => bits.slice(i << size, (i + 1) << size));

const joined = (parts: readonly Bits[], length: number): Bits => {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

function interleaved(op: string, n: Bits, m: Bits, size: number): Bits {
  const first = groups(n, size);
  const all = [...first, ...groups(m, size)];
  const count = first.length;
  const part = op.endsWith("2") ? 1 : 0;
  const from = (i: number): number => {
    if (op.startsWith("zip")) return (part * count) / 2 + (i >> 1) + (i & 1) * count;
    if (op.startsWith("trn")) return (i & ~1) + part + (i & 1) * count;
    return 2 * i + part;
  };
  return joined(
    first.map((_, i) => all[from(i)] ?? new Uint8Array(1 << size)),
    n.length,
  );
}

interface Permuted {
  readonly result: Bits;
  /** What flags are about; undefined: none are set. */
  readonly mask?: Bits | undefined;
  readonly step?: number;
}

function permute(v: Vectors, machine: Machine, { op, size, d, n, m, pg, flags, by }: Permute): Permuted {
  const bits = (register: number): Bits => readPredicate(v, register);
  const flagged = (result: Bits, mask: Bits): Permuted => ({ result, mask: flags ? mask : undefined });
  switch (op) {
    case "zip1":
    case "zip2":
    case "uzp1":
    case "uzp2":
    case "trn1":
    case "trn2":
      return { result: interleaved(op, bits(n), bits(m), size) };
    case "rev":
      return { result: joined(groups(bits(n), size).reverse(), v.length) };
    case "punpklo":
    case "punpkhi": {
      const from = op === "punpkhi" ? v.length / 2 : 0;
      const all = bits(n);
      return { result: all.map((_, i) => ((i & 1) === 0 ? (all[from + (i >> 1)] ?? 0) : 0)) };
    }
    case "brka":
    case "brkb":
      return flagged(broken(bits(pg), bits(n), op === "brka", undefined), bits(pg));
    case "brka-merging":
    case "brkb-merging":
      return { result: broken(bits(pg), bits(n), op === "brka-merging", bits(d)) };
    case "brkn": {
      const kept = lastActiveBit(bits(pg), bits(n)) === 1 ? bits(d) : new Uint8Array(v.length);
      return flagged(kept, allOf(v));
    }
    case "brkpa":
    case "brkpb":
      return flagged(propagated(bits(pg), bits(n), bits(m), op === "brkpa"), bits(pg));
    case "pfirst": {
      const result = bits(n);
      const mask = bits(pg);
      const first = mask.indexOf(1);
      if (first >= 0) result[first] = 1;
      return { result, mask };
    }
    case "pnext": {
      const before = bits(n);
      const mask = bits(pg);
      let next = (elements(v, size) - 1) << size;
      while (next >= 0 && before[next] !== 1) next -= 1 << size;
      next = next < 0 ? 0 : next + (1 << size);
      while (next < v.length && mask[next] !== 1) next += 1 << size;
      const result = new Uint8Array(v.length);
      if (next < v.length) result[next] = 1;
      return { result, mask, step: 1 << size };
    }
    case "ptest":
      return { result: bits(n), mask: bits(pg) };
    case "psel": {
      const lane = (((machine.x[2 * pg] ?? 0) >>> 0) + by) % elements(v, size);
      return { result: bits(m)[lane << size] === 1 ? bits(n) : new Uint8Array(v.length) };
    }
  }
}

function compilePermute(shape: Permute): Op {
  const { op, d } = shape;
  return overVectors((v, machine) => {
    const { result, mask, step = 1 } = permute(v, machine, shape);
    if (op !== "ptest") storePredicate(v, d, result);
    if (mask !== undefined) testFlags(v.state, mask, result, step);
  });
}

function compileFfr({ op, d, pg, flags }: Of<"ffr">): Op {
  return overVectors((v) => {
    const { ffr } = v.state;
    if (op === "set") writePredicate(ffr, 0, allOf(v));
    else if (op === "write") writePredicate(ffr, 0, readPredicate(v, d));
    else {
      const mask = pg === undefined ? allOf(v) : readPredicate(v, pg);
      const result = mask.map((bit, at) => bit & ((ffr[at >> 3] ?? 0) >> (at & 7)));
      storePredicate(v, d, result);
      if (flags) testFlags(v.state, mask, result, 1);
    }
  });
}

type Relation = (a: bigint, b: bigint) => boolean;
const relations: Readonly<
  Record<Exclude<Of<"while">["op"], "wr" | "rw">, { isSigned: boolean; up: boolean; holds: Relation }>
> = {
  lt: { isSigned: true, up: true, holds: (a, b) => a < b },
  le: { isSigned: true, up: true, holds: (a, b) => a <= b },
  lo: { isSigned: false, up: true, holds: (a, b) => a < b },
  ls: { isSigned: false, up: true, holds: (a, b) => a <= b },
  gt: { isSigned: true, up: false, holds: (a, b) => a > b },
  ge: { isSigned: true, up: false, holds: (a, b) => a >= b },
  hi: { isSigned: false, up: false, holds: (a, b) => a > b },
  hs: { isSigned: false, up: false, holds: (a, b) => a >= b },
};

/** How many lanes two pointers are apart; all, where they do not stand in each other's way. */
function apart(op: "wr" | "rw", first: bigint, second: bigint, size: number, count: number): number {
  const distance = second - first;
  const lanes = (op === "rw" && distance < 0n ? -distance : distance) >> BigInt(size);
  const free = op === "rw" ? distance === 0n : distance <= 0n;
  return free || lanes > BigInt(count) ? count : Number(lanes);
}

function compileWhile({ op, size, wide, d, n, m }: Of<"while">): Op {
  const width = wide ? 64 : 32;
  return overVectors((v, machine) => {
    const count = elements(v, size);
    const result = new Uint8Array(v.length);
    if (op === "wr" || op === "rw") {
      const lanes = apart(op, readX(machine.state, source(n)), readX(machine.state, source(m)), size, count);
      for (let i = 0; i < lanes; i++) result[i << size] = 1;
    } else {
      const { isSigned, up, holds } = relations[op];
      const wrap = (value: bigint): bigint =>
        isSigned ? BigInt.asIntN(width, value) : BigInt.asUintN(width, value);
      let value = wrap(readX(machine.state, source(n)));
      const limit = wrap(readX(machine.state, source(m)));
      for (let i = 0; i < count && holds(value, limit); i++) {
        result[(up ? i : count - 1 - i) << size] = 1;
        value = wrap(up ? value + 1n : value - 1n);
      }
    }
    storePredicate(v, d, result);
    testFlags(v.state, allOf(v), result, 1 << size);
  });
}

function compileTerminate({ wide, n, m, notEqual }: Of<"cterm">): Op {
  return (machine) => {
    const mask = wide ? (1n << 64n) - 1n : 0xffff_ffffn;
    const equal = (readX(machine.state, source(n)) & mask) === (readX(machine.state, source(m)) & mask);
    const { state } = machine;
    const carry = (state.nzcv >> 1) & 1;
    // N where it ends; V where it does not, and the last element was not reached.
    state.nzcv = (state.nzcv & 0b0110) | (equal !== notEqual ? 0b1000 : carry ^ 1);
    return NEXT;
  };
}

function compileLength({ of, times, d, n }: Of<"add-length">): Op {
  const to = n === undefined ? target(d) : orStack(d);
  const from = n === undefined ? undefined : orStack(n);
  return (machine) => {
    if (of === "streaming" || of === "streaming-predicate")
      return stopWith(machine, {
        kind: "lacks",
        word: 0,
        address: 0n,
        what: "the length of streaming vectors (SME)",
      });
    const length = vectorLength(machine) / (of === "vector" ? 1 : 8);
    writeX(
      machine.state,
      to,
      (from === undefined ? 0n : readX(machine.state, from)) + BigInt(times * length),
    );
    return NEXT;
  };
}

function countOf(v: Vectors, { size, from }: Of<"count">): number {
  if (from.kind === "pattern") return patternCount(from.pattern, elements(v, size)) * from.times;
  const bits = readPredicate(v, from.n);
  const mask = from.pg === undefined ? undefined : readPredicate(v, from.pg);
  let count = 0;
  for (let at = 0; at < v.length; at += 1 << size)
    count += (bits[at] ?? 0) & (mask === undefined ? 1 : (mask[at] ?? 0));
  return count;
}

function compileCount(shape: Of<"count">): Op {
  const { size, how, to, d } = shape;
  if (to.kind === "vector") {
    const isSigned = to.saturation === "signed";
    const bits = 8 << size;
    return overVectors((v) => {
      const count = BigInt(countOf(v, shape)) * (how === "subtract" ? -1n : 1n);
      for (let i = 0; i < elements(v, size); i++) {
        const sum = readElement(v.r, d, size, i, isSigned) + count;
        writeElement(v.r, d, size, i, to.saturation === "none" ? sum : saturate(sum, bits, isSigned));
      }
    });
  }
  const { saturation } = to;
  return overVectors((v, machine) => {
    const count = BigInt(countOf(v, shape));
    if (how === "set") {
      writeX(machine.state, target(d), count);
      return;
    }
    const isSigned = saturation.startsWith("s");
    const bits = saturation.endsWith("32") ? 32 : 64;
    const before = readX(machine.state, source(d));
    const value = isSigned ? BigInt.asIntN(bits, before) : BigInt.asUintN(bits, before);
    const sum = how === "add" ? value + count : value - count;
    writeX(machine.state, target(d), saturation === "none" ? sum : saturate(sum, bits, isSigned));
  });
}

type PredicateShape = Extract<
  SveShape,
  {
    kind:
      | "ptrue"
      | "predicate-logic"
      | "predicate-permute"
      | "ffr"
      | "while"
      | "cterm"
      | "add-length"
      | "count";
  }
>;

export function compileSvePredicate(shape: PredicateShape): Op {
  switch (shape.kind) {
    case "ptrue":
      return compileTrue(shape);
    case "predicate-logic":
      return compileLogic(shape);
    case "predicate-permute":
      return compilePermute(shape);
    case "ffr":
      return compileFfr(shape);
    case "while":
      return compileWhile(shape);
    case "cterm":
      return compileTerminate(shape);
    case "add-length":
      return compileLength(shape);
    case "count":
      return compileCount(shape);
  }
}
