/** Exceptions that the core raises, and stops that are none. */
import { describe, expect, it } from "vitest";
import { runCore, stepCore } from "../../../src/sim/vcpu/engine.ts";
import { readPc } from "../../../src/sim/vcpu/state.ts";
import type { Fate } from "../../../src/tables/index.ts";
import {
  allowVectors,
  CPACR_EL1,
  coreWith,
  ELR_EL1,
  type Fixture,
  mapFlat,
  RAM,
  SCTLR_EL1,
  taken,
  VBAR_EL1,
} from "./core-fixture.ts";

const VECTORS = RAM + 0x800n;
const FROM_SAME = 0x200n;
const FROM_LOWER = 0x400n;

/** Executes one instruction at EL1 or EL0, with vectors in memory. */
function step(word: number, change: (fixture: Fixture) => void = () => undefined, options = {}): Fixture {
  const fixture = coreWith({ words: [word], ...options });
  fixture.core.state.system.set(VBAR_EL1, VECTORS);
  change(fixture);
  stepCore(fixture.core);
  return fixture;
}

const atEl0 = ({ core }: Fixture): void => {
  core.state.pstate.el = 0;
  core.state.pstate.sp = 0;
};

describe("calls", () => {
  it("SVC comes back behind itself", () => {
    // svc #0x1234
    const fixture = step(0xd4024681, atEl0);
    expect(taken(fixture)).toMatchObject({ ec: 0x15, iss: 0x1234 });
    expect(fixture.core.state.system.get(ELR_EL1)).toBe(RAM + 4n);
    expect(readPc(fixture.core.state)).toBe(VECTORS + FROM_LOWER);
    expect(fixture.core.state.retired).toBe(1);
  });

  it("HVC and SMC go to the hypervisor, with the program counter behind", () => {
    const calls: string[] = [];
    const call = (conduit: string, immediate: number): undefined =>
      void calls.push(`${conduit} ${immediate}`);
    // hvc #5 / smc #6
    const { core } = coreWith({ words: [0xd40000a2, 0xd40000c3], call });
    runCore(core, 2);
    expect(calls).toEqual(["hvc 5", "smc 6"]);
    expect(readPc(core.state)).toBe(RAM + 8n);
    const stopped = coreWith({ words: [0xd40000a2], call: () => ({ kind: "hypercall", nr: 1n, flags: 0n }) });
    expect(runCore(stopped.core, 5)).toEqual({ kind: "hypercall", nr: 1n, flags: 0n });
    expect(readPc(stopped.core.state)).toBe(RAM + 4n);
  });

  it("HVC and SMC are undefined at EL0", () => {
    for (const word of [0xd40000a2, 0xd40000c3])
      expect(taken(step(word, atEl0))).toMatchObject({ ec: 0, iss: 0 });
  });

  it("a trap of the hypervisor's is taken with the instruction's address", () => {
    const fixture = step(0xd40000a2, undefined, { call: () => ({ ec: 0x16, iss: 5, after: true }) });
    expect(taken(fixture)).toMatchObject({ ec: 0x16, iss: 5 });
    expect(fixture.core.state.system.get(ELR_EL1)).toBe(RAM + 4n);
  });

  it("BRK comes back to itself; HLT, DCPS1 and UDF are undefined", () => {
    // brk #0x42
    const fixture = step(0xd4200840);
    expect(taken(fixture)).toMatchObject({ ec: 0x3c, iss: 0x42 });
    expect(fixture.core.state.system.get(ELR_EL1)).toBe(RAM);
    expect(readPc(fixture.core.state)).toBe(VECTORS + FROM_SAME);
    // hlt #0xf000 / dcps1 / udf #0
    for (const word of [0xd45e0000, 0xd4a00001, 0]) expect(taken(step(word)).ec).toBe(0);
  });
});

