import { describe, expect, it } from "vitest";
import {
  createVm,
  enableCapability,
  finalizeVcpu,
  getMpState,
  initVcpu,
  setMpState,
} from "../../../src/sim/kvm/index.ts";
import { bitsOf, GENERIC, given, hostOf, init, readyIn, said, vcpuIn, vmOn } from "./calls-support.ts";

const SVE = 4;
const MTE = 205;

describe("KVM_ARM_VCPU_INIT", () => {
  it("takes the CPU's own target, and the generic one but on old kernels (kvm_vcpu_set_target)", () => {
    const taken = (host: string): readonly number[] =>
      [0, 1, 2, 3, 4, 5, 6].filter((target) => initVcpu(vcpuIn(vmOn(host)), target, [4]).ok);
    expect(taken("cortex-a53.linux-6.1")).toEqual([4]);
    expect(taken("cortex-a53.linux-6.12")).toEqual([4, 5]);
    expect(taken("neoverse-n1.linux-6.12")).toEqual([5]);
  });
  it("goes by the CPU's name where the profile has no MIDR_EL1", () => {
    const { profile } = hostOf("cortex-a53.linux-6.12");
    const { midr: _, ...cpu } = profile.cpu;
    const named = (name: string) => given(createVm({ profile: { ...profile, cpu: { ...cpu, name } } }, 0n));
    expect(said(initVcpu(vcpuIn(named("cortex-a57")), 2, [4]))).toBe("ok");
    expect(said(initVcpu(vcpuIn(named("cortex-a72")), 2, [4]))).toBe("EINVAL");
  });
  it("answers ENOENT to features that the kernel does not know, in any word (kvm_vcpu_init_check_features)", () => {
    const vcpu = vcpuIn(vmOn("max.linux-6.12"));
    expect(said(initVcpu(vcpu, GENERIC, [4 + 2 ** 31]))).toBe("ENOENT");
    expect(said(initVcpu(vcpu, GENERIC, [4, 0, 1]))).toBe("ENOENT");
    // HAS_EL2: known from 6.16 on, though this host has none.
    expect(said(initVcpu(vcpu, GENERIC, [0x84]))).toBe("ENOENT");
    expect(said(initVcpu(vcpuIn(vmOn("max.linux-6.16")), GENERIC, [0x84]))).toBe("EINVAL");
  });
  it("answers EINVAL to features that the host lacks, by its capabilities", () => {
    const vcpu = vcpuIn(vmOn("neoverse-n1.linux-6.12"));
    expect(init(vcpu, "SVE")).toBe("EINVAL");
    expect(init(vcpu, "PTRAUTH_ADDRESS", "PTRAUTH_GENERIC")).toBe("EINVAL");
    expect(init(vcpu, "EL1_32BIT")).toBe("EINVAL");
    expect(init(vcpuIn(vmOn("cortex-a53.linux-6.12")), "EL1_32BIT")).toBe("ok");
  });
  it("wants both kinds of pointer authentication, and a PMU with a strict one", () => {
    expect(init(vcpuIn(vmOn("max.linux-7.3")), "PTRAUTH_ADDRESS")).toBe("EINVAL");
    expect(init(vcpuIn(vmOn("max.linux-7.3")), "PMU_V3_STRICT")).toBe("EINVAL");
    expect(init(vcpuIn(vmOn("max.linux-7.3")), "PMU_V3_STRICT", "PMU_V3")).toBe("ok");
  });
  it("takes E2H0 without EL2, because only kvm_vcpu_init_nested asks for it", () => {
    expect(init(vcpuIn(vmOn("neoverse-n1.linux-7.2")), "HAS_EL2_E2H0")).toBe("ok");
    expect(init(vcpuIn(vmOn("max-nested.linux-7.2")), "HAS_EL2", "HAS_EL2_E2H0")).toBe("ok");
  });
  it("refuses AArch32 beside memory tags", () => {
    const vm = vmOn("cortex-a53.linux-6.12");
    vm.enabled.add(MTE);
    expect(init(vcpuIn(vm), "EL1_32BIT")).toBe("EINVAL");
  });
  it("wants the same features of every vCPU and every time, but for POWER_OFF (kvm_vcpu_init_changed)", () => {
    const vm = vmOn("neoverse-n1.linux-6.12");
    const [first, second] = [readyIn(vm), vcpuIn(vm)];
    expect(init(second, "PSCI_0_2", "PMU_V3")).toBe("EINVAL");
    expect(init(second, "PSCI_0_2", "POWER_OFF")).toBe("ok");
    expect(init(first)).toBe("EINVAL");
    expect(init(first, "PSCI_0_2", "POWER_OFF")).toBe("ok");
    expect(given(getMpState(first))).toBe(5);
    expect(init(first, "PSCI_0_2")).toBe("ok");
    expect(given(getMpState(first))).toBe(0);
  });
  it("an unknown feature comes ahead of a changed one, a wrong target ahead of both", () => {
    const vcpu = readyIn(vmOn("neoverse-n1.linux-6.12"));
    expect(said(initVcpu(vcpu, 6, [2 ** 20]))).toBe("EINVAL");
    expect(said(initVcpu(vcpu, GENERIC, [2 ** 20]))).toBe("ENOENT");
  });
});

