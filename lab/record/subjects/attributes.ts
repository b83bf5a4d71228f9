/** Device attributes of vCPUs (PMU, timers, stolen time) and of interrupt controllers. */
import type { ScriptCase, ScriptStep } from "../../../src/recordings/index.ts";
import { deviceAttribute, deviceAttributes } from "../../../src/tables/index.ts";
import {
  ask,
  caseOf,
  device,
  EVERYTHING,
  features,
  get,
  getAttribute,
  hasAttribute,
  idOf,
  init,
  little,
  machine,
  memory,
  offer,
  offered,
  PSCI,
  run,
  setAttribute,
  vcpu,
  vm,
} from "../build.ts";
import type { Random } from "../random.ts";
import { hvc } from "../words.ts";

const PMU = features("PSCI_0_2", "PMU_V3");
const GIC_V2 = 5;
const GIC_V3 = 7;
const ITS = 8;
/** Groups and attributes of the interrupt controllers. */
const ADDRESS = 0;
const NR_IRQS = 3;
const CONTROL = 4;
const V2_DIST = 0;
const V2_CPU = 1;
const V3_DIST = 2;
const V3_REDIST = 3;
const V3_REDIST_REGION = 5;

const int = (value: number): Uint8Array => little(BigInt.asUintN(32, BigInt(value)), 4);

/** Sets an attribute of the tables on vCPU 0. */
function put(name: string, payload: Uint8Array | "none" | "nowhere", on = "cpu0"): ScriptStep {
  const row = deviceAttribute(name);
  if (row === undefined) throw new Error(`no device attribute is called ${name}`);
  return setAttribute(on, row.group, row.attr, payload, name.replace("KVM_ARM_VCPU_", ""));
}
function read(name: string, size: number): ScriptStep {
  const row = deviceAttribute(name);
  if (row === undefined) throw new Error(`no device attribute is called ${name}`);
  return getAttribute("cpu0", row.group, row.attr, size);
}

const IRQ = "KVM_ARM_VCPU_PMU_V3_IRQ";
const INIT = "KVM_ARM_VCPU_PMU_V3_INIT";
const FILTER = "KVM_ARM_VCPU_PMU_V3_FILTER";
const SET_PMU = "KVM_ARM_VCPU_PMU_V3_SET_PMU";
const COUNTERS = "KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS";
const IPA = "KVM_ARM_VCPU_PVTIME_IPA";

/** struct kvm_pmu_event_filter. */
const events = (base: number, count: number, action: number, pad = 0): Uint8Array =>
  little(BigInt(base) | (BigInt(count) << 16n) | (BigInt(action) << 32n) | (BigInt(pad) << 40n), 8);

/** A GICv3 with room for one vCPU; made before or after it. */
const gicV3: readonly ScriptStep[] = [
  device(GIC_V3),
  setAttribute(`device${GIC_V3}`, ADDRESS, V3_DIST, little(0x800_0000n, 8)),
  setAttribute(`device${GIC_V3}`, ADDRESS, V3_REDIST, little(0x80a_0000n, 8)),
];
const gicInit = (type = GIC_V3): ScriptStep => setAttribute(`device${type}`, CONTROL, 0, "none");

function known(): readonly ScriptCase[] {
  const groups = [0, 1, 2, 3, 4].flatMap((group) =>
    Array.from({ length: 8 }, (_, attribute) => hasAttribute("cpu0", group, attribute)),
  );
  return [
    caseOf("attributes of a vCPU", machine(), groups),
    caseOf("attributes of a vCPU with everything", offered(), groups),
    caseOf("attributes of a vCPU that is not initialised", vm(), vcpu(), groups),
    caseOf(
      "attributes, read",
      offered(),
      deviceAttributes()
        .filter(({ fd }) => fd === "vcpu")
        .map(({ name }) => read(name, 8)),
    ),
  ];
}

