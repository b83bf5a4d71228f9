/** HVC and SMC of a guest: who answers, and what else comes of it. */

import { idRegister, smcccFunction } from "../../tables/index.ts";
import { once } from "../../tables/load.ts";
import { argumentsOf, type Conduit, callOutcome } from "../rules/calls.ts";
import type { CallOutcome } from "../rules/expected.ts";
import type { Guest } from "../rules/guest.ts";
import { readX, writePc, writeX } from "../vcpu/state.ts";
import { HCR_EL2 } from "../vcpu/system/keys.ts";
import { type Stop, type Trap, UNDEFINED } from "../vcpu/world.ts";
import eventsText from "./data/hypercalls.json?raw";
import { RUNNABLE, STOPPED, type Vcpu, type Vm } from "./machine.ts";
import { getRegister, resetVcpuRegisters } from "./registers/index.ts";
import { mpidrOf } from "./registers/reset.ts";

/** A call that ends in KVM_EXIT_SYSTEM_EVENT. */
interface EventRow {
  readonly function: string;
  readonly type: number;
  readonly flags: number;
  /** X0 and on afterwards, should the vCPU run again; the others stay. */
  readonly x: readonly string[];
  /** All vCPUs of the VM are stopped. */
  readonly stops: boolean;
}

const eventRows = once((): readonly EventRow[] => {
  const file: { readonly events: readonly EventRow[] } = JSON.parse(eventsText);
  return file.events;
});

const NOT_SUPPORTED = (1n << 64n) - 1n;
/** KVM_HYPERCALL_EXIT_SMC. */
const BY_SMC = 1n;
/** Calls that do more than to answer. */
const SWITCH_ON: readonly string[] = ["PSCI_CPU_ON", "KVM_PSCI_FN_CPU_ON"];
const SWITCH_OFF: readonly string[] = ["PSCI_CPU_OFF", "KVM_PSCI_FN_CPU_OFF"];
const EC = { hvc: 0x16, smc: 0x17 } as const;
/** HCR_EL2 of a guest that has it: its EL1 may call nobody, and its SMCs are for EL2. */
const HCR_HCD = 1n << 29n;
const HCR_TSC = 1n << 19n;

/** The affinity fields of MPIDR_EL1, and the bits of one below level 3. */
const AFFINITY = 0xff_00ff_ffffn;
const levelMask = (level: bigint): bigint => AFFINITY & ~((1n << (level === 3n ? 32n : level * 8n)) - 1n);

/** MPIDR_EL1's affinity fields of a vCPU; before it is initialised, those of its id. */
function affinityOf(vcpu: Vcpu): bigint {
  const id = idRegister("MPIDR_EL1")?.id ?? 0n;
  const answer = getRegister(vcpu, id);
  return (answer.ok ? answer.value : mpidrOf(vcpu.id)) & AFFINITY;
}

/** The vCPUs that an affinity names at a level; none where it names no place. */
function named(vm: Vm, affinity: bigint, level: bigint): readonly Vcpu[] {
  if ((affinity & ~AFFINITY) !== 0n || level > 3n) return [];
  const mask = levelMask(level);
  return [...vm.vcpus.values()].filter((vcpu) => (affinityOf(vcpu) & mask) === (affinity & mask));
}

/** Whether a vCPU that an affinity names is on, or all are off; `none`: it names none. */
export function targetState(vm: Vm, affinity: bigint, level: bigint): "running" | "off" | "none" {
  const found = named(vm, affinity, level);
  if (found.length === 0) return "none";
  return found.some(({ mpState }) => mpState !== STOPPED) ? "running" : "off";
}

function answer({ state }: Vcpu, x: readonly bigint[]): undefined {
  for (let n = 0; n < 4; n++) writeX(state, n, BigInt.asUintN(64, x[n] ?? 0n));
}

/**
 * kvm_psci_vcpu_on for a vCPU that is off: it is reset and begins at an address, with a number in X0.
 *
 * @param args its affinity, the address, and the number
 */
function switchOn({ vm }: Vcpu, [affinity = 0n, entry = 0n, context = 0n]: readonly bigint[]): void {
  const [target] = named(vm, affinity, 0n);
  if (target === undefined) return;
  resetVcpuRegisters(target);
  writePc(target.state, entry);
  writeX(target.state, 0, context);
  target.mpState = RUNNABLE;
}

