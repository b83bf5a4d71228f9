/** HVC and SMC: every known function, many that nobody knows, every argument that a FEATURES call takes. */
import type { ScriptCase, ScriptStep } from "../../../src/recordings/index.ts";
import { capability, smcccConventions, smcccFunctions, smcccOwners } from "../../../src/tables/index.ts";
import {
  ask,
  caseOf,
  enable,
  features,
  get,
  idOf,
  init,
  machine,
  PSCI,
  run,
  set,
  step,
  vcpu,
  vm,
} from "../build.ts";
import type { Random } from "../random.ts";
import { hvc, smc } from "../words.ts";

/** Arguments that are small, an address, a function id, or too wide. */
const ARGUMENTS: readonly [bigint, ...(readonly bigint[])] = [
  0n,
  1n,
  2n,
  0x4001_1000n,
  0x8400_0050n,
  0xffff_ffffn,
  0xffff_ffff_ffff_ffffn,
];
const EL0 = 0;
const EL1 = 1;
const ids = (): readonly { readonly id: number; readonly name: string }[] =>
  smcccFunctions().flatMap(({ ids: all, name }) => all.map((id) => ({ id, name })));

const both = (id: bigint, args: readonly bigint[], note?: string): readonly ScriptStep[] => [
  ask(EL1, hvc(), [id, ...args], note),
  ask(EL1, smc(), [id, ...args], note),
];

/** The calls that ask for another: x1 is a function id. */
function featureCalls(random: Random): readonly ScriptStep[] {
  const askers = smcccFunctions().filter(
    ({ name }) => /FEATURES$/.test(name) && name !== "VENDOR_HYP_KVM_FEATURES" && name !== "FFA_FEATURES",
  );
  return askers.flatMap(({ ids: own, name }) =>
    own.flatMap((id) =>
      ids()
        .filter((asked) => !/^(FFA|SDEI)_/.test(asked.name) || random.once(8))
        .map((asked) => ask(EL1, hvc(), [BigInt(id), BigInt(asked.id)], `${name} of ${asked.name}`)),
    ),
  );
}

const psciVersions: readonly bigint[] = [0x2n, 0x1_0000n, 0x1_0001n, 0x1_0002n, 0x1_0003n];

/** PSCI's own calls and what they say of each other, by the version that user space chose. */
function byPsciVersion(): readonly ScriptCase[] {
  const psci = smcccFunctions().filter(({ name }) => name.startsWith("PSCI_"));
  const version = idOf("KVM_REG_ARM_PSCI_VERSION");
  const quiet = psci.filter(({ name }) => !/CPU_OFF|CPU_SUSPEND/.test(name));
  return psciVersions.map((value) =>
    caseOf(
      `PSCI version 0x${value.toString(16)}`,
      machine(),
      set(version, value),
      get(version),
      run(),
      quiet.flatMap(({ ids: all, name }) => all.map((id) => ask(EL1, hvc(), [BigInt(id)], name))),
      psci.flatMap(({ ids: all, name }) =>
        all.map((id) => ask(EL1, hvc(), [0x8400_000an, BigInt(id)], `PSCI_FEATURES of ${name}`)),
      ),
    ),
  );
}

/** Arguments of PSCI calls that KVM looks at. */
function psciArguments(): readonly ScriptStep[] {
  const on = [0x8400_0003n, 0xc400_0003n];
  const affinity = [0x8400_0004n, 0xc400_0004n];
  const targets = [0n, 1n, 2n, 0x100n, 0x8000_0000n, 0x1_0000_0000n, 0xff_0000_0000n];
  return [
    ...on.flatMap((id) =>
      targets.map((target) => ask(EL1, hvc(), [id, target, 0x4000_0000n, 7n], "PSCI_CPU_ON")),
    ),
    ...affinity.flatMap((id) =>
      targets.flatMap((target) =>
        [0n, 1n, 3n, 4n].map((level) => ask(EL1, hvc(), [id, target, level], "PSCI_AFFINITY_INFO")),
      ),
    ),
    ...[0x8400_0012n, 0xc400_0012n].flatMap((id) =>
      [0n, 1n, 0x8000_0000n, 0x8000_0001n].map((type) =>
        ask(EL1, hvc(), [id, type, 0x55n], "PSCI_SYSTEM_RESET2"),
      ),
    ),
    ...[0x8400_0015n, 0xc400_0015n].flatMap((id) =>
      [0n, 1n, 2n].flatMap((type) =>
        [0n, 1n].map((cookie) => ask(EL1, hvc(), [id, type, cookie], "PSCI_SYSTEM_OFF2")),
      ),
    ),
  ];
}