function pmu(): readonly ScriptCase[] {
  const numbers = [-1, 0, 1, 15, 16, 22, 23, 27, 31, 32, 33, 63, 1019, 1020, 1023, 1024, 8192];
  const filters: readonly (readonly [number, number, number, number?])[] = [
    [0, 1, 0],
    [0, 1, 1],
    [0x11, 1, 0],
    [0x11, 1, 2],
    [0x11, 0, 0],
    [0x3ff, 1, 0],
    [0x3ff, 2, 0],
    [0x400, 1, 0],
    [0xffff, 1, 0],
    [0xffff, 2, 0],
    [0x1e, 1, 0],
    [0x10, 4, 1],
    [0x10, 4, 0, 1],
  ];
  return [
    caseOf(
      "PMU attributes without a PMU",
      machine(),
      put(IRQ, int(23)),
      put(INIT, "none"),
      put(FILTER, events(0, 1, 0)),
      put(SET_PMU, int(0)),
      put(COUNTERS, int(1)),
      read(IRQ, 4),
    ),
    caseOf(
      "PMU without an interrupt controller",
      vm(),
      vcpu(),
      offer(PMU),
      put(IRQ, int(23)),
      put(INIT, "none"),
      put(INIT, "none"),
      run(),
      get(idOf("PMCR_EL0")),
      put(INIT, "none"),
    ),
    caseOf("PMU not initialised", vm(), vcpu(), offer(PMU), run(), ask(1, 0xd53b_9c00, [], "mrs PMCR_EL0")),
    caseOf(
      "PMU interrupt numbers without a GIC",
      vm(),
      vcpu(),
      offer(PMU),
      numbers.map((irq) => put(IRQ, int(irq))),
    ),
    ...numbers.map((irq) =>
      caseOf(
        `PMU interrupt ${irq}`,
        vm(),
        vcpu(),
        offer(PMU),
        gicV3,
        put(IRQ, int(irq)),
        put(IRQ, int(irq)),
        read(IRQ, 4),
        put(INIT, "none"),
        gicInit(),
        put(INIT, "none"),
        put(INIT, "none"),
        run(),
      ),
    ),
    caseOf(
      "PMU interrupts of two vCPUs",
      vm(),
      vcpu(0),
      vcpu(1),
      offer(PMU, 0),
      offer(PMU, 1),
      gicV3,
      gicInit(),
      put(IRQ, int(23)),
      put(IRQ, int(24), "cpu1"),
      put(IRQ, int(23), "cpu1"),
      put(INIT, "none"),
      put(INIT, "none", "cpu1"),
    ),
    caseOf(
      "PMU interrupt with a GICv3 that is not initialised",
      vm(),
      vcpu(),
      offer(PMU),
      gicV3,
      put(INIT, "none"),
      put(IRQ, int(23)),
      put(INIT, "none"),
      run(),
    ),
    caseOf(
      "PMU initialised without its interrupt",
      vm(),
      vcpu(),
      offer(PMU),
      gicV3,
      gicInit(),
      put(INIT, "none"),
      run(),
    ),
    caseOf(
      "PMU event filters before init",
      vm(),
      vcpu(),
      offer(PMU),
      filters.map(([base, count, action, pad]) => put(FILTER, events(base, count, action, pad))),
      put(FILTER, "nowhere"),
      read(FILTER, 8),
      put(INIT, "none"),
      put(FILTER, events(0, 1, 0)),
      run(),
      put(FILTER, events(0, 1, 0)),
    ),
    ...filters.map(([base, count, action, pad]) =>
      caseOf(
        `PMU event filter ${base} ${count} ${action}`,
        vm(),
        vcpu(),
        offer(PMU),
        put(FILTER, events(base, count, action, pad)),
        put(INIT, "none"),
        run(),
        [0xd53b_9cc0, 0xd53b_9ce0].map((word) => ask(1, word, [], "mrs PMCEID")),
      ),
    ),
    caseOf(
      "PMU by number",
      vm(),
      vcpu(),
      offer(PMU),
      [-1, 0, 1, 5, 6, 7, 8, 9, 10, 11, 100].map((id) => put(SET_PMU, int(id))),
      put(INIT, "none"),
      put(SET_PMU, int(7)),
    ),
    caseOf(
      "PMU counters",
      vm(),
      vcpu(),
      offer(PMU),
      get(idOf("PMCR_EL0")),
      [0, 1, 4, 6, 7, 31, 32, 255].flatMap((count) => [put(COUNTERS, int(count)), get(idOf("PMCR_EL0"))]),
      put(INIT, "none"),
      put(COUNTERS, int(1)),
      run(),
      put(COUNTERS, int(0)),
    ),
    caseOf(
      "PMU after the first run",
      vm(),
      vcpu(),
      offer(PMU),
      put(INIT, "none"),
      run(),
      put(IRQ, int(23)),
      put(FILTER, events(0, 1, 0)),
      put(SET_PMU, int(0)),
      put(COUNTERS, int(2)),
    ),
  ];
}

