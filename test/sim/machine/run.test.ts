/** Programs on the machine, from their first instruction to whatever end they come to. */
import { describe, expect, it } from "vitest";
import type { Configuration, HostProfile } from "../../../src/hosts/profile.ts";
import { decode } from "../../../src/sim/vcpu/decode/index.ts";
import { field, fieldMask, idRegister } from "../../../src/tables/index.ts";
import { shipped } from "../../hosts/shipped.ts";
import { expectedText, machineWith, programFile, run, runWords, words } from "./support.ts";

/** Instructions by name; `at` is where a flat image begins. */
const at = 0x4008_0000;
const movz = (d: number, value: number, shift = 0): number =>
  (0xd280_0000 | ((shift / 16) << 21) | (value << 5) | d) >>> 0;
const movk = (d: number, value: number, shift: number): number =>
  (0xf280_0000 | ((shift / 16) << 21) | (value << 5) | d) >>> 0;
const address = (d: number, value: number): readonly number[] => [
  movz(d, value & 0xffff),
  movk(d, value >>> 16, 16),
];
const strb = (t: number, n: number): number => (0x3900_0000 | (n << 5) | t) >>> 0;
const str = (t: number, n: number): number => (0xf900_0000 | (n << 5) | t) >>> 0;
const ldr = (t: number, n: number): number => (0xf940_0000 | (n << 5) | t) >>> 0;
const hvc = 0xd400_0002;
const svc = 0xd400_0001;
const semihosting = 0xd45e_0000;
const here = 0x1400_0000;
const wfi = 0xd503_207f;
const wfe = 0xd503_205f;
const nop = 0xd503_201f;
/** A branch back over so many instructions. */
const back = (count: number): number => 0x1800_0000 - count;

const say = (text: string): readonly number[] => [
  ...address(9, 0x0900_0000),
  ...[...text].flatMap((one) => [movz(10, one.charCodeAt(0)), strb(10, 9)]),
];
const call = (id: number): readonly number[] => [...address(0, id), hvc];
const off = call(0x8400_0008);

/** A host whose CPU has SVE2.1, which no CPU of the lab has. */
function withSve2p1(profile: HostProfile): HostProfile {
  const register = idRegister("ID_AA64ZFR0_EL1");
  const version = field("ID_AA64ZFR0_EL1", "SVEver");
  if (register === undefined || version === undefined) throw new Error("no SVEver");
  const change = (one: Configuration): Configuration => {
    const held = one.registers.get(register.id);
    if (typeof held !== "bigint" || held === 0n) return one;
    const changed = (held & ~fieldMask(version)) | (2n << BigInt(version.lsb));
    return { ...one, registers: new Map([...one.registers, [register.id, changed]]) };
  };
  const configurations = [...profile.configurations].map(([name, one]) => [name, change(one)] as const);
  return { ...profile, configurations: new Map(configurations) };
}

/** The first word of SVE's encodings that the decoder knows and nobody executes. */
const lacking = (() => {
  for (let word = 0x0400_0000; word < 0x0600_0000; word += 0x421)
    if (decode(word).instruction.kind === "lacks" && decode(word).fate === "DUPQ") return word;
  throw new Error("the engine lacks nothing of SVE");
})();

describe("compiled C", () => {
  it.each(["checksum", "numbers", "threads", "exceptions"])(
    "%s prints what it should and exits with 0",
    (name) => {
      const seen = run(machineWith(programFile(name)));
      expect(seen.ending).toEqual({ kind: "exit", status: 0, by: "semihosting" });
      expect(seen.out).toBe(expectedText(name));
    },
  );

  it("runs the same with a trace", () => {
    const plain = run(machineWith(programFile("exceptions")));
    const traced = run(machineWith(programFile("exceptions")), { traced: true });
    expect([traced.ending, traced.out, traced.instructions]).toEqual([
      plain.ending,
      plain.out,
      plain.instructions,
    ]);
    expect(traced.trace[0]).toMatch(/^0x0000000040200000 {2}0x[0-9a-f]{8} {2}\S/);
    expect(
      traced.trace.filter((line) => line.includes("exception to EL1, vector 0x200")).length,
    ).toBeGreaterThan(3);
    expect(traced.trace.join("\n")).toMatch(/^ {2}write 0x[0-9a-f]{1,2} to 0x9000000, 4 bytes$/m);
  });
});

