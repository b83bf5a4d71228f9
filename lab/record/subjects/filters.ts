/** KVM_ARM_VM_SMCCC_FILTER at every boundary, what user space then sees, and filters beside bitmaps. */
import type { ScriptCase, ScriptStep } from "../../../src/recordings/index.ts";
import { bitmapRegisters, reservedFilterRanges, smcccFunctions } from "../../../src/tables/index.ts";
import {
  ALLOW,
  ask,
  caseOf,
  DENY,
  FORWARD,
  filter,
  getAttribute,
  hasAttribute,
  init,
  little,
  machine,
  PSCI,
  run,
  set,
  setAttribute,
  vcpu,
  vm,
} from "../build.ts";
import type { Random } from "../random.ts";
import { hvc, smc } from "../words.ts";

const PSCI_VERSION = 0x8400_0000;
const PSCI_FEATURES = 0x8400_000a;
const TRNG_VERSION = 0x8400_0050;
const VENDOR = 0xc600_0000;

/** A function by HVC and by SMC. */
const called = (id: number, x1 = 0n): readonly ScriptStep[] => [
  ask(1, hvc(), [BigInt(id >>> 0), x1]),
  ask(1, smc(), [BigInt(id >>> 0), x1]),
];

function boundaries(): readonly ScriptCase[] {
  return [
    caseOf(
      "filter, the attribute",
      vm(),
      hasAttribute("vm", 0, 0),
      hasAttribute("vm", 0, 1),
      hasAttribute("vm", 1, 0),
      getAttribute("vm", 0, 0, 24),
      setAttribute("vm", 0, 1, little(0n, 24)),
      setAttribute("vm", 0, 0, "nowhere"),
      setAttribute("vm", 0, 0, "none"),
      setAttribute("vm", 1, 0, little(0n, 24)),
    ),
    caseOf(
      "filter, length zero",
      vm(),
      filter(VENDOR, 0, DENY),
      filter(0, 0, DENY),
      filter(0xffff_ffff, 0, DENY),
    ),
    caseOf(
      "filter, wrapping",
      vm(),
      filter(0xffff_ffff, 1, DENY),
      filter(0xffff_ffff, 2, DENY),
      filter(0xffff_fff0, 0x11, DENY),
      filter(0xc600_0000, 0xffff_ffff, DENY),
      filter(0, 0xffff_ffff, DENY),
      filter(1, 0xffff_ffff, DENY),
    ),
    caseOf(
      "filter, actions",
      vm(),
      [3, 4, 127, 128, 255].map((action) => filter(VENDOR, 1, action)),
      [0, 1, 2].map((action) => filter(VENDOR + action, 1, action)),
    ),
    caseOf(
      "filter, padding",
      vm(),
      filter(VENDOR, 1, DENY, [1]),
      filter(VENDOR, 1, DENY, [0, 1]),
      filter(VENDOR, 1, DENY, [255, 255]),
      filter(VENDOR, 1, DENY),
    ),
    caseOf(
      "filter, intersecting",
      vm(),
      filter(VENDOR + 0x10, 0x10, DENY),
      filter(VENDOR + 0x10, 0x10, DENY),
      filter(VENDOR + 0x10, 0x10, ALLOW),
      filter(VENDOR + 0x18, 1, FORWARD),
      filter(VENDOR + 0x1f, 1, FORWARD),
      filter(VENDOR + 0x1f, 2, FORWARD),
      filter(VENDOR + 0xf, 2, FORWARD),
      filter(VENDOR, 0x100, FORWARD),
      filter(VENDOR + 0xf, 1, FORWARD),
      filter(VENDOR + 0x20, 1, FORWARD),
    ),
    caseOf(
      "filter, reserved ranges",
      vm(),
      reservedFilterRanges().flatMap(({ first, last }) => [
        filter(first, 1, DENY),
        filter(last, 1, DENY),
        filter(first, last - first + 1, DENY),
        filter(first, 1, ALLOW),
        filter(first + 0x8000, 1, FORWARD),
        filter(first - 1, 2, DENY),
        filter(last, 2, DENY),
        filter(first - 1, 1, DENY),
        filter(last + 1, 1, DENY),
      ]),
    ),
    caseOf(
      "filter, whole space",
      vm(),
      filter(0, 0x8000_0000, DENY),
      filter(0x8001_0000, 0x3fff_0000, DENY),
      filter(0xc001_0000, 0x3fff_0000, DENY),
    ),
    caseOf("filter after a vCPU", machine(), filter(VENDOR, 1, DENY), filter(VENDOR, 1, DENY)),
    caseOf(
      "filter after the first run",
      machine(),
      filter(VENDOR, 1, DENY),
      run(),
      filter(VENDOR, 1, DENY),
      filter(VENDOR + 1, 1, DENY),
      filter(VENDOR + 2, 0, DENY),
      filter(VENDOR + 2, 1, 3),
      filter(0x8000_0000, 1, DENY),
    ),
    caseOf(
      "filter after the first run of another vCPU",
      vm(),
      vcpu(0),
      vcpu(1),
      init(PSCI, 0),
      init(PSCI, 1),
      run(1),
      filter(VENDOR, 1, DENY),
    ),
    caseOf("filter without a VM", filter(VENDOR, 1, DENY)),
  ];
}

