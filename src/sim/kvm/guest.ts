/** The guest of `src/sim/rules` that a vCPU belongs to, and the hypervisor that its core sees. */
import { sveLengths } from "../../hosts/facilities.ts";
import type { Configuration, HostProfile } from "../../hosts/profile.ts";
import {
  bitmapRegisters,
  capability,
  type Fate,
  firmwareRegisters,
  idRegisters,
} from "../../tables/index.ts";
import { cpuLacks, fateOf } from "../rules/fates.ts";
import { type Gic, type Guest, guestWith, type RegisterFile } from "../rules/guest.ts";
import { registerOutcome } from "../rules/registers.ts";
import type { VcpuState } from "../vcpu/state.ts";
import { type Core, encodingKey, type Hypervisor, type Stop, type Trap } from "../vcpu/world.ts";
import { callHypervisor, targetState } from "./hypercalls.ts";
import type { Vcpu } from "./machine.ts";
import { GIC_V3, gicOf as gicDeviceOf } from "./objects.ts";
import { configurationOfFeatures, featureNames } from "./registers/configuration.ts";
import { getRegister, physicalOffset, virtualOffset } from "./registers/index.ts";

const gicOf = (vcpu: Vcpu): Gic => {
  const gic = gicDeviceOf(vcpu.vm);
  return gic === undefined ? "none" : gic.type === GIC_V3 ? "v3" : "v2";
};

/** A guest with what was asked of it before: the same for all vCPUs and VMs that are alike. */
interface Known {
  readonly guest: Guest;
  readonly fates: Map<string, Fate>;
  readonly ids: Map<number, bigint | undefined>;
}

interface OfProfile {
  readonly guests: Map<string, Known>;
}

/** So many guests of one host are remembered. */
const MOST_GUESTS = 512;

const profiles = new WeakMap<HostProfile, OfProfile>();

function ofProfile(profile: HostProfile): OfProfile {
  const found = profiles.get(profile);
  if (found !== undefined) return found;
  const made: OfProfile = { guests: new Map() };
  profiles.set(profile, made);
  return made;
}

/** The recorded configuration that speaks for a vCPU; see `configurationFor` for one that nobody recorded. */
export const configurationOf = ({ vm, features = 0 }: Vcpu): Configuration =>
  configurationOfFeatures(vm, features);

/** Everything that a guest's rules look at, as one text. */
function keyOf(vcpu: Vcpu): string {
  const { vm } = vcpu;
  const registers = [...vm.registers].map(([id, value]) => `${id.toString(36)}=${value.toString(36)}`);
  const events = vm.pmu.events.map(({ first, last, action }) => `${first}-${last}${action}`);
  return [
    vcpu.features,
    vcpu.id,
    [...vcpu.finalized].join(),
    vcpu.vectorLengths,
    [...vm.enabled].sort((a, b) => a - b).join(),
    gicOf(vcpu),
    vm.vcpus.size,
    vm.ran,
    vm.pmu.counters,
    events.join(),
    vcpu.stolenTime,
    registers.join(),
  ].join(" ");
}

/**
 * ID, firmware and bitmap registers as KVM_GET_ONE_REG reads them. One whose value no profile tells, and that nobody has
 * written, stays unknown: KVM's own answer is a guess then.
 */
function registersOf(vcpu: Vcpu): RegisterFile {
  const file: RegisterFile = new Map(configurationOf(vcpu).registers);
  for (const { id } of [...idRegisters(), ...firmwareRegisters(), ...bitmapRegisters()]) {
    if (file.get(id) === null && !vcpu.vm.registers.has(id)) continue;
    const answer = getRegister(vcpu, id);
    if (answer.ok) file.set(id, answer.value);
  }
  return file;
}

function makeGuest(vcpu: Vcpu): Guest {
  const { vm } = vcpu;
  const names = featureNames(vcpu.features ?? 0);
  return guestWith(
    {
      profile: vm.kvm.profile,
      configuration: configurationOf(vcpu),
      gic: gicOf(vcpu),
      vcpuFeatures: new Set(names),
      capabilities: new Set([...vm.enabled].flatMap((number) => capability(number)?.name ?? [])),
      filter: [],
      vcpus: vm.vcpus.size,
      stolenTime: vcpu.stolenTime,
      pmu: names.includes("PMU_V3") ? { counters: vm.pmu.counters, events: [...vm.pmu.events] } : undefined,
    },
    registersOf(vcpu),
  );
}

function knownOf(vcpu: Vcpu): Known {
  const { guests } = ofProfile(vcpu.vm.kvm.profile);
  const key = keyOf(vcpu);
  const found = guests.get(key);
  if (found !== undefined) return found;
  if (guests.size >= MOST_GUESTS) guests.clear();
  const made: Known = { guest: makeGuest(vcpu), fates: new Map(), ids: new Map() };
  guests.set(key, made);
  return made;
}

