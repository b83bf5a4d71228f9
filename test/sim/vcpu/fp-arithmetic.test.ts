/** Floating-point arithmetic against JavaScript's own, against exact fractions, and at IEEE 754's corners. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  div,
  max,
  maxNumber,
  min,
  mul,
  mulAdd,
  roundToInteger,
  scale,
  sqrt,
  sub,
} from "../../../src/sim/vcpu/execute/fp-arithmetic.ts";
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
} from "../../../src/sim/vcpu/execute/fp-convert.ts";
import { recipEstimate, rsqrtEstimate } from "../../../src/sim/vcpu/execute/fp-estimate.ts";
import {
  addDouble,
  addSingle,
  divDouble,
  divSingle,
  mulAddDouble,
  mulAddSingle,
  mulDouble,
  mulSingle,
  sqrtDouble,
  sqrtSingle,
} from "../../../src/sim/vcpu/execute/fp-fast.ts";
import {
  CONVERTED_HALF,
  DOUBLE,
  DZC,
  type Format,
  FPCR_AHP,
  FPCR_DN,
  FPCR_FZ,
  FPCR_FZ16,
  type FpState,
  HALF,
  IDC,
  IOC,
  IXC,
  OFC,
  SINGLE,
  UFC,
  unpack,
} from "../../../src/sim/vcpu/execute/fp-format.ts";
import { bitsOf, singleBits } from "./simd-fixture.ts";

const fresh = (fpcr = 0): FpState => ({ fpcr, fpsr: 0 });
const mode = (rmode: number): FpState => fresh(rmode << 22);

const view = new DataView(new ArrayBuffer(8));
const doubleOf = (bits: bigint): number => {
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
};
const singleOf = (bits: bigint): number => {
  view.setUint32(0, Number(bits));
  return view.getFloat32(0);
};

/** Any number of the format, the special ones and the near ones more often. */
const anyBits = (f: Format): fc.Arbitrary<bigint> => {
  const around = (exponent: bigint): fc.Arbitrary<bigint> =>
    fc
      .tuple(
        fc.bigInt(exponent < 30n ? 0n : exponent - 30n, exponent < 30n ? f.exponent : exponent + 30n),
        fc.bigInt(0n, f.fractionMask),
        fc.boolean(),
      )
      .map(([e, m, negative]) => (negative ? f.sign : 0n) | (e << BigInt(f.fraction)) | m);
  return fc.oneof(
    fc.bigInt(0n, 2n * f.sign - 1n),
    around(BigInt(f.bias)),
    fc.constantFrom(
      0n,
      f.sign,
      f.infinity,
      f.infinity | f.sign,
      1n,
      f.infinity - 1n,
      1n << BigInt(f.fraction),
    ),
    fc.bigInt(0n, f.fractionMask),
  );
};

const isNumber = (f: Format, bits: bigint): boolean => (bits & ~f.sign) <= f.infinity;

/** A finite number as a fraction with a power of two below it. */
function exactly(f: Format, bits: bigint): { m: bigint; e: number } {
  const { kind, m, e, negative } = unpack(f, bits, fresh());
  return { m: negative ? -m : m, e: kind === "zero" ? 1 - f.bias - f.fraction : e };
}

