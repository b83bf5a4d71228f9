/** KVM_RUN: what it refuses, how the guest's calls leave it, what one vCPU does to another. */
import { describe, expect, it } from "vitest";
import {
  enableCapability,
  finalizeVcpu,
  getMpState,
  setEvents,
  setMemory,
  setMpState,
  setRegister,
  type Vcpu,
  type Vm,
} from "../../../src/sim/kvm/index.ts";
import { runVcpu } from "../../../src/sim/kvm/run.ts";
import { readPc, readX, writePc, writeX } from "../../../src/sim/vcpu/state.ts";
import { encodingKey, type Stop } from "../../../src/sim/vcpu/world.ts";
import { deviceIn, GIC_V3, given, init, put, readyIn, said, vcpuIn, vmOn } from "./calls-support.ts";

const RAM = 0x4000_0000n;
const HVC = 0xd400_0002;
const SMC = 0xd400_0003;
const NOP = 0xd503_201f;
const CPU_OFF = 0x8400_0002n;
const CPU_ON = 0xc400_0003n;
const AFFINITY_INFO = 0xc400_0004n;
const SYSTEM_RESET = 0x8400_0009n;
const TRNG_RND = 0xc400_0053n;
const STOPPED = 5;

/** Memory with these words at its beginning. */
function withProgram(vm: Vm, words: readonly number[]): void {
  const bytes = new Uint8Array(0x1_0000);
  const view = new DataView(bytes.buffer);
  for (const [at, word] of words.entries()) view.setUint32(4 * at, word, true);
  given(setMemory(vm, 0, 0, RAM, BigInt(bytes.length), bytes));
}

const at = (vcpu: Vcpu, pc: bigint): Vcpu => {
  writePc(vcpu.state, pc);
  return vcpu;
};

/** Gives X0 and on, and executes one instruction at the program's beginning. */
function call(vcpu: Vcpu, x: readonly bigint[]): Stop {
  at(vcpu, RAM);
  for (let n = 0; n < 4; n++) writeX(vcpu.state, n, x[n] ?? 0n);
  return runVcpu(vcpu, 1);
}

const registers = ({ state }: Vcpu): readonly bigint[] => [0, 1, 2, 3].map((n) => readX(state, n));
const errno = (value: number): bigint => BigInt.asUintN(64, BigInt(value));

function machine(host = "neoverse-n1.linux-6.12", word = HVC): { readonly vm: Vm; readonly vcpu: Vcpu } {
  const vm = vmOn(host);
  withProgram(vm, [word, NOP, NOP]);
  return { vm, vcpu: readyIn(vm) };
}

describe("KVM_RUN refuses", () => {
  const failure = (vcpu: Vcpu): string => {
    const stop = runVcpu(vcpu, 0);
    return stop.kind === "fails" ? stop.errno : stop.kind;
  };

  it("a vCPU that is not initialised", () => {
    expect(failure(vcpuIn(vmOn("max.linux-6.12")))).toBe("ENOEXEC");
  });

  it("one whose SVE is not finalised, until it is", () => {
    const vcpu = readyIn(vmOn("max.linux-6.12"), "SVE");
    expect(failure(vcpu)).toBe("EPERM");
    given(finalizeVcpu(vcpu, 4));
    expect(failure(vcpu)).toBe("budget");
  });

  it("a PMU that was not initialised", () => {
    const vcpu = readyIn(vmOn("max.linux-6.12"), "PMU_V3");
    expect(failure(vcpu)).toBe("EINVAL");
    expect(vcpu.ran).toBe(false);
    expect(put(vcpu, 0, 1, "none")).toBe("ok");
    expect(failure(vcpu)).toBe("budget");
  });

  it("a GIC that has no place; the VM is dead afterwards", () => {
    const vm = vmOn("max.linux-6.12");
    const vcpu = readyIn(vm);
    deviceIn(vm, GIC_V3);
    expect(failure(vcpu)).toBe("ENXIO");
    expect(failure(vcpu)).toBe("EIO");
    expect(init(vcpu, "PSCI_0_2")).toBe("EIO");
  });

  it("a nested guest without a GIC", () => {
    expect(failure(readyIn(vmOn("max-nested.linux-7.0"), "HAS_EL2"))).toBe("EAGAIN");
  });
});