describe("KVM_ARM_VCPU_INIT of linux 6.1 (kvm_vcpu_set_target, kvm_reset_vcpu)", () => {
  it("lets vCPUs differ, but for the register width", () => {
    const vm = vmOn("cortex-a53.linux-6.1");
    const start = (...names: readonly string[]): string =>
      said(initVcpu(vcpuIn(vm), 4, [bitsOf("PSCI_0_2", ...names)]));
    expect(start()).toBe("ok");
    expect(start("PMU_V3")).toBe("ok");
    expect(start("EL1_32BIT")).toBe("EINVAL");
  });
  it("takes POWER_OFF for a feature that must stay", () => {
    const vcpu = vcpuIn(vmOn("neoverse-n1.linux-6.1"));
    expect(init(vcpu, "POWER_OFF", "PSCI_0_2")).toBe("ok");
    expect(init(vcpu, "PSCI_0_2")).toBe("EINVAL");
  });
  it("keeps the features before an unknown one for the next try", () => {
    const vcpu = vcpuIn(vmOn("neoverse-n1.linux-6.1"));
    expect(said(initVcpu(vcpu, GENERIC, [0x80 + bitsOf("PMU_V3")]))).toBe("ENOENT");
    expect(init(vcpu, "PSCI_0_2")).toBe("ok");
    expect(vcpu.features).toBe(bitsOf("PSCI_0_2", "PMU_V3"));
  });
  it("sees a changed bit before an unknown one that is higher", () => {
    const vcpu = readyIn(vmOn("neoverse-n1.linux-6.1"));
    expect(said(initVcpu(vcpu, GENERIC, [0x80]))).toBe("EINVAL");
    expect(said(initVcpu(vcpu, GENERIC, [0x84]))).toBe("ENOENT");
  });
  it("keeps SVE where pointer authentication was refused", () => {
    const vcpu = vcpuIn(vmOn("a64fx.linux-6.1"));
    expect(init(vcpu, "PSCI_0_2", "SVE", "PTRAUTH_ADDRESS", "PTRAUTH_GENERIC")).toBe("EINVAL");
    expect(init(vcpu, "PSCI_0_2")).toBe("ok");
    expect(said(finalizeVcpu(vcpu, SVE))).toBe("ok");
  });
});

describe("KVM_ARM_VCPU_FINALIZE (kvm_arm_vcpu_finalize)", () => {
  it("needs an initialised vCPU", () => {
    expect(said(finalizeVcpu(vcpuIn(vmOn("max.linux-6.12")), SVE))).toBe("ENOEXEC");
  });
  it("is for SVE alone, once", () => {
    const vcpu = readyIn(vmOn("max.linux-6.12"), "SVE");
    expect([3, 5, SVE, SVE].map((feature) => said(finalizeVcpu(vcpu, feature)))).toEqual([
      "EINVAL",
      "EINVAL",
      "ok",
      "EPERM",
    ]);
  });
  it("stays over another init", () => {
    const vcpu = readyIn(vmOn("max.linux-6.12"), "SVE");
    finalizeVcpu(vcpu, SVE);
    expect(init(vcpu, "PSCI_0_2", "SVE")).toBe("ok");
    expect(said(finalizeVcpu(vcpu, SVE))).toBe("EPERM");
  });
  it("is refused without SVE", () => {
    expect(said(finalizeVcpu(readyIn(vmOn("max.linux-6.12")), SVE))).toBe("EINVAL");
  });
});

describe("KVM_SET_MP_STATE (kvm_arch_vcpu_ioctl_set_mpstate)", () => {
  it("takes three states, before init too", () => {
    const vcpu = vcpuIn(vmOn("neoverse-n1.linux-6.12"));
    const taken = Array.from({ length: 12 }, (_, state) => state).filter(
      (state) => setMpState(vcpu, state).ok,
    );
    expect(taken).toEqual([0, 5, 10]);
    expect(given(getMpState(vcpu))).toBe(10);
  });
});

it("the default PMU is taken at init, unless it is a strict one (kvm_setup_vcpu)", () => {
  const plain = readyIn(vmOn("neoverse-n1.linux-7.3"), "PMU_V3");
  const strict = readyIn(vmOn("neoverse-n1.linux-7.3"), "PMU_V3", "PMU_V3_STRICT");
  expect([plain, strict].map(({ vm }) => vm.pmu.unit !== undefined)).toEqual([true, false]);
});

it("KVM_CAP_ARM_MTE must come before vCPUs (kvm_vm_ioctl_enable_cap)", () => {
  const { profile } = hostOf("max.linux-6.12");
  const kvm = { profile: { ...profile, capabilities: new Map([...profile.capabilities, [MTE, 1]]) } };
  const [early, late] = [given(createVm(kvm, 0n)), given(createVm(kvm, 0n))];
  vcpuIn(late);
  expect([early, late].map((vm) => said(enableCapability(vm, MTE, 0, [])))).toEqual(["ok", "EINVAL"]);
});
