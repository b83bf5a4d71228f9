/** GC04xx: features of the architecture, and what their rules say of a CPU model. */
import type { DiagnosticRow } from "../registry.ts";
import { cpu, file } from "../samples.ts";

export const features = {
  "unknown-feature": {
    code: "GC0401",
    severity: "error",
    message: "the architecture has no feature `{name}`",
    page: () => ({
      explain: "Features are spelled as the Arm ARM spells them, `FEAT_` in front: FEAT_LSE, FEAT_DotProd.",
      wrong: cpu("with FEAT_DOTPROD2"),
      right: cpu("with FEAT_DotProd"),
    }),
  },
  "feature-repeated": {
    code: "GC0402",
    severity: "warning",
    message: "`{feature}` is stated twice",
    page: () => ({
      explain: "The second statement says nothing new. The parent's statements count as well.",
      wrong: cpu("with FEAT_DotProd\nwith FEAT_DotProd"),
      right: cpu("with FEAT_DotProd"),
    }),
  },
  "feature-contradicted": {
    code: "GC0403",
    severity: "error",
    message: "`{feature}` is stated both with and without",
    page: () => ({
      explain: "Order has no meaning in the language, so neither statement could win.",
      wrong: cpu("with FEAT_DotProd\nwithout FEAT_DotProd"),
      right: cpu("with FEAT_DotProd"),
    }),
  },
  "feature-undone": {
    code: "GC0404",
    severity: "error",
    message: "`{statement}` does not hold: another statement makes {feature} {state}",
    page: () => ({
      explain:
        "A feature stands for values of fields. Another statement decides one of them so that the feature's own condition no longer holds.",
      wrong: cpu("with FEAT_DotProd\nfield ID_AA64ISAR0_EL1.DP = 0"),
      right: cpu("with FEAT_DotProd"),
    }),
  },
  "feature-of-facility": {
    code: "GC0405",
    severity: "error",
    message: "`{feature}` is switched by the statement `{facility}`",
    page: () => ({
      explain:
        "Features that need more than a field (a vCPU feature, a VM capability, vector lengths) have a statement of their own, so that there is one way to say them.",
      wrong: cpu("with FEAT_SVE"),
      right: cpu("sve lengths 128"),
    }),
  },
  "feature-without-field": {
    code: "GC0406",
    severity: "error",
    message: "`{feature}` shows in no ID register",
    page: () => ({
      explain:
        "Nothing in the guest's registers says whether the feature is there, so a contract cannot promise or deny it.",
      wrong: cpu("with FEAT_Crypto"),
      right: cpu("with FEAT_AES"),
    }),
  },
  "feature-never-offered": {
    code: "GC0407",
    severity: "error",
    message: "KVM offers `{feature}` to no guest",
    page: () => ({
      explain:
        "Some features stay the host's own: KVM shows their fields as zero whatever the hardware has, and their registers are UNDEFINED for the guest.",
      wrong: cpu("with FEAT_SPE"),
      right: cpu(""),
    }),
  },
  "needless-feature": {
    code: "GC0408",
    severity: "warning",
    message: "`{word} {feature}` changes nothing: it is {state} already",
    page: () => ({
      explain:
        "The baseline (or the parent) already decides it so. A statement without an effect misleads the next reader.",
      wrong: cpu("with FEAT_LSE"),
      right: cpu("with FEAT_DotProd"),
    }),
  },
  "constraint-broken": {
    code: "GC0409",
    severity: "error",
    message: "the architecture does not allow this: {rule}",
    page: () => ({
      explain:
        "Arm's own constraints tie features together: what requires what, what excludes what. A guest that sees a set which no CPU can have takes code paths that nobody has tested. The rule's number refers to Arm's machine-readable feature file.",
      wrong: cpu("with FEAT_SHA512"),
      right: cpu("with FEAT_SHA1, FEAT_SHA256, FEAT_SHA512, FEAT_SHA3"),
    }),
  },
  "field-rule-broken": {
    code: "GC0410",
    severity: "error",
    message: "these fields do not go together: {why}",
    page: () => ({
      explain:
        "Some rules tie fields rather than features: FP and AdvSIMD are equal, one pointer-authentication cipher at most, at least two breakpoints.",
      wrong: cpu("field ID_AA64PFR0_EL1.FP = 0\nfield ID_AA64PFR0_EL1.AdvSIMD = 1"),
      right: cpu("field ID_AA64PFR0_EL1.FP = 1\nfield ID_AA64PFR0_EL1.AdvSIMD = 1"),
    }),
  },
  "mandatory-feature-absent": {
    code: "GC0411",
    severity: "warning",
    message: "`{feature}` is mandatory in Arm{architecture}, and software may rely on it",
    page: () => ({
      explain:
        "A compiler that targets the version emits such instructions without asking. Real cores and hypervisors break this rule, so it is a warning: take a lower baseline, or leave the feature in.",
      wrong: cpu("without FEAT_LSE"),
      right: cpu("", "armv8.0-a"),
    }),
  },
  "feature-newer-than-baseline": {
    code: "GC0412",
    severity: "warning",
    message: "`{feature}` exists from Arm{since} on, the baseline is Arm{architecture}",
    page: () => ({
      explain:
        "Arm allows a feature from a certain version on. Software that reads the version from other fields may not expect it on an older one.",
      wrong: cpu("with FEAT_MOPS"),
      right: cpu("with FEAT_MOPS", "armv8.7-a"),
    }),
  },
  "field-repeated": {
    code: "GC0413",
    severity: "error",
    message: "`{field}` is decided twice",
    page: () => ({
      explain: "Order has no meaning in the language, so neither statement could win.",
      wrong: cpu("field ID_AA64PFR0_EL1.CSV3 = 1\nfield ID_AA64PFR0_EL1.CSV3 = 0"),
      right: cpu("field ID_AA64PFR0_EL1.CSV3 = 1"),
    }),
  },
  "needless-field": {
    code: "GC0414",
    severity: "warning",
    message: "`{field}` is {value} already",
    page: () => ({
      explain: "The baseline decides the field so. A statement without an effect misleads the next reader.",
      wrong: cpu("field ID_AA64ISAR0_EL1.Atomic = 2"),
      right: cpu("field ID_AA64ISAR0_EL1.Atomic = 3"),
    }),
  },
  "field-never-offered": {
    code: "GC0415",
    severity: "error",
    message: "KVM shows `{field}` to no guest",
    page: () => ({
      explain: "KVM shows the field as zero whatever the hardware has.",
      wrong: cpu("field ID_AA64DFR0_EL1.PMSVer = 1"),
      right: cpu(""),
    }),
  },
  "field-of-facility": {
    code: "GC0416",
    severity: "error",
    message: "`{field}` needs the statement `{facility}`, which is off",
    page: () => ({
      explain:
        "The field is shown only when the vCPU feature or VM capability behind it is there; the statement named switches it on.",
      wrong: cpu("field ID_AA64PFR0_EL1.SVE = 1"),
      right: cpu("sve lengths 128"),
    }),
  },
  "baseline-missing": {
    code: "GC0417",
    severity: "error",
    message: "CPU model `{cpu}` has no baseline",
    page: () => ({
      explain:
        "A field that no statement decides is decided by the baseline: an architecture version gives what it makes mandatory and nothing else, a core gives what the core has, `host` leaves everything open.",
      wrong: file("cpu c {\n  with FEAT_DotProd\n}\n\nguest g {\n  cpu c\n}"),
      right: file("cpu c {\n  baseline armv8.2-a\n  with FEAT_DotProd\n}\n\nguest g {\n  cpu c\n}"),
    }),
  },
  "unknown-baseline": {
    code: "GC0418",
    severity: "error",
    message: "no architecture version or core is called `{name}`",
    page: () => ({
      explain:
        "Versions are written as compilers write them, `armv8.2-a`; cores as QEMU and GCC do, `neoverse-n1`.",
      wrong: cpu("", "armv8.12-a"),
      right: cpu("", "armv8.2-a"),
    }),
  },
  "core-without-values": {
    code: "GC0419",
    severity: "error",
    message: "nobody has published the ID registers of `{core}`",
    page: () => ({
      explain:
        "The core is known by its identity and features only. Record a profile on the machine, or take an architecture version as the baseline.",
      wrong: cpu("", "thunderx2"),
      right: cpu("", "neoverse-n1"),
    }),
  },
  "feature-prohibited": {
    code: "GC0421",
    severity: "warning",
    message: "`{feature}` is not allowed in Arm{architecture}",
    page: () => ({
      explain:
        "The version takes the feature away: no core that implements it has it. Software that reads the version from other fields will not look for the feature.",
      wrong: cpu("with FEAT_DoubleLock", "armv9.0-a"),
      right: cpu("with FEAT_DoubleLock", "armv8.2-a"),
    }),
  },
  "fleet-without-common": {
    code: "GC0420",
    severity: "error",
    message: "the hosts of `{fleet}` have no common CPU: {why}",
    page: () => ({
      explain:
        "`baseline common of` takes for each field that no statement decides a value that KVM of every host of the fleet takes. Fields that KVM lets nobody write have the value that the host shows, so that hosts which show different values have none in common. Leave hosts out of the fleet, run a kernel that lets the field be written, or leave the field to each host. A host on which KVM refuses every vCPU has nothing in common with any.",
      wrong: file(
        'host n1  { profile "hosts/neoverse-n1.linux-6.12.json" }\nhost a76 { profile "hosts/cortex-a76.linux-6.12.json" }\nfleet f  { hosts n1, a76 }\n\ncpu c {\n  baseline common of f\n}\n\nguest g {\n  cpu     c\n  runs-on f\n}',
      ),
      right: file(
        'host n1-lts { profile "hosts/neoverse-n1.linux-6.12.json" }\nhost n1-new { profile "hosts/neoverse-n1.linux-7.2.json" }\nfleet f     { hosts n1-lts, n1-new }\n\ncpu c {\n  baseline common of f\n}\n\nguest g {\n  cpu     c\n  runs-on f\n}',
      ),
    }),
  },
  "common-lacks-facility": {
    code: "GC0422",
    severity: "error",
    message: "`{facility}` is not common to the hosts of `{fleet}`: {why}",
    page: () => ({
      explain:
        "The block takes what the hosts of a fleet have in common and switches a facility on that not every one of them has, or that they have with different values. Switch it off, or leave the hosts out of the fleet that do not have it.",
      wrong: file(
        'host n1-lts { profile "hosts/neoverse-n1.linux-6.12.json" }\nhost n1-new { profile "hosts/neoverse-n1.linux-7.2.json" }\nfleet f     { hosts n1-lts, n1-new }\n\ncpu c {\n  baseline common of f\n  sve      lengths 128\n}\n\nguest g {\n  cpu c\n}',
      ),
      right: file(
        'host n1-lts { profile "hosts/neoverse-n1.linux-6.12.json" }\nhost n1-new { profile "hosts/neoverse-n1.linux-7.2.json" }\nfleet f     { hosts n1-lts, n1-new }\n\ncpu c {\n  baseline common of f\n  sve      off\n}\n\nguest g {\n  cpu c\n}',
      ),
    }),
  },
} as const satisfies Readonly<Record<string, DiagnosticRow>>;
