/** KVM_CHECK_EXTENSION of every number, and KVM_ENABLE_CAP before and after there is a vCPU. */
import type { ScriptCase } from "../../../src/recordings/index.ts";
import { capabilities } from "../../../src/tables/index.ts";
import { caseOf, check, enable, init, PSCI, run, step, vcpu, vm } from "../build.ts";
import type { Random } from "../random.ts";

const MOST_CAPABILITIES = 256;
/** An argument that no capability takes. */
const ODD_ARGUMENT = 0x1234_5678_9abc_def0n;

export function capabilityCases(random: Random): readonly ScriptCase[] {
  const known = capabilities();
  const numbers = Array.from({ length: MOST_CAPABILITIES }, (_, at) => at);
  const unknown = Array.from({ length: 8 }, () => 300 + random.below(100_000));
  return [
    caseOf(
      "capabilities of the kernel",
      known.map(({ name, number }) => ({ ...check(number, "kvm"), note: name })),
    ),
    caseOf(
      "capabilities of a VM",
      vm(),
      numbers.map((number) => check(number)),
      unknown.map((number) => check(number)),
    ),
    caseOf(
      "capabilities of a VM with a vCPU",
      vm(),
      vcpu(),
      init(PSCI),
      known.filter(({ kind }) => kind === "enable").map(({ number }) => check(number)),
    ),
    ...known.map(({ name, number, kind }) =>
      caseOf(
        `enable ${name}`,
        vm(),
        enable(number),
        ...(kind === "enable"
          ? [
              enable(number, [], 1),
              enable(number, [1n]),
              enable(number, [0n, 1n]),
              enable(number, [0x20_0000n]),
              enable(number, [ODD_ARGUMENT]),
              enable(number),
              check(number),
              vcpu(),
              enable(number),
              init(PSCI),
              enable(number),
              run(),
              enable(number),
              check(number),
            ]
          : [vcpu(), enable(number)]),
      ),
    ),
    caseOf("enable what nobody knows", vm(), ...unknown.map((number) => enable(number)), enable(0xffff_ffff)),
    caseOf("capabilities without a VM", check(0, "vm"), enable(205), step({ kind: "target" })),
  ];
}
