/** Stage 1: where addresses lead, what they take when they lead nowhere, and when the engine has to look again. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { invalidateTranslations, runCore } from "../../../src/sim/vcpu/engine.ts";
import { contextOf } from "../../../src/sim/vcpu/execute/context.ts";
import { type Translated, translateWith } from "../../../src/sim/vcpu/execute/translate.ts";
import {
  coreWith,
  FAR_EL1,
  type Fixture,
  MAIR_EL1,
  PAR_EL1,
  RAM,
  SCTLR_EL1,
  TCR_EL1,
  TTBR0_EL1,
  TTBR1_EL1,
  taken,
  VBAR_EL1,
} from "./core-fixture.ts";

const MEGABYTES_2 = 1n << 21n;
/** Valid, a table, or below level 3 a page. */
const TABLE = 3n;
const BLOCK = 1n;
const AF = 1n << 10n;
const READ_ONLY = 1n << 7n;
const USER = 1n << 6n;
const UXN = 1n << 54n;
const PXN = 1n << 53n;

/** Tables at RAM + 0x10000 (level 1), 0x11000 (level 2) and 0x12000 (level 3), 4 KiB granules, 39 bits. */
function mapped(
  words: readonly number[],
  x: Record<number, bigint> = {},
): Fixture & { entry: (at: number, value: bigint) => void } {
  const fixture = coreWith({ words, x });
  const view = new DataView(fixture.bytes.buffer);
  const entry = (at: number, value: bigint): void => view.setBigUint64(at, value, true);
  entry(0x10000, (RAM + 0x11000n) | TABLE);
  entry(0x10008, RAM | AF | BLOCK);
  entry(0x11000, (RAM + 0x12000n) | TABLE);
  const { system } = fixture.core.state;
  system.set(TTBR0_EL1, RAM + 0x10000n);
  system.set(TCR_EL1, 25n | (25n << 16n) | (2n << 30n) | (5n << 32n));
  system.set(MAIR_EL1, 0x04ffn);
  system.set(SCTLR_EL1, 1n);
  system.set(VBAR_EL1, RAM + 0x800n);
  return { ...fixture, entry };
}

/** A page at virtual 0x5000, with X0 its address. */
function page(words: readonly number[], flags: bigint, prepare?: (fixture: Fixture) => void): Fixture {
  const fixture = mapped(words, { 0: 0x5008n, 1: 0x77n });
  fixture.entry(0x12028, (RAM + 0x3000n) | flags | TABLE);
  new DataView(fixture.bytes.buffer).setBigUint64(0x3008, 0x1234n, true);
  prepare?.(fixture);
  runCore(fixture.core, words.length);
  return fixture;
}

// ldr x2, [x0] / str x1, [x0]
const [load, store] = [0xf9400002, 0xf9000001];
const atEl0 = ({ core }: Fixture): void => {
  core.state.pstate.el = 0;
};
const dataAbort = (code: number, write = false) => ({
  ec: 0x25,
  iss: code | (write ? 0x40 : 0),
  far: 0x5008n,
});