/** Every action on functions that KVM answers and on some that it does not. */
function actions(): readonly ScriptCase[] {
  const ids = [
    PSCI_VERSION,
    PSCI_FEATURES,
    TRNG_VERSION,
    0x8600_ff01,
    0x8600_0000,
    0xc500_0020,
    VENDOR + 0x40,
    0x8300_0001,
    0xb200_0000,
    0x0200_0000,
    0x95c1_ba5e,
  ];
  return [ALLOW, DENY, FORWARD].flatMap((action) => [
    caseOf(
      `filter with action ${action}, then called`,
      vm(),
      ids.map((id) => filter(id, 1, action)),
      vcpu(),
      init(PSCI),
      run(),
      ids.flatMap((id) => [...called(id), ...called(id + 1)]),
      called(0x8000_0000),
      called(0x8000_8000),
    ),
    caseOf(
      `filter on all but the reserved ranges with action ${action}, then called`,
      vm(),
      filter(0, 0x8000_0000, action),
      filter(0x8001_0000, 0x3fff_0000, action),
      filter(0xc001_0000, 0x3fff_0000, action),
      vcpu(),
      init(PSCI),
      run(),
      ids.flatMap((id) => called(id)),
      [0x8000_0000, 0x8000_0001, 0x8000_8000, 0x8000_7fff, 0x8000_3fff, 0x8400_0008, 0x8400_0009].flatMap(
        (id) => called(id),
      ),
    ),
  ]);
}

/** A range, and calls on both sides of both of its ends. */
const edges = (): readonly ScriptCase[] =>
  [DENY, FORWARD].map((action) =>
    caseOf(
      `filter with action ${action}, around its ends`,
      vm(),
      filter(TRNG_VERSION, 2, action),
      filter(0x8600_ff01, 1, action),
      vcpu(),
      init(PSCI),
      run(),
      [-1, 0, 1, 2, 3].flatMap((at) => called(TRNG_VERSION + at)),
      [-1, 0, 1].flatMap((at) => called(0x8600_ff01 + at)),
    ),
  );

/** Bitmap registers and filters together: the filter comes first. */
function withBitmaps(): readonly ScriptCase[] {
  const functions = smcccFunctions().filter(
    ({ gate, forwardFor }) => gate.startsWith("service ") || forwardFor !== undefined,
  );
  const calls = functions.flatMap(({ ids }) => ids.flatMap((id) => called(id, 0x8400_0050n)));
  return [ALLOW, DENY, FORWARD].flatMap((action) =>
    [0n, 0xffff_ffff_ffff_ffffn, 1n].map((bits) =>
      caseOf(
        `bitmaps 0x${bits.toString(16)} and filter with action ${action}`,
        vm(),
        filter(0x8400_0050, 4, action),
        filter(0xc500_0020, 2, action),
        filter(0x8600_ff01, 1, action),
        filter(0x8600_0000, 2, action),
        filter(0xc600_0040, 2, action),
        vcpu(),
        init(PSCI),
        bitmapRegisters().map(({ id }) => set(id, bits)),
        run(),
        calls,
      ),
    ),
  );
}

const random = (numbers: Random, count: number): readonly ScriptCase[] =>
  Array.from({ length: count }, (_, at) => {
    const ranges = Array.from({ length: 6 }, () => {
      const base = numbers.once(3)
        ? numbers.word()
        : 0x8400_0000 + numbers.below(0x60) + numbers.below(3) * 0x0100_0000;
      return {
        base: base >>> 0,
        length: numbers.once(8) ? numbers.word() : 1 + numbers.below(0x20),
        action: numbers.below(numbers.once(8) ? 5 : 3),
      };
    });
    return caseOf(
      `filters at random, ${at}`,
      vm(),
      ranges.map(({ base, length, action }) => filter(base, length, action)),
      vcpu(),
      init(PSCI),
      run(),
      ranges
        .flatMap(({ base, length }) => [
          ...called(base),
          ...called((base + length - 1) >>> 0),
          ask(1, hvc(), [BigInt((base + length) >>> 0)]),
        ])
        .filter(
          ({ step: { kind }, step: of }) =>
            kind !== "ask" || !isPowerCall(of.kind === "ask" ? (of.x[0] ?? 0n) : 0n),
        ),
      filter(0xf200_0000, 1, DENY),
    );
  });

/** PSCI calls that stop the guest belong to the cases of calls. */
const isPowerCall = (id: bigint): boolean => id >= 0x8400_0001n && id <= 0x8400_0015n && id !== 0x8400_000an;

export function filterCases(numbers: Random, count: number): readonly ScriptCase[] {
  return [...boundaries(), ...actions(), ...edges(), ...withBitmaps(), ...random(numbers, count)];
}