/** The guest as it stands, with the VM's filter. */
export function guestOf(vcpu: Vcpu): Guest {
  const { guest } = knownOf(vcpu);
  const { filter } = vcpu.vm;
  return filter.length === 0 ? guest : { ...guest, filter: [...filter] };
}

function fateIn(known: Known, name: string): Fate {
  const found = known.fates.get(name);
  if (found !== undefined) return found;
  const expected = fateOf(known.guest, name);
  const fate = expected.known ? expected.value : (expected.likely ?? "undefined");
  known.fates.set(name, fate);
  return fate;
}

const idRegisterAt = new Map(idRegisters().map((register) => [encodingKey(register), register]));

function idIn(known: Known, key: number): bigint | undefined {
  if (known.ids.has(key)) return known.ids.get(key);
  const register = idRegisterAt.get(key);
  const expected = register && registerOutcome(known.guest, register);
  const held = register && known.guest.registers.get(register.id);
  const value =
    expected?.known === true && typeof expected.value === "bigint" ? expected.value : (held ?? undefined);
  known.ids.set(key, value);
  return value;
}

/** Of the counters, where nothing tells: what the architecture asks for from Armv8.6 on. */
const FREQUENCY = 1_000_000_000n;
const CNTFRQ = encodingKey({ op0: 3, op1: 3, crn: 14, crm: 0, op2: 0 });
const VECTOR_BYTES = 16;

const frequencyIn = (known: Known): bigint => idIn(known, CNTFRQ) ?? FREQUENCY;

/** How fast a vCPU's counters count, in Hz: CNTFRQ_EL0. */
export const counterFrequency = (vcpu: Vcpu): bigint => frequencyIn(knownOf(vcpu));

/** The longest vector length that the vCPU's registers allow, in bytes. */
function vectorBytesOf(vcpu: Vcpu): number {
  if (!featureNames(vcpu.features ?? 0).includes("SVE")) return 0;
  const chosen = vcpu.vectorLengths;
  if (chosen !== undefined) return chosen.toString(2).length * VECTOR_BYTES;
  const offered = sveLengths(vcpu.vm.kvm.profile)?.value ?? [];
  return Math.max(0, ...offered) / 8;
}

/** The guest as its calls see it: with the VM's filter and vCPUs as they are at the call. */
const callerIn = ({ guest }: Known, { vm }: Vcpu): Guest => ({
  ...guest,
  filter: vm.filter,
  target: (affinity, level) => targetState(vm, affinity, level),
});

/** The hypervisor that a vCPU's core sees: what it is at the last `refresh`. */
interface VcpuHypervisor extends Hypervisor {
  refresh(): void;
}

function hypervisorOf(vcpu: Vcpu): VcpuHypervisor {
  let known = knownOf(vcpu);
  let caller = callerIn(known, vcpu);
  let generation = 0;
  let vectorBytes = vectorBytesOf(vcpu);
  return {
    fate: (name) => fateIn(known, name),
    lacks: (name) => cpuLacks(known.guest, name),
    get generation() {
      return generation;
    },
    get guest() {
      return known.guest;
    },
    call: (_state: VcpuState, conduit, immediate): Stop | Trap | undefined =>
      callHypervisor(vcpu, caller, conduit, immediate),
    idRegister: (key) => idIn(known, key),
    get vectorBytes() {
      return vectorBytes;
    },
    halts: vcpu.vm.halts,
    addressBits: vcpu.vm.ipaBits,
    get counterFrequency() {
      return frequencyIn(known);
    },
    get counterOffset() {
      return virtualOffset(vcpu.vm);
    },
    get physicalOffset() {
      return physicalOffset(vcpu.vm);
    },
    refresh() {
      const now = knownOf(vcpu);
      const bytes = vectorBytesOf(vcpu);
      if (now === known && bytes === vectorBytes) return;
      known = now;
      caller = callerIn(now, vcpu);
      vectorBytes = bytes;
      generation++;
    },
  };
}

interface VcpuCore extends Core {
  readonly hypervisor: VcpuHypervisor;
}

const cores = new WeakMap<Vcpu, VcpuCore>();

/** The core of an initialised vCPU. */
export function coreOf(vcpu: Vcpu): Core {
  return vcpuCoreOf(vcpu);
}

function vcpuCoreOf(vcpu: Vcpu): VcpuCore {
  const found = cores.get(vcpu);
  if (found !== undefined) return found;
  const made: VcpuCore = { state: vcpu.state, memory: vcpu.vm.memory, hypervisor: hypervisorOf(vcpu) };
  cores.set(vcpu, made);
  return made;
}

/** Before a vCPU enters the guest: what KVM calls have changed since counts from here on. */
export const refreshGuest = (vcpu: Vcpu): void => vcpuCoreOf(vcpu).hypervisor.refresh();