describe("a guest ends", () => {
  it("with PSCI SYSTEM_OFF: 0", () => {
    const seen = runWords([...say("bye\n"), ...off]);
    expect(seen).toMatchObject({ out: "bye\n", ending: { kind: "exit", status: 0, by: "PSCI" } });
  });

  it("with semihosting's status", () => {
    const block = at + 0x1000;
    const seen = runWords([
      ...address(1, block),
      ...address(2, 0x2_0026),
      str(2, 1),
      movz(3, 7),
      0xf900_0423, // str x3, [x1, #8]
      movz(0, 0x20),
      semihosting,
    ]);
    expect(seen.ending).toEqual({ kind: "exit", status: 7, by: "semihosting" });
  });

  it("by the addresses of examples/vmm", () => {
    const seen = runWords([
      ...address(1, 0x1000_0000),
      movz(2, 0x21),
      strb(2, 1),
      ...address(1, 0x1000_1000),
      strb(2, 1),
    ]);
    expect(seen).toMatchObject({ out: "!", ending: { kind: "exit", status: 0, by: "finish" } });
  });

  it("for want of what nobody has, named with the instruction", () => {
    expect(runWords([nop, ...address(1, 0x0a00_0000), ldr(0, 1)]).ending).toEqual({
      kind: "unhandled",
      what: "a read of 0xa000000, where no memory and no device is",
      address: BigInt(at + 12),
    });
    expect(runWords([...address(1, 0x0900_0100), str(0, 1)]).ending).toMatchObject({
      kind: "unhandled",
      what: "a write to 0x9000100, in PL011, which has no such register",
    });
    expect(runWords([movz(0, 0x99), semihosting]).ending).toMatchObject({
      what: "semihosting operation 0x99",
      address: BigInt(at + 4),
    });
    expect(runWords(call(0x8400_0009)).ending).toMatchObject({ what: "PSCI asks for a reset" });
  });

  it("for want of what the engine lacks, named with its address", () => {
    const seen = runWords(
      [
        ...address(0, 0x0333_0000),
        0xd518_1040, // msr cpacr_el1, x0: neither FP nor SVE is trapped
        0xd503_3fdf, // isb
        lacking,
      ],
      { cpu: "baseline host\nsve host", profile: withSve2p1(shipped("max.linux-7.2")) },
    );
    expect(seen.ending).toEqual({
      kind: "lacks",
      what: expect.stringContaining("SVE2.1"),
      word: lacking,
      address: BigInt(at + 16),
    });
  });

  it("for want of an interrupt controller's registers, which KVM has and the simulator does not", () => {
    for (const place of [0x0800_0008, 0x080a_0010])
      expect(runWords([...address(1, place), ldr(0, 1)], { guest: "gic v3" }).ending).toEqual({
        kind: "lacks",
        what: `the registers of the interrupt controller: a read of 0x${place.toString(16)}`,
        word: ldr(0, 1),
        address: BigInt(at + 8),
      });
    expect(runWords([...address(1, 0x080c_0010), ldr(0, 1)], { guest: "gic v3" }).ending.kind).toBe(
      "unhandled",
    );
  });

  it("when its instructions are used up", () => {
    const seen = runWords([here], {}, { maxInstructions: 12_345 });
    expect(seen).toMatchObject({ ending: { kind: "budget" }, instructions: 12_345 });
  });

  it("when every vCPU waits for ever, is off, or takes exceptions only", () => {
    for (const wait of [wfi, wfe])
      expect(runWords([wait, back(1)]).ending).toMatchObject({
        kind: "stuck",
        what: "every vCPU waits, and nothing wakes them",
      });
    expect(runWords(call(0x8400_0002)).ending).toMatchObject({ what: "every vCPU is off" });
    expect(runWords([svc]).ending).toMatchObject({
      kind: "stuck",
      address: 0x200n,
      // EC 0x15: SVC, the exception that began it; those of the empty vector come after it.
      what: expect.stringMatching(/the first was taken at 0x4[0-9a-f]+, ESR 0x56000000, EC 0x15$/),
    });
  });
});

