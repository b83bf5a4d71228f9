/** The rules one by one, each on a host that tells it from its neighbours. */
import { describe, expect, it } from "vitest";
import type { HostProfile } from "../../src/hosts/profile.ts";
import type { CallOutcome, Expected, View } from "../../src/predict/index.ts";
import { smcccFunction } from "../../src/tables/index.ts";
import { shipped } from "../hosts/shipped.ts";
import { type Planned, planned, predicted, viewOf } from "./support.ts";

const plain = planned("baseline host", "");
const n1Old = shipped("neoverse-n1.linux-6.1");
const n1 = shipped("neoverse-n1.linux-6.12");
const n1New = shipped("neoverse-n1.linux-7.3");
const max = shipped("max.linux-6.12");
const maxOld = shipped("max.linux-6.1");
const maxNew = shipped("max-nested.linux-7.3");

const id = (name: string, at = 0): number => smcccFunction(name)?.ids[at] ?? Number.NaN;
const said = <T>(expected: Expected<T> | undefined): T | string =>
  expected === undefined ? "nothing" : expected.known ? expected.value : `open: ${expected.because}`;
const call = (
  view: View,
  functionId: number,
  args: readonly bigint[] = [],
  conduit: "hvc" | "smc" = "hvc",
): CallOutcome | string => said(view.call(functionId, args, conduit));
const answer = (...x: readonly (bigint | "any")[]): CallOutcome => ({
  kind: "answers",
  x: [...x, 0n, 0n, 0n, 0n].slice(0, 4),
});
const minusOne = 2n ** 64n - 1n;

