/** Loads, stores, atomics: what they put where, and what they take when they cannot. */
import { describe, expect, it } from "vitest";
import { runCore } from "../../../src/sim/vcpu/engine.ts";
import { readPc } from "../../../src/sim/vcpu/state.ts";
import { allowVectors, coreWith, execute, type Fixture, mapFlat, RAM, taken } from "./core-fixture.ts";

const DATA = RAM + 0x1000n;
const AT = 0x1000;

/** Runs with bytes in memory at DATA. */
function withData(
  words: readonly number[],
  data: readonly number[],
  x: Record<number, bigint>,
  map = false,
): Fixture {
  const fixture = coreWith({ words, x });
  fixture.bytes.set(data, AT);
  allowVectors(fixture);
  if (map) mapFlat(fixture);
  runCore(fixture.core, words.length);
  return fixture;
}

const word = (fixture: Fixture, at: number): bigint =>
  new DataView(fixture.bytes.buffer).getBigUint64(AT + at, true);
const lanes = ({ core }: Fixture, n: number): readonly bigint[] => {
  const view = new DataView(core.state.z.buffer, 256 * n, 16);
  return [view.getBigUint64(0, true), view.getBigUint64(8, true)];
};

const SIGNED = [
  0xf0, 0xe1, 0xd2, 0xc3, 0xb4, 0xa5, 0x96, 0x87, 0x78, 0x69, 0x5a, 0x4b, 0x3c, 0x2d, 0x1e, 0x0f,
];
const FIRST = 0x8796_a5b4_c3d2_e1f0n;
const SECOND = 0x0f1e_2d3c_4b5a_6978n;

