/** SVE: each shape by an example, lanes against Advanced SIMD, save and restore, vector lengths. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runCore } from "../../../src/sim/vcpu/engine.ts";
import { int2 } from "../../../src/sim/vcpu/execute/simd-integer-lanes.ts";
import { sveLanes } from "../../../src/sim/vcpu/execute/sve-lanes.ts";
import { writePc } from "../../../src/sim/vcpu/state.ts";
import { CPACR_EL1, coreWith, RAM, taken } from "./core-fixture.ts";
import { bitsOf, lanes, singleBits, vectors } from "./simd-fixture.ts";

const ZCR_EL1 = 0xc090;
const length = 32;
const range = (count: number, of: (i: number) => number): number[] =>
  Array.from({ length: count }, (_, i) => of(i));
/** A predicate of lanes of so many bytes. */
const active = (bytes: number, set: readonly number[]): bigint =>
  set.reduce((all, lane) => all | (1n << BigInt(lane * bytes)), 0n);

describe("lanes", () => {
  /** The same operations in the tables of Advanced SIMD (numbers) and SVE (BigInts). */
  const shared = (Object.keys(int2) as (keyof typeof int2)[]).flatMap((op) =>
    op in sveLanes && !op.endsWith("shl") ? [op as keyof typeof int2 & keyof typeof sveLanes] : [],
  );

  it("are many", () => expect(shared.length).toBeGreaterThan(20));

  for (const op of shared)
    it(`${op}: as Advanced SIMD's`, () => {
      const anyLane = fc.oneof(
        fc.bigInt(0n, 2n ** 32n - 1n),
        fc.constantFrom(
          0n,
          1n,
          0x7fn,
          0x80n,
          0xffn,
          0x7fffn,
          0x8000n,
          0xffffn,
          0x7fffffffn,
          0x80000000n,
          0xffffffffn,
        ),
      );
      fc.assert(
        fc.property(
          anyLane,
          anyLane,
          anyLane,
          fc.constantFrom(
            ...(op === "pmul" ? [8] : op.startsWith("sqrd") || op === "sqdmulh" ? [16, 32] : [8, 16, 32]),
          ),
          (a, b, c, bits) => {
            const { isSigned, f } = sveLanes[op];
            const lane = (value: bigint): bigint =>
              isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
            const wide = f(lane(a), lane(b), lane(c), bits, { fpcr: 0, fpsr: 0 });
            const own = int2[op];
            const number = (value: bigint): number =>
              Number(own.isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value));
            const narrow = own.narrow(number(a), number(b), number(c), bits, { fpcr: 0, fpsr: 0 });
            expect(BigInt.asUintN(bits, BigInt(narrow))).toBe(BigInt.asUintN(bits, wide));
          },
        ),
      );
    });

  it("inactive lanes keep what the destination holds, or become 0", () => {
    const before = {
      0: lanes(
        32,
        range(8, (i) => 100 + i),
      ),
      1: lanes(
        32,
        range(8, (i) => i),
      ),
    };
    const p = { 0: active(4, [0, 3, 7]) };
    // add z0.s, p0/m, z0.s, z1.s
    expect(vectors([0x04800020], { v: before, p, length }).v(0)).toBe(
      lanes(32, [100, 101, 102, 106, 104, 105, 106, 114]),
    );
    // movprfx z0.s, p0/z, z1.s
    expect(vectors([0x04902020], { v: before, p, length }).v(0)).toBe(lanes(32, [0, 0, 0, 3, 0, 0, 0, 7]));
    // sel z2.s, p0, z0.s, z1.s
    expect(vectors([0x05a1c002], { v: before, p, length }).v(2)).toBe(
      lanes(32, [100, 1, 2, 103, 4, 5, 6, 107]),
    );
  });

  it("floating point works on active lanes only, flags too", () => {
    const before = { 0: lanes(64, [1, 1, 1, 1].map(bitsOf)), 1: lanes(64, [2, 0, 4, 0].map(bitsOf)) };
    // fdiv z0.d, p0/m, z0.d, z1.d
    const { v, fpsr } = vectors([0x65cd8020], { v: before, p: { 0: active(8, [0, 2]) }, length });
    expect(v(0)).toBe(lanes(64, [0.5, 1, 0.25, 1].map(bitsOf)));
    expect(fpsr).toBe(0);
  });

  it("comparisons set flags: first, none, last", () => {
    const before = { 1: lanes(32, [5, 1, 9, 0, 0, 0, 0, 7]) };
    // cmpgt p1.s, p0/z, z1.s, #4
    const all = vectors([0x25840031], {
      v: before,
      p: {
        0: active(
          4,
          range(8, (i) => i),
        ),
      },
      length,
    });
    expect(all.p(1)).toBe(active(4, [0, 2, 7]));
    expect(all.nzcv).toBe(0b1000);
    const some = vectors([0x25840031], { v: before, p: { 0: active(4, [1, 2, 3]) }, length });
    expect(some.p(1)).toBe(active(4, [2]));
    expect(some.nzcv).toBe(0b0010);
  });
});

