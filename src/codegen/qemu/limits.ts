/**
 * What QEMU's classic properties (`-machine virt`, `-cpu host`) cannot carry. Facts from QEMU's
 * docs/system/arm/cpu-features.rst, docs/system/arm/virt.rst and include/hw/arm/virt.h, and from asking
 * 7.2, 10.0 and 11.1 over QMP with KVM: none has a property for a field of an ID register.
 */
import type { Part } from "../declarations.ts";
import type { Carried, Limit } from "../limits.ts";

/** A facility that is switched off takes its fields along: seen by guests under KVM on 6.1, 6.12, 7.2 and 7.3. */
function switchedOff(part: Part): Carried {
  return { field: { facility: part }, value: "absent", when: { part, value: "off" } };
}

/** `statement` as a limit with no way around it. */
function never(part: Part, why: string): Limit {
  return { on: "declaration", part, carried: [], why };
}

const services =
  "QEMU has no property for hypercall services: the guest gets every service that the host's KVM has";

export const limits: readonly Limit[] = [
  {
    on: "declaration",
    part: "field",
    carried: [
      switchedOff("sve"),
      switchedOff("pauth"),
      switchedOff("pmu"),
      switchedOff("mte"),
      switchedOff("el2"),
      { field: { register: "ID_AA64ZFR0_EL1" }, value: "0x0", when: { part: "sve", value: "off" } },
      { subject: "ID_AA64PFR0_EL1.SVE", value: "0x1" },
      { subject: "ID_AA64PFR0_EL1.EL2", value: "0x1", when: { part: "el2", value: "vhe" } },
      { subject: "ID_AA64PFR0_EL1.EL2", value: "0x0", when: { part: "el2", value: "off" } },
      { subject: "ID_AA64PFR0_EL1.EL1", value: "0x2", when: { part: "el1", value: "aarch32" } },
      { subject: "ID_AA64PFR0_EL1.EL0", value: "0x2", when: { part: "el1", value: "aarch32" } },
      // KVM sets these by the interrupt controller that the machine has.
      { field: { facility: "gic" }, when: { part: "gic", value: "v3" } },
      { field: { facility: "gic" }, when: { part: "gic", value: "v2" } },
      // What KVM hides from every guest it hides from QEMU's too; some of it only from a certain release on.
      { field: { role: "hidden" }, value: "0x0" },
    ],
    why: "QEMU's classic properties switch SVE, pointer authentication, PMU, MTE and EL2, but no other field of an ID register",
  },
  never("pmu-counters", "QEMU has no property for the number of PMU counters"),
  never("pmu-events", "QEMU has no property for the PMU event filter"),
  {
    on: "declaration",
    part: "pmu-intid",
    carried: [{ value: "23" }],
    why: "the `virt` machine wires the PMU to INTID 23",
  },
  {
    on: "declaration",
    part: "el2",
    carried: [{ value: "off" }, { value: "vhe" }],
    why: "QEMU does not ask KVM for an EL2 with E2H fixed to 0",
  },
  {
    on: "declaration",
    part: "gic",
    carried: [{ value: "v3" }, { value: "v2" }],
    why: "the `virt` machine always has an interrupt controller",
  },
  {
    on: "declaration",
    part: "bitmap",
    carried: [
      { subject: "KVM_REG_ARM_STD_BMAP", value: "0x1" },
      { subject: "KVM_REG_ARM_STD_HYP_BMAP", value: "0x1" },
      // `kvm-steal-time=off`: the service's calls answer -1 as well, though SMCCC_ARCH_FEATURES still knows them.
      { subject: "KVM_REG_ARM_STD_HYP_BMAP", value: "0x0" },
      { subject: "KVM_REG_ARM_VENDOR_HYP_BMAP", value: "0x3" },
      { subject: "KVM_REG_ARM_VENDOR_HYP_BMAP_2", value: "0x0" },
    ],
    why: services,
  },
  never("unknown-bitmaps", services),
  never("filter", "QEMU has no property for the SMCCC filter"),
  never("capability", "QEMU has no property for this VM capability"),
  never("workaround", "QEMU has no property that demands a level of a firmware workaround"),
  {
    on: "declaration",
    part: "timer",
    carried: [
      { subject: "virtual", value: "27" },
      { subject: "physical", value: "30" },
      { subject: "hyp-virtual", value: "28" },
      { subject: "hyp-physical", value: "26" },
    ],
    why: "the `virt` machine wires the timers to INTIDs 27 (virtual), 30 (physical), 28 (hyp-virtual) and 26 (hyp-physical)",
  },
  never("stolen-time", "QEMU chooses the address of the stolen-time records itself"),
  never("counter-offset", "QEMU keeps the counter's offset itself"),
  never("ipa", "QEMU derives the size of the guest-physical address space from its memory map"),
];
