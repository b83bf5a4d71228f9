import { describe, expect, it } from "vitest";
import { getAttribute, hasAttribute } from "../../../src/sim/kvm/index.ts";
import type { Vcpu } from "../../../src/sim/kvm/machine.ts";
import {
  bytesOf,
  gicIn,
  given,
  initDevice,
  int,
  numberOf,
  put,
  readyIn,
  said,
  vcpuIn,
  vmOn,
} from "./calls-support.ts";

const host = "neoverse-n1.linux-7.2";
const [IRQ, INIT, FILTER, SET_PMU, COUNTERS] = [0, 1, 2, 3, 4] as const;

const withPmu = (name = host): Vcpu => readyIn(vmOn(name), "PMU_V3");
const set = (vcpu: Vcpu, attribute: number, payload: Uint8Array | "none" | "nowhere"): string =>
  put(vcpu, 0, attribute, payload);
const events = (base: number, count: number, action: number, pad = 0): Uint8Array =>
  bytesOf(BigInt(base) | (BigInt(count) << 16n) | (BigInt(action) << 32n) | (BigInt(pad) << 40n), 8);

describe("KVM_ARM_VCPU_PMU_V3_CTRL (kvm_arm_pmu_v3_set_attr)", () => {
  it("is there with a PMU only", () => {
    expect(said(hasAttribute(readyIn(vmOn(host)), 0, IRQ))).toBe("ENXIO");
    expect(set(readyIn(vmOn(host)), INIT, "none")).toBe("ENODEV");
    expect(said(hasAttribute(withPmu(), 0, IRQ))).toBe("ok");
    expect(said(hasAttribute(withPmu(), 0, 5))).toBe("ENXIO");
  });
  it("is there on every vCPU of the VM, from the first init on", () => {
    const vm = vmOn(host);
    const second = vcpuIn(vm, 7);
    readyIn(vm, "PMU_V3");
    expect(said(hasAttribute(second, 0, INIT))).toBe("ok");
  });
  it("stays once it is initialised", () => {
    const vcpu = withPmu();
    expect(set(vcpu, INIT, "none")).toBe("ok");
    for (const attribute of [IRQ, INIT, FILTER, SET_PMU, COUNTERS, 9])
      expect(set(vcpu, attribute, "none")).toBe("EBUSY");
  });
});

describe("the PMU's interrupt", () => {
  it("is set beside a GIC only, once, to a private or a shared number", () => {
    const vcpu = withPmu();
    expect(set(vcpu, IRQ, "nowhere")).toBe("EINVAL");
    gicIn(vcpu.vm);
    expect(set(vcpu, IRQ, "nowhere")).toBe("EFAULT");
    for (const irq of [-1, 0, 15, 1020, 8192]) expect(set(vcpu, IRQ, int(irq))).toBe("EINVAL");
    expect(said(getAttribute(vcpu, 0, IRQ))).toBe("ENXIO");
    expect(set(vcpu, IRQ, int(23))).toBe("ok");
    expect(numberOf(given(getAttribute(vcpu, 0, IRQ)))).toBe(23n);
    expect(set(vcpu, IRQ, int(23))).toBe("EBUSY");
    expect(set(vcpu, IRQ, int(24))).toBe("EINVAL");
  });
  it("is the same for all vCPUs if private, another for each if shared (pmu_irq_is_valid)", () => {
    const vm = vmOn(host);
    const [one, other, third] = [readyIn(vm, "PMU_V3"), readyIn(vm, "PMU_V3"), readyIn(vm, "PMU_V3")];
    gicIn(vm);
    expect([set(one, IRQ, int(23)), set(other, IRQ, int(24)), set(other, IRQ, int(23))]).toEqual([
      "ok",
      "EINVAL",
      "ok",
    ]);
    expect(set(third, IRQ, int(40))).toBe("ok");
  });
  it("is needed for INIT beside a GIC that is initialised (kvm_arm_pmu_v3_init)", () => {
    const vcpu = withPmu();
    const gic = gicIn(vcpu.vm);
    expect(set(vcpu, INIT, "none")).toBe("ENODEV");
    initDevice(gic);
    expect(set(vcpu, INIT, "none")).toBe("ENXIO");
    set(vcpu, IRQ, int(1019));
    expect(set(vcpu, INIT, "none")).toBe("EINVAL");
  });
});

