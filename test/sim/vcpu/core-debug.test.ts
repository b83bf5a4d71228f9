/** Debug exceptions that a guest's EL1 takes of its EL0 and of itself. */
import { describe, expect, it } from "vitest";
import { runCore } from "../../../src/sim/vcpu/engine.ts";
import { readPc } from "../../../src/sim/vcpu/state.ts";
import { coreWith, ELR_EL1, type Fixture, RAM, taken, VBAR_EL1 } from "./core-fixture.ts";

const SPSR_EL1 = 0xc200;
const MDSCR_EL1 = 0x8012;
const DBGBVR0_EL1 = 0x8004;
const DBGBCR0_EL1 = 0x8005;
const DBGWCR0_EL1 = 0x8007;
const SS = 1n;
const KDE = 1n << 13n;
const MDE = 1n << 15n;
const VECTORS = RAM + 0x800n;

/** ERET at RAM to add x1, x1, #1 three times at RAM + 16, with EL0's state. */
function userland(registers: ReadonlyMap<number, bigint>, spsr = 0n): Fixture {
  const fixture = coreWith({
    words: [0xd69f03e0, 0, 0, 0, 0x91000421, 0x91000421, 0x91000421],
    x: { 1: 0n },
  });
  const { system } = fixture.core.state;
  system.set(VBAR_EL1, VECTORS);
  system.set(ELR_EL1, RAM + 16n);
  system.set(SPSR_EL1, spsr);
  for (const [key, value] of registers) system.set(key, value);
  return fixture;
}

describe("software step", () => {
  it("lets one instruction go ahead", () => {
    const fixture = userland(new Map([[MDSCR_EL1, SS]]), 1n << 21n);
    runCore(fixture.core, 3);
    expect(taken(fixture)).toMatchObject({ ec: 0x32, iss: 0x100_0022 });
    expect(fixture.core.state.system.get(ELR_EL1)).toBe(RAM + 20n);
    expect(fixture.x(1)).toBe(1n);
    expect(readPc(fixture.core.state)).toBe(VECTORS + 0x400n);
  });

  it("is pending at once where SPSR_EL1.SS is clear, and off where MDSCR_EL1.SS is", () => {
    const pending = userland(new Map([[MDSCR_EL1, SS]]));
    runCore(pending.core, 2);
    expect(taken(pending)).toMatchObject({ ec: 0x32, iss: 0x22 });
    expect(pending.x(1)).toBe(0n);
    const off = userland(new Map([[MDSCR_EL1, 0n]]), 1n << 21n);
    runCore(off.core, 4);
    expect(off.x(1)).toBe(3n);
  });

  it("of EL1 itself needs MDSCR_EL1.KDE and PSTATE.D clear", () => {
    // msr daifclr, #8 / add x1, x1, #1
    const fixture = coreWith({ words: [0xd50348ff, 0x91000421] });
    fixture.core.state.system.set(VBAR_EL1, VECTORS);
    fixture.core.state.system.set(MDSCR_EL1, SS | KDE);
    runCore(fixture.core, 2);
    expect(taken(fixture)).toMatchObject({ ec: 0x33, iss: 0x22 });
    expect(fixture.core.state.system.get(ELR_EL1)).toBe(RAM + 4n);
  });
});

describe("breakpoints", () => {
  it("are taken where the program counter is theirs, at the levels that they name", () => {
    const registers = new Map([
      [MDSCR_EL1, MDE],
      [DBGBVR0_EL1, RAM + 20n],
      // E, PMC of EL0, BAS
      [DBGBCR0_EL1, 1n | (2n << 1n) | (0xfn << 5n)],
    ]);
    const fixture = userland(registers);
    runCore(fixture.core, 3);
    expect(taken(fixture)).toMatchObject({ ec: 0x30, iss: 0x22 });
    expect(fixture.x(1)).toBe(1n);
    const ofEl1 = userland(new Map([...registers, [DBGBCR0_EL1, 1n | (1n << 1n) | (0xfn << 5n)]]));
    runCore(ofEl1.core, 4);
    expect(ofEl1.x(1)).toBe(3n);
  });

  it("watchpoints say that they are lacking", () => {
    const fixture = userland(
      new Map([
        [MDSCR_EL1, MDE],
        [DBGWCR0_EL1, 1n],
      ]),
    );
    expect(runCore(fixture.core, 4)).toEqual({
      kind: "lacks",
      word: 0,
      address: RAM + 16n,
      what: "watchpoints (DBGWCR0_EL1)",
    });
  });
});