describe("the exact arithmetic agrees with JavaScript's", () => {
  const cases = [
    ["add", add, (a: number, b: number) => a + b],
    ["sub", sub, (a: number, b: number) => a - b],
    ["mul", mul, (a: number, b: number) => a * b],
    ["div", div, (a: number, b: number) => a / b],
  ] as const;
  for (const [name, exact, own] of cases) {
    it(`${name} of doubles`, () => {
      fc.assert(
        fc.property(anyBits(DOUBLE), anyBits(DOUBLE), (a, b) => {
          const expected = own(doubleOf(a), doubleOf(b));
          const result = exact(DOUBLE, a, b, fresh());
          if (Number.isNaN(expected)) expect(isNumber(DOUBLE, result)).toBe(false);
          else expect(result).toBe(bitsOf(expected));
        }),
        { numRuns: 2000 },
      );
    });
    it(`${name} of singles, which doubles round alike`, () => {
      fc.assert(
        fc.property(anyBits(SINGLE), anyBits(SINGLE), (a, b) => {
          const expected = Math.fround(own(singleOf(a), singleOf(b)));
          const result = exact(SINGLE, a, b, fresh());
          if (Number.isNaN(expected)) expect(isNumber(SINGLE, result)).toBe(false);
          else expect(result).toBe(singleBits(expected));
        }),
        { numRuns: 2000 },
      );
    });
  }

  it("square roots", () => {
    fc.assert(
      fc.property(anyBits(DOUBLE), (a) => {
        const expected = Math.sqrt(doubleOf(a));
        const result = sqrt(DOUBLE, a, fresh());
        if (Number.isNaN(expected)) expect(isNumber(DOUBLE, result)).toBe(false);
        else expect(result).toBe(bitsOf(expected));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the fast arithmetic gives nothing but what the exact one gives", () => {
  const binary = [
    [DOUBLE, "addDouble", addDouble, add],
    [DOUBLE, "mulDouble", mulDouble, mul],
    [DOUBLE, "divDouble", divDouble, div],
    [SINGLE, "addSingle", addSingle, add],
    [SINGLE, "mulSingle", mulSingle, mul],
    [SINGLE, "divSingle", divSingle, div],
  ] as const;
  const numberOf = (f: Format, bits: bigint): number => (f === DOUBLE ? doubleOf(bits) : singleOf(bits));
  const bitsIn = (f: Format, value: number): bigint => (f === DOUBLE ? bitsOf(value) : singleBits(value));

  /** Where a fast result is given: it is the exact one, and nothing more is flagged than was known. */
  function agrees(f: Format, fast: number, exact: bigint, flags: number, known: boolean): void {
    if (!Number.isFinite(fast)) return;
    expect(bitsIn(f, fast)).toBe(exact);
    expect(flags & ~(known ? IXC : 0)).toBe(0);
  }

  for (const [f, name, fast, exact] of binary)
    it(name, () => {
      fc.assert(
        fc.property(anyBits(f), anyBits(f), fc.boolean(), (a, b, known) => {
          const state = fresh();
          const result = exact(f, a, b, state);
          agrees(f, fast(numberOf(f, a), numberOf(f, b), known), result, state.fpsr, known);
        }),
        { numRuns: 3000 },
      );
    });

  for (const [f, name, fast] of [
    [DOUBLE, "sqrtDouble", sqrtDouble],
    [SINGLE, "sqrtSingle", sqrtSingle],
  ] as const)
    it(name, () => {
      fc.assert(
        fc.property(anyBits(f), fc.boolean(), (a, known) => {
          const state = fresh();
          const result = sqrt(f, a, state);
          agrees(f, fast(numberOf(f, a), known), result, state.fpsr, known);
        }),
        { numRuns: 3000 },
      );
    });

  for (const [f, name, fast] of [
    [DOUBLE, "mulAddDouble", mulAddDouble],
    [SINGLE, "mulAddSingle", mulAddSingle],
  ] as const)
    it(name, () => {
      fc.assert(
        fc.property(anyBits(f), anyBits(f), anyBits(f), fc.boolean(), (c, a, b, known) => {
          const state = fresh();
          const result = mulAdd(f, c, a, b, state);
          agrees(f, fast(numberOf(f, c), numberOf(f, a), numberOf(f, b), known), result, state.fpsr, known);
        }),
        { numRuns: 6000 },
      );
    });
});

describe("rounding modes", () => {
  it("round the exact result down, up and towards zero, and tell whether they did", () => {
    const finite = (f: Format) => anyBits(f).filter((bits) => (bits & ~f.sign) < f.infinity);
    fc.assert(
      fc.property(finite(HALF), finite(HALF), fc.constantFrom(0, 1, 2, 3), (a, b, rmode) => {
        const state = mode(rmode);
        const result = mul(HALF, a, b, state);
        if ((result & ~HALF.sign) === HALF.infinity) {
          expect(state.fpsr & OFC).toBe(OFC);
          return;
        }
        const [x, y, z] = [exactly(HALF, a), exactly(HALF, b), exactly(HALF, result)];
        // All as integers over the same power of two.
        const exact = (x.m * y.m) << 200n;
        const shift = z.e - x.e - y.e + 200;
        const rounded = shift >= 0 ? z.m << BigInt(shift) : z.m >> BigInt(-shift);
        expect((state.fpsr & IXC) !== 0).toBe(exact !== rounded);
        if ((state.fpsr & OFC) !== 0) return;
        const lowest = 1n << BigInt(Math.max(shift, 0));
        if (rmode === 1) expect(rounded - exact >= 0n && rounded - exact < lowest).toBe(true);
        if (rmode === 2) expect(exact - rounded >= 0n && exact - rounded < lowest).toBe(true);
        if (rmode === 3) expect(rounded * rounded <= exact * exact).toBe(true);
        if (rmode === 0) {
          const off = rounded > exact ? rounded - exact : exact - rounded;
          expect(2n * off <= lowest).toBe(true);
        }
      }),
      { numRuns: 4000 },
    );
  });

  it("a sum that is zero is -0 only downwards", () => {
    const one = bitsOf(1);
    for (const [rmode, expected] of [
      [0, 0n],
      [1, 0n],
      [2, DOUBLE.sign],
      [3, 0n],
    ] as const)
      expect(sub(DOUBLE, one, one, mode(rmode))).toBe(expected);
  });

  it("overflow is infinite or the largest number", () => {
    const top = DOUBLE.infinity - 1n;
    const results = [0, 1, 2, 3].map((rmode) => add(DOUBLE, top, top, mode(rmode)));
    expect(results).toEqual([DOUBLE.infinity, DOUBLE.infinity, top, top]);
    const state = fresh();
    add(DOUBLE, top, top, state);
    expect(state.fpsr).toBe(OFC | IXC);
  });
});

describe("NaNs", () => {
  const quiet = 0x7fc00123n;
  const signalling = 0x7f800456n;
  const one = singleBits(1);

  it("signalling before quiet, the first before the second", () => {
    const state = fresh();
    expect(add(SINGLE, quiet, signalling, state)).toBe(signalling | SINGLE.quiet);
    expect(state.fpsr).toBe(IOC);
    expect(add(SINGLE, 0xffc00001n, quiet, fresh())).toBe(0xffc00001n);
    expect(add(SINGLE, one, quiet, fresh())).toBe(quiet);
  });

  it("the default one where FPCR.DN says so", () => {
    expect(add(SINGLE, one, quiet, fresh(FPCR_DN))).toBe(SINGLE.defaultNaN);
  });

  it("0 times infinity plus a quiet NaN is invalid, and the default one", () => {
    const state = fresh();
    expect(mulAdd(SINGLE, quiet, 0n, SINGLE.infinity, state)).toBe(SINGLE.defaultNaN);
    expect(state.fpsr).toBe(IOC);
    expect(mulAdd(SINGLE, signalling, 0n, SINGLE.infinity, fresh())).toBe(signalling | SINGLE.quiet);
  });

  it("lose against numbers in FMAXNM, win in FMAX", () => {
    expect(max(SINGLE, quiet, one, fresh())).toBe(quiet);
    expect(maxNumber(SINGLE, quiet, one, fresh())).toBe(one);
    expect(maxNumber(SINGLE, signalling, one, fresh())).toBe(signalling | SINGLE.quiet);
  });

  it("compare as unordered; quiet ones are invalid for FCMPE alone", () => {
    const state = fresh();
    expect(compare(SINGLE, quiet, one, false, state)).toBe(UNORDERED);
    expect(state.fpsr).toBe(0);
    compare(SINGLE, quiet, one, true, state);
    expect(state.fpsr).toBe(IOC);
  });
});

describe("zeros, infinities, denormal numbers", () => {
  it("order and signs", () => {
    expect(min(DOUBLE, 0n, DOUBLE.sign, fresh())).toBe(DOUBLE.sign);
    expect(max(DOUBLE, DOUBLE.sign, 0n, fresh())).toBe(0n);
    expect(compare(DOUBLE, 0n, DOUBLE.sign, false, fresh())).toBe(EQUAL);
    expect(compare(DOUBLE, bitsOf(-1), bitsOf(1), false, fresh())).toBe(LESS);
    expect(compare(DOUBLE, DOUBLE.infinity, bitsOf(1), false, fresh())).toBe(GREATER);
    expect(sqrt(DOUBLE, DOUBLE.sign, fresh())).toBe(DOUBLE.sign);
  });

  it("a division by zero is infinite and says so", () => {
    const state = fresh();
    expect(div(DOUBLE, bitsOf(-1), 0n, state)).toBe(DOUBLE.infinity | DOUBLE.sign);
    expect(state.fpsr).toBe(DZC);
    expect(div(DOUBLE, 0n, 0n, state)).toBe(DOUBLE.defaultNaN);
    expect(state.fpsr).toBe(DZC | IOC);
  });

  it("underflow is found before rounding, and only where bits are lost", () => {
    const smallest = 1n;
    const exact = fresh();
    expect(mul(DOUBLE, 2n, bitsOf(0.5), exact)).toBe(smallest);
    expect(exact.fpsr).toBe(0);
    const lost = fresh();
    mul(DOUBLE, smallest, bitsOf(0.5), lost);
    expect(lost.fpsr).toBe(UFC | IXC);
    // Rounds up to the smallest normal number.
    const edge = fresh();
    const normal = 1n << 52n;
    expect(mul(DOUBLE, normal, bitsOf(1 - 2 ** -53), edge)).toBe(normal);
    expect(edge.fpsr).toBe(UFC | IXC);
  });

  it("flush to zero, operands and results, each precision by its own bit", () => {
    const flushed = fresh(FPCR_FZ);
    expect(add(SINGLE, 1n, 0n, flushed)).toBe(0n);
    expect(flushed.fpsr).toBe(IDC);
    const result = fresh(FPCR_FZ);
    expect(mul(SINGLE, singleBits(2 ** -100), singleBits(2 ** -30), result)).toBe(0n);
    expect(result.fpsr).toBe(UFC);
    expect(add(HALF, 1n, 1n, fresh(FPCR_FZ))).toBe(2n);
    const half = fresh(FPCR_FZ16);
    expect(add(HALF, 1n, 1n, half)).toBe(0n);
    expect(half.fpsr).toBe(0);
  });
});

describe("conversions", () => {
  it("between singles and doubles", () => {
    fc.assert(
      fc.property(anyBits(DOUBLE), (bits) => {
        const value = doubleOf(bits);
        if (Number.isNaN(value)) return;
        expect(convert(DOUBLE, SINGLE, bits, fresh())).toBe(singleBits(Math.fround(value)));
      }),
    );
    expect(convert(SINGLE, DOUBLE, 0x7f800001n, fresh())).toBe(0x7ff8_0000_2000_0000n);
  });

  it("half precision, IEEE and alternative", () => {
    expect(convert(CONVERTED_HALF, SINGLE, 0x7c00n, fresh())).toBe(SINGLE.infinity);
    expect(convert(CONVERTED_HALF, SINGLE, 0x7c00n, fresh(FPCR_AHP))).toBe(singleBits(65536));
    const state = fresh(FPCR_AHP);
    expect(convert(SINGLE, CONVERTED_HALF, SINGLE.infinity, state)).toBe(0x7fffn);
    expect(state.fpsr).toBe(IOC);
  });

  it("to integers: all modes, saturated", () => {
    const values = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5];
    const rounded = (rmode: number): bigint[] =>
      values.map((value) => BigInt.asIntN(32, toFixed(DOUBLE, bitsOf(value), 0, true, 32, rmode, fresh())));
    expect(rounded(0)).toEqual([-2n, -2n, 0n, 0n, 2n, 2n]);
    expect(rounded(1)).toEqual([-2n, -1n, 0n, 1n, 2n, 3n]);
    expect(rounded(2)).toEqual([-3n, -2n, -1n, 0n, 1n, 2n]);
    expect(rounded(3)).toEqual([-2n, -1n, 0n, 0n, 1n, 2n]);
    expect(rounded(4)).toEqual([-3n, -2n, -1n, 1n, 2n, 3n]);
    const state = fresh();
    expect(toFixed(DOUBLE, bitsOf(1e10), 0, true, 32, 3, state)).toBe(0x7fffffffn);
    expect(state.fpsr).toBe(IOC);
    expect(toFixed(DOUBLE, bitsOf(-1), 0, false, 64, 3, fresh())).toBe(0n);
    expect(toFixed(DOUBLE, bitsOf(1.25), 8, true, 32, 3, fresh())).toBe(320n);
  });

  it("from integers", () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value) => {
        expect(fromFixed(DOUBLE, value, 0, fresh())).toBe(bitsOf(Number(value)));
      }),
    );
  });

  it("JavaScript's", () => {
    for (const value of [
      0,
      -0,
      1.5,
      -1.5,
      2 ** 31,
      -(2 ** 31),
      2 ** 32 + 5,
      1e300,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ])
      expect(toJavaScript(DOUBLE, bitsOf(value), fresh()).value).toBe(value | 0);
    expect(toJavaScript(DOUBLE, bitsOf(-0), fresh()).exact).toBe(false);
    expect(toJavaScript(DOUBLE, bitsOf(7), fresh()).exact).toBe(true);
  });

  it("to integers in the format", () => {
    fc.assert(
      fc.property(anyBits(DOUBLE), (bits) => {
        const value = doubleOf(bits);
        if (Number.isNaN(value)) return;
        expect(roundToInteger(DOUBLE, bits, 1, false, fresh())).toBe(bitsOf(Math.ceil(value)));
        expect(roundToInteger(DOUBLE, bits, 2, false, fresh())).toBe(bitsOf(Math.floor(value)));
        expect(roundToInteger(DOUBLE, bits, 3, false, fresh())).toBe(bitsOf(Math.trunc(value)));
      }),
    );
  });

  it("by powers of two", () => {
    expect(scale(SINGLE, singleBits(1.5), 3n, fresh())).toBe(singleBits(12));
    expect(scale(SINGLE, singleBits(1), 2n ** 31n - 1n, fresh())).toBe(SINGLE.infinity);
    expect(scale(SINGLE, singleBits(1), -149n, fresh())).toBe(1n);
  });
});

describe("estimates", () => {
  it("are within what the architecture promises: 2^-8", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-30, max: 1e30, noNaN: true }), (value) => {
        const reciprocal = doubleOf(recipEstimate(DOUBLE, bitsOf(value), fresh()));
        expect(Math.abs(reciprocal * value - 1)).toBeLessThan(2 ** -8);
        const root = doubleOf(rsqrtEstimate(DOUBLE, bitsOf(value), fresh()));
        expect(Math.abs(root * root * value - 1)).toBeLessThan(2 ** -7);
      }),
    );
  });
});