describe("pages", () => {
  it("are read and written where they are", () => {
    const fixture = page([load, store], AF);
    expect(fixture.x(2)).toBe(0x1234n);
    expect(fixture.bytes[0x3008]).toBe(0x77);
  });

  it("that are read-only refuse stores, at the level of the descriptor", () => {
    const fixture = page([load, store], AF | READ_ONLY);
    expect(fixture.x(2)).toBe(0x1234n);
    expect(taken(fixture)).toEqual(dataAbort(0x0f, true));
  });

  it("that were never accessed take an access flag fault, or get the flag where TCR_EL1.HA is set", () => {
    expect(taken(page([load], 0n))).toEqual(dataAbort(0x0b));
    const fixture = page([load], 0n, ({ core }) => {
      core.state.system.set(TCR_EL1, (core.state.system.get(TCR_EL1) ?? 0n) | (1n << 39n));
    });
    expect(fixture.x(2)).toBe(0x1234n);
    expect(new DataView(fixture.bytes.buffer).getBigUint64(0x12028, true) & AF).toBe(AF);
  });

  it("of EL1 are not EL0's", () => {
    const fixture = page([load], AF, atEl0);
    // The code's own block is not EL0's either.
    expect(taken(fixture)).toEqual({ ec: 0x20, iss: 0x0d, far: RAM });
    const both = page([load], AF, (one) => {
      atEl0(one);
      new DataView(one.bytes.buffer).setBigUint64(0x10008, RAM | AF | USER | BLOCK, true);
    });
    expect(taken(both)).toMatchObject({ ec: 0x24, iss: 0x0f });
  });

  it("of EL0 are EL1's unless PSTATE.PAN is set; LDTR reads them all the same", () => {
    expect(page([load], AF | USER).x(2)).toBe(0x1234n);
    const pan = ({ core }: Fixture): void => {
      core.state.pstate.pan = 1;
    };
    expect(taken(page([load], AF | USER, pan))).toEqual(dataAbort(0x0f));
    // ldtr x2, [x0]
    expect(page([0xf8400802], AF | USER, pan).x(2)).toBe(0x1234n);
    expect(taken(page([0xf8400802], AF))).toEqual(dataAbort(0x0f));
    // ldr x2, [x0] / msr pan, #1 / ldr x3, [x0]: what was translated before does not count
    const later = page([load, 0xd500419f, 0xf9400003], AF | USER);
    expect([later.x(2), later.x(3)]).toEqual([0x1234n, 0n]);
  });

  it("say whether they are executed", () => {
    const jump = 0xd61f0000;
    const run = (flags: bigint): Fixture => {
      const fixture = mapped([jump], { 0: 0x5000n });
      fixture.entry(0x12028, (RAM + 0x3000n) | flags | TABLE);
      // add x9, x9, #1
      new DataView(fixture.bytes.buffer).setUint32(0x3000, 0x91000529, true);
      runCore(fixture.core, 2);
      return fixture;
    };
    expect(run(AF).x(9)).toBe(1n);
    expect(run(AF | UXN).x(9)).toBe(1n);
    expect(taken(run(AF | PXN))).toEqual({ ec: 0x21, iss: 0x0f, far: 0x5000n });
    // What EL0 may write EL1 does not execute.
    expect(taken(run(AF | USER))).toEqual({ ec: 0x21, iss: 0x0f, far: 0x5000n });
  });

  it("that are not there leave the other half of a pair alone", () => {
    // stp x1, x1, [x0] over the end of the page, as general-purpose and as vector registers
    for (const word of [0xa9000401, 0x6d000400]) {
      const fixture = page([word], AF, (one) => {
        one.core.state.x[0] = 0x5ff8;
        one.core.state.system.set(0xc082, 3n << 20n);
        one.core.state.z.fill(0x55);
        one.bytes.fill(0xee, 0x3ff0, 0x4000);
      });
      expect(taken(fixture)).toEqual({ ec: 0x25, iss: 0x47, far: 0x6000n });
      expect(fixture.bytes.subarray(0x3ff0, 0x4000).every((byte) => byte === 0xee)).toBe(true);
    }
  });

  it("of Device memory want aligned addresses", () => {
    const fixture = page([0xf9400002], AF | (1n << 2n), ({ core }) => {
      core.state.x[0] = 0x5004;
    });
    expect(taken(fixture)).toEqual({ ec: 0x25, iss: 0x21, far: 0x5004n });
  });
});

