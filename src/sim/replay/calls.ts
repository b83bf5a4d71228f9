/** The steps that are KVM calls, as the program that makes recordings carries them out. */
import type { Step, StepKind, StepOf } from "../../recordings/index.ts";
import type { Answer } from "../kvm/answer.ts";
import {
  checkExtension,
  createDevice,
  createVcpu,
  createVm,
  enableCapability,
  finalizeVcpu,
  getAttribute,
  getEvents,
  getMpState,
  hasAttribute,
  initVcpu,
  preferredTarget,
  setAttribute,
  setCounterOffset,
  setEvents,
  setMemory,
  setMpState,
  writableMasks,
} from "../kvm/index.ts";
import type { Device, Vcpu, Vm } from "../kvm/machine.ts";
import { AGENT_MEMORY, AGENT_MEMORY_SIZE } from "./layout.ts";
import { dump, getOne, list, put, setOne, tryField } from "./one-reg.ts";
import type { Outcome } from "./outcome.ts";
import { MOST_DEVICES, MOST_MEMORIES, MOST_VCPUS, type Session } from "./session.ts";

/** Steps that are one call or a few; the others run guests. */
export type CallKind = Exclude<StepKind, "run" | "ask">;

export const absent: Outcome = { kind: "absent" };

const called = (answer: Answer<unknown>): Outcome =>
  answer.ok ? { kind: "ok" } : { kind: "errno", name: answer.errno };

const numbered = (answer: Answer<bigint | number>): Outcome =>
  answer.ok ? { kind: "number", value: BigInt(answer.value) } : { kind: "errno", name: answer.errno };

type Take<K extends StepKind> = (session: Session, step: StepOf<K>) => Outcome;

const onVm =
  <K extends StepKind>(take: (vm: Vm, step: StepOf<K>, session: Session) => Outcome): Take<K> =>
  (session, step) =>
    session.vm === undefined ? absent : take(session.vm, step, session);

const onVcpu =
  <K extends StepKind>(
    take: (vcpu: Vcpu, step: StepOf<K> & { readonly vcpu: number }, session: Session) => Outcome,
  ): ((session: Session, step: StepOf<K> & { readonly vcpu: number }) => Outcome) =>
  (session, step) => {
    const vcpu = session.vcpus.get(step.vcpu);
    return vcpu === undefined ? absent : take(vcpu, step, session);
  };

/** `vm`, `cpu0`, or the device that was made last of a type. */
function fileNamed(session: Session, name: string): Vm | Vcpu | Device | undefined {
  if (name === "vm") return session.vm;
  if (name.startsWith("cpu")) return session.vcpus.get(Number(name.slice("cpu".length)));
  const type = Number(name.slice("device".length));
  return session.vm?.devices.findLast((device) => device.type === type);
}

function createSessionVm(session: Session, { type }: StepOf<"vm">): Outcome {
  if (session.vm !== undefined) return absent;
  const vm = createVm(session.kvm, type);
  if (!vm.ok) return called(vm);
  session.vm = vm.value;
  return called(setMemory(vm.value, 0, 0, BigInt(AGENT_MEMORY), BigInt(AGENT_MEMORY_SIZE), session.memory));
}

function createSessionVcpu(vm: Vm, { id }: StepOf<"vcpu">, session: Session): Outcome {
  const vcpu = createVcpu(vm, id);
  if (vcpu.ok && id < MOST_VCPUS && !session.vcpus.has(id)) session.vcpus.set(id, vcpu.value);
  return called(vcpu);
}

const DEVICE_TEST = 1;

function createSessionDevice(vm: Vm, { type, flags }: StepOf<"device">, session: Session): Outcome {
  if (session.devices === MOST_DEVICES) return absent;
  const device = createDevice(vm, type, flags);
  if (device.ok && (flags & DEVICE_TEST) === 0) session.devices++;
  return called(device);
}

function addMemory(vm: Vm, { slot, flags, address, size }: StepOf<"memory">, session: Session): Outcome {
  if (session.memories === MOST_MEMORIES) return absent;
  if (size > 0n) session.memories++;
  return called(setMemory(vm, slot, flags, address, size));
}

/** Bits 31:0 of what KVM_ARM_PREFERRED_TARGET says; 0 where it says nothing. */
function preferred(vm: Vm): number {
  const target = preferredTarget(vm);
  return target.ok ? Number(target.value & 0xffff_ffffn) : 0;
}

/** Reset, the vCPU is no longer at the agent. */
function initialise(
  session: Session,
  vcpu: Vcpu,
  target: number,
  features: readonly number[],
): Answer<unknown> {
  const answer = initVcpu(vcpu, target, features);
  if (answer.ok) session.agents.delete(vcpu.id);
  return answer;
}

function offer(vcpu: Vcpu, { features, capabilities }: StepOf<"offer">, session: Session): Outcome {
  const { vm } = vcpu;
  let next = 0;
  let offered = 0;
  for (let bit = 0; bit < 32; bit++) {
    if (((features >>> bit) & 1) === 0) continue;
    const capability = capabilities[next++] ?? 0;
    const answer = capability === 0 ? undefined : checkExtension(vm, capability);
    if (answer === undefined || (answer.ok && answer.value > 0)) offered = (offered | (1 << bit)) >>> 0;
  }
  const answer = initialise(session, vcpu, preferred(vm), [offered]);
  return answer.ok ? { kind: "number", value: BigInt(offered) } : called(answer);
}