describe("predicates and counts", () => {
  it("ptrue by pattern, cntb and its kin, whilelo", () => {
    // ptrue p0.s, vl3 / ptrue p1.b / cntb x0 / cntd x1, all, mul #3 / whilelo p2.h, x3, x4
    const after = vectors([0x2598e060, 0x2518e3e1, 0x0420e3e0, 0x04e2e3e1, 0x25641c62], {
      x: { 3: 10n, 4: 15n },
      length,
    });
    expect(after.p(0)).toBe(active(4, [0, 1, 2]));
    expect(after.p(1)).toBe(2n ** 32n - 1n);
    expect(after.x(0)).toBe(32n);
    expect(after.x(1)).toBe(12n);
    expect(after.p(2)).toBe(active(2, [0, 1, 2, 3, 4]));
    expect(after.nzcv).toBe(0b1010);
  });

  it("rdvl, addvl, addpl count in the length in use", () => {
    // rdvl x0, #-2 / addvl x1, x1, #3 / addpl x2, x2, #-1
    const words = [0x04bf57c0, 0x04215061, 0x046257e2];
    const before = { 1: 1000n, 2: 1000n };
    const long = vectors(words, { x: before, length: 64 });
    expect([long.x(0), long.x(1), long.x(2)]).toEqual([2n ** 64n - 128n, 1192n, 992n]);
    const short = vectors(words, { x: before, length: 16 });
    expect([short.x(0), short.x(1), short.x(2)]).toEqual([2n ** 64n - 32n, 1048n, 998n]);
  });

  it("ZCR_EL1 and the lengths that there are decide about the length", () => {
    const rdvl = (zcr: bigint, vectorLengths?: number): bigint => {
      const { core, x } = coreWith({ words: [0x04bf5020] });
      core.state.system.set(CPACR_EL1, 0x333_0000n);
      core.state.system.set(ZCR_EL1, zcr);
      const hypervisor = {
        ...core.hypervisor,
        vectorBytes: 64,
        ...(vectorLengths === undefined ? {} : { vectorLengths }),
      };
      runCore({ ...core, hypervisor }, 1);
      return x(0);
    };
    expect([0n, 1n, 2n, 3n, 15n].map((zcr) => rdvl(zcr))).toEqual([16n, 32n, 48n, 64n, 64n]);
    // 128, 256 and 512 bits
    expect([0n, 1n, 2n, 3n, 15n].map((zcr) => rdvl(zcr, 0b1011))).toEqual([16n, 32n, 32n, 64n, 64n]);
  });

  it("breaks, first and next", () => {
    const p = { 0: 0b1111_1111n, 1: 0b0010_0100n };
    // brka p2.b, p0/z, p1.b / brkb p3.b, p0/z, p1.b / pnext p4.b, p1, p4.b
    const after = vectors([0x25104022, 0x25904023, 0x2519c424], { p: { ...p, 4: 0b100n }, length });
    expect(after.p(2)).toBe(0b0000_0111n);
    expect(after.p(3)).toBe(0b0000_0011n);
    expect(after.p(4)).toBe(0b0010_0000n);
  });
});

