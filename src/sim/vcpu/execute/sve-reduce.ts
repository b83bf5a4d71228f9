/** SVE reductions of all active lanes to one. */
import type { SveReduce } from "../decode/sve-permute.ts";
import type { SveShape } from "../decode/sve-shapes.ts";
import { infinity } from "./fp-format.ts";
import type { Op } from "./machine.ts";
import { fpPairs } from "./simd-fp-lanes.ts";
import { larger, smaller, sveLanes } from "./sve-lanes.ts";
import { formatOfSize } from "./sve-map.ts";
import { writeScalar } from "./sve-scalars.ts";
import { elements, isActive, overVectors, readElement } from "./sve-state.ts";

type Of<Kind extends SveShape["kind"]> = Extract<SveShape, { kind: Kind }>;

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

export function compileReduce({ op, size, d, pg, n }: Of<"reduce">): Op {
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
