/** No guest makes the engine throw or go on beyond its budget, whatever its bytes are. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cacheOf } from "../../../src/sim/vcpu/blocks.ts";
import { decode } from "../../../src/sim/vcpu/decode/index.ts";
import { runCore } from "../../../src/sim/vcpu/engine.ts";
import { machineOf } from "../../../src/sim/vcpu/execute/machine.ts";
import { freshState, readPc, writePc } from "../../../src/sim/vcpu/state.ts";
import type { Core, Stop } from "../../../src/sim/vcpu/world.ts";
import { coreWith, RAM } from "./core-fixture.ts";

const BUDGET = 2000;

/** Goes on behind whatever stops it, as a careless runner would, until the budget is used up. */
function exhaust(core: Core, budget: number): readonly Stop["kind"][] {
  const seen: Stop["kind"][] = [];
  for (let stops = 0; stops < 300; stops++) {
    const before = core.state.retired;
    const stop = runCore(core, budget);
    seen.push(stop.kind);
    expect(core.state.retired - before).toBeLessThanOrEqual(budget);
    if (stop.kind === "budget") break;
    if (stop.kind === "mmio-read") stop.answer(0x1122_3344_5566_7788n);
    if (["lacks", "fails", "halt"].includes(stop.kind)) writePc(core.state, readPc(core.state) + 4n);
  }
  return seen;
}

const register = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.integer({ min: 0, max: 0xffff }).map((offset) => RAM + BigInt(offset)),
  fc.constantFrom(0n, RAM, RAM + 0xffcn, RAM + 0xffffn, (1n << 64n) - 1n, (1n << 48n) - 8n),
);
const registers = fc
  .array(register, { minLength: 31, maxLength: 31 })
  .map((values) => Object.fromEntries(values.map((value, n) => [n, value])));
const words = (least: number, most: number): fc.Arbitrary<readonly number[]> =>
  fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { minLength: least, maxLength: most });

/** Random words that are instructions: most random words are not. */
const instructions = fc.infiniteStream(fc.integer({ min: 0, max: 0xffff_ffff })).map((stream) => {
  const found: number[] = [];
  for (const word of stream) {
    const { instruction } = decode(word);
    if (instruction.group !== "none") found.push(word);
    if (found.length === 60) break;
  }
  return found;
});

describe("random images", () => {
  it("of any bytes", () => {
    fc.assert(
      fc.property(words(1, 256), registers, (image, x) => {
        const { core } = coreWith({ words: image, size: 0x1_0000, x });
        exhaust(core, BUDGET);
      }),
      { numRuns: 300 },
    );
  });

  it("of instructions, at EL1 and at EL0, with exceptions that land in memory", () => {
    fc.assert(
      fc.property(instructions, registers, fc.constantFrom(0 as const, 1 as const), (image, x, el) => {
        const { core } = coreWith({ words: image, size: 0x1_0000, x });
        core.state.system.set(0xc600, RAM);
        core.state.pstate.el = el;
        exhaust(core, BUDGET);
      }),
      { numRuns: 400 },
    );
  });

  it("with the MMU on and tables of any bytes", () => {
    fc.assert(
      fc.property(
        instructions,
        registers,
        fc.bigInt({ min: 0n, max: (1n << 60n) - 1n }),
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        (image, x, tcr, pattern) => {
          const { core, bytes } = coreWith({ words: image, size: 0x1_0000, x });
          new BigUint64Array(bytes.buffer).fill(pattern, 0x400);
          core.state.system.set(0xc102, tcr);
          core.state.system.set(0xc100, RAM + 0x2000n);
          core.state.system.set(0xc101, RAM + 0x2000n);
          core.state.system.set(0xc080, 1n);
          exhaust(core, BUDGET);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("guests that go wrong", () => {
  it("an exception whose vector is nowhere takes exceptions for ever, within the budget", () => {
    const { core } = coreWith({ words: [0xd4000001] });
    core.state.system.set(0xc600, 0xffff_0000_0000_0000n);
    expect(runCore(core, 5000).kind).toBe("budget");
    expect(core.state.retired).toBe(1);
    expect(readPc(core.state)).toBe(0xffff_0000_0000_0200n);
  });

  it("a jump to an address that is no multiple of 4 takes the exception of it", () => {
    // br x0
    const { core } = coreWith({ words: [0xd61f0000], x: { 0: RAM + 2n } });
    expect(runCore(core, 2).kind).toBe("budget");
    // ESR_EL1: EC 0x22, IL; FAR_EL1
    expect(core.state.system.get(0xc290)).toBe(0x8a00_0000n);
    expect(core.state.system.get(0xc300)).toBe(RAM + 2n);
  });

  it("a store over everything ends where memory ends", () => {
    // 1: str x1, [x0], #8 / b 1b
    const { core, bytes } = coreWith({
      words: [0xf8008401, 0x17ffffff],
      size: 0x1_0000,
      x: { 0: RAM, 1: 0n },
    });
    const kinds = exhaust(core, 50_000);
    // Its own instructions become zero, which is UDF; VBAR_EL1 is 0, where no memory is.
    expect(kinds).toEqual(["budget"]);
    expect(core.state.system.get(0xc290)).toBe(0x8600_0010n);
    expect(bytes.subarray(0, 8).every((byte) => byte === 0)).toBe(true);
  });

  it("a block that jumps to itself for ever stops at the budget, to the instruction", () => {
    // nop / nop / b .-8
    const { core } = coreWith({ words: [0xd503201f, 0xd503201f, 0x17fffffe] });
    expect(runCore(core, 1_000_001).kind).toBe("budget");
    expect(core.state.retired).toBe(1_000_001);
    expect(readPc(core.state)).toBe(RAM + 8n);
  });
});

describe("many cores on one memory", () => {
  it("share what is kept of decoded code", () => {
    const count = 0x4000;
    const { core } = coreWith({ words: Array.from({ length: count }, () => 0x9100_0421), size: 4 * count });
    for (let n = 0; n < 300; n++) machineOf({ ...core, state: freshState() });
    runCore(core, count);
    expect(core.state.retired).toBe(count);
    expect(cacheOf(machineOf(core), count).held).toBeLessThan(count / 4);
  });
});
