/** Runs a machine until its guest ends: vCPUs in turn, devices, semihosting. The same run each time. */
import { coreOf, enterGuest, STOPPED, type Vcpu } from "../kvm/index.ts";
import { runCore } from "../vcpu/engine.ts";
import { readPc, readX, writePc, writeX } from "../vcpu/state.ts";
import { nextTimer, physicalCount } from "../vcpu/system/counters.ts";
import type { Stop } from "../vcpu/world.ts";
import { agentPorts } from "./agent-ports.ts";
import { deviceAt, type MappedDevice, type Streams } from "./devices.ts";
import type { Machine } from "./establish.ts";
import { guestMemory } from "./guest-memory.ts";
import { pl011 } from "./pl011.ts";
import { type GuestMemory, SEMIHOSTING, type Semihosting, semihosting } from "./semihosting.ts";
import { type TraceSink, tracer } from "./trace.ts";

export interface RunOptions {
  readonly streams: Streams;
  /** Over all vCPUs. */
  readonly maxInstructions: number;
  /** What the guest is told that it was called. */
  readonly commandLine: string;
  /** Memory that no part of the program is in. */
  readonly free: { readonly from: bigint; readonly to: bigint };
  readonly trace?: TraceSink;
}

export type Ending =
  /** The guest says that it is done. `status`: 0 to 255. */
  | { readonly kind: "exit"; readonly status: number; readonly by: "semihosting" | "PSCI" | "finish" }
  | { readonly kind: "budget" }
  /** The engine lacks an instruction, or a part of one. */
  | { readonly kind: "lacks"; readonly what: string; readonly word: number; readonly address: bigint }
  /** The guest wants something of its VMM that this one does not have. `address`: of the instruction. */
  | { readonly kind: "unhandled"; readonly what: string; readonly address: bigint }
  /** Every vCPU waits or is off, and nothing will wake them; or one takes exceptions and executes nothing. */
  | { readonly kind: "stuck"; readonly what: string; readonly address: bigint }
  /** KVM_RUN fails. */
  | { readonly kind: "fails"; readonly errno: string };

export interface Course {
  readonly ending: Ending;
  /** Executed, on all vCPUs together. */
  readonly instructions: number;
}

/** Instructions of one vCPU before it is the next one's turn. */
const TURN = 10_000;
/** How long WFE waits where nothing sends an event, in nanoseconds: it may end without a cause. */
const EVENT_WAIT = 1000;
/** What is due later never comes: the clock is a number that has to count single nanoseconds. */
const LATEST = 2 ** 52;
/** Semihosting moves so many bytes for one instruction of those that are left. */
const BYTES_OF_INSTRUCTION = 8;
/** So many rounds in which every vCPU did nothing but wait are the end. */
const MOST_IDLE_ROUNDS = 300_000;
const SHUTDOWN = 1;
const RESET = 2;
const NOT_SUPPORTED = (1n << 64n) - 1n;

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;
const eventWords: Readonly<Record<number, string>> = { [RESET]: "a reset", 4: "to be suspended" };

/** What a stop comes to: the guest goes on, waits for an event or for an interrupt that nobody sends, or has ended. */
type Handled = "on" | "waits" | "blocks" | Ending;

interface World {
  readonly devices: readonly MappedDevice[];
  readonly semihosting: (vcpu: Vcpu) => Semihosting;
  readonly finished: () => boolean;
  readonly note: (vcpu: Vcpu, text: string) => void;
}

/** The address of the instruction before: devices are reached by instructions that are over. */
const before = (vcpu: Vcpu): bigint => BigInt.asUintN(64, readPc(vcpu.state) - 4n);

/** Of each frame of an interrupt controller: GICD and GICC of a GICv2, GICD of a GICv3, and each redistributor. */
const GIC_FRAME = 0x1_0000n;
const REDISTRIBUTOR = 0x2_0000n;

/** Whether an address is the in-kernel interrupt controller's: KVM would answer itself. */
const isGic = ({ vm }: Vcpu, address: bigint): boolean =>
  vm.devices.some(
    ({ addresses, redistributors }) =>
      [...addresses.values()].some((base) => address >= base && address < base + GIC_FRAME) ||
      redistributors.some(
        ({ base, count }) =>
          address >= base && address < base + REDISTRIBUTOR * BigInt(count === 0 ? vm.vcpus.size : count),
      ),
  );