function timers(): readonly ScriptCase[] {
  const rows = deviceAttributes().filter(({ timer }) => timer !== undefined);
  const numbers = [-1, 0, 15, 16, 20, 27, 31, 32, 1020];
  const first = rows[0]?.name ?? "";
  const second = rows[1]?.name ?? "";
  return [
    caseOf(
      "timer interrupts as they are",
      machine(),
      rows.map(({ name }) => read(name, 4)),
    ),
    ...rows.map(({ name, timer }) =>
      caseOf(`interrupt of the ${timer} timer without a GIC`, machine(), put(name, int(20)), read(name, 4)),
    ),
    ...rows.map(({ name, timer }) =>
      caseOf(
        `interrupt of the ${timer} timer`,
        machine(),
        gicV3,
        numbers.flatMap((irq) => [put(name, int(irq)), read(name, 4)]),
        put(name, "nowhere"),
        gicInit(),
        put(name, int(21)),
        run(),
        put(name, int(20)),
        read(name, 4),
      ),
    ),
    caseOf(
      "timer interrupts, two equal",
      machine(),
      put(first, int(20)),
      put(second, int(20)),
      run(),
      put(second, int(21)),
    ),
    caseOf(
      "timer interrupts, two equal, beside a GICv3",
      vm(),
      vcpu(),
      init(PSCI),
      gicV3,
      put(first, int(20)),
      put(second, int(20)),
      read(second, 4),
      gicInit(),
      run(),
      put(second, int(21)),
      run(),
    ),
    caseOf(
      "timer interrupts of two vCPUs",
      vm(),
      vcpu(0),
      vcpu(1),
      init(PSCI, 0),
      init(PSCI, 1),
      gicV3,
      put(first, int(20)),
      getAttribute("cpu1", 1, 0, 4),
      put(first, int(21), "cpu1"),
      read(first, 4),
      gicInit(),
      run(1),
      put(first, int(22)),
    ),
    caseOf(
      "timer interrupts before init",
      vm(),
      vcpu(),
      gicV3,
      put(first, int(20)),
      read(first, 4),
      init(PSCI),
      read(first, 4),
    ),
    caseOf(
      "timer interrupt that is the PMU's",
      vm(),
      vcpu(),
      offer(PMU),
      gicV3,
      gicInit(),
      put(first, int(23)),
      put(IRQ, int(23)),
      put(INIT, "none"),
      run(),
    ),
  ];
}

function stolenTime(): readonly ScriptCase[] {
  const addresses = [
    0n,
    1n,
    8n,
    32n,
    0x3fn,
    0x40n,
    0x1000_0000n,
    0x4001_1000n,
    0x4001_1001n,
    0x4001_1020n,
    0x100_0000_0000n,
    0xffff_ffff_ffff_ffc0n,
  ];
  return [
    ...addresses.map((address) =>
      caseOf(
        `stolen time at 0x${address.toString(16)}`,
        machine(),
        put(IPA, little(address, 8)),
        put(IPA, little(address, 8)),
        read(IPA, 8),
        run(),
        ask(1, hvc(), [0xc500_0020n, 0xc500_0021n], "HV_PV_TIME_FEATURES"),
        ask(1, hvc(), [0xc500_0021n], "HV_PV_TIME_ST"),
      ),
    ),
    caseOf(
      "stolen time",
      machine(),
      read(IPA, 8),
      put(IPA, "nowhere"),
      memory(1, 0x8000_0000n, 0x1_0000n),
      put(IPA, little(0x8000_0000n, 8)),
      put(IPA, little(0x8000_0040n, 8)),
      read(IPA, 8),
      init(PSCI),
      put(IPA, little(0x8000_0040n, 8)),
      run(),
      put(IPA, little(0x8000_0040n, 8)),
    ),
    caseOf("stolen time after the first run", machine(), run(), put(IPA, little(0x4001_1000n, 8))),
    caseOf(
      "stolen time before init",
      vm(),
      vcpu(),
      put(IPA, little(0x4001_1000n, 8)),
      init(PSCI),
      read(IPA, 8),
    ),
  ];
}

