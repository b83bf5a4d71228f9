/** Code that changes: the engine keeps decoded blocks, and must never run one that memory no longer holds. */
import { describe, expect, it } from "vitest";
import { runCore } from "../../../src/sim/vcpu/engine.ts";
import { readPc, writePc } from "../../../src/sim/vcpu/state.ts";
import { coreWith, RAM } from "./core-fixture.ts";

describe("self-modifying code", () => {
  it("is seen at the next block", () => {
    // ldr w3, patch / adr x4, target / mov x0, #0 / target: add x0, x0, #1 / str w3, [x4] / isb / cmp x0, #20
    // b.lt target / b . / patch: add x0, x0, #5
    const { core, x } = coreWith({
      words: [
        0x18000123, 0x10000044, 0xd2800000, 0x91000400, 0xb9000083, 0xd5033fdf, 0xf100501f, 0x54ffff8b,
        0x14000000, 0x91001400,
      ],
    });
    runCore(core, 3 + 5 * 5 + 4);
    // 1, then 5 at each of four more rounds
    expect(x(0)).toBe(21n);
    expect(readPc(core.state)).toBe(RAM + 32n);
  });

  it("by data beside the code costs nothing but time", () => {
    // 1: ldr x1, [x0] / add x1, x1, #1 / str x1, [x0] / b 1b; the counter is in the same line
    const { core, bytes } = coreWith({
      words: [0xf9400001, 0x91000421, 0xf9000001, 0x17fffffd],
      x: { 0: RAM + 0x20n },
    });
    runCore(core, 40_000);
    expect(new DataView(bytes.buffer).getBigUint64(0x20, true)).toBe(10_000n);
  });

  it("by another vCPU of the same memory is seen", () => {
    // nop / b .-4
    const one = coreWith({ words: [0xd503201f, 0x17ffffff] });
    runCore(one.core, 100);
    // str w1, [x0] / b .
    const other = coreWith({ x: { 0: RAM, 1: 0xd40000a2n } });
    const core = { ...other.core, memory: one.core.memory };
    new DataView(one.bytes.buffer).setUint32(0x100, 0xb9000001, true);
    writePc(core.state, RAM + 0x100n);
    runCore(core, 1);
    const stopping = {
      ...one.core,
      hypervisor: { ...one.core.hypervisor, call: () => ({ kind: "exit", reason: 7 }) as const },
    };
    expect(runCore(stopping, 100)).toEqual({ kind: "exit", reason: 7 });
  });

  it("by the VMM is seen once the memory's generation says so", () => {
    // b .
    const { core, bytes, memory } = coreWith({ words: [0x14000000] });
    runCore(core, 10);
    new DataView(bytes.buffer).setUint32(0, 0xd2800540, true);
    memory.generation++;
    runCore(core, 1);
    expect(readPc(core.state)).toBe(RAM + 4n);
  });

  it("other memory is seen when the regions are others", () => {
    const { core, memory, x } = coreWith({ words: [0xd2800020, 0x17ffffff] });
    runCore(core, 10);
    const bytes = new Uint8Array(0x1000);
    new DataView(bytes.buffer).setUint32(0, 0xd2800040, true);
    memory.regions = [{ slot: 0, address: RAM, bytes, readOnly: false }];
    memory.generation++;
    writePc(core.state, RAM);
    runCore(core, 1);
    expect(x(0)).toBe(2n);
  });
});

describe("blocks", () => {
  it("give the same result in steps as in one run", () => {
    // A sum over a loop: mov x0, #0 / mov x1, #100 / 1: add x0, x0, x1 / subs x1, x1, #1 / b.ne 1b / b .
    const words = [0xd2800000, 0xd2800c81, 0x8b010000, 0xf1000421, 0x54ffffc1, 0x14000000];
    const whole = coreWith({ words });
    runCore(whole.core, 302);
    for (const step of [1, 2, 3, 7, 64]) {
      const stepped = coreWith({ words });
      for (let left = 302; left > 0; left -= step) runCore(stepped.core, Math.min(step, left));
      expect(stepped.x(0)).toBe(5050n);
      expect(stepped.core.state.retired).toBe(whole.core.state.retired);
      expect(readPc(stepped.core.state)).toBe(readPc(whole.core.state));
    }
  });

  it("are forgotten when there are too many, and made again", () => {
    // 600,000 times add x0, x0, #1, twice over
    const count = 600_000;
    const { core, bytes, x } = coreWith({ size: 4 << 20 });
    const code = new Uint32Array(bytes.buffer, 0, count);
    code.fill(0x91000400);
    for (const round of [1, 2]) {
      writePc(core.state, RAM);
      expect(runCore(core, count).kind).toBe("budget");
      expect(x(0)).toBe(BigInt(round * count));
    }
  });

  it("end at a page, and go on in the next", () => {
    const words = new Array<number>(0x1000 / 4 + 2).fill(0x91000400);
    const { core, x } = coreWith({ words });
    expect(runCore(core, words.length).kind).toBe("budget");
    expect(x(0)).toBe(BigInt(words.length));
  });
});