describe("what the guest does not have", () => {
  it("is undefined, by the fate of the row it belongs to", () => {
    const asked: string[] = [];
    const fate = (name: string): Fate => {
      asked.push(name);
      return "undefined";
    };
    // ldadd x1, x2, [x0] / crc32x w0, w1, x2 / pacia x0, x1 / cpyfp [x0]!, [x1]!, x2! / cfinv / ldapr x4, [x0]
    for (const word of [0xf8210002, 0x9ac24c20, 0xdac10020, 0x19010440, 0xd500401f, 0xf8bfc004]) {
      const fixture = step(word, undefined, { fate });
      expect(readPc(fixture.core.state)).toBe(VECTORS + FROM_SAME);
    }
    expect(asked).toEqual(["LDADD", "CRC32X", "PACIA", "CPYFP", "CFINV", "LDAPR"]);
  });

  it("is a hint that does nothing where its encoding is one", () => {
    // paciasp / xpaclri
    for (const word of [0xd503233f, 0xd50320ff]) {
      const fixture = step(word, ({ core }) => core.state.system.set(SCTLR_EL1, 1n << 31n), {
        fate: () => "undefined",
        x: { 30: 0xff00_0000_4000_0000n },
      });
      expect(fixture.x(30)).toBe(0xff00_0000_4000_0000n);
      expect(readPc(fixture.core.state)).toBe(RAM + 4n);
    }
  });

  it("is asked again when the hypervisor's generation changes", () => {
    let fate: Fate = "executes";
    // cfinv / cfinv
    const fixture = coreWith({ words: [0xd500401f, 0xd500401f], fate: () => fate });
    stepCore(fixture.core);
    expect(fixture.core.state.nzcv).toBe(2);
    fate = "undefined";
    Object.assign(fixture.core.hypervisor, { generation: 1 });
    stepCore(fixture.core);
    expect(fixture.core.state.nzcv).toBe(2);
    expect(fixture.core.state.system.get(ELR_EL1)).toBe(RAM + 4n);
  });

  it("stops with a message where the engine lacks it", () => {
    // tcommit
    const { core } = coreWith({ words: [0xd503201f, 0xd503307f] });
    expect(runCore(core, 5)).toEqual({
      kind: "lacks",
      word: 0xd503307f,
      address: RAM + 4n,
      what: "TCOMMIT (FEAT_TME)",
    });
    expect(core.state.retired).toBe(1);
  });
});

describe("traps of CPACR_EL1", () => {
  const fadd = 0x1e622820;

  it("by FPEN: closed to both, closed to EL0, open", () => {
    expect(taken(step(fadd))).toMatchObject({ ec: 0x07, iss: 0x1e0_0000 });
    const onlyEl1 = ({ core }: Fixture): void => void core.state.system.set(CPACR_EL1, 1n << 20n);
    expect(readPc(step(fadd, onlyEl1).core.state)).toBe(RAM + 4n);
    const closed = step(fadd, (fixture) => {
      onlyEl1(fixture);
      atEl0(fixture);
    });
    expect(taken(closed)).toMatchObject({ ec: 0x07, iss: 0x1e0_0000 });
    // ldr d0, [x0]: loads of vector registers too
    expect(taken(step(0xfd400000)).ec).toBe(0x07);
    expect(readPc(step(fadd, allowVectors).core.state)).toBe(RAM + 4n);
  });

  it("of SVE by ZEN, ahead of FPEN", () => {
    // ptrue p0.b
    expect(taken(step(0x2518e3e0)).ec).toBe(0x19);
    const zen = ({ core }: Fixture): void => void core.state.system.set(CPACR_EL1, 3n << 16n);
    expect(taken(step(0x2518e3e0, zen)).ec).toBe(0x07);
  });
});

describe("waiting", () => {
  it("WFI stops behind itself; WFE takes an event first", () => {
    // wfi / sev / wfe / wfe
    const { core } = coreWith({ words: [0xd503207f, 0xd503209f, 0xd503205f, 0xd503205f] });
    expect(runCore(core, 9)).toEqual({ kind: "waits", why: "wfi" });
    expect(readPc(core.state)).toBe(RAM + 4n);
    expect(runCore(core, 9)).toEqual({ kind: "waits", why: "wfe" });
    expect(readPc(core.state)).toBe(RAM + 16n);
  });

  it("is trapped at EL0 where SCTLR_EL1.nTWI and nTWE are clear", () => {
    expect(taken(step(0xd503207f, atEl0))).toMatchObject({ ec: 1, iss: 0x1e0_0000 });
    expect(taken(step(0xd503205f, atEl0))).toMatchObject({ ec: 1, iss: 0x1e0_0001 });
    const open = coreWith({ words: [0xd503207f] });
    atEl0(open);
    open.core.state.system.set(SCTLR_EL1, 1n << 16n);
    expect(runCore(open.core, 1)).toEqual({ kind: "waits", why: "wfi" });
  });
});