describe("loads and stores", () => {
  it("of every size, with signs, before and after the base moves", () => {
    // ldrb w1, [x0] / ldrsb w2, [x0, #1] / ldrsb x3, [x0, #1] / ldrh w4, [x0, #2] / ldrsh w5, [x0, #2] / ldrsh x6, [x0, #2]
    // ldr w7, [x0, #4] / ldrsw x8, [x0, #4] / ldr x9, [x0] / ldr x10, [x0, #8]! / ldr x11, [x0], #-8
    const { x } = withData(
      [
        0x39400001, 0x39c00402, 0x39800403, 0x79400404, 0x79c00405, 0x79800406, 0xb9400407, 0xb9800408,
        0xf9400009, 0xf8408c0a, 0xf85f840b,
      ],
      SIGNED,
      { 0: DATA },
    );
    expect(x(1)).toBe(0xf0n);
    expect(x(2)).toBe(0xffff_ffe1n);
    expect(x(3)).toBe(0xffff_ffff_ffff_ffe1n);
    expect(x(4)).toBe(0xc3d2n);
    expect(x(5)).toBe(0xffff_c3d2n);
    expect(x(6)).toBe(0xffff_ffff_ffff_c3d2n);
    expect(x(7)).toBe(0x8796_a5b4n);
    expect(x(8)).toBe(0xffff_ffff_8796_a5b4n);
    expect(x(9)).toBe(FIRST);
    expect(x(10)).toBe(SECOND);
    expect(x(11)).toBe(SECOND);
    expect(x(0)).toBe(DATA);
  });

  it("stores of every size and of pairs", () => {
    // strb w1, [x0] / strh w1, [x0, #2] / str w1, [x0, #4] / str x1, [x0, #8]! / stp x1, x2, [x0, #8]
    // stp w1, w2, [x0, #24]! / str x1, [x0], #8 / stnp x2, x1, [x0, #16]
    const fixture = withData(
      [0x39000001, 0x79000401, 0xb9000401, 0xf8008c01, 0xa9008801, 0x29830801, 0xf8008401, 0xa8010402],
      [],
      { 0: DATA, 1: 0x1122_3344_5566_7788n, 2: 0xaabb_ccdd_eeff_0011n },
    );
    expect([0, 8, 16, 24, 32].map((at) => word(fixture, at))).toEqual([
      0x5566_7788_7788_0088n,
      0x1122_3344_5566_7788n,
      0x1122_3344_5566_7788n,
      0xaabb_ccdd_eeff_0011n,
      0x1122_3344_5566_7788n,
    ]);
    expect([56, 64].map((at) => word(fixture, at))).toEqual([0xaabb_ccdd_eeff_0011n, 0x1122_3344_5566_7788n]);
    expect(fixture.x(0)).toBe(DATA + 40n);
  });

  it("by registers, extended and shifted", () => {
    // ldr x3, [x0, x1, lsl #3] / ldr x4, [x0, w2, sxtw #3] / ldrb w6, [x0, x1]
    const { x } = withData([0xf8617803, 0xf862d804, 0x38616806], SIGNED, {
      0: DATA + 8n,
      1: 0n,
      2: 0xffff_ffffn,
    });
    expect(x(3)).toBe(SECOND);
    expect(x(4)).toBe(FIRST);
    expect(x(6)).toBe(0x78n);
  });

  it("of literals", () => {
    // ldr x0, lit / ldrsw x1, lit / ldr w2, lit / ldr d3, lit / prfm pldl1keep, [x0] / b . / lit: .quad
    const fixture = withData(
      [0x580000c0, 0x980000a1, 0x18000082, 0x5c000063, 0xf9800000, 0x14000000, 0x89abcdef, 0x87654321],
      [],
      {},
    );
    expect(fixture.x(0)).toBe(0x8765_4321_89ab_cdefn);
    expect(fixture.x(1)).toBe(0xffff_ffff_89ab_cdefn);
    expect(fixture.x(2)).toBe(0x89ab_cdefn);
    expect(lanes(fixture, 3)).toEqual([0x8765_4321_89ab_cdefn, 0n]);
  });

  it("of pairs", () => {
    // ldp x1, x2, [x0] / ldp w3, w4, [x0] / ldpsw x5, x6, [x0] / ldp x7, x8, [x0, #16]! / ldp x9, x10, [x0], #-16
    const { x } = withData(
      [0xa9400801, 0x29401003, 0x69401805, 0xa9c12007, 0xa8ff2809],
      [...SIGNED, ...SIGNED],
      {
        0: DATA,
      },
    );
    expect([1, 2, 3, 4, 5, 6].map(x)).toEqual([
      FIRST,
      SECOND,
      0xc3d2_e1f0n,
      0x8796_a5b4n,
      0xffff_ffff_c3d2_e1f0n,
      0xffff_ffff_8796_a5b4n,
    ]);
    expect([7, 8, 9, 10, 0].map(x)).toEqual([FIRST, SECOND, FIRST, SECOND, DATA]);
  });

  it("of vector registers: what is above the loaded bytes becomes zero", () => {
    // ldr q0, [x0] / ldr d1, [x0] / ldr s2, [x0, #4] / ldr h3, [x0] / ldr b4, [x0, #7] / str q0, [x1] / str s2, [x1, #16]
    // ldp q5, q6, [x0] / stp d0, d6, [x1, #32] / ldr q7, [x0, x2, lsl #4] / str h3, [x1, #48]!
    const fixture = withData(
      [
        0x3dc00000, 0xfd400001, 0xbd400402, 0x7d400003, 0x3d401c04, 0x3d800020, 0xbd001022, 0xad401805,
        0x6d021820, 0x3ce27807, 0x7c030c23,
      ],
      [...SIGNED, ...SIGNED.toReversed()],
      { 0: DATA, 1: DATA + 0x40n, 2: 1n },
    );
    expect(lanes(fixture, 0)).toEqual([FIRST, SECOND]);
    expect(lanes(fixture, 1)).toEqual([FIRST, 0n]);
    expect(lanes(fixture, 2)).toEqual([0x8796_a5b4n, 0n]);
    expect(lanes(fixture, 3)).toEqual([0xe1f0n, 0n]);
    expect(lanes(fixture, 4)).toEqual([0x87n, 0n]);
    expect(lanes(fixture, 6)).toEqual([0x7869_5a4b_3c2d_1e0fn, 0xf0e1_d2c3_b4a5_9687n]);
    expect(lanes(fixture, 7)).toEqual(lanes(fixture, 6));
    expect([0x40, 0x48, 0x50, 0x60, 0x68, 0x70].map((at) => word(fixture, at))).toEqual([
      FIRST,
      SECOND,
      0x8796_a5b4n,
      FIRST,
      lanes(fixture, 6)[0],
      0xe1f0n,
    ]);
    expect(fixture.x(1)).toBe(DATA + 0x70n);
  });

  it("of big-endian data, by SCTLR_EL1.EE", () => {
    // ldr x1, [x0] / ldrh w2, [x0] / str w1, [x0, #8] / ldp w3, w4, [x0]
    const fixture = coreWith({ words: [0xf9400001, 0x79400002, 0xb9000801, 0x29401003], x: { 0: DATA } });
    fixture.bytes.set(SIGNED, AT);
    fixture.core.state.system.set(0xc080, 1n << 25n);
    runCore(fixture.core, 4);
    expect(fixture.x(1)).toBe(0xf0e1_d2c3_b4a5_9687n);
    expect(fixture.x(2)).toBe(0xf0e1n);
    expect([...fixture.bytes.subarray(AT + 8, AT + 12)]).toEqual([0xb4, 0xa5, 0x96, 0x87]);
    expect([3, 4].map(fixture.x)).toEqual([0xf0e1_d2c3n, 0xb4a5_9687n]);
  });
});

