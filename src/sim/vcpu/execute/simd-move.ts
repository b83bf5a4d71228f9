/** Advanced SIMD: copies, immediates, permutations and tables. */
import { source, target } from "../decode/registers.ts";
import type { MoveShape } from "../decode/simd-shapes.ts";
import type { Op } from "./machine.ts";
import { clearAbove, lanesOf, laneZero, over, V_BYTES } from "./simd-registers.ts";

type Of<Kind extends MoveShape["kind"]> = Extract<MoveShape, { kind: Kind }>;

function compileImmediate({ op, low, high, bytes, d }: Of<"immediate">): Op {
  const to = laneZero(d, 2);
  const count = bytes >> 2;
  const halves = [low | 0, high | 0];
  return over((r, machine) => {
    for (let i = 0; i < count; i++) {
      const value = halves[i & 1] ?? 0;
      const before = r.words[to + i] ?? 0;
      r.words[to + i] = op === "move" ? value : op === "or" ? before | value : before & ~value;
    }
    clearAbove(machine, r, d, bytes);
  });
}

function compileDupElement({ size, index, bytes, d, n }: Of<"dup-element">): Op {
  const count = bytes >> size;
  const from = laneZero(n, size) + index;
  const to = laneZero(d, size);
  return over((r, machine) => {
    if (size === 3) r.long.fill(r.long[from] ?? 0n, to, to + count);
    else {
      const lanes = lanesOf(r, size, false);
      lanes.fill(lanes[from] ?? 0, to, to + count);
    }
    clearAbove(machine, r, d, bytes);
  });
}

function compileDupGeneral({ size, bytes, d, n }: Of<"dup-general">): Op {
  const count = bytes >> size;
  const to = laneZero(d, size);
  const from = 2 * source(n);
  return over((r, machine) => {
    const low = machine.x[from] ?? 0;
    if (size === 3) {
      const high = machine.x[from + 1] ?? 0;
      for (let i = 0; i < 2 * count; i += 2) {
        r.words[2 * to + i] = low;
        r.words[2 * to + i + 1] = high;
      }
    } else lanesOf(r, size, false).fill(low, to, to + count);
    clearAbove(machine, r, d, bytes);
  });
}

function compileInsertElement({ size, to, from, d, n }: Of<"insert-element">): Op {
  return over((r, machine) => {
    if (size === 3) r.long[laneZero(d, 3) + to] = r.long[laneZero(n, 3) + from] ?? 0n;
    else {
      const lanes = lanesOf(r, size, false);
      lanes[laneZero(d, size) + to] = lanes[laneZero(n, size) + from] ?? 0;
    }
    clearAbove(machine, r, d, V_BYTES);
  });
}

function compileInsertGeneral({ size, to, d, n }: Of<"insert-general">): Op {
  const from = 2 * source(n);
  return over((r, machine) => {
    const low = machine.x[from] ?? 0;
    if (size === 3) {
      const at = 2 * (laneZero(d, 3) + to);
      r.words[at] = low;
      r.words[at + 1] = machine.x[from + 1] ?? 0;
    } else lanesOf(r, size, false)[laneZero(d, size) + to] = low;
    clearAbove(machine, r, d, V_BYTES);
  });
}

function compileToGeneral({ size, index, isSigned, wide, d, n }: Of<"to-general">): Op {
  const to = 2 * target(d);
  const from = laneZero(n, size) + index;
  return over((r, { x }) => {
    if (size === 3) {
      x[to] = r.words[2 * from] ?? 0;
      x[to + 1] = r.words[2 * from + 1] ?? 0;
      return;
    }
    const value = lanesOf(r, size, isSigned)[from] ?? 0;
    x[to] = value;
    x[to + 1] = wide && isSigned && value < 0 ? -1 : 0;
  });
}

/** For each lane of the result, which lane of both sources it is; the second's follow the first's. */
function permutation(op: Of<"permute">["op"], count: number): readonly number[] {
  const part = op.endsWith("2") ? 1 : 0;
  const half = count >> 1;
  return Array.from({ length: count }, (_, i) => {
    const pair = i >> 1;
    const second = (i & 1) * count;
    if (op.startsWith("zip")) return part * half + pair + second;
    if (op.startsWith("trn")) return 2 * pair + part + second;
    return 2 * i + part;
  });
}