describe("a guest's calls", () => {
  it("are answered, and the guest goes on behind them", () => {
    const { vcpu } = machine();
    expect(call(vcpu, [0x8400_0000n, 7n])).toEqual({ kind: "budget" });
    expect(registers(vcpu)).toEqual([0x1_0001n, 0n, 0n, 0n]);
    expect(readPc(vcpu.state)).toBe(RAM + 4n);
  });

  it.each([
    ["HVC", HVC, 0n],
    ["SMC", SMC, 1n],
  ])("by %s go to user space where the filter says so", (_, word, flags) => {
    const { vm, vcpu } = machine(undefined, word);
    const filter = new Uint8Array(24);
    new DataView(filter.buffer).setUint32(0, 0xc600_0000, true);
    filter.set([0x10, 0, 0, 0, 2], 4);
    expect(put(vm, 0, 0, filter)).toBe("ok");
    expect(call(vcpu, [0xc600_000fn, 1n, 2n, 3n])).toEqual({ kind: "hypercall", nr: 0xc600_000fn, flags });
    expect(registers(vcpu)).toEqual([0xc600_000fn, 1n, 2n, 3n]);
    expect(readPc(vcpu.state)).toBe(RAM + 4n);
    expect(call(vcpu, [0xc600_0010n])).toEqual({ kind: "budget" });
    expect(readX(vcpu.state, 0)).toBe(errno(-1));
  });

  it("by SMC are not answered before linux 6.4, and with an immediate never", () => {
    const { vcpu } = machine("neoverse-n1.linux-6.1", SMC);
    call(vcpu, [0x8400_0000n, 7n]);
    expect(registers(vcpu)).toEqual([errno(-1), 7n, 0n, 0n]);
    const later = machine("neoverse-n1.linux-6.12", SMC | (1 << 5)).vcpu;
    call(later, [0x8400_0000n, 7n]);
    expect(registers(later)).toEqual([errno(-1), 7n, 0n, 0n]);
  });

  it("are UNDEFINED at EL0", () => {
    const { vcpu } = machine();
    vcpu.state.pstate.el = 0;
    vcpu.state.pstate.sp = 0;
    call(vcpu, [0x8400_0000n]);
    expect(vcpu.state.system.get(encodingKey({ op0: 3, op1: 0, crn: 5, crm: 2, op2: 0 }))).toBe(0x200_0000n);
    expect(readX(vcpu.state, 0)).toBe(0x8400_0000n);
  });

  it("give random numbers that are the same in each run and differ in one", () => {
    const numbers = (): readonly bigint[] => {
      const { vcpu } = machine();
      call(vcpu, [TRNG_RND, 192n]);
      const first = registers(vcpu);
      call(vcpu, [TRNG_RND, 192n]);
      return [...first, ...registers(vcpu)];
    };
    const [x0, ...words] = numbers();
    expect(x0).toBe(0n);
    expect(new Set([...words]).size).toBe(7);
    expect(numbers()).toEqual([x0, ...words]);
  });
});

