/** Exception entry and return. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPc, readStackPointer, writePc, writeStackPointer } from "../../../src/sim/vcpu/state.ts";
import { exceptionReturn, takeException, takeInterrupt } from "../../../src/sim/vcpu/system/index.ts";
import { modeOf, savedState } from "../../../src/sim/vcpu/system/pstate.ts";
import { UNDEFINED } from "../../../src/sim/vcpu/world.ts";
import { held, running, write } from "./system-machine.ts";

const MAX = "max.linux-6.12";
const A53 = "cortex-a53.linux-6.12";
const VBAR = 0x4000_0800n;

describe("entry", () => {
  it.each([
    ["EL0", 0x3c0n, 0x400n],
    ["EL1 with its own stack pointer", 0x3c5n, 0x200n],
    ["EL1 with that of EL0", 0x3c4n, 0x000n],
  ])("from %s", (_, spsr, offset) => {
    const core = running(MAX);
    write(core, "VBAR_EL1", VBAR);
    write(core, "SPSR_EL1", spsr);
    write(core, "ELR_EL1", 0x4000_0100n);
    exceptionReturn(core);
    takeException(core, UNDEFINED);
    expect(readPc(core.state)).toBe(VBAR + offset);
    expect(core.state.pstate).toMatchObject({ el: 1, sp: 1, daif: 0xf });
    expect(held(core, "SPSR_EL1")).toBe(spsr);
    expect(held(core, "ELR_EL1")).toBe(0x4000_0100n);
    expect(held(core, "ESR_EL1")).toBe(0x200_0000n);
  });

  it("returns behind SVC, and keeps its immediate", () => {
    const core = running(MAX);
    writePc(core.state, 0x4000_0100n);
    takeException(core, { ec: 0x15, iss: 0x1234, after: true });
    expect(held(core, "ELR_EL1")).toBe(0x4000_0104n);
    expect(held(core, "ESR_EL1")).toBe(0x5600_1234n);
  });

  it("writes FAR_EL1 where there is an address, and only there", () => {
    const core = running(MAX);
    write(core, "FAR_EL1", 7n);
    takeException(core, UNDEFINED);
    expect(held(core, "FAR_EL1")).toBe(7n);
    takeException(core, { ec: 0x25, iss: 0x10, far: 0xdead_0000n });
    expect(held(core, "FAR_EL1")).toBe(0xdead_0000n);
  });

  it("sets PAN unless SCTLR_EL1.SPAN, SSBS as SCTLR_EL1.DSSBS, on CPUs that have them", () => {
    const core = running(MAX);
    write(core, "SCTLR_EL1", (1n << 44n) | 0xc5_0078n);
    takeException(core, UNDEFINED);
    expect(core.state.pstate).toMatchObject({ pan: 0, ssbs: 1 });
    write(core, "SCTLR_EL1", 0x45_0078n);
    takeException(core, UNDEFINED);
    expect(core.state.pstate).toMatchObject({ pan: 1, ssbs: 0 });
    const old = running(A53);
    write(old, "SCTLR_EL1", (1n << 44n) | 0x45_0078n);
    takeException(old, UNDEFINED);
    expect(old.state.pstate).toMatchObject({ pan: 0, ssbs: 0 });
  });

  it("takes interrupts at the next instruction by their own entries", () => {
    const core = running(MAX);
    write(core, "VBAR_EL1", VBAR);
    writePc(core.state, 0x4000_0100n);
    takeInterrupt(core, "irq", 1);
    expect(readPc(core.state)).toBe(VBAR + 0x280n);
    expect(held(core, "ELR_EL1")).toBe(0x4000_0100n);
    takeInterrupt(core, "serror", 1, 0xbe00_0011n);
    expect(readPc(core.state)).toBe(VBAR + 0x380n);
    expect(held(core, "ESR_EL1")).toBe(0xbe00_0011n);
  });
});

describe("return", () => {
  /** Every bit of SPSR_EL1 that a Neoverse N2 can keep, in every mode that EL1 can go to. */
  const states = fc
    .record({
      nzcv: fc.bigInt(0n, 15n),
      upper: fc.bigInt(0n, 15n),
      ssbs: fc.bigInt(0n, 1n),
      btype: fc.bigInt(0n, 3n),
      daif: fc.bigInt(0n, 15n),
      mode: fc.constantFrom(0n, 4n, 5n),
    })
    .map(
      ({ nzcv, upper, ssbs, btype, daif, mode }) =>
        (nzcv << 28n) | (upper << 22n) | (ssbs << 12n) | (btype << 10n) | (daif << 6n) | mode,
    );

  const anything = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

  it("brings back what an exception kept", () => {
    const core = running("neoverse-n2.linux-7.0");
    fc.assert(
      fc.property(states, anything, anything, (spsr, elr, stack) => {
        write(core, "SPSR_EL1", spsr);
        write(core, "ELR_EL1", elr);
        const mode = modeOf(spsr);
        writeStackPointer(core.state, mode?.sp === 1 ? 1 : 0, stack);
        expect(exceptionReturn(core)).toBeUndefined();
        expect(savedState(core.state)).toBe(spsr);
        expect(readPc(core.state)).toBe(elr);
        expect(readStackPointer(core.state, mode?.sp === 1 ? 1 : 0)).toBe(stack);
        takeException(core, UNDEFINED);
        expect(held(core, "SPSR_EL1")).toBe(spsr);
        expect(held(core, "ELR_EL1")).toBe(elr);
      }),
    );
  });

  it.each([
    ["EL2 without one", 0x3c9n],
    ["EL3", 0x3cdn],
    ["EL0 with another stack pointer", 0x3c1n],
    ["a reserved mode", 0x3c2n],
    ["AArch32", 0x1d0n],
  ])("to %s is illegal: it stays and sets PSTATE.IL", (_, spsr) => {
    const core = running(MAX);
    write(core, "SPSR_EL1", spsr | (0xan << 28n));
    write(core, "ELR_EL1", 0x4000_0200n);
    expect(exceptionReturn(core)).toBeUndefined();
    expect(core.state.pstate).toMatchObject({ el: 1, sp: 1, il: 1 });
    expect(core.state.nzcv).toBe(0xa);
    expect(readPc(core.state)).toBe(0x4000_0200n);
    takeException(core, { ec: 0x0e, iss: 0 });
    expect(core.state.pstate.il).toBe(0);
    expect((held(core, "SPSR_EL1") >> 20n) & 1n).toBe(1n);
  });

  it("drops bits of PSTATE that the CPU lacks", () => {
    const core = running(A53);
    write(core, "SPSR_EL1", 0x03c0_1fc5n);
    exceptionReturn(core);
    expect(core.state.pstate).toMatchObject({ pan: 0, uao: 0, dit: 0, tco: 0, ssbs: 0, btype: 0, daif: 0xf });
  });

  it("is UNDEFINED at EL0, and opens the exclusive monitor elsewhere", () => {
    const core = running(MAX);
    core.state.exclusive = { address: 0x4000_0000n, size: 8 };
    write(core, "SPSR_EL1", 0x3c0n);
    exceptionReturn(core);
    expect(core.state.exclusive).toBeUndefined();
    expect(exceptionReturn(core)).toEqual(UNDEFINED);
  });
});