describe("calls", () => {
  const view = viewOf(planned("baseline host", "services trng\npsci 1.1"), n1);

  it("are answered by the services that the guest has", () => {
    expect(call(view, id("TRNG_VERSION"))).toEqual(answer(0x1_0000n));
    expect(call(view, id("TRNG_VERSION"), [], "smc")).toEqual(answer(0x1_0000n));
    expect(call(view, id("VENDOR_HYP_CALL_UID"))).toEqual(answer(minusOne));
    expect(call(view, id("TRNG_RND"), [0x20n])).toEqual(answer(0n, "any", "any", "any"));
    expect(call(view, id("TRNG_RND"), [0x61n])).toEqual(answer(minusOne - 1n));
    expect(call(view, id("TRNG_RND", 1), [0x61n])).toEqual(answer(0n, "any", "any", "any"));
  });

  it("say the PSCI version that the contract sets, and have its functions", () => {
    expect(call(view, id("PSCI_VERSION"))).toEqual(answer(0x1_0001n));
    expect(call(view, id("PSCI_FEATURES"), [BigInt(id("PSCI_SYSTEM_RESET2"))])).toEqual(answer(0n));
    const older = viewOf(planned("baseline host", "psci 0.2"), n1);
    expect(call(older, id("PSCI_VERSION"))).toEqual(answer(2n));
    expect(call(older, id("PSCI_FEATURES"), [BigInt(id("PSCI_VERSION"))])).toEqual(answer(minusOne));
    expect(call(older, id("PSCI_SYSTEM_RESET2"))).toEqual(answer(minusOne));
    const newest = viewOf(plain, n1New);
    expect(call(newest, id("PSCI_SYSTEM_OFF2"))).toEqual({ kind: "exits", exit: "system-event" });
    expect(call(newest, id("PSCI_SYSTEM_OFF2"), [2n])).toEqual(answer(minusOne - 1n));
    expect(call(view, id("PSCI_SYSTEM_OFF2"))).toEqual(answer(minusOne));
  });

  it("leave the guest or wait where PSCI says so", () => {
    expect(call(view, id("PSCI_SYSTEM_RESET"))).toEqual({ kind: "exits", exit: "system-event" });
    expect(call(view, id("PSCI_CPU_SUSPEND"))).toEqual({ kind: "waits" });
    expect(call(view, id("PSCI_SYSTEM_SUSPEND"))).toEqual(answer(minusOne));
    const suspends = viewOf(planned("baseline host", "capability system-suspend"), n1);
    expect(call(suspends, id("PSCI_SYSTEM_SUSPEND"))).toEqual({ kind: "exits", exit: "system-event" });
  });

  it("know which vCPUs there are", () => {
    const four = viewOf(planned("baseline host", "vcpus 4"), n1);
    const info = id("PSCI_AFFINITY_INFO", 1);
    expect(call(four, info, [0n])).toEqual(answer(0n));
    expect(call(four, info, [3n])).toEqual(answer(1n));
    expect(call(four, info, [4n])).toEqual(answer(minusOne - 1n));
    expect(call(four, info, [3n, 1n])).toEqual(answer(0n));
    expect(call(four, info, [0n, 4n])).toEqual(answer(minusOne - 1n));
    const on = id("PSCI_CPU_ON", 1);
    expect(call(four, on, [0n])).toEqual(answer(minusOne - 3n));
    expect(call(four, on, [1n])).toMatch(/^open: /);
    expect(call(four, on, [4n, 0x4000_0000n])).toEqual(answer(minusOne - 1n));
    expect(call(four, on, [0n, 0x4000_0000n])).toEqual(answer(minusOne - 3n));
    expect(call(four, on, [0x1_0000_0000n])).toEqual(answer(minusOne - 1n));
    // An SMC32 call has 32 bits of each argument.
    expect(call(four, id("PSCI_CPU_ON"), [0x1_0000_0000n])).toEqual(answer(minusOne - 3n));
  });

  it("go where the filter sends them, but for the architecture's own", () => {
    const filtered = viewOf(
      planned("baseline host", "smccc {\n forward vendor-hyp fast32\n deny PSCI_SYSTEM_RESET\n deny oem\n}"),
      n1,
    );
    expect(call(filtered, id("VENDOR_HYP_CALL_UID"))).toEqual({ kind: "exits", exit: "hypercall" });
    expect(call(filtered, id("VENDOR_HYP_CALL_UID"), [], "smc")).toEqual({
      kind: "exits",
      exit: "hypercall",
    });
    expect(call(filtered, 0xc600_0100)).toEqual(answer(minusOne));
    expect(call(filtered, id("PSCI_SYSTEM_RESET"))).toEqual(answer(minusOne));
    expect(call(filtered, 0x8300_0000)).toEqual(answer(minusOne));
    expect(call(filtered, id("SMCCC_VERSION"))).toEqual(answer(0x1_0001n));
  });

  it("by SMC are all refused by linux 6.1, arguments untouched", () => {
    const old = viewOf(plain, n1Old);
    expect(call(old, id("SMCCC_VERSION"))).toEqual(answer(0x1_0001n));
    expect(call(old, id("SMCCC_VERSION"), [7n, 8n], "smc")).toEqual(answer(minusOne, 7n, 8n));
  });

  it("for the Spectre workarounds are answered at EL2 by HVC, refused by SMC", () => {
    expect(call(view, id("SMCCC_ARCH_WORKAROUND_1"), [5n, 6n, 7n])).toEqual(answer(0n, 0n, 6n, 7n));
    expect(call(view, id("SMCCC_ARCH_WORKAROUND_1"), [5n, 6n, 7n], "smc")).toEqual(answer(minusOne));
  });

  it("say of the second workaround what the guest's SSBS makes of it", () => {
    const asks = [BigInt(id("SMCCC_ARCH_WORKAROUND_2"))];
    const features = id("SMCCC_ARCH_FEATURES");
    expect(call(viewOf(plain, max), features, asks)).toEqual(answer(minusOne));
    const hidden = viewOf(planned("baseline host\nwithout FEAT_SSBS", ""), max);
    expect(call(hidden, features, asks)).toEqual(answer(minusOne - 1n));
  });

  it("tell where stolen time is", () => {
    const stolen = viewOf(planned("baseline host", "services pv-time\nstolen-time at 0x48000000"), n1);
    expect(call(stolen, id("HV_PV_TIME_ST"))).toEqual(answer(0x4800_0000n));
    expect(call(stolen, id("HV_PV_TIME_FEATURES"), [BigInt(id("HV_PV_TIME_ST"))])).toEqual(answer(0n));
    const without = viewOf(planned("baseline host", "services pv-time"), n1);
    expect(call(without, id("HV_PV_TIME_ST"))).toEqual(answer(minusOne));
  });

  it("list the vendor services, the second register from linux 6.15 on", () => {
    const guest = planned("baseline host", "services kvm-features, ptp");
    expect(call(viewOf(guest, n1), id("VENDOR_HYP_KVM_FEATURES"))).toEqual(answer(3n));
    expect(call(viewOf(guest, n1New), id("VENDOR_HYP_KVM_FEATURES"))).toEqual(answer(3n, 0n, 0n));
  });

  it("of a guest with an EL2 of its own go there by HVC", () => {
    const nested = viewOf(planned("baseline host\nel2 vhe", "gic v3"), maxNew);
    expect(nested.level).toBe(2);
    expect(call(nested, id("PSCI_VERSION"))).toEqual({ kind: "taken", level: 2 });
    expect(call(nested, id("PSCI_VERSION"), [], "smc")).toEqual(answer(0x1_0003n));
  });
});

