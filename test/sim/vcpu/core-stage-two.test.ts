/** Stage 2 of a guest that has an EL2 of its own: what its own guest reaches, and what EL2 is told. */
import { describe, expect, it } from "vitest";
import { runCore } from "../../../src/sim/vcpu/engine.ts";
import { readPc, writePc, writeX } from "../../../src/sim/vcpu/state.ts";
import {
  coreWith,
  type Fixture,
  MAIR_EL1,
  mapFlat,
  RAM,
  SCTLR_EL1,
  TCR_EL1,
  TTBR0_EL1,
} from "./core-fixture.ts";

const HCR_EL2 = 0xe088;
const VTTBR_EL2 = 0xe108;
const VTCR_EL2 = 0xe10a;
const ESR_EL2 = 0xe290;
const FAR_EL2 = 0xe300;
const HPFAR_EL2 = 0xe304;
const VBAR_EL2 = 0xe600;

const AF = 1n << 10n;
const NORMAL = 0xfn << 2n;
const READ = 1n << 6n;
const WRITE = 2n << 6n;
const ALL = AF | NORMAL | READ | WRITE;

/** A core at EL1 under stage 2: 39 bits of intermediate address from level 1, RAM's first 2 MiB mapped to itself. */
function guest(
  words: readonly number[],
  x: Record<number, bigint>,
  more: (fixture: Fixture, at: DataView) => void,
): Fixture {
  const fixture = coreWith({ words, x });
  const view = new DataView(fixture.bytes.buffer);
  // Level 1 at 0x10000, level 2 at 0x11000, level 3 of the first 2 MiB at 0x12000.
  view.setBigUint64(0x10008, (RAM + 0x11000n) | 3n, true);
  view.setBigUint64(0x10000, (RAM + 0x13000n) | 3n, true);
  view.setBigUint64(0x11000, RAM | ALL | 1n, true);
  view.setBigUint64(0x13000, (RAM + 0x12000n) | 3n, true);
  view.setBigUint64(0x12028, (RAM + 0x3000n) | ALL | 3n, true);
  view.setBigUint64(0x3008, 0x8899_aabb_ccdd_eeffn, true);
  const { system } = fixture.core.state;
  system.set(HCR_EL2, 1n);
  system.set(VTTBR_EL2, RAM + 0x10000n);
  system.set(VTCR_EL2, 25n | (1n << 6n) | (5n << 16n));
  system.set(VBAR_EL2, RAM + 0x800n);
  more(fixture, view);
  runCore(fixture.core, words.length);
  return fixture;
}

const nothing = (): void => undefined;
const taken = ({ core }: Fixture) => {
  const esr = core.state.system.get(ESR_EL2) ?? 0n;
  return {
    ec: Number(esr >> 26n),
    iss: Number(esr & 0x1ff_ffffn),
    far: core.state.system.get(FAR_EL2),
    hpfar: core.state.system.get(HPFAR_EL2),
  };
};
const VALID = 1 << 24;

