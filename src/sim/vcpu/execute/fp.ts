/** Scalar floating point: what is not a lane of a vector. */
import { source, target } from "../decode/registers.ts";
import type { ScalarShape } from "../decode/simd-shapes.ts";
import { conditionMask } from "./condition.ts";
import {
  compare,
  convert,
  EQUAL,
  fromFixed,
  GREATER,
  LESS,
  toFixed,
  toJavaScript,
  UNORDERED,
} from "./fp-convert.ts";
import { BFLOAT, CONVERTED_HALF, DOUBLE, type Format, IXC, SINGLE } from "./fp-format.ts";
import type { Machine, Op } from "./machine.ts";
import { formatOf, integerConversion } from "./simd-fp-lanes.ts";
import { fastModes, numbers, readLane, writeLane } from "./simd-fp-registers.ts";
import { clearAbove, laneZero, over } from "./simd-registers.ts";

type Of<Kind extends ScalarShape["kind"]> = Extract<ScalarShape, { kind: Kind }>;

const CONVERTED: readonly [undefined, Format, Format, Format] = [undefined, CONVERTED_HALF, SINGLE, DOUBLE];

function compileConvert({ from, to, d, n }: Of<"fp-convert">): Op {
  const size = to === "bfloat" ? 1 : to;
  const source = CONVERTED[from];
  const result = to === "bfloat" ? BFLOAT : CONVERTED[to];
  return over((r, machine) => {
    const bits = readLane(r, from, laneZero(n, from));
    const value =
      to === "bfloat"
        ? convert(source, result, bits, machine.state, undefined, false)
        : convert(source, result, bits, machine.state);
    writeLane(r, size, laneZero(d, size), value);
    clearAbove(machine, r, d, 1 << size);
  });
}

function compileFlags({ size, signalling, n, m, condition, otherwise }: Of<"fp-flags">): Op {
  const f = formatOf(size);
  const holds = conditionMask(condition);
  return over((r, { state }) => {
    if (((holds >> state.nzcv) & 1) === 0) {
      state.nzcv = otherwise;
      return;
    }
    const lanes = fastModes(state) ? numbers(r, size) : undefined;
    if (lanes !== undefined) {
      const a = lanes[laneZero(n, size)] ?? 0;
      const b = m === undefined ? 0 : (lanes[laneZero(m, size)] ?? 0);
      const quick = a === b ? EQUAL : a < b ? LESS : a > b ? GREATER : UNORDERED;
      if (quick !== UNORDERED) {
        state.nzcv = quick;
        return;
      }
    }
    const b = m === undefined ? 0n : readLane(r, size, laneZero(m, size));
    state.nzcv = compare(f, readLane(r, size, laneZero(n, size)), b, signalling, state);
  });
}

function compileSelect({ size, condition, d, n, m }: Of<"fp-select">): Op {
  const holds = conditionMask(condition);
  return over((r, machine) => {
    const from = ((holds >> machine.state.nzcv) & 1) === 1 ? n : m;
    writeLane(r, size, laneZero(d, size), readLane(r, size, laneZero(from, size)));
    clearAbove(machine, r, d, 1 << size);
  });
}

function writeGeneral({ x }: Machine, to: number, bits: bigint): void {
  x[to] = Number(BigInt.asIntN(32, bits));
  x[to + 1] = Number(BigInt.asIntN(32, bits >> 32n));
}

/** The integers that a truncation gives without BigInt. */
const EXACT = 2 ** 31;
/** Upper halves of integers that doubles hold. */
const SMALL = 2 ** 20;