describe("instructions", () => {
  const fate = (subject: Planned, host: HostProfile, name: string): string =>
    said(viewOf(subject, host).instruction(name));

  it("that a guest's ID registers hide are executed where KVM does not enforce it", () => {
    const hidden = planned("baseline host\nwithout FEAT_LSE, FEAT_AES, FEAT_PMULL", "");
    expect(fate(hidden, n1, "LDADD")).toBe("executes");
    expect(fate(hidden, n1, "AESE@EL0")).toBe("executes");
  });

  it("that the CPU lacks are UNDEFINED", () => {
    expect(fate(plain, n1, "FRINT32Z")).toBe("undefined");
    expect(fate(plain, max, "FRINT32Z")).toBe("executes");
    expect(fate(plain, max, "UDF")).toBe("undefined");
    expect(fate(plain, n1, "MRS_DBGBVR6_EL1")).toBe("undefined");
    expect(fate(plain, n1, "MRS_DBGBVR5_EL1")).toBe("executes");
  });

  it("of facilities need the vCPU feature", () => {
    expect(fate(plain, max, "PTRUE")).toBe("undefined");
    expect(fate(planned("baseline host\nsve host", ""), max, "PTRUE@EL0")).toBe("executes");
    expect(fate(plain, max, "PACGA")).toBe("undefined");
    expect(fate(plain, max, "PACIA")).toBe("executes");
    expect(fate(planned("baseline host\npauth on", ""), max, "PACGA")).toBe("executes");
    expect(fate(plain, max, "RDSVL")).toBe("undefined");
  });

  it("are trapped by fine-grained traps where the CPU has them and the kernel uses them", () => {
    const hidden = planned("baseline host\nwithout FEAT_TLBIOS, FEAT_TLBIRANGE", "");
    expect(fate(hidden, max, "TLBI_VAE1OS")).toBe("undefined");
    expect(fate(hidden, max, "TLBI_RVAE1")).toBe("undefined");
    expect(fate(hidden, max, "TLBI_VAE1IS")).toBe("executes");
    expect(fate(plain, max, "TLBI_VAE1OS")).toBe("executes");
    expect(fate(plain, maxOld, "TLBI_VAE1OS")).toBe("executes");
    const specres = planned("baseline host\nwithout FEAT_SPECRES", "");
    expect(fate(specres, max, "CFP_RCTX")).toBe("executes");
    expect(fate(specres, maxNew, "CFP_RCTX")).toBe("undefined");
  });

  it("of FEAT_MOPS are UNDEFINED before KVM knows of it", () => {
    expect(fate(plain, maxOld, "CPYFP")).toBe("undefined");
    expect(fate(plain, max, "CPYFP")).toBe("executes");
    expect(fate(planned("baseline host\nwithout FEAT_MOPS", ""), max, "CPYFP")).toBe("undefined");
  });

  it("count the guest's PMU counters", () => {
    const pmu = planned("baseline host\npmu on {\n intid 23\n}", "gic v3");
    expect(fate(plain, n1, "MRS_PMCCNTR_EL0")).toBe("undefined");
    expect(fate(pmu, n1, "MRS_PMCCNTR_EL0")).toBe("executes");
    expect(fate(pmu, n1, "MRS_PMEVCNTR5_EL0")).toBe("executes");
    expect(fate(pmu, n1, "MRS_PMEVCNTR6_EL0")).toBe("undefined");
    const two = planned("baseline host\npmu on {\n intid 23\n counters 2\n}", "gic v3");
    expect(fate(two, n1New, "MRS_PMEVCNTR2_EL0")).toBe("undefined");
    expect(said(viewOf(two, n1New).registers.get("PMCR_EL0"))).toBe(0x1000n);
  });

  it("of the interrupt controller need one", () => {
    expect(fate(planned("baseline host", "gic v3"), n1, "MRS_ICC_PMR_EL1")).toBe("executes");
    expect(fate(planned("baseline host", "gic none"), n1, "MRS_ICC_PMR_EL1")).toBe("undefined");
    expect(fate(planned("baseline host", "gic v2"), n1, "MRS_ICC_PMR_EL1")).toMatch(/^open: /);
  });

  it("of EL2 are for guests that have one", () => {
    expect(fate(plain, maxNew, "MRS_HCR_EL2")).toBe("undefined");
    expect(fate(planned("baseline host\nel2 vhe", "gic v3"), maxNew, "MRS_HCR_EL2")).toBe("executes");
    expect(fate(plain, maxNew, "MRS_HCR_EL3")).toMatch(/^open: /);
  });

  it("on a kernel that nobody looked at are open where its neighbours differ", () => {
    const between: HostProfile = { ...max, kernel: { release: "6.6.1", version: "6.6.1" } };
    const hidden = planned("baseline host\nwithout FEAT_TLBIOS, FEAT_TLBIRANGE", "");
    expect(fate(hidden, between, "TLBI_VAE1OS")).toMatch(/^open: /);
    expect(fate(hidden, between, "TLBI_VAE1IS")).toBe("executes");
    expect(call(viewOf(plain, between), id("SMCCC_VERSION"), [], "smc")).toEqual(answer(0x1_0001n));
    const earlier: HostProfile = { ...maxOld, kernel: { release: "6.3.1", version: "6.3.1" } };
    expect(call(viewOf(plain, earlier), id("SMCCC_VERSION"), [], "smc")).toMatch(/^open: /);
  });

  it("on silicon are not what QEMU alone does", () => {
    const silicon: HostProfile = { ...n1, cpu: { ...n1.cpu, platform: "Ampere Altra" } };
    expect(fate(plain, n1, "MRS_DBGPRCR_EL1")).toBe("undefined");
    expect(fate(plain, silicon, "MRS_DBGPRCR_EL1")).toBe("executes");
    expect(said(viewOf(plain, silicon).registers.get("CNTFRQ_EL0"))).toMatch(/^open: /);
  });
});