function nothingAt(vcpu: Vcpu, address: bigint, device: MappedDevice | undefined, verb: string): Ending {
  if (isGic(vcpu, address)) {
    const bytes = guestMemory(coreOf(vcpu)).read(before(vcpu), 4);
    return {
      kind: "lacks",
      what: `the registers of the interrupt controller: ${verb} ${hex(address)}`,
      word: bytes === undefined ? 0 : new DataView(bytes.buffer).getUint32(0, true),
      address: before(vcpu),
    };
  }
  const place =
    device === undefined
      ? "where no memory and no device is"
      : `in ${device.name}, which has no such register`;
  return { kind: "unhandled", what: `${verb} ${hex(address)}, ${place}`, address: before(vcpu) };
}

function handleHalt(vcpu: Vcpu, { semihosting: host, note }: World): Handled {
  const operation = Number(BigInt.asUintN(32, readX(vcpu.state, 0)));
  const answer = host(vcpu)(operation, readX(vcpu.state, 1));
  if (answer.kind === "unknown")
    return {
      kind: "unhandled",
      what: `semihosting operation ${hex(operation)}`,
      address: readPc(vcpu.state),
    };
  if (answer.kind === "exits") {
    note(vcpu, `semihosting ${hex(operation)}: the end, status ${answer.status}`);
    return { kind: "exit", status: answer.status, by: "semihosting" };
  }
  note(vcpu, `semihosting ${hex(operation)}: x0 ${hex(answer.x0)}`);
  writeX(vcpu.state, 0, answer.x0);
  writePc(vcpu.state, readPc(vcpu.state) + 4n);
  vcpu.state.retired++;
  return "on";
}

function handle(vcpu: Vcpu, stop: Stop, world: World): Handled {
  const { note } = world;
  switch (stop.kind) {
    case "budget":
      return "on";
    case "mmio-write": {
      const { address, length, value } = stop;
      const device = deviceAt(world.devices, address);
      note(vcpu, `write ${hex(value)} to ${hex(address)}, ${length} bytes`);
      if (device?.write(Number(address - device.base), length, value) !== true)
        return nothingAt(vcpu, address, device, "a write to");
      return world.finished() ? { kind: "exit", status: 0, by: "finish" } : "on";
    }
    case "mmio-read": {
      const { address, length } = stop;
      const device = deviceAt(world.devices, address);
      const value = device?.read(Number(address - device.base), length);
      if (value === undefined) return nothingAt(vcpu, address, device, "a read of");
      note(vcpu, `read ${hex(address)}, ${length} bytes: ${hex(value)}`);
      stop.answer(value);
      return "on";
    }
    case "hypercall":
      // The filter forwards it, and this VMM has nothing of that kind: it answers as SMCCC has it.
      note(vcpu, `call ${hex(stop.nr)} is forwarded to user space, which answers -1`);
      writeX(vcpu.state, 0, NOT_SUPPORTED);
      return "on";
    case "system-event":
      return stop.type === SHUTDOWN
        ? { kind: "exit", status: 0, by: "PSCI" }
        : {
            kind: "unhandled",
            what: `PSCI asks for ${eventWords[stop.type] ?? `system event ${stop.type}`}`,
            address: before(vcpu),
          };
    case "waits": {
      const due = stop.why === "wfi" || stop.why === "wfe" ? nextTimer(coreOf(vcpu)) : undefined;
      if (due !== undefined && due > LATEST) return "blocks";
      if (due !== undefined && due > vcpu.state.retired) {
        note(vcpu, `${stop.why}: until a timer is due`);
        vcpu.state.retired = due;
        return "on";
      }
      if (due === undefined && stop.why !== "wfe") return "blocks";
      vcpu.state.retired += EVENT_WAIT;
      return "waits";
    }
    case "halt":
      return handleHalt(vcpu, world);
    case "lacks":
      return { kind: "lacks", what: stop.what, word: stop.word, address: stop.address };
    case "fails":
      return { kind: "fails", errno: stop.errno };
    case "debug":
      return { kind: "unhandled", what: "a debug exception for the VMM", address: readPc(vcpu.state) };
    case "exit":
      return { kind: "unhandled", what: `KVM exit ${stop.reason}`, address: readPc(vcpu.state) };
  }
}

/** Memory that is reached as long as somebody pays for the bytes: a length that a guest names has no bounds. */
const paidMemory = (memory: GuestMemory, pay: (bytes: number) => boolean): GuestMemory => ({
  read: (address, length) => (pay(length) ? memory.read(address, length) : undefined),
  write: (address, bytes) => pay(bytes.length) && memory.write(address, bytes),
});

