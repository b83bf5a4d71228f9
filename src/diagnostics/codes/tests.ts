/** GC09xx: what `guestc test` finds where a guest does not see what its tests say. */
import type { DiagnosticRow } from "../registry.ts";
import { file } from "../samples.ts";

/** A guest with a test, on no, one or two recorded hosts. */
const tested = (expectation: string, cpu = "baseline host", runsOn = "n1"): string =>
  file(
    `host n1 { profile "hosts/neoverse-n1.linux-6.12.json" }\nhost old { profile "hosts/neoverse-n1.linux-6.1.json" }\n\ncpu c {\n  ${cpu}\n}\n\nguest g {\n  cpu      c\n${runsOn === "" ? "" : `  runs-on  ${runsOn}\n`}  psci     1.1\n  services trng\n}\n\ntest g "sample" {\n  ${expectation}\n}`,
  );

export const tests = {
  "test-register": {
    code: "GC0901",
    severity: "error",
    message: "on host `{host}` {subject} reads {seen}, not {expected}",
    page: () => ({
      explain:
        "An MRS of the register in the guest gives another value than the test expects. The statement that is marked decided what the guest sees there; where none did, KVM shows the host's own value.",
      wrong: tested("read ID_AA64PFR0_EL1.SVE = 1"),
      right: tested("read ID_AA64PFR0_EL1.SVE = 0"),
    }),
  },
  "test-instruction": {
    code: "GC0902",
    severity: "error",
    message: "on host `{host}` {instruction}, which tells of {feature}, {fate}",
    page: () => ({
      explain:
        "The instructions that exist only with the feature tell whether the guest has it. Where the CPU has an instruction and KVM neither traps it nor makes it UNDEFINED, it executes whatever the ID registers say: to clear a field hides a feature from software that asks, not from software that tries.",
      wrong: tested("execute FEAT_LSE = undefined"),
      right: tested("execute FEAT_LSE = works"),
    }),
  },
  "test-call": {
    code: "GC0903",
    severity: "error",
    message: "on host `{host}` {conduit} of {function} {seen}, not {expected}",
    page: () => ({
      explain:
        "The call comes to something else than the test expects. A call goes through the SMCCC filter, then the service's bit, then KVM's handler; `denied` stands for -1 in x0, whoever answers it.",
      wrong: tested("hvc TRNG_VERSION = denied"),
      right: tested("hvc TRNG_VERSION = 0x1_0000"),
    }),
  },
  "test-vectors": {
    code: "GC0904",
    severity: "error",
    message: "on host `{host}` the guest's SVE vectors are {seen}, not {expected}",
    page: () => ({
      explain: "The guest can choose other vector lengths than the test expects.",
      wrong: tested("vectors = 128, 256"),
      right: tested("vectors = none"),
    }),
  },
  "test-guest-refused": {
    code: "GC0905",
    severity: "error",
    message: "host `{host}` does not start guest `{guest}`: {call} answers {errno}",
    page: () => ({
      explain:
        "KVM refuses an operation of the guest's plan, so that no test of the guest can hold there. `guestc view` shows the operation.",
      wrong: tested("read ID_AA64MMFR1_EL1.VH = 0", "baseline host\n  field    ID_AA64MMFR1_EL1.VH = 0"),
      right: tested("read ID_AA64MMFR1_EL1.VH = 1"),
    }),
  },
  "test-undecided": {
    code: "GC0906",
    severity: "error",
    message: "on host `{host}` nothing decides `{expectation}`",
    page: () => ({
      explain:
        "Neither the host's profile nor a table says what the guest would see, so that the expectation is neither met nor broken. A test that cannot be judged is no assurance: it counts as a finding.",
      wrong: tested("execute FEAT_CSV2 = undefined"),
      right: tested("read ID_AA64PFR0_EL1.CSV2 = 1"),
    }),
  },
  "test-not-run": {
    code: "GC0907",
    severity: "warning",
    message: "`{expectation}` is not run: {why}",
    page: () => ({
      explain:
        "The expectation is checked and kept, and neither met nor broken. The exit status does not depend on it, unless nothing else was run.",
      wrong: tested("hvc PSCI_VERSION = 0x1_0001", "baseline host", ""),
      right: tested("hvc PSCI_VERSION = 0x1_0001"),
    }),
  },
  "test-migration": {
    code: "GC0908",
    severity: "error",
    message: "moving from {migration} is {seen}, not {expected}",
    page: () => ({
      explain:
        "The migration was carried out on the simulated KVM of both hosts: the guest was made by its plan, run, saved, made by its plan on the other host, and restored. Unsafe is what KVM refuses to restore, and what leaves the guest without something that it was told of. `guestc migrate` shows all facts.",
      wrong: tested("migrate n1 to old = safe", "baseline host", "n1, old"),
      right: tested("migrate n1 to old = unsafe", "baseline host", "n1, old"),
    }),
  },
} as const satisfies Readonly<Record<string, DiagnosticRow>>;
