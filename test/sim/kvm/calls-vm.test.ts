import { describe, expect, it } from "vitest";
import {
  createDevice,
  createVcpu,
  createVm,
  preferredTarget,
  setCounterOffset,
} from "../../../src/sim/kvm/index.ts";
import {
  deviceIn,
  GIC_V2,
  GIC_V3,
  gicIn,
  given,
  hostOf,
  ITS,
  initDevice,
  said,
  vcpuIn,
  vmOn,
} from "./calls-support.ts";

const host = "neoverse-n1.linux-6.12";

describe("KVM_CREATE_VM", () => {
  it("takes 40 bits for type 0 (kvm_init_ipa_range)", () => {
    expect(vmOn(host).ipaBits).toBe(40);
  });
  it("takes 32 bits up to what KVM_CAP_ARM_VM_IPA_SIZE answers (kvm_init_ipa_range)", () => {
    const answers = [31n, 32n, 48n, 49n].map((type) => said(createVm(hostOf(host), type)));
    expect(answers).toEqual(["EINVAL", "ok", "ok", "EINVAL"]);
    expect(said(createVm(hostOf("cortex-a53.linux-6.12"), 44n))).toBe("EINVAL");
  });
  it("refuses bits above the size (kvm_arch_init_vm)", () => {
    expect(said(createVm(hostOf(host), 0x128n))).toBe("EINVAL");
    expect(said(createVm(hostOf(host), 0x8000_0000n))).toBe("EINVAL");
  });
});

describe("KVM_CREATE_VCPU", () => {
  it("takes an id once (kvm_vm_ioctl_create_vcpu)", () => {
    const vm = vmOn(host);
    expect([0, 0, 511, 512].map((id) => said(createVcpu(vm, id)))).toEqual(["ok", "EEXIST", "ok", "EINVAL"]);
  });
  it("refuses another vCPU once the GIC is initialised (kvm_arch_vcpu_precreate)", () => {
    const vm = vmOn(host);
    vcpuIn(vm);
    initDevice(gicIn(vm));
    expect(said(createVcpu(vm, 1))).toBe("EBUSY");
    expect(said(createVcpu(vm, 512))).toBe("EINVAL");
  });
  it("sees a taken id before or after the GIC, by kernel", () => {
    const answers = ["6.12", "7.3"].map((kernel) => {
      const vm = vmOn(`neoverse-n1.linux-${kernel}`);
      vcpuIn(vm, 0);
      initDevice(gicIn(vm));
      return said(createVcpu(vm, 0));
    });
    expect(answers).toEqual(["EBUSY", "EEXIST"]);
  });
  it("gives a vCPU its redistributor where there is room, and refuses what reaches into the distributor", () => {
    const vm = vmOn(host);
    const gic = deviceIn(vm, GIC_V3);
    vcpuIn(vm);
    // One redistributor fits below the distributor, two do not (vgic_v3_check_base).
    gic.addresses.set(2, 0x80c_0000n);
    gic.redistributors.push({ index: 0, base: 0x80a_0000n, count: 0, used: 1 });
    gic.placed.set(0, 0);
    expect(said(createVcpu(vm, 1))).toBe("ok");
    expect(said(createVcpu(vm, 2))).toBe("EINVAL");
  });
});

describe("KVM_ARM_PREFERRED_TARGET", () => {
  it("is the CPU's own on old kernels, else the generic one", () => {
    const targets = ["cortex-a53.linux-6.1", "cortex-a53.linux-6.12", "max.linux-6.1"].map((name) =>
      given(preferredTarget(vmOn(name))),
    );
    expect(targets).toEqual([4n, 5n, 5n]);
  });
});

describe("KVM_ARM_SET_COUNTER_OFFSET", () => {
  it("needs a reserved word of 0 (kvm_vm_ioctl_set_counter_offset)", () => {
    const vm = vmOn(host);
    expect(said(setCounterOffset(vm, 0x1000n, 1n))).toBe("EINVAL");
    expect(vm.counterOffset).toBeUndefined();
    expect(said(setCounterOffset(vm, 0x1000n, 0n))).toBe("ok");
    expect(vm.counterOffset).toBe(0x1000n);
  });
  it("is no call of linux 6.1", () => {
    expect(said(setCounterOffset(vmOn("neoverse-n1.linux-6.1"), 0n, 0n))).toBe("EINVAL");
  });
});

describe("KVM_CREATE_DEVICE", () => {
  it("knows the types of the profile (kvm_ioctl_create_device)", () => {
    const vm = vmOn(host);
    expect([GIC_V2, GIC_V3, ITS, 99].map((type) => said(createDevice(vm, type, 1)))).toEqual([
      "ENODEV",
      "ok",
      "ok",
      "ENODEV",
    ]);
    expect(vm.devices).toEqual([]);
  });
  it("looks at no flag but the one that only asks", () => {
    const vm = vmOn(host);
    expect(said(createDevice(vm, GIC_V3, 2))).toBe("ok");
    expect(vm.devices.length).toBe(1);
  });
  it("makes one GIC, before any vCPU runs (kvm_vgic_create)", () => {
    const vm = vmOn(host);
    deviceIn(vm, GIC_V3);
    expect(said(createDevice(vm, GIC_V3, 0))).toBe("EEXIST");
    const late = vmOn(host);
    vcpuIn(late).ran = true;
    expect(said(createDevice(late, GIC_V3, 0))).toBe("EBUSY");
    expect(said(createDevice(late, ITS, 0))).toBe("ok");
  });
  it("makes many ITSes and one VFIO device (vgic_its_create, kvm_vfio_create)", () => {
    const vm = vmOn(host);
    expect([ITS, ITS, 4, 4].map((type) => said(createDevice(vm, type, 0)))).toEqual([
      "ok",
      "ok",
      "ok",
      "EBUSY",
    ]);
  });
});

it("a VM that KVM gave up answers EIO to every call (kvm_vm_dead)", () => {
  const vm = vmOn(host);
  vm.dead = true;
  const answers = [
    createVcpu(vm, 0),
    preferredTarget(vm),
    setCounterOffset(vm, 0n, 0n),
    createDevice(vm, GIC_V3, 1),
  ];
  expect(new Set(answers.map(said))).toEqual(new Set(["EIO"]));
});
