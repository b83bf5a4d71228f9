/** GC03xx: numbers, registers, fields and their values. */
import type { DiagnosticRow } from "../registry.ts";
import { cpu, guest, test } from "../samples.ts";

export const values = {
  "whole-number-expected": {
    code: "GC0301",
    severity: "error",
    message: "expected a whole number, found `{found}`",
    page: () => ({
      explain: "Numbers with dots are versions (`psci 1.1`).",
      wrong: guest("vcpus 1.5"),
      right: guest("vcpus 2"),
    }),
  },
  "number-out-of-range": {
    code: "GC0302",
    severity: "error",
    message: "{what} lies between {least} and {most}, not {value}",
    page: () => ({
      explain: "The bounds are those of the architecture or of KVM's interface.",
      wrong: guest("vcpus 0"),
      right: guest("vcpus 1"),
    }),
  },
  "unit-missing": {
    code: "GC0303",
    severity: "error",
    message: "a quantity without its unit: write `{unit}` behind it",
    page: () => ({
      explain:
        "Where a unit exists it is written, so that a reader needs no manual to know whether 40 is bits or a code.",
      wrong: guest("ipa 40"),
      right: guest("ipa 40 bits"),
    }),
  },
  "unit-unknown": {
    code: "GC0304",
    severity: "error",
    message: "the unit `{unit}` does not fit: expected {expected}",
    page: () => ({
      explain: "Address sizes are in `bits`. Fields that are plain numbers take no unit.",
      wrong: guest("ipa 40 bytes"),
      right: guest("ipa 40 bits"),
    }),
  },
  "range-empty": {
    code: "GC0305",
    severity: "error",
    message: "the range from {first} to {last} is empty",
    page: () => ({
      explain:
        "A range goes from the smaller number to the larger. KVM would answer EINVAL for a range of no functions.",
      wrong: guest("smccc {\n  deny 0xC600_0010 ..= 0xC600_0000\n}"),
      right: guest("smccc {\n  deny 0xC600_0000 ..= 0xC600_0010\n}"),
    }),
  },
  "unknown-register": {
    code: "GC0306",
    severity: "error",
    message: "no ID register is called `{name}`",
    page: () => ({
      explain:
        "Registers are spelled as the Arm ARM and Linux spell them, with the exception level: `ID_AA64PFR0_EL1`.",
      wrong: cpu("field ID_AA64PFR0.CSV3 = 1"),
      right: cpu("field ID_AA64PFR0_EL1.CSV3 = 1"),
    }),
  },
  "unknown-field": {
    code: "GC0307",
    severity: "error",
    message: "`{register}` has no field `{name}`",
    page: () => ({
      explain: "Fields are spelled as the Arm ARM spells them; Linux' spelling is understood too.",
      wrong: cpu("field ID_AA64PFR0_EL1.CVS3 = 1"),
      right: cpu("field ID_AA64PFR0_EL1.CSV3 = 1"),
    }),
  },
  "field-expected": {
    code: "GC0308",
    severity: "error",
    message: "`{register}` is a register; which of its fields?",
    page: () => ({
      explain: "A contract decides field by field, so that each value has a meaning and a reason.",
      wrong: cpu("field ID_AA64PFR0_EL1 = 0"),
      right: cpu("field ID_AA64PFR0_EL1.CSV3 = 1"),
    }),
  },
  "register-not-in-contract": {
    code: "GC0309",
    severity: "error",
    message: "`{register}` is not part of the CPU model that KVM keeps for a guest",
    page: () => ({
      explain:
        "KVM keeps the feature ID registers, CTR_EL0, CLIDR_EL1, MIDR_EL1, REVIDR_EL1 and AIDR_EL1 for a guest. Other identification registers are the machine's or belong to a vCPU's state.",
      wrong: cpu("field DCZID_EL0.BS = 4"),
      right: cpu("field ID_AA64PFR0_EL1.CSV3 = 1"),
    }),
  },
  "unknown-value-name": {
    code: "GC0310",
    severity: "error",
    message: "`{field}` has no value called `{name}`",
    page: () => ({
      explain:
        "Values are named as Linux' system register table names them; `host` leaves the field open; a number always works.",
      wrong: cpu("field ID_AA64PFR0_EL1.CSV3 = YES"),
      right: cpu("field ID_AA64PFR0_EL1.CSV3 = IMP"),
    }),
  },
  "value-too-wide": {
    code: "GC0311",
    severity: "error",
    message: "{value} does not fit `{field}`, which has {width} bits (at most {most})",
    page: () => ({
      explain:
        "The number has more bits than the field. A value for a whole register has to be written field by field.",
      wrong: cpu("field ID_AA64PFR0_EL1.CSV3 = 0x10"),
      right: cpu("field ID_AA64PFR0_EL1.CSV3 = 1"),
    }),
  },
  "value-not-in-enumeration": {
    code: "GC0312",
    severity: "error",
    message: "{value} is no value of `{field}`",
    page: () => ({
      explain:
        "The architecture gives meaning to some values of the field only; a guest kernel that meets a reserved value may do anything.",
      wrong: cpu("field ID_AA64ISAR0_EL1.Atomic = 1"),
      right: cpu("field ID_AA64ISAR0_EL1.Atomic = 3"),
    }),
  },
  "quantity-without-code": {
    code: "GC0313",
    severity: "error",
    message: "`{field}` cannot say {quantity}",
    page: () => ({
      explain:
        "The field holds a code, not the number: physical address ranges, for one, come in the sizes that the architecture lists.",
      wrong: cpu("field ID_AA64MMFR0_EL1.PARange = 41 bits"),
      right: cpu("field ID_AA64MMFR0_EL1.PARange = 40 bits"),
    }),
  },
  "call-result-unknown": {
    code: "GC0314",
    severity: "error",
    message: "a call answers a number, `denied` or `forwarded`, not `{result}`",
    page: () => ({
      explain:
        "`denied` is -1 from KVM; `forwarded` is an exit to user space; anything else is what x0 holds.",
      wrong: test("hvc TRNG_VERSION = refused"),
      right: test("hvc TRNG_VERSION = denied"),
    }),
  },
} as const satisfies Readonly<Record<string, DiagnosticRow>>;