describe("registers", () => {
  const read = (subject: Planned, host: HostProfile, name: string): bigint | string =>
    said(viewOf(subject, host).registers.get(name));

  it("hold what the contract says, and what the host shows where it says nothing", () => {
    const subject = planned("baseline host\nfield ID_AA64ISAR0_EL1.AES = 0\nmidr neoverse-n1 r4p1", "");
    const shown = read(plain, n1New, "ID_AA64ISAR0_EL1");
    expect(typeof shown === "bigint" && ((shown >> 4n) & 0xfn) > 0n).toBe(true);
    expect(read(subject, n1New, "ID_AA64ISAR0_EL1")).toBe(
      typeof shown === "bigint" ? shown & ~0xf0n : "a value",
    );
    expect(read(subject, n1New, "MIDR_EL1")).toBe(0x414f_d0c1n);
    expect(read(plain, n1New, "MPIDR_EL1")).toBe(0x8000_0000n);
  });

  it("show the interrupt controller that the guest has", () => {
    const gic = (value: bigint | string): bigint | string =>
      typeof value === "bigint" ? (value >> 24n) & 0xfn : value;
    expect(gic(read(planned("baseline host", "gic v3"), n1, "ID_AA64PFR0_EL1"))).toBe(1n);
    expect(gic(read(planned("baseline host", "gic none"), n1, "ID_AA64PFR0_EL1"))).toBe(0n);
  });

  it("take an exception where the guest does not have them", () => {
    expect(read(plain, n1, "PMCR_EL0")).toBe("undefined");
    expect(read(plain, n1, "CCSIDR2_EL1")).toBe("undefined");
    expect(read(plain, max, "CCSIDR2_EL1")).toBe("trapped");
    expect(read(plain, n1, "CSSELR_EL1")).toBe("any");
  });

  it("list the events that the filter leaves", () => {
    const filtered = planned(
      "baseline host\npmu on {\n intid 23\n allow events 0x00 ..= 0x11\n deny events 0x0\n}",
      "gic v3",
    );
    expect(read(filtered, n1, "PMCEID0_EL0")).toBe(0x2_0000n);
    expect(read(filtered, n1, "PMCEID1_EL0")).toBe(0n);
  });
});