function controllers(random: Random): readonly ScriptCase[] {
  const all = [GIC_V2, GIC_V3, ITS];
  const numbers = [0, 31, 32, 63, 64, 65, 96, 128, 1023, 1024, 1056];
  const target = `device${GIC_V3}`;
  return [
    ...all.map((type) =>
      caseOf(
        `attributes of device ${type}`,
        vm(),
        device(type),
        Array.from({ length: 11 }, (_, group) =>
          [0, 1, 2, 3, 4, 5].map((attribute) => hasAttribute(`device${type}`, group, attribute)),
        ).flat(),
      ),
    ),
    caseOf(
      "GICv3 addresses",
      vm(),
      vcpu(),
      init(PSCI),
      device(GIC_V3),
      [0x800_0001n, 0x801_0000n, 0x800_0000n, 0x900_0000n, 0xff_ffff_0000n, 0x100_0000_0000n].map((address) =>
        setAttribute(target, ADDRESS, V3_DIST, little(address, 8)),
      ),
      getAttribute(target, ADDRESS, V3_DIST, 8),
      setAttribute(target, ADDRESS, V2_DIST, little(0x800_0000n, 8)),
      setAttribute(target, ADDRESS, V3_REDIST, little(0x800_0000n, 8)),
      setAttribute(target, ADDRESS, V3_REDIST, little(0x80a_0000n, 8)),
      setAttribute(target, ADDRESS, V3_REDIST_REGION, little((1n << 52n) | 0x90a_0000n, 8)),
      getAttribute(target, ADDRESS, V3_REDIST, 8),
      gicInit(),
      setAttribute(target, ADDRESS, V3_DIST, little(0x900_0000n, 8)),
      run(),
    ),
    caseOf(
      "GICv3 numbers",
      vm(),
      vcpu(),
      init(PSCI),
      device(GIC_V3),
      numbers.flatMap((count) => [
        setAttribute(target, NR_IRQS, 0, int(count)),
        getAttribute(target, NR_IRQS, 0, 4),
      ]),
    ),
    caseOf(
      "GICv3 initialised without addresses",
      vm(),
      vcpu(),
      init(PSCI),
      device(GIC_V3),
      gicInit(),
      gicInit(),
      run(),
    ),
    caseOf("GICv3 initialised without vCPUs", vm(), gicV3, gicInit(), vcpu(), init(PSCI), gicInit(), run()),
    caseOf(
      "GICv3 whole",
      vm(),
      vcpu(),
      init(PSCI),
      gicV3,
      gicInit(),
      gicInit(),
      setAttribute(target, NR_IRQS, 0, int(96)),
      vcpu(1),
      run(),
      gicInit(),
      getAttribute(target, NR_IRQS, 0, 4),
    ),
    caseOf("GICv3 not initialised", vm(), vcpu(), init(PSCI), gicV3, run()),
    caseOf(
      "GICv3 without a distributor",
      vm(),
      vcpu(),
      init(PSCI),
      device(GIC_V3),
      setAttribute(target, ADDRESS, V3_REDIST, little(0x80a_0000n, 8)),
      gicInit(),
      run(),
    ),
    caseOf(
      "GICv3 over memory",
      vm(),
      vcpu(),
      init(PSCI),
      device(GIC_V3),
      setAttribute(target, ADDRESS, V3_DIST, little(0x4000_0000n, 8)),
      setAttribute(target, ADDRESS, V3_REDIST, little(0x80a_0000n, 8)),
      gicInit(),
      run(),
    ),
    caseOf(
      "GICv2 addresses",
      vm(),
      vcpu(),
      init(PSCI),
      device(GIC_V2),
      setAttribute(`device${GIC_V2}`, ADDRESS, V2_DIST, little(0x800_0000n, 8)),
      setAttribute(`device${GIC_V2}`, ADDRESS, V2_CPU, little(0x801_0000n, 8)),
      gicInit(GIC_V2),
      run(),
    ),
    caseOf(
      "ITS",
      vm(),
      vcpu(),
      init(PSCI),
      gicV3,
      device(ITS),
      gicInit(ITS),
      setAttribute(`device${ITS}`, ADDRESS, 4, little(0x808_0001n, 8)),
      setAttribute(`device${ITS}`, ADDRESS, 4, little(0x808_0000n, 8)),
      setAttribute(`device${ITS}`, ADDRESS, 4, little(0x80a_0000n, 8)),
      gicInit(ITS),
      gicInit(ITS),
      gicInit(),
      run(),
    ),
    caseOf(
      "attributes at random",
      offered(EVERYTHING),
      Array.from({ length: 30 }, () =>
        random.once(2)
          ? hasAttribute("cpu0", random.below(6), random.below(6))
          : setAttribute("cpu0", random.below(4), random.below(6), little(random.wide(), 8)),
      ),
    ),
  ];
}

export function attributeCases(random: Random): readonly ScriptCase[] {
  return [...known(), ...pmu(), ...timers(), ...stolenTime(), ...controllers(random)];
}
