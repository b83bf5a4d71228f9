/** GC05xx: SVE, PMU, MTE, EL2, identity. */
import type { DiagnosticRow } from "../registry.ts";
import { cpu } from "../samples.ts";

export const facilities = {
  "sve-length-invalid": {
    code: "GC0501",
    severity: "error",
    message: "{length} is no SVE vector length",
    page: () => ({
      explain: "Vector lengths are multiples of 128 bits, from 128 to 2048.",
      wrong: cpu("sve lengths 128, 192"),
      right: cpu("sve lengths 128, 256"),
    }),
  },
  "sve-length-repeated": {
    code: "GC0502",
    severity: "error",
    message: "the vector length {length} stands twice in the list",
    page: () => ({
      explain: "The lengths are a set.",
      wrong: cpu("sve lengths 128, 128"),
      right: cpu("sve lengths 128"),
    }),
  },
  "sve-length-missing": {
    code: "GC0503",
    severity: "error",
    message: "a CPU with {longest}-bit vectors also has those of {missing} bits",
    page: () => ({
      explain:
        "The architecture demands every power of two below the longest vector length. KVM refuses a set without them: KVM_REG_ARM64_SVE_VLS answers EINVAL.",
      wrong: cpu("sve lengths 256"),
      right: cpu("sve lengths 128, 256"),
    }),
  },
  "not-a-level": {
    code: "GC0504",
    severity: "error",
    message: "`{feature}` is no {word} of `{facility}`",
    page: () => ({
      explain:
        "`pmu` takes the versions of the performance monitors (FEAT_PMUv3, FEAT_PMUv3p1, FEAT_PMUv3p4 …), `mte` the levels of memory tagging (FEAT_MTE2, FEAT_MTE3).",
      wrong: cpu("pmu on {\n  version FEAT_SPE\n}"),
      right: cpu("pmu on {\n  version FEAT_PMUv3p1\n}"),
    }),
  },
  "pmu-events-overlap": {
    code: "GC0505",
    severity: "error",
    message: "these events are in another `{action}` statement as well",
    page: () => ({
      explain:
        "Each event stands in at most one statement of a kind. A `deny` inside an `allow` is fine: it takes the event out.",
      wrong: cpu("pmu on {\n  allow events 0x00 ..= 0x1f\n  allow events 0x11\n}"),
      right: cpu("pmu on {\n  allow events 0x00 ..= 0x1f\n  deny events 0x11\n}"),
    }),
  },
  "aarch32-excludes": {
    code: "GC0506",
    severity: "error",
    message: "`el1 aarch32` and `{facility}` exclude each other",
    page: () => ({
      explain:
        "KVM_ARM_VCPU_INIT answers EINVAL for EL1_32BIT together with HAS_EL2 or on a VM with memory tagging.",
      wrong: cpu("el1 aarch32\nmte on", "host"),
      right: cpu("el1 aarch64\nmte on", "host"),
    }),
  },
  "identity-promises-more": {
    code: "GC0507",
    severity: "warning",
    message: "MIDR_EL1 says {core}, but the guest lacks what that core has: {features}",
    page: () => ({
      explain:
        "Programs and just-in-time compilers that choose code by the core's identity will execute instructions that the guest does not have and die of SIGILL. State another identity, or leave the features in.",
      wrong: cpu("midr neoverse-v1 r1p1", "armv8.4-a"),
      right: cpu("midr cortex-a53 r0p4", "cortex-a53"),
    }),
  },
  "revision-malformed": {
    code: "GC0508",
    severity: "error",
    message: "`{found}` is no revision: expected `rNpN` with numbers up to 15",
    page: () => ({
      explain: "A core's revision is written as Arm writes it: r3p1 is variant 3, revision 1.",
      wrong: cpu("midr neoverse-n1 r16p0", "neoverse-n1"),
      right: cpu("midr neoverse-n1 r3p1", "neoverse-n1"),
    }),
  },
  "core-without-midr": {
    code: "GC0509",
    severity: "error",
    message: "the MIDR_EL1 of `{core}` is not known",
    page: () => ({
      explain: "The table knows the core's features only. State the number: `midr 0x410fd0c1`.",
      wrong: cpu("midr neoverse-512tvb r0p0", "host"),
      right: cpu("midr 0x413fd0c1", "neoverse-n1"),
    }),
  },
  "pmu-deny-idle": {
    code: "GC0510",
    severity: "warning",
    message: "these events are not allowed in the first place",
    page: () => ({
      explain:
        "Once an event is allowed, all others are not. A `deny` takes events out of an `allow`; outside of every `allow` it has no effect.",
      wrong: cpu("pmu on {\n  allow events 0x00 ..= 0x1f\n  deny events 0x40\n}"),
      right: cpu("pmu on {\n  allow events 0x00 ..= 0x1f\n  deny events 0x11\n}"),
    }),
  },
} as const satisfies Readonly<Record<string, DiagnosticRow>>;