describe("refusals", () => {
  const refusal = (subject: Planned, host: HostProfile): string => {
    const prediction = predicted(subject, host);
    if (prediction.kind === "runs") return "runs";
    return `${subject.plan.operations[prediction.operation]?.name}: ${prediction.errno}`;
  };

  it.each([
    ["a capability that the host lacks", "sve host", "", n1, "KVM_CAP_ARM_SVE: EOPNOTSUPP"],
    [
      "vector lengths that the CPU lacks",
      "sve lengths 128, 256, 512, 1024",
      "",
      shipped("a64fx.linux-6.12"),
      "KVM_REG_ARM64_SVE_VLS: EINVAL",
    ],
    ["vector lengths that the CPU has", "sve lengths 128, 256", "", shipped("a64fx.linux-6.12"), "runs"],
    ["a field that nothing lowers on 6.1", "without FEAT_LSE", "", n1Old, "ID_AA64ISAR0_EL1: EINVAL"],
    ["a field that the CPU does not reach", "with FEAT_SHA3", "", n1, "ID_AA64ISAR0_EL1: EINVAL"],
    ["a PSCI version that the kernel does not know", "", "psci 1.3", n1, "KVM_REG_ARM_PSCI_VERSION: EINVAL"],
    [
      "a service that the kernel does not know",
      "",
      "services discover-impl-ver",
      n1,
      "KVM_REG_ARM_VENDOR_HYP_BMAP_2: ENOENT",
    ],
    ["a filter before linux 6.4", "", "smccc {\n deny oem\n}", n1Old, "KVM_ARM_VM_SMCCC_FILTER: EINVAL"],
    [
      "a number of counters before linux 6.16",
      "pmu on {\n intid 23\n counters 2\n}",
      "gic v3",
      n1,
      "KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS: ENXIO",
    ],
    [
      "more counters than the host has",
      "pmu on {\n intid 23\n counters 7\n}",
      "gic v3",
      n1New,
      "KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS: EINVAL",
    ],
    [
      "an interrupt of the PMU without an interrupt controller",
      "pmu on {\n intid 23\n}",
      "gic none",
      n1,
      "KVM_ARM_VCPU_PMU_V3_IRQ: EINVAL",
    ],
    [
      "a workaround level that the host does not reach",
      "",
      "workaround SMCCC_ARCH_WORKAROUND_1 = not-required",
      shipped("cortex-a72.linux-6.12"),
      "KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1: EBADMSG",
    ],
    ["an EL2 on a host that offers none", "el2 vhe", "gic v3", n1New, "KVM_CAP_ARM_EL2: EOPNOTSUPP"],
  ] as const)("%s", (_, cpu, guest, host, expected) => {
    expect(refusal(planned(`baseline host\n${cpu}`, guest), host)).toBe(expected);
  });
});
