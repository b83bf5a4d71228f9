/** Advanced SIMD: lanes against BigInt, and each shape by an example. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FPCR_AH, QC } from "../../../src/sim/vcpu/execute/fp-format.ts";
import { larger, smaller } from "../../../src/sim/vcpu/execute/sve-lanes.ts";
import { Z_BYTES } from "../../../src/sim/vcpu/state.ts";
import { instructions } from "../../../src/tables/index.ts";
import { RAM, taken } from "./core-fixture.ts";
import { bitsOf, fromHex, lanes, singleBits, vectors } from "./simd-fixture.ts";

const split = (width: number, value: bigint, isSigned: boolean): bigint[] =>
  Array.from({ length: 128 / width }, (_, i) => {
    const lane = BigInt.asUintN(width, value >> BigInt(i * width));
    return isSigned ? BigInt.asIntN(width, lane) : lane;
  });

const register = fc.oneof(
  fc.bigInt(0n, 2n ** 128n - 1n),
  fc
    .array(fc.constantFrom(0n, 1n, 0x7fn, 0x80n, 0x81n, 0xffn), { minLength: 16, maxLength: 16 })
    .map((bytes) => lanes(8, bytes)),
);

const clamp = (value: bigint, width: number, isSigned: boolean): bigint => {
  const top = (1n << BigInt(isSigned ? width - 1 : width)) - 1n;
  const bottom = isSigned ? -top - 1n : 0n;
  return value > top ? top : value < bottom ? bottom : value;
};
const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

/** U, opcode, whether lanes are signed, the function, sizes. */
const threeSame: readonly (readonly [
  string,
  number,
  number,
  boolean,
  (a: bigint, b: bigint, width: number) => bigint,
  number,
])[] = [
  ["ADD", 0, 0b10000, true, (a, b) => a + b, 3],
  ["SUB", 1, 0b10000, true, (a, b) => a - b, 3],
  ["MUL", 0, 0b10011, true, (a, b) => a * b, 2],
  ["SHADD", 0, 0b00000, true, (a, b) => (a + b) >> 1n, 2],
  ["UHADD", 1, 0b00000, false, (a, b) => (a + b) >> 1n, 2],
  ["SRHADD", 0, 0b00010, true, (a, b) => (a + b + 1n) >> 1n, 2],
  ["UHSUB", 1, 0b00100, false, (a, b) => (a - b) >> 1n, 2],
  ["SQADD", 0, 0b00001, true, (a, b, w) => clamp(a + b, w, true), 3],
  ["UQADD", 1, 0b00001, false, (a, b, w) => clamp(a + b, w, false), 3],
  ["SQSUB", 0, 0b00101, true, (a, b, w) => clamp(a - b, w, true), 3],
  ["UQSUB", 1, 0b00101, false, (a, b, w) => clamp(a - b, w, false), 3],
  ["CMGT", 0, 0b00110, true, (a, b) => (a > b ? -1n : 0n), 3],
  ["CMHI", 1, 0b00110, false, (a, b) => (a > b ? -1n : 0n), 3],
  ["CMGE", 0, 0b00111, true, (a, b) => (a >= b ? -1n : 0n), 3],
  ["CMHS", 1, 0b00111, false, (a, b) => (a >= b ? -1n : 0n), 3],
  ["CMTST", 0, 0b10001, false, (a, b) => ((a & b) === 0n ? 0n : -1n), 3],
  ["CMEQ", 1, 0b10001, false, (a, b) => (a === b ? -1n : 0n), 3],
  ["SMAX", 0, 0b01100, true, larger, 2],
  ["UMIN", 1, 0b01101, false, smaller, 2],
  ["SABD", 0, 0b01110, true, (a, b) => absolute(a - b), 2],
  ["UABD", 1, 0b01110, false, (a, b) => absolute(a - b), 2],
];