describe("alignment", () => {
  it("with the MMU off all memory is Device: an unaligned access takes a data abort", () => {
    // ldur x12, [x0, #1] / stur w1, [x0, #2]
    const loaded = execute([0xf840100c], { x: { 0: DATA } });
    expect(taken(loaded)).toEqual({ ec: 0x25, iss: 0x21, far: DATA + 1n });
    const stored = execute([0xb8002001], { x: { 0: DATA } });
    expect(taken(stored)).toEqual({ ec: 0x25, iss: 0x61, far: DATA + 2n });
  });

  it("with the MMU on it is made, across pages too", () => {
    // ldur x12, [x0, #1] / stur x12, [x1, #-3] / ldur x13, [x1, #-3]
    const fixture = withData(
      [0xf840100c, 0xf81fd02c, 0xf85fd02d],
      SIGNED,
      { 0: DATA, 1: DATA + 0x1000n },
      true,
    );
    expect(fixture.x(12)).toBe(0x7887_96a5_b4c3_d2e1n);
    expect(fixture.x(13)).toBe(0x7887_96a5_b4c3_d2e1n);
    expect(fixture.bytes[AT + 0xffd]).toBe(0xe1);
    expect(fixture.bytes[AT + 0x1004]).toBe(0x78);
  });

  it("SCTLR_EL1.A makes it fault, SCTLR_EL1.SA checks the stack pointer", () => {
    const strict = coreWith({ words: [0xf840100c], x: { 0: DATA } });
    mapFlat(strict, 3n);
    runCore(strict.core, 1);
    expect(taken(strict)).toEqual({ ec: 0x25, iss: 0x21, far: DATA + 1n });
    // ldr x1, [sp]
    const stack = coreWith({ words: [0xf94003e1], x: { 32: DATA + 8n } });
    stack.core.state.system.set(0xc080, 8n);
    runCore(stack.core, 1);
    expect(taken(stack).ec).toBe(0x26);
    const unchecked = execute([0xf94003e1], { x: { 32: DATA + 8n } });
    expect(taken(unchecked).ec).toBe(0);
  });
});

describe("devices", () => {
  it("a load of one register comes back to be answered", () => {
    // ldrsb w1, [x0, #4] / add w1, w1, #1
    const { core, x } = coreWith({ words: [0x39c01001, 0x11000421], x: { 0: 0x900_0000n } });
    const stop = runCore(core, 10);
    expect(stop).toMatchObject({ kind: "mmio-read", address: 0x900_0004n, length: 1 });
    expect(readPc(core.state)).toBe(RAM + 4n);
    if (stop.kind === "mmio-read") stop.answer(0xfen);
    runCore(core, 1);
    expect(x(1)).toBe(0xffff_ffffn);
  });

  it("a store of one register says what it stores", () => {
    // strh w1, [x0, #2] / str x1, [x0, #8]
    const { core } = coreWith({
      words: [0x79000401, 0xf9000401],
      x: { 0: 0x900_0000n, 1: 0x1122_3344_5566_7788n },
    });
    expect(runCore(core, 10)).toEqual({
      kind: "mmio-write",
      address: 0x900_0002n,
      length: 2,
      value: 0x7788n,
    });
    expect(runCore(core, 10)).toEqual({
      kind: "mmio-write",
      address: 0x900_0008n,
      length: 8,
      value: 0x1122_3344_5566_7788n,
    });
  });

  it("what KVM is given no syndrome for fails as KVM_RUN fails", () => {
    // ldp x1, x2, [x0] / ldr x1, [x0], #8 / ldr q0, [x0] / ldxr x1, [x0] / ldadd x1, x2, [x0]
    for (const code of [0xa9400801, 0xf8408401, 0x3dc00000, 0xc85f7c01, 0xf8210002]) {
      const fixture = coreWith({ words: [code], x: { 0: 0x900_0000n } });
      allowVectors(fixture);
      expect(runCore(fixture.core, 10)).toEqual({ kind: "fails", errno: "ENOSYS" });
      expect(readPc(fixture.core.state)).toBe(RAM);
      expect(fixture.x(0)).toBe(0x900_0000n);
    }
  });
});

