/** GC06xx: hypercall services, the SMCCC filter, firmware and devices of a guest. */
import type { DiagnosticRow } from "../registry.ts";
import { guest, test } from "../samples.ts";

export const hypercalls = {
  "unknown-service": {
    code: "GC0601",
    severity: "error",
    message: "no hypercall service is called `{name}`",
    page: () => ({
      explain:
        "A service is a bit of one of KVM's firmware bitmap registers. `guestc explain services` lists them.",
      wrong: guest("services random"),
      right: guest("services trng"),
    }),
  },
  "service-repeated": {
    code: "GC0602",
    severity: "warning",
    message: "`{service}` stands twice in the list",
    page: () => ({
      explain: "The services are a set.",
      wrong: guest("services trng, trng"),
      right: guest("services trng"),
    }),
  },
  "service-needs": {
    code: "GC0603",
    severity: "warning",
    message: "a guest cannot find `{service}` without `{needed}`",
    page: () => ({
      explain:
        "Guests ask the discovery call first which vendor services exist. Where it is denied they never call the service.",
      wrong: guest("services ptp"),
      right: guest("services kvm-features, ptp"),
    }),
  },
  "service-unanswered": {
    code: "GC0604",
    severity: "error",
    message: "nobody answers `{service}`: no filter forwards {functions}",
    page: () => ({
      explain:
        "The kernel only announces this service; its calls have no handler in KVM and must be forwarded to user space.",
      wrong: guest("services kvm-features, discover-impl-ver"),
      right: guest("services kvm-features, discover-impl-ver\nsmccc {\n  forward 0xC600_0040\n}"),
    }),
  },
  "service-shadowed": {
    code: "GC0605",
    severity: "error",
    message: "the filter {action} calls of the service `{service}`, which `services` allows",
    page: () => ({
      explain:
        "KVM asks the filter first; the service's bit then decides nothing. Either the service or the filter is not meant.",
      wrong: guest("services trng\nsmccc {\n  deny standard-secure fast32 0x50 ..= 0x5f\n}"),
      right: guest("services trng\nsmccc {\n  deny oem\n}"),
    }),
  },
  "unknown-function": {
    code: "GC0606",
    severity: "error",
    message: "`{name}` is neither an owner nor a function",
    page: () => ({
      explain:
        "A filter entry names an owner with a convention (`vendor-hyp fast64`), a function (`PSCI_CPU_ON`) or function ids.",
      wrong: guest("vcpus 1\nsmccc {\n  deny PSCI_CPU_ONN\n}"),
      right: guest("vcpus 1\nsmccc {\n  deny PSCI_CPU_ON\n}"),
    }),
  },
  "unknown-convention": {
    code: "GC0607",
    severity: "error",
    message: "no calling convention is called `{name}`",
    page: () => ({
      explain:
        "Calls are fast or yielding and pass 32-bit or 64-bit arguments: bits 31 and 30 of the function id.",
      wrong: guest("smccc {\n  deny oem fast63\n}"),
      right: guest("smccc {\n  deny oem fast64\n}"),
    }),
  },
  "function-id-too-large": {
    code: "GC0608",
    severity: "error",
    message: "{id} does not fit a function id, which has 32 bits",
    page: () => ({
      explain: "A range that runs past 0xffff_ffff wraps; KVM answers EINVAL.",
      wrong: guest("smccc {\n  deny 0xFFFF_FF00 ..= 0x1_0000_00FF\n}"),
      right: guest("smccc {\n  deny 0xFFFF_FF00 ..= 0xFFFF_FFFF\n}"),
    }),
  },
  "filter-reserved": {
    code: "GC0609",
    severity: "error",
    message: "{range} touches the Arm Architecture Calls {reserved}, which KVM always handles",
    page: () => ({
      explain:
        "SMCCC_VERSION, SMCCC_ARCH_FEATURES and the workaround calls can be neither denied nor forwarded: KVM reserves their ranges and answers EEXIST.",
      wrong: guest("smccc {\n  deny 0x8000_0000 ..= 0x8000_00FF\n}"),
      right: guest("smccc {\n  deny 0x8100_0000 ..= 0x8100_00FF\n}"),
    }),
  },
  "filter-overlap": {
    code: "GC0610",
    severity: "error",
    message: "two filter entries hold {shared}",
    page: () => ({
      explain:
        "KVM's filter is a set of disjoint ranges; the second one that intersects is refused with EEXIST, whatever its action.",
      wrong: guest("smccc {\n  deny 0xC600_0000 ..= 0xC600_00FF\n  forward 0xC600_0080 ..= 0xC600_01FF\n}"),
      right: guest("smccc {\n  deny 0xC600_0000 ..= 0xC600_007F\n  forward 0xC600_0080 ..= 0xC600_01FF\n}"),
    }),
  },
  "filter-unreachable": {
    code: "GC0611",
    severity: "error",
    message: "the entry {range} is never reached",
    page: () => ({
      explain:
        "Another entry with the same action holds the whole range already, and KVM refuses a second range that intersects.",
      wrong: guest("smccc {\n  deny vendor-hyp fast64\n  deny 0xC600_0040\n}"),
      right: guest("smccc {\n  deny vendor-hyp fast64\n}"),
    }),
  },
  "filter-handle": {
    code: "GC0612",
    severity: "warning",
    message: "`handle` grants nothing: calls without an entry are handled too",
    page: () => ({
      explain:
        "KVM's document advises against explicit HANDLE ranges. Services are granted by `services`; what no entry holds goes on to them anyway.",
      wrong: guest("smccc {\n  handle standard-hyp fast64\n}"),
      right: guest("smccc {\n  deny oem fast64\n}"),
    }),
  },
  "filter-takes-cpu-on": {
    code: "GC0613",
    severity: "warning",
    message: "the filter denies PSCI CPU_ON to a guest with {vcpus} vCPUs",
    page: () => ({
      explain:
        "A guest starts its other vCPUs by PSCI CPU_ON. Where that is denied it stays on one; where user space is to answer, `forward` the call instead.",
      wrong: guest("vcpus 4\nsmccc {\n  deny PSCI_CPU_ON\n}"),
      right: guest("vcpus 1\nsmccc {\n  deny PSCI_CPU_ON\n}"),
    }),
  },
  "unknown-psci-version": {
    code: "GC0614",
    severity: "error",
    message: "KVM does not know PSCI {version}",
    page: () => ({
      explain:
        "KVM_REG_ARM_PSCI_VERSION takes the versions that the kernel implements; another value answers EINVAL.",
      wrong: guest("psci 1.9"),
      right: guest("psci 1.1"),
    }),
  },
  "unknown-workaround": {
    code: "GC0615",
    severity: "error",
    message: "no workaround register is called `{name}`",
    page: () => ({
      explain: "KVM has one firmware register per Spectre workaround call of the SMCCC.",
      wrong: guest("workaround SMCCC_ARCH_WORKAROUND_4 = available"),
      right: guest("workaround SMCCC_ARCH_WORKAROUND_1 = available"),
    }),
  },
  "unknown-workaround-level": {
    code: "GC0616",
    severity: "error",
    message: "`{register}` has no level `{level}`",
    page: () => ({
      explain:
        "A level says what the guest is told: that no mitigation exists, that one is available, or that none is needed.",
      wrong: guest("workaround SMCCC_ARCH_WORKAROUND_1 = maybe"),
      right: guest("workaround SMCCC_ARCH_WORKAROUND_1 = available"),
    }),
  },
  "workaround-repeated": {
    code: "GC0617",
    severity: "error",
    message: "`{register}` is stated twice",
    page: () => ({
      explain: "Order has no meaning in the language, so neither statement could win.",
      wrong: guest(
        "workaround SMCCC_ARCH_WORKAROUND_1 = available\nworkaround SMCCC_ARCH_WORKAROUND_1 = not-required",
      ),
      right: guest("workaround SMCCC_ARCH_WORKAROUND_1 = available"),
    }),
  },
  "unknown-capability": {
    code: "GC0618",
    severity: "error",
    message: "no capability is called `{name}`",
    page: () => ({
      explain:
        "Capabilities here are those that KVM_ENABLE_CAP switches on for a VM and that change what its guest meets.",
      wrong: guest("capability suspend"),
      right: guest("capability system-suspend"),
    }),
  },
  "capability-repeated": {
    code: "GC0619",
    severity: "warning",
    message: "`{name}` is enabled twice",
    page: () => ({
      explain: "The capabilities are a set.",
      wrong: guest("capability system-suspend\ncapability system-suspend"),
      right: guest("capability system-suspend"),
    }),
  },
  "timer-repeated": {
    code: "GC0620",
    severity: "error",
    message: "the {timer} timer is stated twice",
    page: () => ({
      explain: "Order has no meaning in the language, so neither statement could win.",
      wrong: guest("timer virtual intid 27\ntimer virtual intid 20"),
      right: guest("timer virtual intid 27"),
    }),
  },
  "intid-shared": {
    code: "GC0621",
    severity: "error",
    message: "INTID {intid} belongs to {first} and to {second}",
    page: () => ({
      explain:
        "Each timer of a vCPU, and its PMU, needs a private interrupt of its own. KVM finds out at the first KVM_RUN, which then answers EINVAL.",
      wrong: guest("timer virtual intid 30"),
      right: guest("timer virtual intid 20"),
    }),
  },
  "stolen-time-unaligned": {
    code: "GC0622",
    severity: "error",
    message: "{address} is not aligned to 64 bytes",
    page: () => ({
      explain:
        "A vCPU's stolen-time record has 64 bytes and lies on a multiple of 64; KVM answers EINVAL otherwise.",
      wrong: guest("services pv-time\nstolen-time at 0x4800_0020"),
      right: guest("services pv-time\nstolen-time at 0x4800_0000"),
    }),
  },
  "stolen-time-unreachable": {
    code: "GC0623",
    severity: "warning",
    message: "stolen time has an address, but the service `pv-time` is denied",
    page: () => ({
      explain:
        "The guest asks for the record's address by the hypercalls of `pv-time`; without them it never finds the record.",
      wrong: guest("stolen-time at 0x4800_0000"),
      right: guest("services pv-time\nstolen-time at 0x4800_0000"),
    }),
  },
  "stolen-time-missing": {
    code: "GC0624",
    severity: "warning",
    message: "`pv-time` is allowed, but no `stolen-time` address is stated",
    page: () => ({
      explain: "Without an address PV_TIME_FEATURES answers -1, as if the service were denied.",
      wrong: guest("services pv-time"),
      right: guest("services pv-time\nstolen-time at 0x4800_0000"),
    }),
  },
  "test-empty": {
    code: "GC0625",
    severity: "warning",
    message: "this test expects nothing",
    page: () => ({
      explain: "A test without statements passes whatever the guest sees.",
      wrong: test(""),
      right: test("read ID_AA64PFR0_EL1.SVE = 0"),
    }),
  },
  "test-repeated": {
    code: "GC0626",
    severity: "error",
    message: 'guest `{guest}` has two tests called "{title}"',
    page: () => ({
      explain: "Results are told apart by the test's title.",
      wrong: `${test("read ID_AA64PFR0_EL1.SVE = 0")}\ntest g "sample" {\n  read ID_AA64PFR0_EL1.SVE = 0\n}\n`,
      right: test("read ID_AA64PFR0_EL1.SVE = 0"),
    }),
  },
  "timer-without-el2": {
    code: "GC0627",
    severity: "warning",
    message: "the guest has no {timer} timer, as it has no EL2",
    page: () => ({
      explain:
        "Only a guest with an EL2 of its own (`el2 vhe` or `el2 nvhe`) has the two timers of a hypervisor. For another guest the statement has no effect.",
      wrong: guest("timer hyp-virtual intid 28"),
      right: guest("timer virtual intid 27"),
    }),
  },
  "gic-contradicted": {
    code: "GC0628",
    severity: "error",
    message: "with `gic {gic}` KVM shows `{field}` as {value}",
    page: () => ({
      explain:
        "The GIC fields follow the interrupt controller that the VMM gives the guest: KVM sets them with a GICv3 and clears them at the first run without one, whatever was written.",
      wrong: guest("gic none").replace("baseline host", "baseline host\n  field ID_AA64PFR0_EL1.GIC = 1"),
      right: guest("gic v3"),
    }),
  },
  "intid-without-gic": {
    code: "GC0629",
    severity: "error",
    message: "`gic none` leaves nobody to take the interrupt of {what}",
    page: () => ({
      explain:
        "KVM takes the INTIDs of timers and of the PMU only for a guest with an in-kernel interrupt controller; without one KVM_SET_DEVICE_ATTR answers EINVAL.",
      wrong: guest("gic none\ntimer virtual intid 20"),
      right: guest("gic v3\ntimer virtual intid 20"),
    }),
  },
  "pmu-without-intid": {
    code: "GC0630",
    severity: "error",
    message: "with `gic {gic}` the PMU needs the INTID of its interrupt",
    page: () => ({
      explain:
        "A guest with an in-kernel interrupt controller gets its PMU only after the overflow interrupt is chosen: KVM_ARM_VCPU_PMU_V3_INIT answers ENXIO otherwise.",
      wrong: guest("gic v3").replace("baseline host", "baseline host\n  pmu on"),
      right: guest("gic v3").replace("baseline host", "baseline host\n  pmu on {\n    intid 23\n  }"),
    }),
  },
} as const satisfies Readonly<Record<string, DiagnosticRow>>;