describe("branch targets", () => {
  /** BR or BLR to RAM + 16, in a guarded page. */
  function land(branch: number, at: number, n: number, sctlr = 1n): Fixture {
    const fixture = coreWith({ words: [branch, 0, 0, 0, at], x: { [n]: RAM + 16n } });
    mapFlat(fixture, sctlr);
    const entry = new DataView(fixture.bytes.buffer);
    entry.setBigUint64(0x8008, entry.getBigUint64(0x8008, true) | (1n << 50n), true);
    fixture.core.state.system.set(VBAR_EL1, VECTORS);
    runCore(fixture.core, 2);
    return fixture;
  }
  const [brX0, brX16, blrX0] = [0xd61f0000, 0xd61f0200, 0xd63f0000];
  const [btiC, btiJ, bti, btiJc, paciasp, nop] = [
    0xd503245f, 0xd503249f, 0xd503241f, 0xd50324df, 0xd503233f, 0xd503201f,
  ];
  const allowed = (fixture: Fixture): boolean => readPc(fixture.core.state) === RAM + 20n;

  it("take BTI C from calls, BTI J from jumps, PACIASP from calls, nothing else", () => {
    for (const [word, jump, veneer, call] of [
      [btiC, false, true, true],
      [btiJ, true, true, false],
      [btiJc, true, true, true],
      [bti, false, false, false],
      [nop, false, false, false],
      [paciasp, true, true, true],
    ] as const) {
      expect([word, allowed(land(brX0, word, 0))]).toEqual([word, jump]);
      expect([word, allowed(land(brX16, word, 16))]).toEqual([word, veneer]);
      expect([word, allowed(land(blrX0, word, 0))]).toEqual([word, call]);
    }
    // SCTLR_EL1.BT1: PACIASP is none for jumps
    expect(allowed(land(brX0, paciasp, 0, 1n | (1n << 36n)))).toBe(false);
  });

  it("say how they were reached", () => {
    const fixture = land(brX0, nop, 0);
    expect(taken(fixture)).toMatchObject({ ec: 0x0d, iss: 3 });
    // SPSR_EL1.BTYPE
    expect(((fixture.core.state.system.get(0xc200) ?? 0n) >> 10n) & 3n).toBe(3n);
    expect(taken(land(blrX0, nop, 0))).toMatchObject({ ec: 0x0d, iss: 2 });
  });
});

describe("the way back", () => {
  it("ERET goes to EL0 and an exception comes back to EL1", () => {
    // msr elr_el1, x0 / msr spsr_el1, x1 / eret; svc #1 at the target
    const fixture = coreWith({
      words: [0xd5184020, 0xd5184001, 0xd69f03e0, 0, 0xd4000021],
      x: { 0: RAM + 16n, 1: 0x8000_0000n },
    });
    fixture.core.state.system.set(VBAR_EL1, VECTORS);
    runCore(fixture.core, 3);
    expect(fixture.core.state.pstate.el).toBe(0);
    expect(fixture.core.state.nzcv).toBe(8);
    runCore(fixture.core, 1);
    expect(fixture.core.state.pstate.el).toBe(1);
    expect(readPc(fixture.core.state)).toBe(VECTORS + FROM_LOWER);
  });

  it("an illegal return sets PSTATE.IL, and the next instruction takes the exception", () => {
    // to AArch32
    const fixture = coreWith({ words: [0xd69f03e0] });
    fixture.core.state.system.set(VBAR_EL1, VECTORS);
    fixture.core.state.system.set(ELR_EL1, RAM);
    fixture.core.state.system.set(0xc200, 0x10n);
    runCore(fixture.core, 1);
    expect(fixture.core.state.pstate.il).toBe(1);
    runCore(fixture.core, 1);
    expect(taken(fixture).ec).toBe(0x0e);
  });

  it("ERET at EL0 is undefined", () => {
    expect(taken(step(0xd69f03e0, atEl0)).ec).toBe(0);
  });
});

describe("fetches", () => {
  it("from nowhere abort as external aborts, with the address", () => {
    // br x0
    const fixture = coreWith({ words: [0xd61f0000], x: { 0: 0x1000n } });
    fixture.core.state.system.set(VBAR_EL1, VECTORS);
    runCore(fixture.core, 2);
    expect(taken(fixture)).toEqual({ ec: 0x21, iss: 0x10, far: 0x1000n });
  });
});