describe("PSCI", () => {
  function two(): { readonly vm: Vm; readonly first: Vcpu; readonly second: Vcpu } {
    const { vm, vcpu } = machine();
    const second = vcpuIn(vm);
    expect(init(second, "PSCI_0_2", "POWER_OFF")).toBe("ok");
    return { vm, first: vcpu, second };
  }

  it("switches another vCPU on, at an entry and with a context, once", () => {
    const { first, second } = two();
    expect(runVcpu(second, 1)).toEqual({ kind: "waits", why: "stopped" });
    call(first, [AFFINITY_INFO, 1n]);
    expect(readX(first.state, 0)).toBe(1n);
    writeX(second.state, 5, 9n);
    call(first, [CPU_ON, 1n, RAM + 4n, 0x1234_5678_9abcn]);
    expect(registers(first)).toEqual([0n, 0n, 0n, 0n]);
    expect([readPc(second.state), readX(second.state, 0), readX(second.state, 5)]).toEqual([
      RAM + 4n,
      0x1234_5678_9abcn,
      0n,
    ]);
    expect(runVcpu(second, 1)).toEqual({ kind: "budget" });
    expect(readPc(second.state)).toBe(RAM + 8n);
    call(first, [CPU_ON, 1n, RAM, 0n]);
    expect(readX(first.state, 0)).toBe(errno(-4));
    call(first, [CPU_ON, 2n, RAM, 0n]);
    expect(readX(first.state, 0)).toBe(errno(-2));
    call(first, [AFFINITY_INFO, 1n]);
    expect(readX(first.state, 0)).toBe(0n);
  });

  it("switches the caller off, until user space makes it runnable", () => {
    const { vcpu } = machine();
    expect(call(vcpu, [CPU_OFF])).toEqual({ kind: "waits", why: "stopped" });
    expect(getMpState(vcpu)).toEqual({ ok: true, value: STOPPED });
    expect(runVcpu(vcpu, 1)).toEqual({ kind: "waits", why: "stopped" });
    expect(said(setMpState(vcpu, 0))).toBe("ok");
    expect(runVcpu(vcpu, 1)).toEqual({ kind: "budget" });
  });

  it("resets the system: all vCPUs stop, and a call that comes back has failed", () => {
    const { first, second } = two();
    call(first, [CPU_ON, 1n, RAM + 4n, 0n]);
    expect(call(first, [SYSTEM_RESET, 1n, 2n, 3n])).toEqual({ kind: "system-event", type: 2, data: [0n] });
    expect([first.mpState, second.mpState]).toEqual([STOPPED, STOPPED]);
    expect(registers(first)).toEqual([errno(-6), 0n, 0n, 0n]);
  });

  it.each([
    ["32-bit", 0x8400_0012n, 0xffff_ffffn],
    ["64-bit", 0xc400_0012n, 0xffff_ffff_ffff_ffffn],
  ])("keeps X1 and on of a %s SYSTEM_RESET2, as wide as the call is", (_, id, x) => {
    const { vcpu } = machine();
    const all = 0xffff_ffff_ffff_ffffn;
    expect(call(vcpu, [id, all, all, 3n])).toEqual({ kind: "system-event", type: 2, data: [1n] });
    expect(registers(vcpu)).toEqual([errno(-6), x, x, 3n]);
  });

  it("suspends the system only where the capability is enabled", () => {
    const suspend = (enabled: boolean): Stop => {
      const { vm, vcpu } = machine();
      if (enabled) given(enableCapability(vm, 216, 0, []));
      return call(vcpu, [0xc400_000en, RAM]);
    };
    expect(suspend(false)).toEqual({ kind: "budget" });
    expect(suspend(true)).toEqual({ kind: "system-event", type: 5, data: [0n] });
  });
});

describe("events that user space sets", () => {
  const ESR_EL1 = encodingKey({ op0: 3, op1: 0, crn: 5, crm: 2, op2: 0 });
  const VBAR_EL1 = 0x6030_0000_0013_c600n;

  function pending(bytes: bigint, daif: number): Vcpu {
    const { vcpu } = machine("max.linux-6.12", NOP);
    given(setRegister(vcpu, VBAR_EL1, RAM + 0x800n));
    vcpu.state.pstate.daif = daif;
    given(setEvents(vcpu, { bytes, esr: 0x12n }));
    runVcpu(at(vcpu, RAM), 0);
    return vcpu;
  }

  it("are taken: an external abort always, an SError where it is not masked", () => {
    const abort = pending(0x1_0000n, 0xf);
    expect([readPc(abort.state), abort.state.system.get(ESR_EL1)]).toEqual([RAM + 0xa00n, 0x9600_0010n]);
    const serror = pending(0x101n, 0xb);
    expect([readPc(serror.state), serror.state.system.get(ESR_EL1)]).toEqual([RAM + 0xb80n, 0xbe00_0012n]);
    const masked = pending(0x101n, 0xf);
    expect([readPc(masked.state), masked.events.serrorPending]).toEqual([RAM, true]);
  });
});
