/**
 * A virtual machine saved, and restored into another host's KVM, by the calls that a VMM makes: KVM_GET_ONE_REG over
 * KVM_GET_REG_LIST, and KVM_SET_ONE_REG in the same order on the other side. Of an in-kernel interrupt controller its
 * frames and its attributes are part of it, its registers are not: the simulated one holds no interrupts.
 */
import { pmuEventFilter, smcccFilter, u32, u64 } from "../planner/payload.ts";
import {
  deviceAttribute,
  deviceType,
  gicGroup,
  parseOneReg,
  sveLengthsRegister,
  vcpuFeatures,
} from "../tables/index.ts";
import {
  type Answer,
  createDevice,
  createVcpu,
  createVm,
  type Device,
  enableCapability,
  finalizeVcpu,
  getEvents,
  getMpState,
  getRegister,
  initVcpu,
  type Kvm,
  listRegisters,
  preferredTarget,
  setAttribute,
  setCounterOffset,
  setEvents,
  setMemory,
  setMpState,
  setRegister,
  type Vcpu,
  type VcpuEvents,
  type Vm,
} from "./kvm/index.ts";
import type { EventRange, FilterRange } from "./rules/guest.ts";

export interface MemorySnapshot {
  readonly slot: number;
  readonly address: bigint;
  readonly readOnly: boolean;
  readonly bytes: Uint8Array;
}

export interface VcpuSnapshot {
  readonly id: number;
  /** features[0] of KVM_ARM_VCPU_INIT. */
  readonly features: number;
  /** Indices of the features that were finalised. */
  readonly finalized: readonly number[];
  /** KVM_REG_ARM64_SVE_VLS; undefined: no SVE. */
  readonly vectorLengths: bigint | undefined;
  /** In the order of KVM_GET_REG_LIST. */
  readonly registers: readonly (readonly [id: bigint, value: bigint])[];
  readonly mpState: number;
  readonly events: VcpuEvents;
  readonly pmu: { readonly irq: number | undefined; readonly initialised: boolean };
  readonly stolenTime: bigint | undefined;
}

export interface Snapshot {
  /** Machine type of KVM_CREATE_VM. */
  readonly type: bigint;
  readonly capabilities: readonly number[];
  readonly filter: readonly FilterRange[];
  readonly counterOffset: bigint | undefined;
  readonly gic:
    | {
        readonly type: number;
        readonly addresses: readonly (readonly [attribute: number, address: bigint])[];
        /** Regions of redistributors; `count` 0: one that has room for every vCPU. */
        readonly redistributors: readonly {
          readonly index: number;
          readonly base: bigint;
          readonly count: number;
        }[];
        /** Shared interrupts; 0: nobody has said how many. */
        readonly spis: number;
        /** Other attributes that were set, such as the maintenance interrupt. */
        readonly attributes: readonly (readonly [group: number, attribute: number, value: number])[];
        readonly initialised: boolean;
      }
    | undefined;
  /** INTIDs of the timers that were set, by attribute number. */
  readonly timers: readonly (readonly [attribute: number, intid: number])[];
  readonly pmu: { readonly events: readonly EventRange[]; readonly counters: number | undefined };
  readonly memory: readonly MemorySnapshot[];
  readonly vcpus: readonly VcpuSnapshot[];
}

/** A call that the other host's KVM refuses. */
export interface RestoreRefusal {
  readonly call: string;
  /** The register's id where it is KVM_SET_ONE_REG. */
  readonly register: bigint | undefined;
  /** What was to be set. */
  readonly value: bigint | undefined;
  readonly vcpu: number | undefined;
  readonly errno: string;
}

export type Restored =
  | { readonly vm: Vm; readonly refused: readonly [] }
  | { readonly vm: undefined; readonly refused: readonly [RestoreRefusal, ...RestoreRefusal[]] };

/** KVM_REG_ARM_TIMER_CNT and KVM_REG_ARM_PTIMER_CNT (include/uapi/asm/kvm.h): what they hold is the time. */
export const clocks: readonly bigint[] = ["KVM_REG_ARM_TIMER_CNT", "KVM_REG_ARM_PTIMER_CNT"].map((name) => {
  const id = parseOneReg(name);
  if (id === undefined) throw new Error(`no register is called ${name}`);
  return id;
});
const SVE_LENGTHS = sveLengthsRegister().id;