describe("a wait", () => {
  it("ends when a timer is due, and the clock has moved there", () => {
    const seen = runWords([
      movz(1, 0x1000),
      0xd51b_e301, // msr cntv_tval_el0, x1
      movz(2, 1),
      0xd51b_e322, // msr cntv_ctl_el0, x2
      wfi,
      0xd53b_e323, // mrs x3, cntv_ctl_el0
      ...address(4, 0x1000_0000),
      str(3, 4),
      ...off,
    ]);
    expect(seen.ending).toMatchObject({ kind: "exit", status: 0 });
    // ENABLE and ISTATUS.
    expect(seen.out).toBe("\u0005");
  });
});

describe("WFE", () => {
  it("lets time pass, so that a guest can wait for its counter with it", () => {
    const seen = runWords([
      0xd53b_e041, // mrs x1, cntvct_el0
      0x9140_0421, // add x1, x1, #1, lsl #12: 65 microseconds
      wfe,
      0xd53b_e042, // mrs x2, cntvct_el0
      0xeb01_005f, // cmp x2, x1
      0x54ff_ffa3, // b.lo -12
      ...off,
    ]);
    expect(seen.ending).toMatchObject({ kind: "exit", by: "PSCI" });
    expect(seen.instructions).toBeLessThan(1000);
  });
});

describe("several vCPUs", () => {
  it("run in turn once they are switched on", () => {
    const second = 20;
    const first = [
      ...address(1, 1),
      ...address(2, at + 4 * second),
      movz(3, 0x41),
      ...address(0, 0xc400_0003),
      hvc,
    ];
    const wait = [...first, ...Array(second - first.length - 1).fill(nop), here];
    const seen = runWords([...wait, ...address(9, 0x1000_0000), strb(0, 9), ...off], {
      guest: "psci 1.1\nvcpus 2",
    });
    expect(seen.ending).toMatchObject({ kind: "exit", by: "PSCI" });
  });
});

describe("hypercalls", () => {
  it("that the filter forwards are answered with -1", () => {
    const seen = runWords([...call(0xc300_0001), ...address(1, 0x1000_0000), str(0, 1), ...off], {
      guest: "psci 1.1\nsmccc {\n  forward oem fast64\n}",
    });
    expect(seen).toMatchObject({ out: "\u00ff", ending: { kind: "exit", by: "PSCI" } });
  });
});

describe("hostile images", () => {
  /** SplitMix64, so that the bytes are the same each time. */
  function* random(seed: bigint): Generator<number> {
    for (let state = seed; ; ) {
      state = BigInt.asUintN(64, state + 0x9e37_79b9_7f4a_7c15n);
      let z = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
      z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn);
      yield Number((z ^ (z >> 31n)) & 0xffff_ffffn);
    }
  }

  it("of random words come to an end, each", () => {
    const ends = new Set<string>();
    for (let seed = 0n; seed < 60n; seed++) {
      const source = random(seed);
      const image = words(...Array.from({ length: 512 }, () => Number(source.next().value)));
      const seen = run(machineWith(image), { maxInstructions: 200_000 });
      expect(seen.instructions).toBeLessThanOrEqual(200_000);
      ends.add(seen.ending.kind);
    }
    expect(ends.size).toBeGreaterThan(0);
  });

  it("that have semihosting write without end pay for the bytes", () => {
    // SYS_WRITE to the console, of 2^62 bytes from the beginning of memory on.
    const parameters = [2, 0, 0x4000_0000, 0, 0, 0x4000_0000];
    const image = [...address(1, at + 0x14), movz(0, 5), semihosting, back(0), ...parameters];
    const seen = runWords(image, {}, { maxInstructions: 1000 });
    expect(seen.ending.kind).toBe("budget");
    expect(seen.out.length).toBeGreaterThan(4000);
    expect(seen.out.length).toBeLessThan(9000);
  });

  it("that wait for a timer in centuries wait for ever", () => {
    // CNTV_CVAL_EL0, CNTV_CTL_EL0
    const far = [movz(0, 0x7fff, 48), 0xd51b_e340, movz(0, 1), 0xd51b_e320];
    expect(runWords([...far, wfi, here]).ending).toMatchObject({
      kind: "stuck",
      what: "every vCPU waits, and nothing wakes them",
    });
  });

  it("that overwrite themselves and all else come to an end", () => {
    // str x0, [x1], #8; b -1: over the code, the rest of memory, and beyond.
    const seen = runWords([...address(1, at), 0xf800_8420, 0x17ff_ffff]);
    expect(seen.ending.kind).not.toBe("exit");
  });
});