/** Numbers that are different each time and the same in each run: SplitMix64. */
function changing(vcpu: Vcpu, at: number): bigint {
  let z = BigInt.asUintN(64, BigInt(vcpu.state.retired * 4 + at + 1) * 0x9e37_79b9_7f4a_7c15n);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn);
  return z ^ (z >> 31n);
}

/** SMC64 of a function id. */
const SMC64 = 0x4000_0000;

/** kvm_psci_narrow_to_32bit: of a 32-bit call X1 to X3 lose their upper halves, which shows where the answer leaves them. */
function narrow({ state }: Vcpu, functionId: number): void {
  if ((functionId & SMC64) !== 0) return;
  for (const n of [1, 2, 3]) writeX(state, n, BigInt.asUintN(32, readX(state, n)));
}

function systemEvent(vcpu: Vcpu, name: string, functionId: number): Stop | undefined {
  const row = eventRows().find((one) => one.function === name);
  if (row === undefined) return undefined;
  narrow(vcpu, functionId);
  for (const [n, value] of row.x.entries()) writeX(vcpu.state, n, BigInt.asUintN(64, BigInt(value)));
  if (row.stops) for (const one of vcpu.vm.vcpus.values()) one.mpState = STOPPED;
  return { kind: "system-event", type: row.type, data: [BigInt(row.flags)] };
}

function carryOut(
  vcpu: Vcpu,
  outcome: CallOutcome,
  functionId: number,
  conduit: Conduit,
  immediate: number,
): Stop | Trap | undefined {
  const name = smcccFunction(functionId)?.name ?? "";
  switch (outcome.kind) {
    case "answers":
      return answer(
        vcpu,
        outcome.x.map((value, at) => (value === "any" ? changing(vcpu, at) : value)),
      );
    case "exits": {
      const event = outcome.exit === "system-event" ? systemEvent(vcpu, name, functionId) : undefined;
      return event ?? { kind: "hypercall", nr: BigInt(functionId), flags: conduit === "smc" ? BY_SMC : 0n };
    }
    case "waits":
      answer(vcpu, [0n]);
      if (!SWITCH_OFF.includes(name)) return { kind: "waits", why: "wfi" };
      vcpu.mpState = STOPPED;
      return { kind: "waits", why: "stopped" };
    case "undefined":
      return UNDEFINED;
    case "taken":
      return { level: 2, ec: EC[conduit], iss: immediate, ...(conduit === "hvc" ? { after: true } : {}) };
  }
}

/** What a guest with an EL2 of its own has to do with the call before KVM has. */
function takenByGuest({ state }: Vcpu, guest: Guest, conduit: Conduit, immediate: number): Trap | undefined {
  if (guest.level !== 2) return undefined;
  const hcr = state.system.get(HCR_EL2) ?? 0n;
  if (conduit === "hvc") return (hcr & HCR_HCD) === 0n ? undefined : UNDEFINED;
  return state.pstate.el < 2 && (hcr & HCR_TSC) !== 0n ? { level: 2, ec: EC.smc, iss: immediate } : undefined;
}

/**
 * HVC or SMC at EL1 and above: X0 to X3 as the call answers, a stop where it leaves the guest, a trap where it is one.
 *
 * @param guest with the VM's filter, and with who is on
 */
export function callHypervisor(
  vcpu: Vcpu,
  guest: Guest,
  conduit: Conduit,
  immediate: number,
): Stop | Trap | undefined {
  const { state } = vcpu;
  if (state.pstate.el === 0) return UNDEFINED;
  const taken = takenByGuest(vcpu, guest, conduit, immediate);
  if (taken !== undefined) return taken;
  if (conduit === "smc" && immediate !== 0) {
    writeX(state, 0, NOT_SUPPORTED);
    return undefined;
  }
  const functionId = Number(BigInt.asUintN(32, readX(state, 0)));
  const args = [1, 2, 3].map((n) => readX(state, n));
  const outcome = callOutcome(guest, functionId, args, conduit);
  if (outcome.known) return carryOut(vcpu, outcome.value, functionId, conduit, immediate);
  const row = smcccFunction(functionId);
  if (row !== undefined && SWITCH_ON.includes(row.name)) {
    switchOn(vcpu, argumentsOf(row, functionId, args));
    return answer(vcpu, [0n]);
  }
  const likely = outcome.likely ?? { kind: "answers", x: [NOT_SUPPORTED, 0n, 0n, 0n] };
  return carryOut(vcpu, likely, functionId, conduit, immediate);
}
