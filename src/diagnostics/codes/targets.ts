/** GC08xx: what a target cannot carry. */
import type { DiagnosticRow } from "../registry.ts";
import { file, guest } from "../samples.ts";

export const targets = {
  "target-cannot-carry": {
    code: "GC0801",
    severity: "error",
    message: "target `{target}` cannot carry {what}",
    page: () => ({
      explain:
        "The target has no way to say what the contract promises, so that the guest would see something else. A target never drops a declaration: it writes nothing and names what is in the way. QEMU's properties, for example, decide SVE, pointer authentication and the PMU, but no field of an ID register, no hypercall service and no SMCCC filter. Build the guest for a target that can (`one-reg`, `c-header`), or leave the choice to the host.",
      wrong: file("cpu c {\n  baseline host\n  without FEAT_RNG\n}\n\nguest g {\n  cpu c\n}"),
      right: guest("gic v3"),
    }),
  },
  "target-leaves-default": {
    code: "GC0802",
    severity: "warning",
    message: "target `{target}` leaves open what guestc decides by default: {what}",
    page: () => ({
      explain:
        "No statement asks for it, but without one guestc chooses the safe value, e.g. it denies every hypercall service that is not named, also those that a newer kernel adds. This target cannot: what it starts shows KVM's own default there. In a sealed guest this is an error. Name the services that KVM gives anyway to have them in the contract; where the rest matters, build the guest for a target that can carry it (`one-reg`, `c-header`).",
      wrong: guest("gic v3"),
      right: guest("gic v3\nservices trng, kvm-features, ptp"),
    }),
  },
} as const satisfies Readonly<Record<string, DiagnosticRow>>;