function groupNumber(name: string): number {
  const row = gicGroup(name);
  if (row === undefined) throw new Error(`no group of attributes is called ${name}`);
  return row.group;
}
const ADDRESSES = groupNumber("KVM_DEV_ARM_VGIC_GRP_ADDR");
const NR_IRQS = groupNumber("KVM_DEV_ARM_VGIC_GRP_NR_IRQS");
const CONTROL = groupNumber("KVM_DEV_ARM_VGIC_GRP_CTRL");
/** KVM_DEV_ARM_VGIC_CTRL_INIT. */
const INIT = 0;
/** SGIs and PPIs, which the number of interrupts has in it. */
const PRIVATE_IRQS = 32;
/** KVM_VGIC_V3_ADDR_TYPE_REDIST and _REDIST_REGION: of the latter bits 63:52 the count, 11:0 the index. */
const REDISTRIBUTORS = 3;
const REDISTRIBUTOR_REGION = 5;
const REGION_COUNT_AT = 52n;
/** KVM_MEM_READONLY. */
const READ_ONLY = 2;

function saveVcpu(vcpu: Vcpu): Answer<VcpuSnapshot> {
  const listed = listRegisters(vcpu);
  if (!listed.ok) return listed;
  const registers: (readonly [bigint, bigint])[] = [];
  for (const id of listed.value) {
    const held = getRegister(vcpu, id);
    if (!held.ok) return held;
    registers.push([id, held.value]);
  }
  const mpState = getMpState(vcpu);
  if (!mpState.ok) return mpState;
  const events = getEvents(vcpu);
  if (!events.ok) return events;
  return {
    ok: true,
    value: {
      id: vcpu.id,
      features: vcpu.features ?? 0,
      finalized: [...vcpu.finalized],
      vectorLengths: registers.find(([id]) => id === SVE_LENGTHS)?.[1],
      registers,
      mpState: mpState.value,
      events: events.value,
      pmu: { ...vcpu.pmu },
      stolenTime: vcpu.stolenTime,
    },
  };
}

/**
 * Saves a VM whose vCPUs are initialised, between two KVM_RUNs. Memory is copied.
 *
 * @returns the errno with which KVM refuses to show a register
 */
export function saveVm(vm: Vm): Answer<Snapshot> {
  const vcpus: VcpuSnapshot[] = [];
  for (const vcpu of vm.vcpus.values()) {
    const saved = saveVcpu(vcpu);
    if (!saved.ok) return saved;
    vcpus.push(saved.value);
  }
  const gic = vm.devices.find(({ type }) => deviceType(type)?.controller !== undefined);
  return {
    ok: true,
    value: {
      type: vm.type,
      capabilities: [...vm.enabled],
      filter: vm.filter.map((range) => ({ ...range })),
      counterOffset: vm.counterOffset,
      gic: gic && {
        type: gic.type,
        addresses: [...gic.addresses],
        redistributors: gic.redistributors.map(({ index, base, count }) => ({ index, base, count })),
        spis: gic.spis,
        attributes: [...gic.attributes].map(([key, value]) => [
          Number(key >> 32n),
          Number(BigInt.asUintN(32, key)),
          Number(value),
        ]),
        initialised: gic.initialised,
      },
      timers: [...vm.timers],
      pmu: { events: vm.pmu.events.map((range) => ({ ...range })), counters: vm.pmu.counters },
      memory: vm.memory.regions.map(({ slot, address, readOnly, bytes }) => ({
        slot,
        address,
        readOnly,
        bytes: bytes.slice(),
      })),
      vcpus,
    },
  };
}

/** Notes what is refused. `required`: nothing can follow it. */
interface Attempt {
  readonly refused: RestoreRefusal[];
  readonly vcpu?: number;
}

function attempt(
  { refused, vcpu }: Attempt,
  call: string,
  answer: Answer<unknown>,
  register?: bigint,
  value?: bigint,
): boolean {
  if (!answer.ok) refused.push({ call, register, value, vcpu, errno: answer.errno });
  return answer.ok;
}

const actions = { handle: 0, deny: 1, forward: 2 } as const;

/** What is set on the VM before it has vCPUs. */
function restoreConfiguration(vm: Vm, snapshot: Snapshot, to: Attempt): void {
  for (const number of snapshot.capabilities)
    attempt(to, `KVM_ENABLE_CAP ${number}`, enableCapability(vm, number, 0, []));
  if (snapshot.counterOffset !== undefined)
    attempt(to, "KVM_ARM_SET_COUNTER_OFFSET", setCounterOffset(vm, snapshot.counterOffset, 0n));
  const filter = deviceAttribute("KVM_ARM_VM_SMCCC_FILTER");
  for (const { first, last, action } of snapshot.filter)
    if (filter !== undefined)
      attempt(
        to,
        `KVM_SET_DEVICE_ATTR ${filter.name}`,
        setAttribute(vm, filter.group, filter.attr, smcccFilter(first, last - first + 1, actions[action])),
      );
  for (const { slot, address, readOnly, bytes } of snapshot.memory)
    attempt(
      to,
      `KVM_SET_USER_MEMORY_REGION ${slot}`,
      setMemory(vm, slot, readOnly ? READ_ONLY : 0, address, BigInt(bytes.length), bytes.slice()),
    );
}