describe("exclusives", () => {
  it("a store is done once, where the monitor watches", () => {
    // ldxr x1, [x0] / stxr w2, x5, [x0] / stxr w3, x6, [x0] / ldaxp x7, x8, [x0] / stlxp w9, x6, x5, [x0]
    // ldxr w10, [x0] / clrex / stxr w11, w10, [x0] / ldxrb w12, [x0] / str x20, [x0] / stxrb w13, w12, [x0]
    const fixture = withData(
      [
        0xc85f7c01, 0xc8027c05, 0xc8037c06, 0xc87fa007, 0xc8299406, 0x885f7c0a, 0xd5033f5f, 0x880b7c0a,
        0x085f7c0c, 0xf9000014, 0x080d7c0c,
      ],
      SIGNED,
      { 0: DATA, 5: 5n, 6: 6n, 20: 0x77n },
    );
    expect(fixture.x(1)).toBe(FIRST);
    expect([2, 3].map(fixture.x)).toEqual([0n, 1n]);
    expect([7, 8, 9].map(fixture.x)).toEqual([5n, SECOND, 0n]);
    expect(fixture.x(11)).toBe(1n);
    expect(fixture.x(13)).toBe(1n);
    expect([word(fixture, 0), word(fixture, 8)]).toEqual([0x77n, 5n]);
  });

  it("need an address that is aligned", () => {
    // ldxr x1, [x0]
    const fixture = coreWith({ words: [0xc85f7c01], x: { 0: DATA + 12n } });
    mapFlat(fixture);
    runCore(fixture.core, 1);
    expect(taken(fixture)).toEqual({ ec: 0x25, iss: 0x21, far: DATA + 12n });
  });
});

describe("atomics", () => {
  it("give what was there and store what comes of it", () => {
    // ldadd x1, x2, [x0] / ldclr x1, x3, [x0] / ldeor x1, x4, [x0] / ldset x1, x5, [x0] / swp x6, x7, [x0]
    const fixture = withData(
      [0xf8210002, 0xf8211003, 0xf8212004, 0xf8213005, 0xf8268007],
      [0xff, 0xff, 0xff, 0xff],
      {
        0: DATA,
        1: 0x1_0000_0003n,
        6: 0x1234n,
      },
    );
    expect([2, 3, 4, 5, 7].map(fixture.x)).toEqual([
      0xffff_ffffn,
      0x2_0000_0002n,
      0x2_0000_0000n,
      0x3_0000_0003n,
      0x3_0000_0003n,
    ]);
    expect(word(fixture, 0)).toBe(0x1234n);
  });

  it("of extremes, signed and unsigned, in their size", () => {
    // ldsmaxb w8, w9, [x0] / ldumax w8, w10, [x0] / ldsminh w11, w12, [x0] / ldumin x11, x13, [x0] / stadd x1, [x0]
    const fixture = withData(
      [0x38284009, 0xb828600a, 0x782b500c, 0xf82b700d, 0xf821001f],
      [0x80, 1, 0, 0, 9],
      {
        0: DATA,
        1: 1n,
        8: 0x17fn,
        11: 0xffffn,
      },
    );
    expect([9, 10, 12, 13].map(fixture.x)).toEqual([0x80n, 0x17fn, 0x17fn, 0x9_0000_ffffn]);
    expect(word(fixture, 0)).toBe(0x1_0000n);
  });

  it("CAS and CASP compare first", () => {
    // cas x1, x2, [x0] / cas x1, x3, [x0] / casp x4, x5, x6, x7, [x0] / casp x4, x5, x6, x7, [x0] / casb w8, w9, [x0]
    const fixture = withData(
      [0xc8a17c02, 0xc8a17c03, 0x48247c06, 0x48247c06, 0x08a87c09],
      [1, 0, 0, 0, 0, 0, 0, 0, 2],
      {
        0: DATA,
        1: 1n,
        2: 0x22n,
        3: 0x33n,
        4: 0x22n,
        5: 1n,
        6: 0x66n,
        7: 0x77n,
        8: 0xf66n,
        9: 0x99n,
      },
    );
    expect([1, 4, 5, 8].map(fixture.x)).toEqual([0x22n, 0x22n, 2n, 0x66n]);
    expect([word(fixture, 0), word(fixture, 8)]).toEqual([0x99n, 0x77n]);
  });

  it("ordered accesses are loads and stores", () => {
    // ldar x1, [x0] / stlr x2, [x0] / ldarb w3, [x0] / ldapr x4, [x0] / ldapursw x5, [x0, #4] / stlurh w2, [x0, #-2]
    const fixture = withData(
      [0xc8dffc01, 0xc89ffc02, 0x08dffc03, 0xf8bfc004, 0x99804005, 0x591fe002],
      SIGNED,
      {
        0: DATA,
        2: 0x8899_aabb_ccdd_eeffn,
      },
    );
    expect([1, 3, 4, 5].map(fixture.x)).toEqual([
      FIRST,
      0xffn,
      0x8899_aabb_ccdd_eeffn,
      0xffff_ffff_8899_aabbn,
    ]);
    expect([...fixture.bytes.subarray(AT - 2, AT)]).toEqual([0xff, 0xee]);
  });

  it("LD64B and ST64B move eight registers", () => {
    // ld64b x8, [x0] / st64b x8, [x1]
    const data = Array.from({ length: 64 }, (_, at) => at);
    const fixture = withData([0xf83fd008, 0xf83f9028], data, { 0: DATA, 1: DATA + 0x80n });
    expect(fixture.x(15)).toBe(0x3f3e_3d3c_3b3a_3938n);
    expect([...fixture.bytes.subarray(AT + 0x80, AT + 0xc0)]).toEqual(data);
  });
});

