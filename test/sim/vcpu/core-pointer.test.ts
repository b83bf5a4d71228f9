/** Pointer authentication and memory tagging. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runCore } from "../../../src/sim/vcpu/engine.ts";
import { xxhash64 } from "../../../src/sim/vcpu/execute/xxhash.ts";
import { coreWith, type Fixture, MAIR_EL1, mapFlat, RAM, SCTLR_EL1, TCR_EL1, taken } from "./core-fixture.ts";

const ISAR1 = 0xc031;
const APIA_LO = 0xc108;
const APIA_HI = 0xc109;
const ENABLED = (1n << 31n) | (1n << 30n) | (1n << 27n) | (1n << 13n);
const TAG_AT = 56n;

/** Runs with keys enabled; `api` is ID_AA64ISAR1_EL1.API. 39-bit addresses. */
function signed(words: readonly number[], api: bigint, x: Record<number, bigint>, sctlr = ENABLED): Fixture {
  const fixture = coreWith({ words, x, ids: new Map([[ISAR1, api << 8n]]) });
  const { system } = fixture.core.state;
  system.set(SCTLR_EL1, sctlr);
  system.set(TCR_EL1, 25n | (25n << 16n));
  system.set(APIA_LO, 0x0123_4567_89ab_cdefn);
  system.set(APIA_HI, 0xfedc_ba98_7654_3210n);
  runCore(fixture.core, words.length);
  return fixture;
}

const pointer = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: (1n << 39n) - 1n }))
  .map(([upper, low]) => (upper ? low | (((1n << 25n) - 1n) << 39n) : low));
const word64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
// pacia x0, x1 / autia x0, x1 / autia x0, x2 / xpaci x0
const [pacia, autia, autiaOther, xpaci] = [0xdac10020, 0xdac11020, 0xdac11040, 0xdac143e0];

describe("pointer authentication", () => {
  it("gives back what was signed with the same modifier", () => {
    fc.assert(
      fc.property(pointer, word64, fc.constantFrom(1n, 3n, 5n), (value, modifier, api) => {
        expect(signed([pacia, autia], api, { 0: value, 1: modifier }).x(0)).toBe(value);
        expect(signed([pacia, xpaci], api, { 0: value, 1: modifier }).x(0)).toBe(value);
        const { x } = signed([pacia], api, { 0: value, 1: modifier });
        // Address bits and bit 55 are not the code's.
        const kept = ((1n << 39n) - 1n) | (1n << 55n);
        expect(x(0) & kept).toBe(value & kept);
      }),
      { numRuns: 200 },
    );
  });

  it("with another modifier: an error code in the pointer, other bits with FEAT_PAuth2, an exception with FEAT_FPAC", () => {
    const x = { 0: 0x1234_5678n, 1: 1n, 2: 2n };
    // Key A: bits 62:61 become 01.
    expect(signed([pacia, autiaOther], 1n, x).x(0)).toBe(0x2000_0000_1234_5678n);
    const flipped = signed([pacia, autiaOther], 3n, x);
    expect(flipped.x(0)).not.toBe(0x1234_5678n);
    expect(taken(flipped).ec).toBe(0);
    expect(taken(signed([pacia, autiaOther], 4n, x))).toMatchObject({ ec: 0x1c, iss: 0 });
  });

  it("does nothing where SCTLR_EL1 does not enable the key", () => {
    expect(signed([pacia], 1n, { 0: 0x1234n, 1: 1n }, 0n).x(0)).toBe(0x1234n);
  });

  it("branches and returns with it", () => {
    // paciasp / retaa
    const back = signed([0xd503233f, 0xd65f0bff], 3n, { 30: RAM + 0x40n, 32: 0x5000n });
    expect(back.core.state.pcLow >>> 0).toBe(Number(RAM) + 0x40);
    // retaa with a pointer that nobody signed
    expect(taken(signed([0xd65f0bff], 5n, { 30: RAM + 0x40n })).ec).toBe(0x1c);
  });

  it("LDRAA reads through it", () => {
    // pacda x0, x31 as pacdza / ldraa x3, [x0, #8]
    const fixture = signed([0xdac12be0, 0xf8201403], 3n, { 0: RAM + 0x100n });
    expect(fixture.core.state.system.has(0xc300)).toBe(false);
    expect(fixture.x(3)).toBe(0n);
  });

  it("PACGA gives 32 bits in the upper half", () => {
    // pacga x4, x5, x6
    const { x } = signed([0x9ac630a4], 1n, { 4: ~0n, 5: 5n, 6: 6n });
    expect(x(4) & 0xffff_ffffn).toBe(0n);
    expect(x(4)).toBe(xxhash64(5n, 6n, 0n, 0n) & 0xffff_ffff_0000_0000n);
  });

  it("its cipher is that of QEMU's CPUs", () => {
    // PACIAZ of 0x80000000 with these keys on QEMU gives X30 0x0008b600_80000000: bits 54 to 39 of the code.
    const [low, high] = [0x9e37_79b9_7f4a_7c15n, 0x3c6e_f372_fe94_f82an];
    expect(xxhash64(0x8000_0000n, 0n, low, high)).toBe(0x0088_b65b_4deb_58b4n);
  });
});