function compilePermute({ op, size, bytes, d, n, m }: Of<"permute">): Op {
  const count = bytes >> size;
  const step = 1 << size;
  const lanes = permutation(op, count);
  // Bytes of the result as bytes of the registers.
  const from = lanes.flatMap((lane) =>
    Array.from(
      { length: step },
      (_, k) => (lane < count ? laneZero(n, 0) + lane * step : laneZero(m, 0) + (lane - count) * step) + k,
    ),
  );
  const results = new Uint8Array(bytes);
  return over((r, machine) => {
    for (let i = 0; i < bytes; i++) results[i] = r.bytes[from[i] ?? 0] ?? 0;
    r.bytes.set(results, laneZero(d, 0));
    clearAbove(machine, r, d, bytes);
  });
}

function compileExtract({ bytes, by, d, n, m }: Of<"extract">): Op {
  const results = new Uint8Array(bytes);
  const first = laneZero(n, 0);
  const second = laneZero(m, 0);
  return over((r, machine) => {
    results.set(r.bytes.subarray(first + by, first + bytes));
    results.set(r.bytes.subarray(second, second + by), bytes - by);
    r.bytes.set(results, laneZero(d, 0));
    clearAbove(machine, r, d, bytes);
  });
}

function compileTable({ bytes, registers, keeps, d, n, m }: Of<"table">): Op {
  const results = new Uint8Array(bytes);
  const from = Array.from({ length: registers }, (_, k) => laneZero((n + k) & 31, 0));
  const to = laneZero(d, 0);
  return over((r, machine) => {
    for (let i = 0; i < bytes; i++) {
      const index = r.bytes[laneZero(m, 0) + i] ?? 0;
      const base = from[index >> 4];
      results[i] =
        base === undefined ? (keeps ? (r.bytes[to + i] ?? 0) : 0) : (r.bytes[base + (index & 15)] ?? 0);
    }
    r.bytes.set(results, to);
    clearAbove(machine, r, d, bytes);
  });
}

function compileReverse({ size, container, bytes, d, n }: Of<"reverse">): Op {
  const within = (1 << container) - (1 << size);
  const results = new Uint8Array(bytes);
  const from = laneZero(n, 0);
  return over((r, machine) => {
    for (let i = 0; i < bytes; i++) results[i] = r.bytes[from + (i ^ within)] ?? 0;
    r.bytes.set(results, laneZero(d, 0));
    clearAbove(machine, r, d, bytes);
  });
}

function compileLookup({ size, width, part, registers, d, n, m }: Of<"lookup">): Op {
  const count = V_BYTES >> size;
  const results = new Array<number>(count).fill(0);
  const perRegister = V_BYTES >> size;
  return over((r, machine) => {
    const lanes = lanesOf(r, size, false);
    for (let i = 0; i < count; i++) {
      const bit = (part * count + i) * width;
      const byte = r.bytes[laneZero(m, 0) + (bit >> 3)] ?? 0;
      const index = (byte >> (bit & 7)) & ((1 << width) - 1);
      const register = registers === 1 ? n : (n + Math.floor(index / perRegister)) & 31;
      results[i] = lanes[laneZero(register, size) + (index % perRegister)] ?? 0;
    }
    lanes.set(results, laneZero(d, size));
    clearAbove(machine, r, d, V_BYTES);
  });
}

export function compileSimdMove(shape: MoveShape): Op {
  switch (shape.kind) {
    case "immediate":
      return compileImmediate(shape);
    case "dup-element":
      return compileDupElement(shape);
    case "dup-general":
      return compileDupGeneral(shape);
    case "insert-element":
      return compileInsertElement(shape);
    case "insert-general":
      return compileInsertGeneral(shape);
    case "to-general":
      return compileToGeneral(shape);
    case "permute":
      return compilePermute(shape);
    case "extract":
      return compileExtract(shape);
    case "table":
      return compileTable(shape);
    case "reverse":
      return compileReverse(shape);
    case "lookup":
      return compileLookup(shape);
  }
}