describe("memory copy and set", () => {
  const pattern = Array.from({ length: 10_000 }, (_, at) => (at * 7) & 0xff);

  /** Until the program counter is behind the three instructions. */
  function throughout(words: readonly number[], x: Record<number, bigint>): Fixture {
    const fixture = coreWith({ words, x });
    fixture.bytes.set(pattern, AT);
    for (let i = 0; i < 100 && readPc(fixture.core.state) !== RAM + 12n; i++) runCore(fixture.core, 1);
    expect(readPc(fixture.core.state)).toBe(RAM + 12n);
    return fixture;
  }

  it("CPYF copies forwards", () => {
    // cpyfp [x0]!, [x1]!, x2! and its main and epilogue
    const to = 0x8003n;
    const fixture = throughout([0x19010440, 0x19410440, 0x19810440], { 0: RAM + to, 1: DATA + 1n, 2: 9001n });
    expect([...fixture.bytes.subarray(Number(to), Number(to) + 9002)]).toEqual([
      ...pattern.slice(1, 9002),
      0,
    ]);
    expect([0, 1, 2].map(fixture.x)).toEqual([RAM + to + 9001n, DATA + 9002n, 0n]);
  });

  it("CPY copies from the end where that is needed", () => {
    // cpyp [x0]!, [x1]!, x2! and its main and epilogue
    const fixture = throughout([0x1d010440, 0x1d410440, 0x1d810440], { 0: DATA + 5n, 1: DATA, 2: 9000n });
    expect([...fixture.bytes.subarray(AT + 5, AT + 9005)]).toEqual(pattern.slice(0, 9000));
    expect(fixture.x(2)).toBe(0n);
  });

  it("SET fills, and stops where memory stops", () => {
    // setp [x0]!, x1!, x2 / setm [x0]!, x1!, x2 / sete [x0]!, x1!, x2
    const fixture = throughout([0x19c20420, 0x19c24420, 0x19c28420], { 0: DATA + 3n, 1: 5000n, 2: 0x1aan });
    expect(fixture.bytes[AT + 2]).toBe(14);
    expect(fixture.bytes.subarray(AT + 3, AT + 5003).every((byte) => byte === 0xaa)).toBe(true);
    expect(fixture.bytes[AT + 5003]).toBe((5003 * 7) & 0xff);
    const beyond = coreWith({
      words: [0x19c20420, 0x19c24420],
      size: 0x4000,
      x: { 0: RAM + 0x3f00n, 1: 0x200n },
    });
    expect(runCore(beyond.core, 10)).toEqual({ kind: "fails", errno: "ENOSYS" });
    expect(beyond.x(1)).toBe(BigInt.asUintN(64, -0x100n));
  });
});