describe("tables", () => {
  const reach = (
    x0: bigint,
    change?: (entry: (at: number, value: bigint) => void, fixture: Fixture) => void,
  ): Fixture => {
    const fixture = mapped([load], { 0: x0 });
    change?.(fixture.entry, fixture);
    runCore(fixture.core, 1);
    return fixture;
  };

  it("fault at the level where they end", () => {
    expect(taken(reach(0x5000n))).toMatchObject({ ec: 0x25, iss: 0x07 });
    expect(taken(reach(MEGABYTES_2))).toMatchObject({ iss: 0x06 });
    expect(taken(reach(0x8000_0000n))).toMatchObject({ iss: 0x05 });
  });

  it("fault at level 0 for addresses beyond their size, and of the other range", () => {
    expect(taken(reach(1n << 39n))).toMatchObject({ iss: 0x04 });
    expect(taken(reach(1n << 60n))).toMatchObject({ iss: 0x04 });
    const closed = reach((1n << 64n) - 8n, (_, { core }) => {
      core.state.system.set(TCR_EL1, (core.state.system.get(TCR_EL1) ?? 0n) | (1n << 23n));
    });
    expect(taken(closed)).toMatchObject({ iss: 0x04 });
  });

  it("have a level before 0 for addresses of 52 bits", () => {
    const fixture = coreWith();
    const { system } = fixture.core.state;
    system.set(TTBR0_EL1, RAM + 0x10000n);
    system.set(TCR_EL1, 12n | (1n << 59n));
    system.set(SCTLR_EL1, 1n);
    const address = 1n << 51n;
    const asked = { address, kind: "read", el: 1, pan: false } as const;
    const found = translateWith(fixture.core, contextOf(fixture.core), asked);
    expect(found).toEqual({ kind: "fault", code: 0x2b });
  });

  it("take rights away from what is below them", () => {
    const readOnly = mapped([store], { 0: 0x5000n });
    readOnly.entry(0x12028, (RAM + 0x3000n) | AF | TABLE);
    readOnly.entry(0x11000, (RAM + 0x12000n) | TABLE | (1n << 62n));
    runCore(readOnly.core, 1);
    expect(taken(readOnly)).toMatchObject({ iss: 0x4f });
  });

  it("that lie nowhere abort as external aborts on the walk", () => {
    const fixture = reach(0x5000n, (entry) => entry(0x11000, 0x1000n | TABLE));
    // Of Linux 6.12, whose profile this is: without a level.
    expect(taken(fixture)).toMatchObject({ ec: 0x25, iss: 0x10 });
  });

  it("of the upper range are TTBR1_EL1's; a top byte is ignored where TCR_EL1.TBI0 says so", () => {
    const upper = reach(0xffff_ff80_0000_5000n, (entry, { core }) => {
      core.state.system.set(TTBR1_EL1, RAM + 0x10000n);
      entry(0x12028, (RAM + 0x3000n) | AF | TABLE);
    });
    expect(upper.core.state.system.get(FAR_EL1)).toBeUndefined();
    const tagged = reach(0xab00_0000_0000_5000n, (entry, { core }) => {
      core.state.system.set(TCR_EL1, (core.state.system.get(TCR_EL1) ?? 0n) | (1n << 37n));
      entry(0x12028, (RAM + 0x3000n) | AF | TABLE);
    });
    expect(tagged.core.state.system.get(FAR_EL1)).toBeUndefined();
  });
});