describe("across lanes", () => {
  const before = {
    0: lanes(
      16,
      range(16, (i) => i),
    ),
    1: lanes(
      16,
      range(16, (i) => 100 + i),
    ),
  };

  it("permutations over the length in use", () => {
    // zip2 z2.h, z0.h, z1.h / rev z3.h, z0.h / ext z0.b, z0.b, z1.b, #4
    const after = vectors([0x05616402, 0x05783803, 0x05201020], { v: before, length });
    expect(after.v(2)).toBe(
      lanes(
        16,
        range(16, (i) => (i & 1) * 100 + 8 + (i >> 1)),
      ),
    );
    expect(after.v(3)).toBe(
      lanes(
        16,
        range(16, (i) => 15 - i),
      ),
    );
    expect(after.v(0)).toBe(
      lanes(
        16,
        range(16, (i) => (i < 14 ? i + 2 : 98 + i - 12)),
      ),
    );
  });

  it("reductions, last elements, compaction", () => {
    const p = { 0: active(2, [1, 4, 9]) };
    // uaddv d2, p0, z1.h / lastb w3, p0, z1.h / clasta w4, p0, w4, z1.h
    const after = vectors([0x04412022, 0x0561a023, 0x0570a024], { v: before, p, length });
    expect(after.v(2)).toBe(314n);
    expect(after.x(3)).toBe(109n);
    expect(after.x(4)).toBe(110n);
    // compact z2.s, p1, z0.s
    const words = lanes(
      32,
      range(8, (i) => i),
    );
    expect(vectors([0x05a18402], { v: { 0: words }, p: { 1: active(4, [2, 3, 7]) }, length }).v(2)).toBe(
      lanes(32, [2, 3, 7]),
    );
  });

  it("index, dup, insr", () => {
    // index z0.s, #-3, #2 / dup z1.d, x1 / insr z0.s, w1
    const after = vectors([0x04a243a0, 0x05e03821, 0x05a43820], { x: { 1: 7n }, length });
    expect(after.v(1)).toBe(lanes(64, [7, 7, 7, 7]));
    expect(after.v(0)).toBe(lanes(32, [7, -3, -1, 1, 3, 5, 7, 9]));
  });

  it("fadda adds in the order of the lanes", () => {
    // fadda s0, p0, s0, z1.s
    const big = 2 ** 24;
    const before2 = { 0: singleBits(1), 1: lanes(32, [big, 1, -big, 1].map(singleBits)) };
    expect(vectors([0x65982020], { v: before2, p: { 0: active(4, [0, 1, 2, 3]) }, length }).v(0)).toBe(
      singleBits(Math.fround(Math.fround(Math.fround(Math.fround(1 + big) + 1) - big) + 1)),
    );
  });
});