const MOST_PAYLOAD = 64;
/** With which the buffer is filled that KVM writes to. */
const FILLED = 0xa5;

function getBytes(session: Session, { on, group, attribute, size }: StepOf<"get-attribute">): Outcome {
  const file = fileNamed(session, on);
  if (file === undefined || size > MOST_PAYLOAD) return absent;
  const buffer = new Uint8Array(MOST_PAYLOAD).fill(FILLED);
  const answer = getAttribute(file, group, attribute, buffer);
  if (!answer.ok) return called(answer);
  buffer.set(answer.value);
  return { kind: "bytes", bytes: buffer.subarray(0, size) };
}

function setBytes(session: Session, step: StepOf<"set-attribute">): Outcome {
  const { on, group, attribute, payload } = step;
  const file = fileNamed(session, on);
  if (file === undefined || (typeof payload !== "string" && payload.length > MOST_PAYLOAD)) return absent;
  return called(
    setAttribute(file, group, attribute, typeof payload === "string" ? payload : padded(payload)),
  );
}

/** What the program has in the buffer that it gives to KVM. */
function padded(payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(MOST_PAYLOAD);
  bytes.set(payload);
  return bytes;
}

const FILTER_BYTES = 24;
const FILTER_ACTION_AT = 8;
const FILTER_PAD_AT = 9;

function setFilter(vm: Vm, { base, functions, action, pad }: StepOf<"filter">): Outcome {
  const bytes = new Uint8Array(FILTER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, base, true);
  view.setUint32(4, functions, true);
  view.setUint8(FILTER_ACTION_AT, action);
  view.setUint8(FILTER_PAD_AT, pad[0] ?? 0);
  view.setUint8(FILTER_BYTES - 1, pad[1] ?? 0);
  return called(setAttribute(vm, 0, 0, bytes));
}

/** The mask of each register that has writable bits. */
function masks(vm: Vm, { range, reserved }: StepOf<"masks">): Outcome {
  const answer = writableMasks(vm, range, reserved);
  if (!answer.ok) return called(answer);
  return {
    kind: "masks",
    masks: [...answer.value].filter(([, mask]) => mask !== 0n).map(([id, mask]) => ({ id, mask })),
  };
}

/** KVM_GET_VCPU_EVENTS: the first four of its bytes. */
function firstEvents(vcpu: Vcpu): Outcome {
  const events = getEvents(vcpu);
  return events.ok ? { kind: "number", value: events.value.bytes & 0xffff_ffffn } : called(events);
}

const takes: { readonly [K in CallKind]: Take<K> } = {
  vm: createSessionVm,
  check(session, { on, capability }) {
    const file = on === "kvm" ? session.kvm : session.vm;
    return file === undefined ? absent : numbered(checkExtension(file, capability));
  },
  enable: onVm((vm, { capability, flags, arguments: args }) =>
    called(
      enableCapability(
        vm,
        capability,
        flags,
        [0, 1, 2, 3].map((at) => args[at] ?? 0n),
      ),
    ),
  ),
  memory: onVm(addMemory),
  vcpu: onVm(createSessionVcpu),
  target: onVm((vm) => numbered(preferredTarget(vm))),
  init: onVcpu<"init">((vcpu, { target, features }, session) =>
    called(initialise(session, vcpu, target === "preferred" ? preferred(vcpu.vm) : target >>> 0, features)),
  ),
  offer: onVcpu<"offer">(offer),
  finalize: onVcpu<"finalize">((vcpu, { feature }) => called(finalizeVcpu(vcpu, feature))),
  device: onVm(createSessionDevice),
  offset: onVm((vm, { counter, reserved }) => called(setCounterOffset(vm, counter, reserved))),
  "mp-state": onVcpu<"mp-state">((vcpu) => numbered(getMpState(vcpu))),
  "set-mp-state": onVcpu<"set-mp-state">((vcpu, { state }) => called(setMpState(vcpu, state))),
  events: onVcpu<"events">(firstEvents),
  "set-events": onVcpu<"set-events">((vcpu, { bytes, esr }) => called(setEvents(vcpu, { bytes, esr }))),
  get: onVcpu<"get">((vcpu, { id }) => getOne(vcpu, id)),
  set: onVcpu<"set">((vcpu, { id, value }) => setOne(vcpu, id, value)),
  try: onVcpu<"try">(tryField),
  put: onVcpu<"put">(put),
  list: onVcpu<"list">((vcpu) => list(vcpu)),
  dump: onVcpu<"dump">((vcpu) => dump(vcpu)),
  masks: onVm(masks),
  "has-attribute"(session, { on, group, attribute }) {
    const file = fileNamed(session, on);
    return file === undefined ? absent : called(hasAttribute(file, group, attribute));
  },
  "get-attribute": getBytes,
  "set-attribute": setBytes,
  filter: onVm(setFilter),
};

/** Carries out a step that runs no guest. */
export function call(session: Session, step: Exclude<Step, { readonly kind: "run" | "ask" }>): Outcome {
  const take = takes[step.kind] as (session: Session, step: Step) => Outcome;
  return take(session, step);
}