describe("tags of pointers", () => {
  const ATA = 1n << 43n;
  const run = (words: readonly number[], x: Record<number, bigint>, gcr = 0n): Fixture => {
    const fixture = coreWith({ words, x });
    const { system } = fixture.core.state;
    system.set(SCTLR_EL1, ATA);
    system.set(0xc086, gcr);
    system.set(0xc085, 0x1234n << 8n);
    runCore(fixture.core, words.length);
    return fixture;
  };

  it("ADDG and SUBG skip the tags that GCR_EL1 excludes", () => {
    // addg x2, x0, #32, #3 / subg x3, x0, #16, #1
    const { x } = run([0x91820c02, 0xd1810403], { 0: (14n << TAG_AT) | 0x100n });
    expect(x(2)).toBe((1n << TAG_AT) | 0x120n);
    expect(x(3)).toBe((15n << TAG_AT) | 0xf0n);
    // Of 14, 15, 0, 1: 15 and 0 are excluded.
    expect(run([0x91820c02], { 0: 14n << TAG_AT }, 0x8001n).x(2)).toBe((3n << TAG_AT) | 0x20n);
  });

  it("IRG takes none that is excluded, and 0 where all are", () => {
    // irg x1, x0
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), word64, (excluded, pointer) => {
        const { x } = run([0x9adf1001], { 0: pointer }, BigInt(excluded));
        const tag = Number((x(1) >> TAG_AT) & 0xfn);
        expect(x(1) & ~(0xfn << TAG_AT)).toBe(pointer & ~(0xfn << TAG_AT));
        if (excluded === 0xffff) expect(tag).toBe(0);
        else expect((excluded >> tag) & 1).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it("GMI, SUBP and SUBPS", () => {
    // gmi x4, x2, x5 / subp x6, x2, x0 / subps x7, x0, x2
    const { x, core } = run([0x9ac51444, 0x9ac00046, 0xbac20007], {
      0: (3n << TAG_AT) | 0x100n,
      2: (9n << TAG_AT) | 0x140n,
      5: 1n,
    });
    expect(x(4)).toBe(0x201n);
    expect(x(6)).toBe(0x40n);
    expect(x(7)).toBe(BigInt.asUintN(64, -0x40n));
    expect(core.state.nzcv).toBe(8);
  });
});

describe("tags of memory", () => {
  /** Tagged Normal memory, EL1 allowed to use tags. */
  function tagged(words: readonly number[], x: Record<number, bigint>, sctlr = 1n | (1n << 43n)): Fixture {
    const fixture = coreWith({ words, x });
    mapFlat(fixture, sctlr);
    const { system } = fixture.core.state;
    system.set(MAIR_EL1, 0xf0n);
    system.set(TCR_EL1, 25n | (1n << 23n) | (1n << 37n));
    fixture.bytes.fill(0xee, 0x1000, 0x1100);
    runCore(fixture.core, words.length);
    return fixture;
  }

  it("are stored and loaded; STZG and ST2G do more of it", () => {
    // stg x1, [x0] / ldg x2, [x0] / stzg x1, [x0, #16] / st2g x1, [x0], #32 / ldg x3, [x0, #-16]
    const fixture = tagged([0xd9200801, 0xd9600002, 0xd9601801, 0xd9a02401, 0xd97ff003], {
      0: RAM + 0x1000n,
      1: 5n << TAG_AT,
      2: RAM + 0x1000n,
      3: 0n,
    });
    expect(fixture.x(2)).toBe((5n << TAG_AT) | (RAM + 0x1000n));
    expect(fixture.x(3)).toBe(5n << TAG_AT);
    expect(fixture.x(0)).toBe(RAM + 0x1020n);
    expect([...fixture.bytes.subarray(0x100f, 0x1021)]).toEqual([0xee, ...new Array(16).fill(0), 0xee]);
  });

  it("LDGM gathers those of a block", () => {
    // stg x1, [x0] / stg x4, [x5] / ldgm x6, [x7]
    const fixture = tagged([0xd9200801, 0xd92008a4, 0xd9e000e6], {
      0: RAM + 0x1000n,
      1: 5n << TAG_AT,
      4: 9n << TAG_AT,
      5: RAM + 0x1030n,
      7: RAM + 0x1000n,
    });
    // GMID_EL1.BS is 0: 4 << 0 bytes, one granule at least
    expect(fixture.x(6)).toBe(5n);
  });

  it("read as zero where SCTLR_EL1.ATA does not allow them, and want aligned addresses", () => {
    // stg x1, [x0] / ldg x2, [x0]
    const closed = tagged([0xd9200801, 0xd9600002], { 0: RAM + 0x1000n, 1: 5n << TAG_AT }, 1n);
    expect(closed.x(2)).toBe(0n);
    expect(taken(tagged([0xd9200801], { 0: RAM + 0x1008n }))).toEqual({
      ec: 0x25,
      iss: 0x61,
      far: RAM + 0x1008n,
    });
  });

  describe("are compared where SCTLR_EL1.TCF says so", () => {
    const MISMATCH = (6n << TAG_AT) | (RAM + 0x1000n);
    const MATCH = (5n << TAG_AT) | (RAM + 0x1000n);
    const mode = (tcf: bigint): bigint => 1n | (1n << 43n) | (tcf << 40n);
    // stg x1, [x0], then one access by x2
    const accessed = (word: number, address: bigint, tcf: bigint, tco: 0 | 1 = 0): Fixture => {
      const fixture = tagged([0xd9200801], { 0: RAM + 0x1000n, 1: 5n << TAG_AT }, mode(tcf));
      fixture.core.state.pstate.tco = tco;
      const view = new DataView(fixture.bytes.buffer);
      view.setUint32(4, word, true);
      fixture.core.state.x.set(
        [Number(BigInt.asIntN(32, address)), Number(BigInt.asIntN(32, address >> 32n))],
        4,
      );
      fixture.core.state.x.set(
        [Number(BigInt.asIntN(32, address)), Number(BigInt.asIntN(32, address >> 32n))],
        64,
      );
      runCore(fixture.core, 1);
      return fixture;
    };
    // ldr x3, [x2] / str x3, [x2] / ldr x3, [sp]
    const [load, store, byStack] = [0xf9400043, 0xf9000043, 0xf94003e3];

    it("with an abort, with a bit, or not at all", () => {
      expect(taken(accessed(load, MISMATCH, 1n))).toEqual({ ec: 0x25, iss: 0x11, far: MISMATCH });
      expect(taken(accessed(store, MISMATCH, 1n))).toEqual({ ec: 0x25, iss: 0x51, far: MISMATCH });
      expect(accessed(load, MATCH, 1n).x(3)).toBe(0xeeee_eeee_eeee_eeeen);
      expect(accessed(load, MISMATCH, 0n).x(3)).toBe(0xeeee_eeee_eeee_eeeen);
      const asynchronous = accessed(store, MISMATCH, 2n);
      expect(asynchronous.core.state.system.get(0xc2b0)).toBe(1n);
      expect(asynchronous.bytes[0x1000]).toBe(0);
    });

    it("but not with PSTATE.TCO, by the stack pointer, or outside Tagged memory", () => {
      expect(accessed(load, MISMATCH, 1n, 1).x(3)).toBe(0xeeee_eeee_eeee_eeeen);
      expect(accessed(byStack, MISMATCH, 1n).x(3)).toBe(0xeeee_eeee_eeee_eeeen);
    });
  });
});