describe("memory", () => {
  it("save and restore: Z, P and FFR through memory are what they were", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 256n - 1n), fc.bigInt(0n, 2n ** 32n - 1n), (z, p) => {
        // str z0, [x0] / str p1, [x0, #16, mul vl] / rdffr p2.b / str p2, [x0, #17, mul vl]
        // ldr z3, [x0] / ldr p4, [x0, #16, mul vl] / ldr p5, [x0, #17, mul vl]
        const words = [0xe5804000, 0xe5820001, 0x2519f002, 0xe5820402, 0x85804003, 0x85820004, 0x85820405];
        const after = vectors(words, {
          v: { 0: z },
          p: { 1: p },
          ffr: p ^ 0xffn,
          x: { 0: RAM + 0x1000n },
          length,
        });
        expect(after.v(3)).toBe(z);
        expect(after.p(4)).toBe(p);
        expect(after.p(5)).toBe(p ^ 0xffn);
      }),
      { numRuns: 20 },
    );
  });

  it("a copy as memcpy does it: whilelo, ld1b, st1b", () => {
    // whilelo p0.b, x3, x2 / ld1b {z0.b}, p0/z, [x1, x3] / st1b {z0.b}, p0, [x0, x3]
    const { core, bytes } = coreWith({
      words: [0x25221c60, 0xa4034020, 0xe4034000],
      x: { 0: RAM + 0x2000n, 1: RAM + 0x1000n, 2: 45n, 3: 32n },
    });
    core.state.system.set(CPACR_EL1, 0x333_0000n);
    core.state.system.set(ZCR_EL1, 1n);
    bytes.set(
      range(64, (i) => i + 1),
      0x1000,
    );
    const own = { ...core, hypervisor: { ...core.hypervisor, vectorBytes: 32 } };
    runCore(own, 3);
    expect([...bytes.subarray(0x2000, 0x2020)].every((byte) => byte === 0)).toBe(true);
    expect([...bytes.subarray(0x2020, 0x2030)]).toEqual([...range(13, (i) => i + 33), 0, 0, 0]);
    writePc(core.state, RAM);
    expect(core.state.nzcv).toBe(0b1010);
  });

  it("gathers and scatters", () => {
    const offsets = lanes(64, [24, 0, 8, 16]);
    const p = { 0: active(8, [0, 1, 3]) };
    // str z1, [x0] / ld1d {z2.d}, p0/z, [x0, z3.d] / st1d {z2.d}, p0, [x4, z3.d]
    const words = [0xe5804001, 0xc5c3c002, 0xe583a082];
    const after = vectors(words, {
      v: { 1: lanes(64, [10, 11, 12, 13]), 3: offsets },
      p,
      x: { 0: RAM + 0x1000n, 4: RAM + 0x2000n },
      length,
    });
    expect(after.v(2)).toBe(lanes(64, [13, 10, 0, 12]));
    const view = new DataView(after.bytes.buffer);
    expect([0, 8, 16, 24].map((at) => view.getBigUint64(0x2000 + at, true))).toEqual([10n, 0n, 12n, 13n]);
  });

  const end = RAM + (1n << 20n);

  it("a load that may fault at its first lane only says in FFR how far it came", () => {
    // ldff1d {z0.d}, p0/z, [x0, xzr, lsl #3]
    const word = 0xa5ff6000;
    const p = { 0: active(8, [0, 1, 2, 3]) };
    const before = { 0: 2n ** 256n - 1n };
    const after = vectors([word], { v: before, p, ffr: 2n ** 32n - 1n, x: { 0: end - 16n }, length });
    expect(after.stop.kind).toBe("budget");
    expect(after.v(0)).toBe(0n);
    expect(after.core.state.ffr[0]).toBe(0xff);
    expect(after.core.state.ffr[1]).toBe(0xff);
    expect(after.core.state.ffr[2]).toBe(0);
  });

  it("a store that faults stores nothing", () => {
    // st1d {z0.d}, p0, [x0]
    const after = vectors([0xe5e0e000], {
      v: { 0: 2n ** 256n - 1n },
      p: { 0: active(8, [0, 1, 2, 3]) },
      x: { 0: end - 16n },
      length,
    });
    expect(after.stop.kind).not.toBe("budget");
    expect(after.bytes.subarray(-16).every((byte) => byte === 0)).toBe(true);
  });
});

describe("gates", () => {
  it("CPACR_EL1.ZEN traps, and SVE2 needs a CPU that has it", () => {
    const fixture = coreWith({ words: [0x04220020] });
    fixture.core.state.system.set(CPACR_EL1, 3n << 20n);
    runCore(fixture.core, 1);
    expect(taken(fixture).ec).toBe(0x19);
    const denied = vectors([0x04227020], {
      length,
      fate: (name) => (name === "SQDMULH_Z" ? "undefined" : "executes"),
    });
    expect(Number((denied.core.state.system.get(0xc290) ?? 0n) >> 26n)).toBe(0);
  });

  it("what came later than the engine is said to be lacking", () => {
    // A word of SVE2.1: zipq1 z0.b, z1.b, z2.b
    const { stop } = vectors([0x4402e020], { length });
    expect(stop).toMatchObject({ kind: "lacks", what: "SVE2.1 and later" });
  });
});
