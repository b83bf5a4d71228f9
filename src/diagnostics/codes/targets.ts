/** GC08xx: what a target cannot carry. */
import type { DiagnosticRow } from "../registry.ts";

export const targets = {
  "target-cannot-carry": {
    code: "GC0801",
    severity: "error",
    message: "target `{target}` cannot carry {what}",
    explain:
      "The target has no way to say what the contract promises, so that the guest would see something else. A target never drops a declaration: it writes nothing and names what is in the way. QEMU's properties, for example, decide SVE, pointer authentication and the PMU, but no field of an ID register, no hypercall service and no SMCCC filter. Build the guest for a target that can (`one-reg`, `c-header`), or leave the choice to the host.",
    wrong:
      "edition 2026\n\ncpu c {\n  baseline host\n  field ID_AA64PFR0_EL1.CSV3 = 0\n}\n\nguest g {\n  cpu c\n}\n",
    right: "edition 2026\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n}\n",
  },
  "target-leaves-default": {
    code: "GC0802",
    severity: "warning",
    message: "target `{target}` leaves open what guestc decides by default: {what}",
    explain:
      "No statement asks for it, but without one guestc chooses the safe value, e.g. it denies every hypercall service that is not named. This target cannot do so: what it starts shows KVM's own default there. In a sealed guest this is an error. Build the guest for a target that can (`one-reg`, `c-header`), or write what the target does.",
    wrong: "edition 2026\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n}\n",
    right:
      "edition 2026\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  services trng, pv-time, kvm-features, ptp\n}\n",
  },
} as const satisfies Readonly<Record<string, DiagnosticRow>>;