/** Numbers of every owner and convention that no table names, also with the bits that must be zero. */
function unknown(random: Random): readonly ScriptStep[] {
  const known = new Set(ids().map(({ id }) => id));
  const owners = [
    ...smcccOwners().map(({ first, last }) => first + random.below(last - first + 1)),
    7,
    20,
    47,
  ];
  return smcccConventions()
    .flatMap(({ base }) =>
      owners.flatMap((owner) => {
        const of = base + owner * 0x100_0000;
        return [0, 0xff00, 0xff01, 0xffff, 0x1_0000 + random.below(0x100), random.below(0x1_0000)].map(
          (at) => (of + at) >>> 0,
        );
      }),
    )
    .filter((id) => !known.has(id))
    .flatMap((id) => (random.once(4) ? both(BigInt(id), []) : [ask(EL1, hvc(), [BigInt(id)])]));
}

/** Function ids with bits above 31, immediates other than 0, and calls at EL0. */
function odd(random: Random): readonly ScriptStep[] {
  const some = [0x8000_0000n, 0x8400_0000n, 0x8400_0050n, 0x8600_ff01n, 0xc600_0100n];
  return [
    ...some.flatMap((id) => both(id | (1n << 32n), [])),
    ...some.flatMap((id) => both(id | 0xffff_ffff_0000_0000n, [])),
    ...some.flatMap((id) =>
      [1, 2, 0x100, 0xffff].flatMap((immediate) => [
        ask(EL1, hvc(immediate), [id]),
        ask(EL1, smc(immediate), [id]),
      ]),
    ),
    ...some.flatMap((id) => [ask(EL0, hvc(), [id]), ask(EL0, smc(), [id])]),
    ...some.flatMap((id) => both(id, [random.wide(), random.wide(), random.wide()])),
    ...[0xffff_ffffn, 0n, 1n, 0x7fff_ffffn, 0x8000_ffffn, 0xc000_ffffn, 0x8001_0000n].flatMap((id) =>
      both(id, []),
    ),
  ];
}

const randomBits = (): readonly ScriptStep[] =>
  [0x8400_0053n, 0xc400_0053n].flatMap((id) =>
    [0n, 1n, 31n, 32n, 33n, 64n, 95n, 96n, 97n, 128n, 191n, 192n, 193n, 0xffff_ffff_ffff_ffffn].map((bits) =>
      ask(EL1, hvc(), [id, bits], "TRNG_RND"),
    ),
  );