/** KVM_ARM_VCPU_INIT, vector lengths, KVM_ARM_VCPU_FINALIZE. */
function initialise(vcpu: Vcpu, { features, finalized, vectorLengths }: VcpuSnapshot, to: Attempt): boolean {
  const target = preferredTarget(vcpu.vm);
  if (!target.ok) return attempt(to, "KVM_ARM_PREFERRED_TARGET", target);
  const made = initVcpu(vcpu, Number(target.value & 0xffff_ffffn), [features]);
  if (!attempt(to, "KVM_ARM_VCPU_INIT", made)) return false;
  if (vectorLengths !== undefined) {
    const set = setRegister(vcpu, SVE_LENGTHS, vectorLengths);
    if (!attempt(to, "KVM_SET_ONE_REG", set, SVE_LENGTHS, vectorLengths)) return false;
  }
  return finalized.every((feature) => {
    const name = vcpuFeatures().find(({ index }) => index === feature)?.name ?? String(feature);
    return attempt(to, `KVM_ARM_VCPU_FINALIZE ${name}`, finalizeVcpu(vcpu, feature));
  });
}

type Registers = VcpuSnapshot["registers"];

/** Which registers are set, in which order: those of a saved list. */
export type Choice = (saved: Registers) => Registers;

/**
 * The registers that are chosen, in that order; all that are refused are told. The vector lengths have had their place before
 * KVM_ARM_VCPU_FINALIZE; the counters are the VM's, and the first vCPU's are set.
 */
function restoreRegisters(
  vcpu: Vcpu,
  { registers }: VcpuSnapshot,
  to: Attempt,
  choose: Choice = (saved) => saved,
): void {
  for (const [id, value] of choose(registers))
    if (id !== SVE_LENGTHS && (vcpu.index === 0 || !clocks.includes(id)))
      attempt(to, "KVM_SET_ONE_REG", setRegister(vcpu, id, value), id, value);
}

function restoreAttributes(vcpu: Vcpu, snapshot: Snapshot, own: VcpuSnapshot, to: Attempt): void {
  const set = (name: string, payload: Uint8Array | "none"): void => {
    const row = deviceAttribute(name);
    if (row !== undefined)
      attempt(to, `KVM_SET_DEVICE_ATTR ${name}`, setAttribute(vcpu, row.group, row.attr, payload));
  };
  if (own.pmu.irq !== undefined) set("KVM_ARM_VCPU_PMU_V3_IRQ", u32(own.pmu.irq));
  if (vcpu.index === 0) {
    if (snapshot.pmu.counters !== undefined)
      set("KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS", u32(snapshot.pmu.counters));
    for (const { first, last, action } of snapshot.pmu.events)
      set("KVM_ARM_VCPU_PMU_V3_FILTER", pmuEventFilter(first, last - first + 1, action === "allow" ? 0 : 1));
  }
  if (own.pmu.initialised) set("KVM_ARM_VCPU_PMU_V3_INIT", "none");
  if (own.stolenTime !== undefined) set("KVM_ARM_VCPU_PVTIME_IPA", u64(own.stolenTime));
}

function restoreGic(vm: Vm, { gic }: Snapshot, to: Attempt) {
  if (gic === undefined) return undefined;
  const made = createDevice(vm, gic.type, 0);
  if (!made.ok || made.value === undefined) {
    attempt(to, `KVM_CREATE_DEVICE ${gic.type}`, made);
    return undefined;
  }
  const regions = gic.redistributors.map(({ index, base, count }): readonly [number, bigint] =>
    count === 0
      ? [REDISTRIBUTORS, base]
      : [REDISTRIBUTOR_REGION, (BigInt(count) << REGION_COUNT_AT) | base | BigInt(index)],
  );
  for (const [attribute, address] of [...gic.addresses, ...regions])
    attempt(
      to,
      "KVM_SET_DEVICE_ATTR KVM_DEV_ARM_VGIC_GRP_ADDR",
      setAttribute(made.value, ADDRESSES, attribute, u64(address)),
    );
  return made.value;
}