describe("stage 2", () => {
  it("leads intermediate addresses to physical ones", () => {
    // ldr x2, [x0]
    expect(guest([0xf9400002], { 0: 0x5008n }, nothing).x(2)).toBe(0x8899_aabb_ccdd_eeffn);
  });

  it("tells EL2 the address, and of a single register how it is accessed", () => {
    // ldr x2, [x0]
    const fixture = guest([0xf9400002], { 0: 0x9010n }, nothing);
    expect(taken(fixture)).toEqual({
      ec: 0x24,
      iss: VALID | (3 << 22) | (2 << 16) | (1 << 15) | 0x07,
      far: 0x9010n,
      hpfar: 0x90n,
    });
    expect(fixture.core.state.pstate.el).toBe(2);
    expect(readPc(fixture.core.state)).toBe(RAM + 0xc00n);
    // ldrsh w3, [x0, #2]
    expect(taken(guest([0x79c00403], { 0: 0x9010n }, nothing)).iss).toBe(
      VALID | (1 << 22) | (1 << 21) | (3 << 16) | 0x07,
    );
    // ldp x1, x2, [x0]
    expect(taken(guest([0xa9400801], { 0: 0x9010n }, nothing)).iss).toBe(0x07);
  });

  it("refuses what its permissions refuse", () => {
    // str w1, [x0]
    const fixture = guest([0xb9000001], { 0: 0x5008n }, (_, view) =>
      view.setBigUint64(0x12028, (RAM + 0x3000n) | AF | NORMAL | READ | 3n, true),
    );
    expect(taken(fixture)).toMatchObject({ ec: 0x24, iss: VALID | (2 << 22) | (1 << 16) | 0x40 | 0x0f });
    const flag = guest([0xb9000001], { 0: 0x5008n }, (_, view) =>
      view.setBigUint64(0x12028, (RAM + 0x3000n) | NORMAL | READ | WRITE | 3n, true),
    );
    expect(taken(flag).iss & 0x3f).toBe(0x0b);
  });

  it("is asked for the tables of stage 1, and says so", () => {
    const mapped = guest([0xf9400002], { 0: RAM + 0x3008n }, (fixture) => mapFlat(fixture));
    expect(mapped.x(2)).toBe(0x8899_aabb_ccdd_eeffn);
    const lost = guest([0xf9400002], { 0: RAM + 0x3008n }, (fixture) => {
      fixture.core.state.system.set(TTBR0_EL1, 0x20_0000n);
      fixture.core.state.system.set(TCR_EL1, 25n);
      fixture.core.state.system.set(SCTLR_EL1, 1n);
    });
    // The fetch is the first to need them: an instruction abort from a lower level, S1PTW.
    expect(taken(lost)).toEqual({ ec: 0x20, iss: 0x80 | 0x06, far: RAM, hpfar: 0x2000n });
  });

  it("is not there for EL2 itself", () => {
    const fixture = guest([0xf9400002], { 0: RAM + 0x3008n }, ({ core }) => {
      core.state.pstate.el = 2;
    });
    expect(fixture.x(2)).toBe(0x8899_aabb_ccdd_eeffn);
  });
});

describe("EL0's memory", () => {
  it("is another's for a host at EL2 with LDTR than for its guest", () => {
    // ldtr x2, [x0] or ldr x2, [x0]; each runs from the beginning of memory.
    const fixture = coreWith({ words: [0xf8400802, 0xf9400003], x: { 0: 0x5000n } });
    const { core, bytes } = fixture;
    const view = new DataView(bytes.buffer);
    const user = 3n << 6n;
    // Two sets of tables: memory as it is, and page 0x5000 to 0x3000 or to 0x4000.
    for (const [at, page] of [
      [0x10000, 0x3000n],
      [0x20000, 0x4000n],
    ] as const) {
      view.setBigUint64(at + 8, RAM | AF | user | 1n, true);
      view.setBigUint64(at, (RAM + BigInt(at) + 0x1000n) | 3n, true);
      view.setBigUint64(at + 0x1000, (RAM + BigInt(at) + 0x2000n) | 3n, true);
      view.setBigUint64(at + 0x2028, (RAM + page) | AF | user | 3n, true);
    }
    view.setBigUint64(0x3000, 0x33n, true);
    view.setBigUint64(0x4000, 0x44n, true);
    const { system, pstate } = core.state;
    const tcr = 25n | (1n << 23n);
    for (const [register, value] of [
      [SCTLR_EL1, 1n],
      [TCR_EL1, tcr],
      [TTBR0_EL1, RAM + 0x10000n],
      [MAIR_EL1, 0xffn],
      [0xe080, 1n],
      [0xe102, tcr],
      [0xe100, RAM + 0x20000n],
      [0xe510, 0xffn],
    ] as const)
      system.set(register, value);
    const runAt = (el: 0 | 2, hcr: bigint, offset: bigint): void => {
      pstate.el = el;
      system.set(HCR_EL2, hcr);
      writePc(core.state, RAM + offset);
      runCore(core, 1);
    };
    const host = (1n << 34n) | (1n << 27n);
    const guestOnly = 1n << 34n;
    // The guest is at EL0 with nothing read yet; the host reads its own user's memory; the guest reads its own.
    system.set(VTTBR_EL2, 0n);
    writeX(core.state, 0, RAM + 0x100n);
    runAt(0, guestOnly, 4n);
    writeX(core.state, 0, 0x5000n);
    runAt(2, host, 0n);
    expect(fixture.x(2)).toBe(0x44n);
    runAt(0, guestOnly, 4n);
    expect(fixture.x(3)).toBe(0x33n);
  });
});