describe("granules", () => {
  /**
   * Maps one page of a granule by tables in a row, from the level that the size of addresses needs, and asks for it.
   */
  function translated(bits: number, size: number, address: bigint): { found: Translated; physical: bigint } {
    const { core, bytes } = coreWith({ size: 1 << 20 });
    const view = new DataView(bytes.buffer);
    const stride = bits - 3;
    const first = 4 - Math.ceil((size - bits) / stride);
    const physical = RAM + 0xf_0000n;
    let table = 0x4_0000;
    for (let level = first; level <= 3; level++) {
      const shift = BigInt(bits + stride * (3 - level));
      const index = Number((address >> shift) & ((1n << BigInt(stride)) - 1n));
      const next = table + (1 << bits);
      view.setBigUint64(table + 8 * index, (level === 3 ? physical | AF : RAM + BigInt(next)) | TABLE, true);
      table = next;
    }
    const { system } = core.state;
    const tg0 = bits === 12 ? 0n : bits === 14 ? 2n : 1n;
    system.set(TTBR0_EL1, RAM + 0x4_0000n);
    // TCR_EL1.DS: addresses of 52 bits with small granules
    system.set(TCR_EL1, BigInt(64 - size) | (tg0 << 14n) | (size > 48 && bits < 16 ? 1n << 59n : 0n));
    system.set(MAIR_EL1, 0xffn);
    system.set(SCTLR_EL1, 1n);
    const found = translateWith(core, contextOf(core), { address, kind: "read", el: 1, pan: false });
    return { found, physical };
  }

  it("of 4, 16 and 64 KiB, for every size of address", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(12, 14, 16),
        fc.integer({ min: 25, max: 52 }),
        fc.bigInt({ min: 0n, max: (1n << 52n) - 1n }),
        (bits, size, any) => {
          const address = BigInt.asUintN(size, any);
          const { found, physical } = translated(bits, size, address);
          expect(found).toMatchObject({
            kind: "address",
            physical: physical | (address & ((1n << BigInt(bits)) - 1n)),
            attributes: 0xff,
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("what is kept", () => {
  // ldr x2, [x0] / tlbi vmalle1 / ldr x3, [x0]
  const words = [load, 0xd508871f, 0xf9400003];
  const moved = (fixture: ReturnType<typeof mapped>): void =>
    fixture.entry(0x12028, (RAM + 0x4000n) | AF | TABLE);

  it("goes with TLBI", () => {
    const fixture = mapped(words, { 0: 0x5008n });
    fixture.entry(0x12028, (RAM + 0x3000n) | AF | TABLE);
    fixture.bytes.fill(3, 0x3000, 0x4000);
    fixture.bytes.fill(4, 0x4000, 0x5000);
    runCore(fixture.core, 1);
    moved(fixture);
    runCore(fixture.core, 2);
    expect(fixture.x(2)).toBe(0x0303_0303_0303_0303n);
    expect(fixture.x(3)).toBe(0x0404_0404_0404_0404n);
  });

  it("goes when registers of translation change, inside and outside", () => {
    const fixture = mapped([load, load, load], { 0: 0x5008n });
    fixture.entry(0x12028, (RAM + 0x3000n) | AF | TABLE);
    fixture.bytes.fill(3, 0x3000, 0x4000);
    fixture.bytes.fill(4, 0x4000, 0x5000);
    runCore(fixture.core, 1);
    moved(fixture);
    fixture.core.state.system.set(TTBR0_EL1, (RAM + 0x10000n) | (1n << 48n));
    runCore(fixture.core, 1);
    expect(fixture.x(2)).toBe(0x0404_0404_0404_0404n);
    fixture.entry(0x12028, (RAM + 0x3000n) | AF | TABLE);
    invalidateTranslations(fixture.core);
    runCore(fixture.core, 1);
    expect(fixture.x(2)).toBe(0x0303_0303_0303_0303n);
  });
});

describe("AT", () => {
  it("leaves address and attributes, or the fault", () => {
    // at s1e1r, x0 / mrs x1, par_el1 / at s1e0w, x0 / mrs x2, par_el1
    const fixture = mapped([0xd5087800, 0xd5387401, 0xd5087860, 0xd5387402], { 0: 0x5008n });
    fixture.entry(0x12028, (RAM + 0x3000n) | AF | (3n << 8n) | TABLE);
    runCore(fixture.core, 4);
    expect(fixture.x(1)).toBe(0xff00_0000_4000_3b80n);
    expect(fixture.x(2)).toBe(0x81fn);
    expect(fixture.core.state.system.get(PAR_EL1)).toBe(0x81fn);
  });
});
