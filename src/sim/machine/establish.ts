/**
 * A virtual machine as a contract's plan makes it on the simulated KVM, with what the plan leaves to the VMM: memory,
 * vCPUs, the interrupt controller. The order is that of `examples/vmm`.
 */
import type { Contract } from "../../contract.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import type { Operation, Phase, Plan, SetRegister, VerifyRegister } from "../../planner/plan.ts";
import { deviceAttribute } from "../../tables/index.ts";
import {
  type Answer,
  checkExtension,
  createDevice,
  createVcpu,
  createVm,
  type Device,
  enableCapability,
  fails,
  finalizeVcpu,
  getRegister,
  initVcpu,
  listRegisters,
  preferredTarget,
  setAttribute,
  setCounterOffset,
  setMemory,
  setRegister,
  type Vcpu,
  type Vm,
} from "../kvm/index.ts";

export interface Machine {
  readonly vm: Vm;
  /** In order of their numbers; at least one. */
  readonly vcpus: readonly [Vcpu, ...Vcpu[]];
}

export interface Memory {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

/** A call that KVM refuses. */
export interface Refused {
  /** Of the plan; undefined: a call of the VMM's own. */
  readonly operation: Operation | undefined;
  readonly call: string;
  /** As the generated header reports it: EOPNOTSUPP for too small an answer, EBADMSG for another value. */
  readonly errno: string;
}

const TOO_LITTLE = "EOPNOTSUPP";
const DIFFERS = "EBADMSG";

const GIC_V2 = 5;
const GIC_V3 = 7;
/** KVM_DEV_ARM_VGIC_GRP_ADDR and its attributes, KVM_DEV_ARM_VGIC_GRP_CTRL with INIT. */
const ADDRESSES = 0;
const CONTROL = 4;
const INIT = 0;
const V2_DISTRIBUTOR = 0;
const V2_CPU = 1;
const V3_DISTRIBUTOR = 2;
const V3_REDISTRIBUTORS = 3;
/** Where QEMU's `virt` machine has them. */
const DISTRIBUTOR = 0x0800_0000n;
const CPU_INTERFACE = 0x0801_0000n;
const REDISTRIBUTORS = 0x080a_0000n;
/** Interrupt of the PMU where the contract names none: that of Arm's base system architecture. */
const PMU_INTID = 23;
/** Stolen time is mapped in whole pages. */
const LARGEST_PAGE = 0x1_0000n;
const STOLEN_TIME_SLOT = 1;
/** Class of the hypercall bitmaps in a register's id. */
const isBitmap = (id: bigint): boolean => id >> 16n === 0x6030_0000_0016n;

class Refusal extends Error {
  readonly refused: Refused;
  constructor(refused: Refused) {
    super(`${refused.call}: ${refused.errno}`);
    this.refused = refused;
  }
}

function must<T>(answer: Answer<T>, call: string, operation?: Operation): T {
  if (answer.ok) return answer.value;
  throw new Refusal({ operation, call, errno: answer.errno });
}

const bytesOf = (value: bigint, size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
const numberOf = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

function writeRegister(vcpu: Vcpu, { id, bits, mask, value, absentIsFine }: SetRegister): Answer<undefined> {
  const whole = mask === (1n << BigInt(bits)) - 1n;
  const held = whole ? undefined : getRegister(vcpu, id);
  const wanted = held?.ok === true ? (held.value & ~mask) | value : value;
  const answer = held?.ok === false ? held : setRegister(vcpu, id, wanted);
  if (!answer.ok) return answer.errno === "ENOENT" && absentIsFine ? { ok: true, value: undefined } : answer;
  // KVM may take a value and keep another one.
  const after = getRegister(vcpu, id);
  return after.ok && after.value === wanted ? answer : fails(DIFFERS);
}

function verifyRegister(
  vcpu: Vcpu,
  { id, mask, value, compare, absentIsFine }: VerifyRegister,
): Answer<undefined> {
  const held = getRegister(vcpu, id);
  if (!held.ok) return held.errno === "ENOENT" && absentIsFine ? { ok: true, value: undefined } : held;
  const seen = held.value & mask;
  const fine = compare === "equal" ? seen === value : seen >= value;
  return fine ? { ok: true, value: undefined } : fails(DIFFERS);
}

function clearBitmaps(vcpu: Vcpu, known: readonly bigint[]): Answer<undefined> {
  const listed = listRegisters(vcpu);
  if (!listed.ok) return listed;
  for (const id of listed.value) {
    const answer = isBitmap(id) && !known.includes(id) ? setRegister(vcpu, id, 0n) : undefined;
    if (answer?.ok === false) return answer;
  }
  return { ok: true, value: undefined };
}

function onVm(vm: Vm, operation: Operation): Answer<unknown> {
  switch (operation.kind) {
    case "check-extension": {
      const answer = checkExtension(vm, operation.capability);
      return answer.ok && answer.value < operation.atLeast ? fails(TOO_LITTLE) : answer;
    }
    case "enable-capability": {
      if (operation.ifPresent) {
        const offered = checkExtension(vm, operation.capability);
        if (offered.ok && offered.value <= 0) return offered;
      }
      return enableCapability(vm, operation.capability, 0, operation.args);
    }
    case "set-counter-offset":
      return setCounterOffset(vm, numberOf(operation.payload.subarray(0, 8)), 0n);
    case "set-device-attribute":
      return setAttribute(
        vm,
        operation.group,
        operation.attribute,
        operation.payload.length === 0 ? "none" : operation.payload,
      );
    default:
      throw new Error(`${operation.kind} is no operation on a VM`);
  }
}

function onVcpu(vcpu: Vcpu, operation: Operation): Answer<unknown> {
  switch (operation.kind) {
    case "vcpu-init": {
      const target = preferredTarget(vcpu.vm);
      if (!target.ok) return target;
      // Secondary vCPUs begin switched off: KVM_ARM_VCPU_POWER_OFF, bit 0.
      const features = operation.features | (vcpu.index === 0 ? 0 : 1);
      return initVcpu(vcpu, Number(target.value & 0xffff_ffffn), [features]);
    }
    case "vcpu-finalize":
      return finalizeVcpu(vcpu, operation.feature);
    case "set-register":
      return writeRegister(vcpu, operation);
    case "clear-unknown-bitmaps":
      return clearBitmaps(vcpu, operation.known);
    case "verify-register":
      return verifyRegister(vcpu, operation);
    case "set-device-attribute": {
      if (operation.firstVcpuOnly && vcpu.index !== 0) return { ok: true, value: undefined };
      const { payload, perVcpu } = operation;
      const own =
        perVcpu === 0n ? payload : bytesOf(numberOf(payload) + perVcpu * BigInt(vcpu.index), payload.length);
      return setAttribute(vcpu, operation.group, operation.attribute, own.length === 0 ? "none" : own);
    }
    default:
      throw new Error(`${operation.kind} is no operation on a vCPU`);
  }
}

/** The contract's interrupt controller, else the newest that the host offers. */
function addGic(vm: Vm, contract: Contract): Device | undefined {
  const wanted = contract.gic?.value;
  if (wanted === "none") return undefined;
  const offered = vm.kvm.profile.devices ?? [];
  const type =
    wanted === undefined
      ? [GIC_V3, GIC_V2].find((one) => offered.includes(one))
      : wanted === "v3"
        ? GIC_V3
        : GIC_V2;
  if (type === undefined) return undefined;
  const gic = must(createDevice(vm, type, 0), `KVM_CREATE_DEVICE of the GICv${type === GIC_V3 ? 3 : 2}`);
  if (gic === undefined) return undefined;
  const addresses: readonly (readonly [number, bigint])[] =
    type === GIC_V3
      ? [
          [V3_DISTRIBUTOR, DISTRIBUTOR],
          [V3_REDISTRIBUTORS, REDISTRIBUTORS],
        ]
      : [
          [V2_DISTRIBUTOR, DISTRIBUTOR],
          [V2_CPU, CPU_INTERFACE],
        ];
  for (const [attribute, address] of addresses)
    must(setAttribute(gic, ADDRESSES, attribute, bytesOf(address, 8)), "address of the GIC");
  return gic;
}

/** Memory for the records of stolen time, where they lie in none. */
function addStolenTime(vm: Vm, { stolenTime, vcpus }: Contract, ram: Memory): void {
  if (stolenTime === undefined) return;
  const first = stolenTime.value;
  const end = first + 64n * BigInt(vcpus?.value ?? 1);
  if (first >= ram.address && end <= ram.address + BigInt(ram.bytes.length)) return;
  const from = first & ~(LARGEST_PAGE - 1n);
  const to = (end + LARGEST_PAGE - 1n) & ~(LARGEST_PAGE - 1n);
  must(setMemory(vm, STOLEN_TIME_SLOT, 0, from, to - from), "memory for stolen time");
}

/** A PMU beside a GIC needs an interrupt; where the contract names none, it is the VMM's choice. */
function choosePmuInterrupt(vcpu: Vcpu, { pmu }: Contract): void {
  const row = deviceAttribute("KVM_ARM_VCPU_PMU_V3_IRQ");
  if (pmu === undefined || pmu.intid !== undefined || row === undefined) return;
  must(setAttribute(vcpu, row.group, row.attr, bytesOf(BigInt(PMU_INTID), 4)), "interrupt of the PMU");
}

const IPA_SIZE = 165;
const DEFAULT_IPA_BITS = 40;

/** The machine type where the contract leaves it to the VMM: 40 bits, or what the host has where that is less. */
function ownType(profile: HostProfile): bigint {
  const most = profile.capabilities.get(IPA_SIZE) ?? DEFAULT_IPA_BITS;
  return most < DEFAULT_IPA_BITS ? BigInt(most) : 0n;
}

function establishOrThrow(contract: Contract, plan: Plan, profile: HostProfile, ram: Memory): Machine {
  const of = (...phases: readonly Phase[]): readonly Operation[] =>
    plan.operations.filter(({ phase }) => phases.includes(phase));
  const call = (operation: Operation): string => `${operation.ioctl.name} ${operation.name}`;
  const create = plan.operations.find((operation) => operation.kind === "create-vm");
  const vm = must(
    createVm({ profile }, create?.kind === "create-vm" ? create.type : ownType(profile)),
    "KVM_CREATE_VM",
    create,
  );
  for (const operation of of("check", "vm")) must(onVm(vm, operation), call(operation), operation);
  must(setMemory(vm, 0, 0, ram.address, BigInt(ram.bytes.length), ram.bytes), "memory of the guest");
  addStolenTime(vm, contract, ram);
  const gic = addGic(vm, contract);
  const first = must(createVcpu(vm, 0), "KVM_CREATE_VCPU");
  const others = Array.from({ length: (contract.vcpus?.value ?? 1) - 1 }, (_, at) =>
    must(createVcpu(vm, at + 1), "KVM_CREATE_VCPU"),
  );
  const vcpus: Machine["vcpus"] = [first, ...others];
  const onEach = (...phases: readonly Phase[]): void => {
    for (const vcpu of vcpus)
      for (const operation of of(...phases)) must(onVcpu(vcpu, operation), call(operation), operation);
  };
  onEach("init", "lengths", "finalize", "registers");
  if (gic !== undefined) {
    must(setAttribute(gic, CONTROL, INIT, "none"), "initialisation of the GIC");
    for (const vcpu of vcpus) choosePmuInterrupt(vcpu, contract);
  }
  onEach("devices");
  onEach("verify");
  return { vm, vcpus };
}

/**
 * Makes the virtual machine that a plan describes.
 *
 * @param ram the guest's memory, whole pages of 4 KiB, shared with the machine
 */
export function establish(
  contract: Contract,
  plan: Plan,
  profile: HostProfile,
  ram: Memory,
): { readonly machine: Machine } | { readonly refused: Refused } {
  try {
    return { machine: establishOrThrow(contract, plan, profile, ram) };
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.refused };
    throw error;
  }
}
