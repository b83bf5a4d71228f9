import { describe, expect, it } from "vitest";
import { getAttribute, getEvents, hasAttribute, setEvents, setMemory } from "../../../src/sim/kvm/index.ts";
import {
  bytesOf,
  gicIn,
  given,
  init,
  int,
  numberOf,
  put,
  readyIn,
  said,
  vcpuIn,
  vmOn,
} from "./calls-support.ts";

const host = "neoverse-n1.linux-6.12";
const TIMERS = 1;
const STOLEN = 2;

describe("KVM_ARM_VCPU_TIMER_CTRL (kvm_arm_timer_set_attr)", () => {
  const numbers = (vcpu: ReturnType<typeof vcpuIn>): readonly string[] =>
    [0, 1, 2, 3].map((timer) => {
      const answer = getAttribute(vcpu, TIMERS, timer);
      return answer.ok ? String(numberOf(answer.value)) : answer.errno;
    });
  it("says what KVM gives them, EL2's from linux 6.4 on", () => {
    expect(numbers(vcpuIn(vmOn(host)))).toEqual(["27", "30", "28", "26"]);
    expect(numbers(vcpuIn(vmOn("neoverse-n1.linux-6.1")))).toEqual(["27", "30", "ENXIO", "ENXIO"]);
  });
  it("takes private interrupts, beside a GIC, for all vCPUs", () => {
    const vm = vmOn(host);
    const [one, other] = [vcpuIn(vm), vcpuIn(vm)];
    expect(put(one, TIMERS, 0, int(20))).toBe("EINVAL");
    gicIn(vm);
    expect(put(one, TIMERS, 0, "none")).toBe("EFAULT");
    for (const irq of [-1, 15, 32]) expect(put(one, TIMERS, 0, int(irq))).toBe("EINVAL");
    expect(put(one, TIMERS, 0, int(20))).toBe("ok");
    expect(put(one, TIMERS, 4, int(20))).toBe("ENXIO");
    expect(numbers(other)).toEqual(["20", "30", "28", "26"]);
    expect(numbers(vcpuIn(vm))).toEqual(["20", "30", "28", "26"]);
  });
  it("are each vCPU's own on linux 6.1: one that comes later has KVM's", () => {
    const vm = vmOn("neoverse-n1.linux-6.1");
    const [one, other] = [vcpuIn(vm), vcpuIn(vm)];
    gicIn(vm);
    put(one, TIMERS, 0, int(20));
    expect(numbers(other)[0]).toBe("20");
    expect(numbers(vcpuIn(vm))[0]).toBe("27");
  });
  it("are fixed by the first run beside a GIC: the VM's, on linux 6.1 that vCPU's", () => {
    const answers = [host, "neoverse-n1.linux-6.1"].map((name) => {
      const vm = vmOn(name);
      const [one, other] = [vcpuIn(vm), vcpuIn(vm)];
      gicIn(vm);
      vm.timersFixed = true;
      one.timersReady = true;
      return [one, other].map((vcpu) => put(vcpu, TIMERS, 0, int(20)));
    });
    expect(answers).toEqual([
      ["EBUSY", "EBUSY"],
      ["EBUSY", "ok"],
    ]);
  });
});

