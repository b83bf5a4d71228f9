/** VMs, vCPUs, initialisation, finalisation and what belongs to them, before and after the first run. */
import type { ScriptCase } from "../../../src/recordings/index.ts";
import { capability, vcpuFeatures } from "../../../src/tables/index.ts";
import {
  caseOf,
  check,
  device,
  dump,
  EVERYTHING,
  enable,
  features,
  finalize,
  get,
  idOf,
  init,
  list,
  machine,
  memory,
  offer,
  offered,
  PSCI,
  run,
  step,
  vcpu,
  vm,
} from "../build.ts";

const pfr0 = idOf("ID_AA64PFR0_EL1");
const GIC_V2 = 5;
const GIC_V3 = 7;
const ITS = 8;

const featureNames = (word: number): string =>
  vcpuFeatures()
    .filter(({ index }) => ((word >>> index) & 1) === 1)
    .map(({ name }) => name)
    .join(" ") || "none";

/** Every combination of what a guest without EL2 can have, and EL2 with each of them alone. */
function combinations(): readonly ScriptCase[] {
  const rows = vcpuFeatures().filter(({ name }) => name !== "POWER_OFF");
  const isEl2 = (name: string): boolean => name.startsWith("HAS_EL2");
  const plain = rows.filter(({ name }) => !isEl2(name)).map(({ index }) => 2 ** index);
  const el2 = rows.filter(({ name }) => isEl2(name)).map(({ index }) => 2 ** index);
  const sum = (bits: readonly number[]): number => bits.reduce((all, bit) => all + bit, 0);
  const every = Array.from({ length: 2 ** plain.length }, (_, at) =>
    sum(plain.filter((__, bit) => (at >> bit) % 2 === 1)),
  );
  const withEl2 = [...el2, sum(el2)].flatMap((word) => [0, ...plain].map((bit) => word + bit));
  return [...every, ...withEl2].map((word) =>
    caseOf(`features ${featureNames(word)}`, vm(), vcpu(), init(word), list()),
  );
}

const unknownFeatures = (): readonly ScriptCase[] => {
  const first = vcpuFeatures().length;
  return [
    caseOf(
      "features that nobody knows",
      vm(),
      vcpu(),
      Array.from({ length: 32 - first }, (_, at) => init(PSCI + 2 ** (first + at))),
      Array.from({ length: 6 }, (_, at) =>
        step({
          kind: "init",
          vcpu: 0,
          target: "preferred",
          features: [PSCI, ...Array.from({ length: at }, () => 0), 1],
        }),
      ),
      init(PSCI),
    ),
    caseOf(
      "targets",
      vm(),
      step({ kind: "target" }),
      vcpu(),
      [0, 1, 2, 3, 4, 5, 6, 4_294_967_295].map((target) =>
        step({ kind: "init", vcpu: 0, target, features: [PSCI] }),
      ),
      step({ kind: "target" }),
    ),
  ];
};

const types = (): readonly ScriptCase[] =>
  [
    ...[0, 1, 31, 32, 33, 36, 40, 42, 44, 46, 48, 49, 52, 53, 64, 255],
    ...[0x100, 0x128, 0x8000_0000, 0x8000_0028],
  ].map((type) =>
    caseOf(`type 0x${type.toString(16)}`, vm(BigInt(type)), check(165), vcpu(), init(PSCI), run()),
  );

const identities = (): readonly ScriptCase[] => [
  caseOf(
    "vCPU ids",
    vm(),
    [0, 0, 1, 2, 255, 256, 511, 512, 513, 65_535].map((id) => vcpu(id)),
  ),
  caseOf(
    "a second vCPU with the same features",
    vm(),
    vcpu(0),
    vcpu(1),
    init(PSCI, 0),
    init(PSCI, 1),
    list(1),
  ),
  caseOf(
    "a second vCPU with other features",
    vm(),
    vcpu(0),
    vcpu(1),
    init(PSCI, 0),
    init(0, 1),
    init(features("PSCI_0_2", "PMU_V3"), 1),
    init(features("PSCI_0_2", "POWER_OFF"), 1),
    run(0),
    run(1),
  ),
  caseOf(
    "a vCPU that starts powered off",
    vm(),
    vcpu(0),
    init(features("PSCI_0_2", "POWER_OFF")),
    step({ kind: "mp-state", vcpu: 0 }),
    run(),
    step({ kind: "mp-state", vcpu: 0 }),
  ),
  caseOf(
    "a vCPU after the first run of another",
    vm(),
    vcpu(0),
    init(PSCI),
    run(),
    vcpu(1),
    init(PSCI, 1),
    run(1),
  ),
  caseOf("steps on what is not there", vcpu(), init(PSCI), vm(), init(PSCI), run(), get(pfr0), list(), vm()),
];