describe("the PMU's event filter", () => {
  it("takes ranges within the events that the host's PMU numbers", () => {
    expect(set(withPmu(), FILTER, events(0xffff, 1, 0))).toBe("ok");
    expect(set(withPmu(), FILTER, events(0xffff, 2, 0))).toBe("EINVAL");
    expect(set(withPmu("cortex-a53.linux-6.12"), FILTER, events(0x3ff, 1, 0))).toBe("ok");
    expect(set(withPmu("cortex-a53.linux-6.12"), FILTER, events(0x3ff, 2, 0))).toBe("EINVAL");
  });
  it("knows two actions and looks at no padding", () => {
    expect(set(withPmu(), FILTER, events(0, 1, 2))).toBe("EINVAL");
    expect(set(withPmu(), FILTER, events(0, 1, 1, 1))).toBe("ok");
  });
  it("keeps a range of nothing, because the first range decides about all others", () => {
    const vcpu = withPmu();
    set(vcpu, FILTER, events(0x11, 0, 0));
    set(vcpu, FILTER, events(0x11, 2, 1));
    expect(vcpu.vm.pmu.events).toEqual([
      { first: 0x11, last: 0x10, action: "allow" },
      { first: 0x11, last: 0x12, action: "deny" },
    ]);
  });
  it("is fixed once a vCPU has run, whose range is wrong first", () => {
    const vcpu = withPmu();
    vcpu.vm.ran = true;
    expect(set(vcpu, FILTER, events(0, 1, 2))).toBe("EINVAL");
    expect(set(vcpu, FILTER, events(0, 1, 0))).toBe("EBUSY");
  });
});

describe("the choice of a PMU and its counters", () => {
  it("knows the host's PMU by its number, before the first run (kvm_arm_pmu_v3_set_pmu)", () => {
    const taken = (name: string): readonly number[] =>
      Array.from({ length: 16 }, (_, id) => id).filter((id) => set(withPmu(name), SET_PMU, int(id)) === "ok");
    expect([taken("neoverse-n1.linux-6.1"), taken(host)]).toEqual([[8], [10]]);
    const vcpu = withPmu();
    vcpu.vm.ran = true;
    expect([set(vcpu, SET_PMU, int(10)), set(vcpu, SET_PMU, int(11))]).toEqual(["EBUSY", "ENXIO"]);
  });
  it("gives as many counters as the host has, or fewer (kvm_arm_pmu_v3_set_nr_counters)", () => {
    const vcpu = withPmu();
    expect([0, 6, 7].map((count) => set(vcpu, COUNTERS, int(count)))).toEqual(["ok", "ok", "EINVAL"]);
    expect(vcpu.vm.pmu.counters).toBe(6);
    expect(set(withPmu("neoverse-n1.linux-6.12"), COUNTERS, int(1))).toBe("ENXIO");
  });
  it("must be made by hand for a strict PMU", () => {
    const vcpu = readyIn(vmOn("neoverse-n1.linux-7.3"), "PMU_V3", "PMU_V3_STRICT");
    expect(set(vcpu, INIT, "none")).toBe("ENXIO");
    expect(set(vcpu, FILTER, events(0, 1, 0))).toBe("ENXIO");
    expect(set(vcpu, COUNTERS, int(1))).toBe("EINVAL");
    expect(set(vcpu, SET_PMU, int(10))).toBe("ok");
    expect(set(vcpu, INIT, "none")).toBe("ok");
  });
});