describe("KVM_ARM_VCPU_PVTIME_CTRL (kvm_arm_pvtime_set_attr)", () => {
  const set = (vcpu: ReturnType<typeof vcpuIn>, address: bigint): string =>
    put(vcpu, STOLEN, 0, bytesOf(address, 8));
  it("takes one aligned address in memory, before init too", () => {
    const vcpu = vcpuIn(vmOn(host));
    setMemory(vcpu.vm, 0, 0, 0x4000_0000n, 0x1000n);
    expect(numberOf(given(getAttribute(vcpu, STOLEN, 0)))).toBe(0xffff_ffff_ffff_ffffn);
    expect(set(vcpu, 0x4000_0020n)).toBe("EINVAL");
    expect(set(vcpu, 0x5000_0000n)).toBe("EINVAL");
    expect(set(vcpu, 0x4000_0040n)).toBe("ok");
    expect(set(vcpu, 0x4000_0040n)).toBe("EEXIST");
    expect(set(vcpu, 0x4000_0020n)).toBe("EINVAL");
    expect(numberOf(given(getAttribute(vcpu, STOLEN, 0)))).toBe(0x4000_0040n);
  });
  it("refuses memory that the guest may not write (gfn_to_hva)", () => {
    const vcpu = vcpuIn(vmOn(host));
    setMemory(vcpu.vm, 0, 2, 0x4000_0000n, 0x1000n);
    expect(set(vcpu, 0x4000_0000n)).toBe("EINVAL");
  });
  it("knows no other attribute, and no other group", () => {
    const vcpu = readyIn(vmOn(host));
    expect(said(hasAttribute(vcpu, STOLEN, 1))).toBe("ENXIO");
    expect(put(vcpu, 3, 0, "none")).toBe("ENXIO");
    expect(said(getAttribute(vcpu, 3, 0))).toBe("ENXIO");
  });
});

describe("KVM_SET_VCPU_EVENTS (kvm_arm_vcpu_set_events)", () => {
  const set = (vcpu: ReturnType<typeof vcpuIn>, bytes: bigint, esr = 0n): string =>
    said(setEvents(vcpu, { bytes, esr }));
  it("asks for an SError, with a syndrome where the host has RAS", () => {
    const vcpu = readyIn(vmOn(host));
    expect(given(getEvents(vcpu))).toEqual({ bytes: 0x100n, esr: 0n });
    expect(set(vcpu, 0x101n, 0x200_0000n)).toBe("EINVAL");
    expect(set(vcpu, 0x101n, 0x1ff_ffffn)).toBe("ok");
    expect(given(getEvents(vcpu))).toEqual({ bytes: 0x101n, esr: 0x1ff_ffffn });
    const plain = readyIn(vmOn("cortex-a53.linux-6.12"));
    expect([set(plain, 0x101n), set(plain, 1n)]).toEqual(["EINVAL", "ok"]);
    expect(given(getEvents(plain)).bytes).toBe(1n);
  });
  it("takes no SError back, and wants padding of zeros", () => {
    const vcpu = readyIn(vmOn(host));
    set(vcpu, 1n);
    expect(set(vcpu, 0n)).toBe("ok");
    expect(given(getEvents(vcpu)).bytes).toBe(0x101n);
    expect(set(vcpu, 0x100_0000n)).toBe("EINVAL");
  });
  it("says of no data abort that it is pending", () => {
    const vcpu = readyIn(vmOn(host));
    expect(set(vcpu, 0x1_0000n)).toBe("ok");
    expect(vcpu.events.dataAbortPending).toBe(true);
    expect(given(getEvents(vcpu)).bytes).toBe(0x100n);
  });
  it("a data abort comes ahead of a wrong SError from linux 6.17 on", () => {
    const aborts = ["6.16", "6.17"].map((kernel) => {
      const vcpu = readyIn(vmOn(`neoverse-n1.linux-${kernel}`));
      expect(set(vcpu, 0x1_0101n, 0x200_0000n)).toBe("EINVAL");
      return vcpu.events.dataAbortPending;
    });
    expect(aborts).toEqual([false, true]);
  });
  it("needs init from linux 6.17 on", () => {
    const answers = ["6.16", "6.17"].map((kernel) =>
      said(getEvents(vcpuIn(vmOn(`neoverse-n1.linux-${kernel}`)))),
    );
    expect(answers).toEqual(["ok", "ENOEXEC"]);
  });
  it("an SError ends at the next init; once the vCPU has run, only on linux 6.1 (vcpu_reset_hcr)", () => {
    const left = (name: string, ran: boolean): bigint => {
      const vcpu = readyIn(vmOn(name));
      set(vcpu, 1n);
      vcpu.ran = ran;
      init(vcpu, "PSCI_0_2");
      return given(getEvents(vcpu)).bytes & 1n;
    };
    expect([left(host, false), left(host, true), left("neoverse-n1.linux-6.1", true)]).toEqual([0n, 1n, 0n]);
  });
});