/** Initialised again, with the same features and with others. */
const again = (): readonly ScriptCase[] => {
  const words = [
    PSCI,
    features("PSCI_0_2", "PMU_V3"),
    features("PSCI_0_2", "SVE"),
    features("PSCI_0_2", "PTRAUTH_ADDRESS", "PTRAUTH_GENERIC"),
    features("POWER_OFF", "PSCI_0_2"),
    EVERYTHING,
  ];
  return words.flatMap((first) => [
    caseOf(
      `init again, first ${featureNames(first)}`,
      vm(),
      vcpu(),
      init(first),
      words.map((word) => init(word)),
      list(),
    ),
    caseOf(
      `init again after the first run, first ${featureNames(first)}`,
      vm(),
      vcpu(),
      init(first),
      finalize(),
      run(),
      words.map((word) => init(word)),
      init(first),
      finalize(),
      run(),
      get(pfr0),
    ),
  ]);
};

const finalizations = (): readonly ScriptCase[] => [
  caseOf(
    "finalize without a feature",
    machine(),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 63].map((at) => finalize(at)),
  ),
  caseOf("finalize before init", vm(), vcpu(), finalize(), init(PSCI), finalize()),
  caseOf(
    "finalize SVE",
    vm(),
    vcpu(),
    list(),
    init(features("PSCI_0_2", "SVE")),
    list(),
    get(pfr0),
    run(),
    finalize(3),
    finalize(5),
    finalize(),
    finalize(),
    list(),
    get(pfr0),
    run(),
    finalize(),
    init(features("PSCI_0_2", "SVE")),
    list(),
    finalize(),
    run(),
  ),
  caseOf(
    "not initialised",
    vm(),
    vcpu(),
    run(),
    get(pfr0),
    list(),
    dump(),
    step({ kind: "mp-state", vcpu: 0 }),
  ),
];

const states = (): readonly ScriptCase[] => [
  caseOf(
    "MP_STATE",
    machine(),
    step({ kind: "mp-state", vcpu: 0 }),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].flatMap((state) => [
      step({ kind: "set-mp-state", vcpu: 0, state }),
      step({ kind: "mp-state", vcpu: 0 }),
    ]),
    step({ kind: "set-mp-state", vcpu: 0, state: 5 }),
    run(),
    step({ kind: "set-mp-state", vcpu: 0, state: 0 }),
    run(),
    step({ kind: "mp-state", vcpu: 0 }),
  ),
  caseOf(
    "MP_STATE before init",
    vm(),
    vcpu(),
    step({ kind: "mp-state", vcpu: 0 }),
    step({ kind: "set-mp-state", vcpu: 0, state: 0 }),
  ),
  caseOf(
    "vCPU events",
    machine(),
    step({ kind: "events", vcpu: 0 }),
    [0n, 1n, 0x101n, 0x100n, 0x1_0000n, 0x1_0001n, 0x0100_0000n, 0xffn].flatMap((bytes) => [
      step({ kind: "set-events", vcpu: 0, bytes, esr: bytes === 0x101n ? 0x1ff_ffffn : 0n }),
      step({ kind: "events", vcpu: 0 }),
    ]),
    step({ kind: "set-events", vcpu: 0, bytes: 0x101n, esr: 0x200_0000n }),
  ),
  caseOf("vCPU events before init", vm(), vcpu(), step({ kind: "events", vcpu: 0 })),
];