describe("lanes of three registers against BigInt", () => {
  for (const [name, u, opcode, isSigned, work, largest] of threeSame)
    it(name, () => {
      fc.assert(
        fc.property(register, register, fc.integer({ min: 0, max: largest }), (a, b, size) => {
          const width = 8 << size;
          const word = (0x4e200400 | (u << 29) | (size << 22) | (2 << 16) | (opcode << 11) | (1 << 5)) >>> 0;
          const second = split(width, b, isSigned);
          const expected = split(width, a, isSigned).map((lane, i) => work(lane, second[i] ?? 0n, width));
          expect(vectors([word], { v: { 1: a, 2: b } }).v(0)).toBe(lanes(width, expected));
        }),
        { numRuns: 40 },
      );
    });

  it("shifts by register: left, right, rounded, saturated", () => {
    fc.assert(
      fc.property(
        register,
        register,
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 0, max: 7 }),
        (a, b, size, kind) => {
          const width = 8 << size;
          const [unsigned, rounds, saturates] = [(kind & 1) === 1, (kind & 2) === 2, (kind & 4) === 4];
          const opcode = 0b01000 | (rounds ? 2 : 0) | (saturates ? 1 : 0);
          const word =
            (0x4e200400 | (unsigned ? 1 << 29 : 0) | (size << 22) | (2 << 16) | (opcode << 11) | (1 << 5)) >>>
            0;
          const by = split(width, b, false).map((lane) => BigInt.asIntN(8, lane));
          let overflows = false;
          const expected = split(width, a, !unsigned).map((lane, i) => {
            const amount = by[i] ?? 0n;
            const value =
              amount >= 0n ? lane << amount : (lane + (rounds ? 1n << (-amount - 1n) : 0n)) >> -amount;
            if (!saturates) return value;
            const clamped = clamp(value, width, !unsigned);
            overflows ||= clamped !== value;
            return clamped;
          });
          const { v, fpsr } = vectors([word], { v: { 1: a, 2: b } });
          expect(v(0)).toBe(lanes(width, expected));
          expect((fpsr & QC) !== 0).toBe(overflows);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("long multiplication, lower and upper half", () => {
    fc.assert(
      fc.property(
        register,
        register,
        fc.integer({ min: 0, max: 2 }),
        fc.boolean(),
        fc.boolean(),
        (a, b, size, unsigned, high) => {
          const width = 8 << size;
          const word =
            (0x0e20c000 |
              (high ? 1 << 30 : 0) |
              (unsigned ? 1 << 29 : 0) |
              (size << 22) |
              (2 << 16) |
              (1 << 5)) >>>
            0;
          const count = 64 / width;
          const from = high ? count : 0;
          const first = split(width, a, !unsigned).slice(from, from + count);
          const second = split(width, b, !unsigned).slice(from, from + count);
          const expected = first.map((lane, i) => lane * (second[i] ?? 0n));
          expect(vectors([word], { v: { 1: a, 2: b } }).v(0)).toBe(lanes(2 * width, expected));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("narrowing with saturation", () => {
    fc.assert(
      fc.property(register, fc.integer({ min: 0, max: 2 }), (a, size) => {
        const width = 8 << size;
        // sqxtn
        const word = (0x0e214800 | (size << 22) | (1 << 5)) >>> 0;
        const expected = split(2 * width, a, true).map((lane) => clamp(lane, width, true));
        expect(vectors([word], { v: { 0: 2n ** 128n - 1n, 1: a } }).v(0)).toBe(lanes(width, expected));
      }),
    );
  });
});

const bytes = fromHex("000102030405060708090a0b0c0d0e0f");
const others = fromHex("101112131415161718191a1b1c1d1e1f");
const v = { 1: bytes, 2: others };

describe("permutations", () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ["zip1 v0.16b, v1.16b, v2.16b", 0x4e023820, "00100111021203130414051506160717"],
    ["zip2 v0.16b, v1.16b, v2.16b", 0x4e027820, "08180919 0a1a0b1b 0c1c0d1d 0e1e0f1f"],
    ["uzp1 v0.16b, v1.16b, v2.16b", 0x4e021820, "00020406 080a0c0e 10121416 181a1c1e"],
    ["uzp2 v0.8h, v1.8h, v2.8h", 0x4e425820, "02030607 0a0b0e0f 12131617 1a1b1e1f"],
    ["trn1 v0.4s, v1.4s, v2.4s", 0x4e822820, "00010203 10111213 08090a0b 18191a1b"],
    ["ext v0.16b, v1.16b, v2.16b, #3", 0x6e021820, "030405060708090a0b0c0d0e0f101112"],
    ["ext v0.8b, v1.8b, v2.8b, #3", 0x2e021820, "0304050607101112"],
    ["rev64 v0.16b, v1.16b", 0x4e200820, "0706050403020100 0f0e0d0c0b0a0908"],
    ["rev32 v0.8h, v1.8h", 0x6e600820, "0203000106070405 0a0b08090e0f0c0d"],
    ["dup v0.8h, v1.h[2]", 0x4e0a0420, "0405040504050405 0405040504050405"],
    ["dup b0, v1.b[5]", 0x5e0b0420, "05"],
  ];
  for (const [text, word, expected] of cases)
    it(text, () => expect(vectors([word], { v }).v(0)).toBe(fromHex(expected)));

  it("tbl and tbx: an index out of the table gives 0, or leaves the lane", () => {
    const indices = fromHex("1f10000f20ff01020304050607080910");
    const before = { 0: 2n ** 128n - 1n, 1: bytes, 2: others, 3: indices };
    // tbl v0.16b, {v1.16b, v2.16b}, v3.16b; tbx
    expect(vectors([0x4e032020], { v: before }).v(0)).toBe(fromHex("1f10000f0000010203040506070809 10"));
    expect(vectors([0x4e033020], { v: before }).v(0)).toBe(fromHex("1f10000fffff010203040506070809 10"));
  });

  it("tables wrap around from V31 to V0", () => {
    // tbl v5.16b, {v31.16b, v0.16b}, v3.16b
    const after = vectors([0x4e0323e5], { v: { 31: bytes, 0: others, 3: fromHex("0010") } });
    expect(after.v(5) & 0xffffn).toBe(0x1000n);
  });

  it("luti2 and luti4 choose lanes by bits", () => {
    // luti2 v0.16b, {v1.16b}, v2[0]; luti4 v0.16b, {v1.16b}, v2[0]
    const table = { 1: bytes, 2: fromHex("e4") };
    expect(vectors([0x4e821020], { v: table }).v(0)).toBe(fromHex("00010203"));
    expect(vectors([0x4e422020], { v: table }).v(0)).toBe(fromHex("040e"));
  });
});

describe("moves", () => {
  it("between lanes and general registers", () => {
    // umov w0, v1.b[15] / smov x2, v1.h[0] / ins v1.s[1], w3 / dup v4.2d, x3
    const after = vectors([0x0e1f3c20, 0x4e022c22, 0x4e0c1c61, 0x4e080c64], {
      v: { 1: fromHex("00ff000000000000 00000000000000aa") },
      x: { 3: 0x1122334455667788n },
    });
    expect(after.x(0)).toBe(0xaan);
    expect(after.x(2)).toBe(0xffffffffffffff00n);
    expect(after.v(1)).toBe(fromHex("00ff000088776655 00000000000000aa"));
    expect(after.v(4)).toBe(lanes(64, [0x1122334455667788n, 0x1122334455667788n]));
  });

  it("immediates", () => {
    const one = (word: number, before = 0n): bigint => vectors([word], { v: { 0: before } }).v(0);
    // movi v0.2d, #0xff00ff00ff00ff00 / movi v0.4s, #1, msl #8 / mvni v0.8h, #1 / fmov v0.2d, #1.0
    expect(one(0x6f05e540)).toBe(lanes(64, [0xff00ff00ff00ff00n, 0xff00ff00ff00ff00n]));
    expect(one(0x4f00c420)).toBe(lanes(32, [0x1ff, 0x1ff, 0x1ff, 0x1ff]));
    expect(one(0x6f008420)).toBe(lanes(16, new Array(8).fill(0xfffe)));
    expect(one(0x6f03f600)).toBe(lanes(64, [bitsOf(1), bitsOf(1)]));
    // orr v0.4s, #1, lsl #8 / bic v0.4h, #255
    expect(one(0x4f003420, lanes(32, [1, 2, 3, 4]))).toBe(lanes(32, [0x101, 0x102, 0x103, 0x104]));
    expect(one(0x2f0797e0, lanes(16, new Array(8).fill(0x1234)))).toBe(lanes(16, new Array(4).fill(0x1200)));
  });

  it("what is above a result becomes 0, up to the longest vector", () => {
    const before = 2n ** 256n - 1n;
    // fadd d0, d1, d2 / add v3.8b, v1.8b, v2.8b
    const after = vectors([0x1e622820, 0x0e228423], { v: { 0: before, 3: before }, length: 32 });
    expect(after.v(0)).toBe(0n);
    expect(after.v(3)).toBe(0n);
    expect(after.core.state.z.subarray(3 * Z_BYTES, 3 * Z_BYTES + 32).every((byte) => byte === 0)).toBe(true);
  });
});

describe("across lanes, in pairs, sums of products", () => {
  it("addv, saddlv, umaxv, addp", () => {
    // addv b0, v1.16b / saddlv h3, v1.16b / umaxv b4, v1.16b / addp v5.4s, v1.4s, v2.4s / addp d6, v1.2d
    const after = vectors([0x4e31b820, 0x4e303823, 0x6e30a824, 0x4ea2bc25, 0x5ef1b826], {
      v: { 1: lanes(8, new Array(16).fill(0xff)), 2: lanes(32, [1, 2, 3, 4]) },
    });
    expect(after.v(0)).toBe(0xf0n);
    expect(after.v(3)).toBe(0xfff0n);
    expect(after.v(4)).toBe(0xffn);
    expect(after.v(5)).toBe(lanes(32, [-2, -2, 3, 7]));
    expect(after.v(6)).toBe(lanes(64, [-2]));
  });

  it("sdot, usdot, smmla", () => {
    const before = {
      0: lanes(32, [1, 1, 1, 1]),
      1: lanes(8, [1, 2, 3, 4, -1, -2, -3, -4, 5, 6, 7, 8, 0, 0, 0, 1]),
      2: lanes(8, [10, 20, 30, 40, 10, 20, 30, 40, 1, 1, 1, 1, 1, 1, 1, -1]),
    };
    expect(vectors([0x4e829420], { v: before }).v(0)).toBe(lanes(32, [301, -299, 27, 0]));
    expect(vectors([0x4e829c20], { v: before }).v(0)).toBe(
      lanes(32, [301, 1 + 10 * 255 + 20 * 254 + 30 * 253 + 40 * 252, 27, 0]),
    );
    expect(vectors([0x4e82a420], { v: before }).v(0)).toBe(lanes(32, [1, 9, 741, 26]));
  });

  it("pmull of 64 bits", () => {
    // pmull v0.1q, v1.1d, v2.1d: (x + 1)(x^63 + 1)
    expect(vectors([0x0ee2e020], { v: { 1: 3n, 2: (1n << 63n) | 1n } }).v(0)).toBe(
      (1n << 64n) | (1n << 63n) | 3n,
    );
  });
});

describe("floating-point lanes", () => {
  it("multiply and add by an element that is in the destination", () => {
    // fmla v0.4s, v1.4s, v0.s[0]
    const before = {
      0: lanes(32, [2, 3, 4, 5].map(singleBits)),
      1: lanes(32, [1, 10, 100, 1000].map(singleBits)),
    };
    expect(vectors([0x4f801020], { v: before }).v(0)).toBe(lanes(32, [4, 23, 204, 2005].map(singleBits)));
  });

  it("complex addition and multiplication", () => {
    const a = lanes(32, [1, 2, 3, 4].map(singleBits));
    const b = lanes(32, [5, 6, 7, 8].map(singleBits));
    // fcadd v0.4s, v1.4s, v2.4s, #90: a + ib
    expect(vectors([0x6e82e420], { v: { 1: a, 2: b } }).v(0)).toBe(
      lanes(32, [-5, 7, -5, 11].map(singleBits)),
    );
    // fcmla with 0 and 90 degrees: a * b
    expect(vectors([0x6e82c420, 0x6e82cc20], { v: { 1: a, 2: b } }).v(0)).toBe(
      lanes(32, [-7, 16, -11, 52].map(singleBits)),
    );
  });

  it("famax and famin by magnitude", () => {
    const before = {
      1: lanes(32, [-3, 1, -0.5, 0].map(singleBits)),
      2: lanes(32, [2, -4, 0.25, -0].map(singleBits)),
    };
    expect(vectors([0x4ea2dc20], { v: before }).v(0)).toBe(lanes(32, [3, 4, 0.5, 0].map(singleBits)));
    expect(vectors([0x6ea2dc20], { v: before }).v(0)).toBe(lanes(32, [2, 1, 0.25, 0].map(singleBits)));
  });

  it("FEAT_AFP's modes are said to be lacking", () => {
    const { stop } = vectors([0x1e622820], { fpcr: FPCR_AH });
    expect(stop).toMatchObject({ kind: "lacks", what: expect.stringContaining("FEAT_AFP") });
  });

  it("comparisons, selections, moves of scalars", () => {
    const before = { 1: bitsOf(1.5), 2: bitsOf(-2) };
    // fcmp d1, d2 / fcsel d0, d1, d2, gt / fcvtzs x3, d2 / scvtf d4, x3
    const after = vectors([0x1e622020, 0x1e62cc20, 0x9e780043, 0x9e620064], { v: before });
    expect(after.nzcv).toBe(0b0010);
    expect(after.v(0)).toBe(bitsOf(1.5));
    expect(after.x(3)).toBe(0xfffffffffffffffen);
    expect(after.v(4)).toBe(bitsOf(-2));
  });
});

describe("structures in memory", () => {
  it("ld3 takes them apart, st2 puts them together, with writeback", () => {
    // ld3 {v0.8b-v2.8b}, [x0], #24 / st2 {v0.8b, v1.8b}, [x1], x2
    const data = Array.from({ length: 24 }, (_, i) => i + 1);
    const {
      core,
      x,
      bytes: memory,
      v: read,
    } = (() => {
      const words = [0x0cdf4000, 0x0c828020];
      const loads = data.flatMap((byte, i) => {
        // movz w9, #byte / strb w9, [x10, #i]
        return [0x52800009 | (byte << 5), 0x39000149 | (i << 10)];
      });
      return vectors([...loads, ...words], {
        x: { 0: RAM + 0x1000n, 1: RAM + 0x2000n, 2: 100n, 10: RAM + 0x1000n },
      });
    })();
    expect(core.state.z.subarray(Z_BYTES, Z_BYTES + 8)).toEqual(
      Uint8Array.from([2, 5, 8, 11, 14, 17, 20, 23]),
    );
    expect(read(2)).toBe(lanes(8, [3, 6, 9, 12, 15, 18, 21, 24]));
    expect(x(0)).toBe(RAM + 0x1018n);
    expect(x(1)).toBe(RAM + 0x2064n);
    expect([...memory.subarray(0x2000, 0x2006)]).toEqual([1, 2, 4, 5, 7, 8]);
  });

  it("ldfadd adds to memory and gives what was there", () => {
    // str x1, [x0] / ldfadd d0, d2, [x0]
    const words = [0xf9000001, 0xfc200002];
    const after = vectors(words, { x: { 0: RAM + 0x1000n, 1: bitsOf(1.5) }, v: { 0: bitsOf(2) } });
    expect(after.v(2)).toBe(bitsOf(1.5));
    expect(new DataView(after.bytes.buffer).getFloat64(0x1000, true)).toBe(3.5);
    expect(after.fpsr).toBe(0);
  });

  it("a fault changes nothing", () => {
    // ld1 {v0.16b-v3.16b}, [x0], #64, half of it outside
    const after = vectors([0x4cdf2000], { x: { 0: RAM + (1n << 20n) - 16n }, v: { 0: 7n } });
    expect(after.v(0)).toBe(7n);
    expect(after.x(0)).toBe(RAM + (1n << 20n) - 16n);
  });
});

describe("what the engine lacks", () => {
  it("is told where the CPU has it, and UNDEFINED where not", () => {
    // fdot v0.4s, v1.16b, v2.16b of FP8 / st1w {z0.q}, p0, [x0]
    for (const word of [0x4e02fc20, 0xe500e000]) {
      expect(vectors([word], { length: 32 }).stop).toMatchObject({ kind: "lacks" });
      const { core } = vectors([word], { length: 32, fate: () => "undefined" });
      expect(core.state.system.get(0xc290)).toBeDefined();
    }
  });
});

describe("the rows of instructions.json", () => {
  const rows = instructions().filter(
    ({ after, gate }) => after?.includes("enable-fp") === true && gate !== undefined,
  );

  it("are here", () => expect(rows.length).toBeGreaterThan(45));

  /** What the engine lacks; each is told, none is executed as something else. */
  const lacking: ReadonlySet<string> = new Set(["RDSVL"]);

  for (const { name, word, text } of rows.filter(({ name }) => name !== "SMSTOP"))
    it(`${name}: ${text}`, () => {
      const { stop, core } = vectors([Number(word)], { length: 32, x: { 0: RAM + 0x1000n } });
      if (lacking.has(name)) expect(stop).toMatchObject({ kind: "lacks" });
      else expect(stop).toEqual({ kind: "budget" });
      expect(core.state.system.get(0xc290)).toBeUndefined();
      // Taken away, it is UNDEFINED.
      const denied = vectors([Number(word)], { length: 32, fate: () => "undefined" });
      expect(
        taken({ core: denied.core, bytes: denied.bytes, memory: denied.core.memory, x: denied.x }),
      ).toMatchObject({
        ec: 0,
      });
      expect(denied.core.state.system.get(0xc290)).toBeDefined();
    });
});