/** What an interrupt controller is told once there are vCPUs, before it is initialised, and that it shall be. */
function configureGic(device: Device, gic: NonNullable<Snapshot["gic"]>, to: Attempt): void {
  const set = (group: number, attribute: number, payload: Uint8Array | "none"): boolean =>
    attempt(
      to,
      `KVM_SET_DEVICE_ATTR group ${group} attribute ${attribute}`,
      setAttribute(device, group, attribute, payload),
    );
  if (gic.spis > 0) set(NR_IRQS, 0, u32(gic.spis + PRIVATE_IRQS));
  for (const [group, attribute, value] of gic.attributes) set(group, attribute, u32(value));
  if (gic.initialised) set(CONTROL, INIT, "none");
}

/** @param vcpus those of the VM with what was saved of each */
function restoreState(
  vcpus: readonly (readonly [Vcpu, VcpuSnapshot])[],
  snapshot: Snapshot,
  refused: RestoreRefusal[],
): void {
  for (const [vcpu, own] of vcpus) restoreRegisters(vcpu, own, { refused, vcpu: own.id });
  for (const [vcpu, own] of vcpus) {
    const to = { refused, vcpu: own.id };
    if (vcpu.index === 0)
      for (const [attribute, intid] of snapshot.timers) {
        const row = deviceAttribute("KVM_ARM_VCPU_TIMER_IRQ_VTIMER");
        attempt(
          to,
          "KVM_SET_DEVICE_ATTR KVM_ARM_VCPU_TIMER_CTRL",
          setAttribute(vcpu, row?.group ?? 1, attribute, u32(intid)),
        );
      }
    restoreAttributes(vcpu, snapshot, own, to);
    attempt(to, "KVM_SET_VCPU_EVENTS", setEvents(vcpu, own.events));
    attempt(to, "KVM_SET_MP_STATE", setMpState(vcpu, own.mpState));
  }
}

/**
 * Makes a VM like the one that was saved and gives it what that held. A call that is refused does not keep the others
 * from being tried: a VMM's user wants to know all of them.
 */
export function restoreVm(kvm: Kvm, snapshot: Snapshot): Restored {
  const refused: RestoreRefusal[] = [];
  const to: Attempt = { refused };
  const failed = (): Restored => {
    const [first, ...others] = refused;
    if (first === undefined) throw new Error("nothing was refused");
    return { vm: undefined, refused: [first, ...others] };
  };
  const created = createVm(kvm, snapshot.type);
  if (!created.ok) {
    attempt(to, "KVM_CREATE_VM", created);
    return failed();
  }
  const vm = created.value;
  restoreConfiguration(vm, snapshot, to);
  const gic = restoreGic(vm, snapshot, to);
  const vcpus: (readonly [Vcpu, VcpuSnapshot])[] = [];
  for (const own of snapshot.vcpus) {
    const made = createVcpu(vm, own.id);
    if (!attempt({ refused, vcpu: own.id }, "KVM_CREATE_VCPU", made)) return failed();
    if (made.ok) vcpus.push([made.value, own]);
  }
  for (const [vcpu, own] of vcpus) if (!initialise(vcpu, own, { refused, vcpu: own.id })) return failed();
  if (gic !== undefined && snapshot.gic !== undefined) configureGic(gic, snapshot.gic, to);
  restoreState(vcpus, snapshot, refused);
  return refused.length > 0 ? failed() : { vm, refused: [] };
}

/**
 * Gives a machine that is made already, and whose vCPUs have not run, what a saved one held: memory, registers, pending
 * exceptions, which vCPUs run. Every call is tried, whatever is refused before it.
 *
 * @param choose the registers to set; those that it leaves out keep what the machine has
 */
export function restoreInto(vm: Vm, snapshot: Snapshot, choose?: Choice): readonly RestoreRefusal[] {
  const refused: RestoreRefusal[] = [];
  for (const { slot, bytes } of snapshot.memory)
    vm.memory.regions.find((region) => region.slot === slot)?.bytes.set(bytes);
  vm.memory.generation++;
  const vcpus = snapshot.vcpus.flatMap((own): readonly (readonly [Vcpu, VcpuSnapshot])[] => {
    const vcpu = vm.vcpus.get(own.id);
    return vcpu === undefined ? [] : [[vcpu, own]];
  });
  for (const [vcpu, own] of vcpus) restoreRegisters(vcpu, own, { refused, vcpu: own.id }, choose);
  for (const [vcpu, own] of vcpus) {
    const to = { refused, vcpu: own.id };
    attempt(to, "KVM_SET_VCPU_EVENTS", setEvents(vcpu, own.events));
    attempt(to, "KVM_SET_MP_STATE", setMpState(vcpu, own.mpState));
  }
  return refused;
}
