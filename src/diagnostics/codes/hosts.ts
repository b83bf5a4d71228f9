/** GC07xx: what a host cannot give, and what a sealed guest may not leave to it. */
import type { DiagnosticRow } from "../registry.ts";
import { file, guest, onHost } from "../samples.ts";

export const hosts = {
  "sealed-open": {
    code: "GC0701",
    severity: "error",
    message: "guest `{guest}` is sealed, but {open} left to the host",
    page: () => ({
      explain:
        "A sealed guest sees the same on every host that can run it. Whatever no statement and no baseline decides would differ from host to host. A core as baseline decides every field that its manual gives.",
      wrong: guest("sealed"),
      right: guest(""),
    }),
  },
  "host-refuses-field": {
    code: "GC0702",
    severity: "error",
    message: "host `{host}` cannot show {what}",
    page: () => ({
      explain:
        "KVM lets user space lower some fields of the ID registers, never raise them, and many it does not let user space change at all; which ones depends on the kernel. Where the host shows another value than the contract and cannot be told otherwise, the guest would not see what it is promised: KVM_SET_ONE_REG answers EINVAL.",
      wrong: onHost("field ID_AA64MMFR1_EL1.VH = 0", ""),
      right: onHost("field ID_AA64MMFR1_EL1.PAN = 1", ""),
    }),
  },
  "host-lacks-capability": {
    code: "GC0704",
    severity: "error",
    message: "host `{host}` lacks {capability}",
    page: () => ({
      explain:
        "KVM_CHECK_EXTENSION answers 0: the hardware or the kernel does not have what the statement needs.",
      wrong: onHost("mte on", ""),
      right: onHost("mte off", ""),
    }),
  },
  "host-lacks-vcpu-feature": {
    code: "GC0705",
    severity: "error",
    message: "host `{host}` cannot make vCPUs with {feature}",
    page: () => ({
      explain:
        "KVM_ARM_VCPU_INIT refuses the feature: EINVAL where the hardware lacks it, ENOENT where the kernel does not know it.",
      wrong: onHost("sve lengths 128", ""),
      right: onHost("sve off", ""),
    }),
  },
  "host-lacks-service": {
    code: "GC0706",
    severity: "error",
    message: "host `{host}` does not have the service `{service}`",
    page: () => ({
      explain:
        "The kernel has no such bitmap register (KVM_SET_ONE_REG answers ENOENT) or does not know the service's bit in it (EINVAL).",
      wrong: onHost(
        "",
        "services kvm-features, discover-impl-ver\nsmccc {\n  forward 0xC600_0040\n}",
        "neoverse-n1.linux-6.12",
      ),
      right: onHost("", "services kvm-features"),
    }),
  },
  "host-lacks-length": {
    code: "GC0707",
    severity: "error",
    message: "host `{host}` cannot give exactly these vector lengths: {problem}",
    page: () => ({
      explain:
        "KVM demands that every length asked for exists, and that no length of the host below the longest is left out, because hardware cannot hide one.",
      wrong: onHost("sve lengths 128, 256, 512, 1024", "", "a64fx.linux-6.12"),
      right: onHost("sve lengths 128, 256, 512", "", "a64fx.linux-6.12"),
    }),
  },
  "host-kernel-too-old": {
    code: "GC0708",
    severity: "error",
    message: "host `{host}` runs linux {kernel}; {what} came with linux {since}",
    page: () => ({
      explain: "The call or its subject does not exist in the host's kernel.",
      wrong: onHost("", "smccc {\n  deny oem fast64\n}", "neoverse-n1.linux-6.1"),
      right: onHost("", "smccc {\n  deny oem fast64\n}"),
    }),
  },
  "host-psci": {
    code: "GC0709",
    severity: "error",
    message: "host `{host}` does not know PSCI {version}",
    page: () => ({
      explain:
        "KVM_REG_ARM_PSCI_VERSION answers EINVAL for a version that the kernel does not implement. PSCI 1.3 came with linux 6.13.",
      wrong: onHost("", "psci 1.3"),
      right: onHost("", "psci 1.1"),
    }),
  },
  "host-workaround": {
    code: "GC0710",
    severity: "error",
    message: "host `{host}` is at level `{actual}` of {register}, not `{wanted}`",
    page: () => ({
      explain:
        "A workaround register is a promise that the host must keep: KVM refuses a level above the host's own with EINVAL.",
      wrong: onHost("", "workaround SMCCC_ARCH_WORKAROUND_3 = not-required"),
      right: onHost("", "workaround SMCCC_ARCH_WORKAROUND_3 = available"),
    }),
  },
  "host-shows-more": {
    code: "GC0711",
    severity: "warning",
    message:
      "host `{host}` tells the guest `{actual}` for {register}, more than the `{wanted}` that is stated",
    page: () => ({
      explain: "KVM accepts a lower level but does not store it: the guest is told the host's own level.",
      wrong: onHost("", "workaround SMCCC_ARCH_WORKAROUND_1 = available"),
      right: onHost("", "workaround SMCCC_ARCH_WORKAROUND_1 = not-required"),
    }),
  },
  "hosts-differ": {
    code: "GC0712",
    severity: "warning",
    message: "guest `{guest}` leaves open {fields} in which its hosts differ",
    page: () => ({
      explain:
        "A field that is left to the host has another value on another host: a guest that is moved would see its CPU change.",
      wrong: file(
        'host n1 { profile "hosts/neoverse-n1.linux-6.12.json" }\nhost a76 { profile "hosts/cortex-a76.linux-6.12.json" }\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  runs-on n1, a76\n}',
      ),
      right: onHost("", ""),
    }),
  },
  "host-refuses-counters": {
    code: "GC0713",
    severity: "error",
    message: "host `{host}` has {actual} event counters, not {wanted}",
    page: () => ({
      explain: "KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS answers EINVAL for more counters than the hardware has.",
      wrong: onHost("pmu on {\n  counters 31\n}", "", "max-nested.linux-6.18"),
      right: onHost("pmu on {\n  counters 4\n}", "", "max-nested.linux-6.18"),
    }),
  },
  "host-lacks-controller": {
    code: "GC0714",
    severity: "error",
    message: "host `{host}` has no GIC{version}",
    page: () => ({
      explain:
        "KVM_CREATE_DEVICE answers ENODEV: a GICv2 needs a host with one, or a GICv3 that was built to serve GICv2 guests.",
      wrong: onHost("", "gic v2"),
      right: onHost("", "gic v3"),
    }),
  },
} as const satisfies Readonly<Record<string, DiagnosticRow>>;