/** @param pay for bytes that semihosting moves; false: there is nothing left */
function worldOf(
  machine: Machine,
  options: RunOptions,
  note: World["note"],
  pay: (bytes: number) => boolean,
): World {
  const { streams } = options;
  let finished = false;
  const first = machine.vcpus[0];
  const clock = coreOf(first);
  const ticks = (): bigint => physicalCount(clock);
  const frequency = clock.hypervisor.counterFrequency;
  const hosts = new Map<Vcpu, Semihosting>();
  return {
    devices: [
      pl011(streams),
      ...agentPorts(streams, () => {
        finished = true;
      }),
    ],
    finished: () => finished,
    note,
    semihosting(vcpu) {
      const known = hosts.get(vcpu);
      if (known !== undefined) return known;
      const made = semihosting({
        memory: paidMemory(guestMemory(coreOf(vcpu)), pay),
        streams,
        commandLine: options.commandLine,
        nanoseconds: () => BigInt(first.state.retired),
        frequency,
        ticks,
        free: options.free,
      });
      hosts.set(vcpu, made);
      return made;
    },
  };
}

/** What all vCPUs wait for, in words. */
function waiting({ vcpus }: Machine): Ending {
  const [first] = vcpus;
  const off = vcpus.every(({ mpState }) => mpState === STOPPED);
  return {
    kind: "stuck",
    what: off ? "every vCPU is off" : "every vCPU waits, and nothing wakes them",
    address: before(first),
  };
}

/** ESR_ELx.EC. */
const EC_AT = 26n;

/** What began a row of exceptions. */
function firstOf({ state }: Vcpu): string {
  const { firstException: first } = state;
  if (first === undefined) return "";
  return `; the first was taken at ${hex(first.address)}, ESR ${hex(first.syndrome)}, EC ${hex(first.syndrome >> EC_AT)}`;
}

/** Nothing changes between two exceptions of a vCPU that executes nothing: they go on for ever. */
const exceptionsOnly = (vcpu: Vcpu): Ending => ({
  kind: "stuck",
  what: `exception follows exception, and nothing is executed: there is no code at the vector${firstOf(vcpu)}`,
  address: readPc(vcpu.state),
});

/**
 * Runs a machine whose vCPUs have their program counters set.
 *
 * @returns how it ended; it always does
 */
export function runMachine(machine: Machine, options: RunOptions): Course {
  machine.vm.halts.add(SEMIHOSTING);
  const trace = options.trace && tracer(options.trace, machine.vcpus.length > 1);
  let left = options.maxInstructions;
  const pay = (bytes: number): boolean => {
    if (left <= 0) return false;
    left -= Math.ceil(bytes / BYTES_OF_INSTRUCTION);
    return true;
  };
  const world = worldOf(machine, options, (vcpu, text) => trace?.note(vcpu, text), pay);
  let instructions = 0;
  /** Those in the guest: what an entry looks at is changed by KVM calls alone, and no more of them come. */
  const entered = new Set<Vcpu>();
  const enter = (vcpu: Vcpu): Stop | undefined => {
    if (entered.has(vcpu)) return undefined;
    entered.add(vcpu);
    return enterGuest(vcpu);
  };
  const end = (ending: Ending): Course => ({ ending, instructions });
  /** One turn of a vCPU: until it waits, ends, or has had its instructions. */
  const turn = (vcpu: Vcpu): Handled => {
    const began = vcpu.state.retired;
    for (let rest = Math.min(TURN, left); rest > 0 && left > 0; ) {
      const { retired } = vcpu.state;
      trace?.before(vcpu);
      const allowed = trace === undefined ? rest : 1;
      const stop = enter(vcpu) ?? runCore(coreOf(vcpu), allowed);
      trace?.after(vcpu);
      const executed = vcpu.state.retired - retired + (stop.kind === "halt" ? 1 : 0);
      instructions += executed;
      // An exception that is taken before an instruction uses up one, and a stop at least one.
      const used = stop.kind === "budget" ? allowed : Math.max(1, executed);
      left -= used;
      rest -= used;
      const handled = handle(vcpu, stop, world);
      if (handled !== "on") return handled;
    }
    return vcpu.state.retired === began && left > 0 ? exceptionsOnly(vcpu) : "on";
  };
  for (let idle = 0; ; ) {
    let busy = false;
    let hopeful = false;
    for (const vcpu of machine.vcpus) {
      if (vcpu.mpState === STOPPED) continue;
      if (left <= 0) return end({ kind: "budget" });
      const handled = turn(vcpu);
      if (typeof handled === "object") return end(handled);
      busy ||= handled === "on";
      hopeful ||= handled !== "blocks";
    }
    idle = busy ? 0 : idle + 1;
    if (!hopeful || idle >= MOST_IDLE_ROUNDS) return end(waiting(machine));
  }
}
