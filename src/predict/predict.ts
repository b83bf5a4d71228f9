/** What real KVM will do with a contract on a host, said from contract, plan and host profile alone. */
import type { Contract } from "../contract.ts";
import { configurationFor } from "../hosts/configuration.ts";
import type { HostProfile } from "../hosts/profile.ts";
import type { Plan } from "../planner/plan.ts";
import { guestOf } from "../sim/kvm/guest.ts";
import { freezeAtFirstRun, type Vcpu } from "../sim/kvm/index.ts";
import { establish, type Machine, type Memory } from "../sim/machine/establish.ts";
import { type Conduit, callOutcome } from "../sim/rules/calls.ts";
import type { CallOutcome, Expected, RegisterOutcome } from "../sim/rules/expected.ts";
import { fateOf } from "../sim/rules/fates.ts";
import { registerOutcomes } from "../sim/rules/registers.ts";
import { capability, controllerDevice, type Fate } from "../tables/index.ts";
import { whyRefused } from "./why.ts";

export interface Refusal {
  readonly kind: "refused";
  /** Index in the plan's operations of the first that fails. */
  readonly operation: number;
  /**
   * As the generated header reports it: the errno of the call; EOPNOTSUPP where KVM_CHECK_EXTENSION answers too
   * little; EBADMSG where a register does not hold what was written or promised.
   */
  readonly errno: string;
  /** The fact that it rests on. */
  readonly why: string;
}

export type Prediction = Refusal | { readonly kind: "runs"; readonly view: View };

/** What the guest sees. */
export interface View {
  /** Level at which it begins: 2 where it has an EL2 of its own. */
  readonly level: 1 | 2;
  /** By name: what MRS reads at that level. Every register of `questions` is there. */
  readonly registers: ReadonlyMap<string, Expected<RegisterOutcome>>;
  /**
   * @param functionId W0
   * @param args X1 and on; those that are not given are 0
   */
  call(functionId: number, args: readonly bigint[], conduit: Conduit): Expected<CallOutcome>;
  /** @param name of an instruction as `questions` asks it */
  instruction(name: string): Expected<Fate>;
}

/** What the plan does not say is the VMM's to do, and is taken to work: the contract's interrupt controller is there. */
function hostFor(contract: Contract, profile: HostProfile): HostProfile {
  const gic = contract.gic?.value ?? "none";
  if (gic === "none") return profile;
  const devices = profile.devices ?? [];
  const { number } = controllerDevice(gic);
  return devices.includes(number) ? profile : { ...profile, devices: [...devices, number] };
}

/** Memory for a guest that is looked at and never runs. */
const RAM = 0x4000_0000n;
const RAM_BYTES = 0x1000;

/** Guest, plan and host, as every question here is put. */
type Asked = readonly [contract: Contract, plan: Plan, profile: HostProfile];

/**
 * Makes the machine that a plan describes, or says which operation KVM refuses and why. Where the contract leaves the
 * interrupt controller open it is the newest that the host offers; it is created before the first vCPU. Where the
 * contract leaves the number of vCPUs open it is one.
 *
 * @param ram the guest's memory, whole pages of 4 KiB, shared with the machine
 */
export function start(
  [contract, plan, profile]: Asked,
  ram: Memory,
): { readonly machine: Machine } | { readonly refused: Refusal } {
  const made = establish(contract, plan, hostFor(contract, profile), ram);
  if ("machine" in made) return made;
  const { operation, errno, call } = made.refused;
  if (operation === undefined) throw new Error(`${call}: ${errno}`);
  const features = contract.vcpuFeatures.map((one) => one.value);
  const capabilities = contract.capabilities.flatMap(({ value }) => capability(value)?.number ?? []);
  const match = configurationFor(profile, features, capabilities);
  return {
    refused: {
      kind: "refused",
      operation: plan.operations.indexOf(operation),
      errno,
      why: whyRefused({ profile, match }, operation, errno),
    },
  };
}

/** What the guest sees from a vCPU as it is now; later changes of the vCPU do not show. */
export function viewFrom(contract: Contract, profile: HostProfile, vcpu: Vcpu): View {
  freezeAtFirstRun(vcpu);
  const known = guestOf(vcpu);
  // Which interrupt controller the VMM makes is open where neither contract nor profile says what there is.
  const guest =
    contract.gic === undefined && profile.devices === undefined ? { ...known, gic: undefined } : known;
  let registers: ReadonlyMap<string, Expected<RegisterOutcome>> | undefined;
  return {
    level: guest.level,
    get registers() {
      registers ??= registerOutcomes(guest);
      return registers;
    },
    call: (functionId, args, conduit) => callOutcome(guest, functionId, args, conduit),
    instruction: (name) => fateOf(guest, name),
  };
}

/**
 * Says what KVM on a host does with a plan, and what the guest then sees. The first vCPU makes the calls, and the others
 * are off.
 *
 * @param contract a guest's, from the checker
 * @param plan the same contract's, from the planner
 * @param profile of the host
 */
export function predict(contract: Contract, plan: Plan, profile: HostProfile): Prediction {
  const made = start([contract, plan, profile], { address: RAM, bytes: new Uint8Array(RAM_BYTES) });
  if ("refused" in made) return made.refused;
  return { kind: "runs", view: viewFrom(contract, profile, made.machine.vcpus[0]) };
}
