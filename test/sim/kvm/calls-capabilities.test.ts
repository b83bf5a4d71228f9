import { describe, expect, it } from "vitest";
import { checkExtension, enableCapability } from "../../../src/sim/kvm/index.ts";
import { deviceIn, GIC_V3, given, hostOf, ITS, said, vcpuIn, vmOn } from "./calls-support.ts";

const host = "neoverse-n1.linux-6.12";
const MAX_VCPUS = 66;
const MSI_DEVID = 131;
const PROTECT = 168;
const NISV = 177;
const HALT_POLL = 182;
const RING = 223;
const RING_WITH_BITMAP = 225;
const SPLIT = 228;
const CACHEABLE = 243;

describe("KVM_CHECK_EXTENSION", () => {
  it("answers what the profile holds, and 0 to what nobody knows", () => {
    const { profile } = hostOf(host);
    for (const [number, value] of profile.capabilities)
      expect(given(checkExtension(vmOn(host), number))).toBe(value);
    expect(given(checkExtension(hostOf(host), 100_000))).toBe(0);
  });
  it("asks a VM for what is a VM's (kvm_vm_ioctl_check_extension)", () => {
    expect(said(checkExtension(hostOf(host), MSI_DEVID))).toBe("EINVAL");
    expect(said(checkExtension(hostOf(host), CACHEABLE))).toBe("ok");
    expect(said(checkExtension(hostOf("neoverse-n1.linux-6.17"), CACHEABLE))).toBe("EINVAL");
  });
  it("tells of an ITS, and of room for vCPUs beside a GIC", () => {
    const vm = vmOn(host);
    expect(given(checkExtension(vm, MSI_DEVID))).toBe(0);
    deviceIn(vm, ITS);
    expect(given(checkExtension(vm, MSI_DEVID))).toBe(1);
    deviceIn(vm, GIC_V3);
    expect(given(checkExtension(vm, MAX_VCPUS))).toBe(512);
  });
});

describe("KVM_ENABLE_CAP", () => {
  it("takes no flags (kvm_vm_ioctl_enable_cap)", () => {
    expect(said(enableCapability(vmOn(host), NISV, 1, []))).toBe("EINVAL");
    expect(said(enableCapability(vmOn(host), NISV, 0, [1n]))).toBe("ok");
  });
  it("remembers what was enabled, and not what was refused", () => {
    const vm = vmOn(host);
    enableCapability(vm, NISV, 0, []);
    enableCapability(vm, RING, 0, [1n]);
    expect([...vm.enabled]).toEqual([NISV]);
  });
  it("knows what can be enabled", () => {
    expect(said(enableCapability(vmOn(host), MAX_VCPUS, 0, []))).toBe("EINVAL");
    expect(said(enableCapability(vmOn(host), 100_000, 0, []))).toBe("EINVAL");
  });
  it("takes no other option of dirty-log protection without the first (kvm_vm_ioctl_enable_cap_generic)", () => {
    const answers = [0n, 1n, 2n, 3n, 4n].map((first) =>
      said(enableCapability(vmOn(host), PROTECT, 0, [first])),
    );
    expect(answers).toEqual(["ok", "ok", "EINVAL", "ok", "EINVAL"]);
  });
  it("takes 32 bits of time to poll", () => {
    expect(said(enableCapability(vmOn(host), HALT_POLL, 0, [0xffff_ffffn]))).toBe("ok");
    expect(said(enableCapability(vmOn(host), HALT_POLL, 0, [0x1_0000_0000n]))).toBe("EINVAL");
  });
  it("makes a dirty ring of whole pages, once, before vCPUs (kvm_vm_ioctl_enable_dirty_log_ring)", () => {
    const on = (size: bigint, vm = vmOn(host)): string => said(enableCapability(vm, RING, 0, [size]));
    expect([0n, 0x800n, 0x1800n, 0x1000n, 0x10_0000n, 0x20_0000n].map((size) => on(size))).toEqual([
      "EINVAL",
      "EINVAL",
      "EINVAL",
      "ok",
      "ok",
      "E2BIG",
    ]);
    expect(on(0x1_0000_0000n)).toBe("EINVAL");
    const vm = vmOn(host);
    expect([on(0x1000n, vm), on(0x1000n, vm)]).toEqual(["ok", "EINVAL"]);
    const late = vmOn(host);
    vcpuIn(late);
    expect(on(0x1000n, late)).toBe("EINVAL");
  });
  it("adds a bitmap to a ring while there is no memory", () => {
    const vm = vmOn(host);
    expect(said(enableCapability(vm, RING_WITH_BITMAP, 0, []))).toBe("EINVAL");
    enableCapability(vm, RING, 0, [0x1000n]);
    expect(said(enableCapability(vm, RING_WITH_BITMAP, 0, []))).toBe("ok");
  });
  it("splits in blocks that the host has, while there is no memory", () => {
    const vm = vmOn(host);
    expect(said(enableCapability(vm, SPLIT, 0, [0x20_0000n]))).toBe("ok");
    expect(given(checkExtension(vm, SPLIT))).toBe(0x20_0000);
    expect(said(enableCapability(vm, SPLIT, 0, [0x10_0000n]))).toBe("EINVAL");
    vm.memory.regions = [{ slot: 0, address: 0n, bytes: new Uint8Array(0x1000), readOnly: false }];
    expect(said(enableCapability(vm, SPLIT, 0, [0n]))).toBe("EINVAL");
  });
});