function compileToGeneral({ size, wide, op, places, d, n }: Of<"fp-to-general">): Op {
  const f = formatOf(size);
  const { mode, isSigned } = integerConversion(op);
  const to = 2 * target(d);
  const simple = op === "fcvtzs" && places === 0 && size !== 1;
  return over((r, machine) => {
    const { state, x } = machine;
    if (simple) {
      const value = (size === 3 ? r.double[laneZero(n, 3)] : r.single[laneZero(n, 2)]) ?? 0;
      const whole = Math.trunc(value);
      if (Math.abs(value) < EXACT && (whole === value || ((state.fpsr & IXC) !== 0 && fastModes(state)))) {
        x[to] = whole;
        x[to + 1] = wide && whole < 0 ? -1 : 0;
        return;
      }
    }
    const bits = readLane(r, size, laneZero(n, size));
    writeGeneral(machine, to, toFixed(f, bits, places, isSigned, wide ? 64 : 32, mode, state));
  });
}

function compileFromGeneral({ size, wide, isSigned, places, d, n }: Of<"fp-from-general">): Op {
  const f = formatOf(size);
  const from = 2 * source(n);
  return over((r, machine) => {
    const { state, x } = machine;
    const low = x[from] ?? 0;
    const high = x[from + 1] ?? 0;
    // Integers below 2 ** 53 are doubles.
    const top = isSigned ? high : high >>> 0;
    if (size === 3 && !wide && places === 0) r.double[laneZero(d, 3)] = isSigned ? low : low >>> 0;
    else if (size === 3 && places === 0 && top >= -SMALL && top < SMALL)
      r.double[laneZero(d, 3)] = top * 2 ** 32 + (low >>> 0);
    else {
      const unsigned = wide ? (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0) : BigInt(low >>> 0);
      const value = isSigned ? BigInt.asIntN(wide ? 64 : 32, unsigned) : unsigned;
      writeLane(r, size, laneZero(d, size), fromFixed(f, value, places, state));
    }
    clearAbove(machine, r, d, 1 << size);
  });
}

function compileMoveToGeneral({ size, part, d, n }: Of<"fp-move-to-general">): Op {
  const to = 2 * target(d);
  return over((r, { x }) => {
    const at = laneZero(n, 2) + 2 * part;
    x[to] = size === 1 ? (r.halves[laneZero(n, 1)] ?? 0) : (r.words[at] ?? 0);
    x[to + 1] = size === 3 ? (r.words[at + 1] ?? 0) : 0;
  });
}

function compileMoveFromGeneral({ size, part, d, n }: Of<"fp-move-from-general">): Op {
  const from = 2 * source(n);
  return over((r, machine) => {
    const { x } = machine;
    const low = x[from] ?? 0;
    const at = laneZero(d, 2) + 2 * part;
    if (size === 1) r.halves[laneZero(d, 1)] = low;
    else {
      r.words[at] = low;
      if (size === 3) r.words[at + 1] = x[from + 1] ?? 0;
    }
    clearAbove(machine, r, d, part === 1 ? 16 : 1 << size);
  });
}

export function compileScalar(shape: ScalarShape): Op {
  switch (shape.kind) {
    case "fp-immediate": {
      const { size, bits, d } = shape;
      return over((r, machine) => {
        writeLane(r, size, laneZero(d, size), bits);
        clearAbove(machine, r, d, 1 << size);
      });
    }
    case "fp-convert":
      return compileConvert(shape);
    case "fp-flags":
      return compileFlags(shape);
    case "fp-select":
      return compileSelect(shape);
    case "fp-to-general":
      return compileToGeneral(shape);
    case "fp-from-general":
      return compileFromGeneral(shape);
    case "fp-move-to-general":
      return compileMoveToGeneral(shape);
    case "fp-move-from-general":
      return compileMoveFromGeneral(shape);
    case "fp-javascript": {
      const to = 2 * target(shape.d);
      const from = laneZero(shape.n, 3);
      return over((r, { state, x }) => {
        const { value, exact } = toJavaScript(DOUBLE, r.unsignedLong[from] ?? 0n, state);
        x[to] = value;
        x[to + 1] = 0;
        state.nzcv = exact ? 0b0100 : 0;
      });
    }
  }
}