function stopping(): readonly ScriptCase[] {
  const suspend = capability("KVM_CAP_ARM_SYSTEM_SUSPEND")?.number ?? 0;
  const two = (second: number): readonly ScriptStep[] => [
    vm(),
    vcpu(0),
    vcpu(1),
    init(PSCI, 0),
    init(second, 1),
  ];
  const off = features("PSCI_0_2", "POWER_OFF");
  const mpState = (on: number): ScriptStep => step({ kind: "mp-state", vcpu: on });
  return [
    caseOf(
      "CPU_SUSPEND",
      machine(),
      run(),
      ask(EL1, hvc(), [0x8400_0001n], "PSCI_CPU_SUSPEND"),
      ask(EL1, hvc(), [0xc400_0001n], "PSCI_CPU_SUSPEND"),
      ask(EL1, hvc(), [0x8400_0000n]),
    ),
    caseOf(
      "CPU_OFF",
      machine(),
      run(),
      ask(EL1, hvc(), [0x8400_0002n], "PSCI_CPU_OFF"),
      ask(EL1, hvc(), [0x8400_0000n]),
      mpState(0),
    ),
    caseOf(
      "SYSTEM_SUSPEND without the capability",
      machine(),
      run(),
      ask(EL1, hvc(), [0x8400_000en, 0x4000_0000n]),
      ask(EL1, hvc(), [0xc400_000en, 0x4000_0000n]),
      ask(EL1, hvc(), [0x8400_000an, 0xc400_000en]),
    ),
    caseOf(
      "SYSTEM_SUSPEND",
      vm(),
      enable(suspend),
      vcpu(),
      init(PSCI),
      run(),
      ask(EL1, hvc(), [0x8400_000an, 0xc400_000en]),
      ask(EL1, hvc(), [0xc400_000en, 0x4000_0000n, 7n]),
      mpState(0),
    ),
    caseOf(
      "SYSTEM_SUSPEND with another vCPU on",
      vm(),
      enable(suspend),
      vcpu(0),
      vcpu(1),
      init(PSCI, 0),
      init(PSCI, 1),
      run(),
      ask(EL1, hvc(), [0xc400_000en, 0x4000_0000n]),
    ),
    caseOf(
      "SYSTEM_OFF of two vCPUs",
      two(off),
      run(),
      ask(EL1, hvc(), [0x8400_0008n], "PSCI_SYSTEM_OFF"),
      mpState(0),
      mpState(1),
    ),
    caseOf(
      "SYSTEM_RESET of two vCPUs",
      two(off),
      run(),
      ask(EL1, hvc(), [0x8400_0009n], "PSCI_SYSTEM_RESET"),
      mpState(0),
      mpState(1),
    ),
    caseOf(
      "CPU_ON of another vCPU",
      two(off),
      mpState(1),
      run(),
      ask(EL1, hvc(), [0xc400_0004n, 1n]),
      ask(EL1, hvc(), [0xc400_0003n, 1n, 0x4000_0000n, 9n]),
      ask(EL1, hvc(), [0xc400_0003n, 1n, 0x4000_0000n, 9n]),
      ask(EL1, hvc(), [0xc400_0004n, 1n]),
      mpState(1),
    ),
    caseOf(
      "CPU_ON of a vCPU that is on",
      two(PSCI),
      run(),
      ask(EL1, hvc(), [0xc400_0003n, 1n, 0x4000_0000n]),
    ),
    caseOf(
      "AFFINITY_INFO of two vCPUs",
      two(off),
      run(),
      [0n, 1n, 2n, 0x100n].flatMap((target) =>
        [0n, 1n, 2n, 3n].map((level) => ask(EL1, hvc(), [0xc400_0004n, target, level])),
      ),
    ),
  ];
}

export function callCases(random: Random): readonly ScriptCase[] {
  const stops = /CPU_OFF|CPU_SUSPEND/;
  const quiet = ids().filter(({ name }) => !stops.test(name));
  const plain = quiet.flatMap(({ id, name }) => both(BigInt(id), [], name));
  return [
    caseOf("every known call", machine(), run(), plain),
    caseOf(
      "every known call with PSCI 0.1",
      machine(0),
      run(),
      quiet.flatMap(({ id, name }) => both(BigInt(id), [], name)),
    ),
    caseOf(
      "every known call with arguments",
      machine(),
      run(),
      quiet.map(({ id, name }) =>
        ask(EL1, hvc(), [BigInt(id), ...Array.from({ length: 3 }, () => random.pick(ARGUMENTS))], name),
      ),
    ),
    caseOf("what FEATURES calls say", machine(), run(), featureCalls(random)),
    ...byPsciVersion(),
    caseOf("arguments of PSCI calls", machine(), run(), psciArguments()),
    caseOf("unknown calls", machine(), run(), unknown(random)),
    caseOf("odd calls", machine(), run(), odd(random)),
    caseOf("random bits", machine(), run(), randomBits()),
    ...stopping(),
  ];
}