const offsets = (): readonly ScriptCase[] => [
  caseOf(
    "counter offset",
    machine(),
    step({ kind: "offset", counter: 0n, reserved: 0n }),
    step({ kind: "offset", counter: 0x1000n, reserved: 0n }),
    step({ kind: "offset", counter: 0xffff_ffff_ffff_ffffn, reserved: 0n }),
    step({ kind: "offset", counter: 0x1000n, reserved: 1n }),
    run(),
    step({ kind: "offset", counter: 0x2000n, reserved: 0n }),
    check(227),
  ),
  caseOf(
    "counter offset before vCPUs",
    vm(),
    step({ kind: "offset", counter: 1n, reserved: 0n }),
    vcpu(),
    init(PSCI),
  ),
];

const devices = (): readonly ScriptCase[] => [
  caseOf(
    "devices, test only",
    vm(),
    Array.from({ length: 16 }, (_, type) => device(type, 1)),
  ),
  caseOf(
    "devices",
    vm(),
    device(GIC_V3),
    device(GIC_V3),
    device(GIC_V2),
    device(ITS),
    device(ITS),
    device(99),
  ),
  caseOf(
    "devices after a vCPU",
    vm(),
    vcpu(),
    init(PSCI),
    device(GIC_V3),
    device(ITS),
    get(pfr0),
    run(),
    device(ITS),
  ),
  caseOf("GICv2", vm(), device(GIC_V2), device(GIC_V3), vcpu(), init(PSCI), run()),
  caseOf("a GIC after the first run", machine(), run(), device(GIC_V3), device(ITS), device(GIC_V2)),
  caseOf(
    "device flags",
    vm(),
    [2, 3, 0x8000_0000].map((flags) => device(GIC_V3, flags)),
    device(GIC_V3),
  ),
];

const memories = (): readonly ScriptCase[] => [
  caseOf(
    "memory",
    vm(),
    memory(1, 0x8000_0000n, 0x1_0000n),
    memory(2, 0x8000_0000n, 0x1000n),
    memory(2, 0x8001_0000n, 0x1001n),
    memory(2, 0x8001_0001n, 0x1000n),
    memory(2, 0x8001_0000n, 0x1000n, 0x100),
    memory(2, 0x8001_0000n, 0x1000n, 1),
    memory(1, 0x8000_0000n, 0n),
    memory(1, 0x8000_0000n, 0n),
    memory(3, 0x100_0000_0000n, 0x1000n),
    memory(40_000, 0x9000_0000n, 0x1000n),
  ),
];

const masks = (): readonly ScriptCase[] => [
  caseOf(
    "writable masks",
    vm(),
    step({ kind: "masks", range: 0, reserved: 0 }),
    step({ kind: "masks", range: 1, reserved: 0 }),
    step({ kind: "masks", range: 0, reserved: 1 }),
    vcpu(),
    offer(EVERYTHING),
    step({ kind: "masks", range: 0, reserved: 0 }),
    run(),
    step({ kind: "masks", range: 0, reserved: 0 }),
  ),
  caseOf(
    "writable masks with identity",
    vm(),
    enable(capability("KVM_CAP_ARM_WRITABLE_IMP_ID_REGS")?.number ?? 0),
    vcpu(),
    init(PSCI),
    step({ kind: "masks", range: 0, reserved: 0 }),
  ),
];

/** Everything that a fresh vCPU shows, and what is left of it after the first run. */
const dumps = (): readonly ScriptCase[] =>
  [
    0,
    PSCI,
    features("PSCI_0_2", "PMU_V3"),
    features("PSCI_0_2", "SVE"),
    features("PSCI_0_2", "EL1_32BIT"),
  ].map((word) => caseOf(`values with ${featureNames(word)}`, vm(), vcpu(), init(word), finalize(), dump()));

export function machineCases(): readonly ScriptCase[] {
  return [
    ...types(),
    ...identities(),
    ...unknownFeatures(),
    ...combinations(),
    ...again(),
    ...finalizations(),
    ...dumps(),
    caseOf("values with everything", offered(), list(), dump(), run(), dump()),
    caseOf("values with a GICv3", vm(), device(GIC_V3), vcpu(), offer(EVERYTHING), finalize(), dump()),
    ...states(),
    ...offsets(),
    ...devices(),
    ...memories(),
    ...masks(),
  ];
}
