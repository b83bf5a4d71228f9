/** What real KVM will do with a contract on a host, said from contract, plan and host profile alone. */
import type { Contract } from "../contract.ts";
import { configurationFor } from "../hosts/configuration.ts";
import type { HostProfile } from "../hosts/profile.ts";
import type { Plan } from "../planner/plan.ts";
import { type Conduit, callOutcome } from "../sim/rules/calls.ts";
import type { CallOutcome, Expected, RegisterOutcome } from "../sim/rules/expected.ts";
import { fateOf } from "../sim/rules/fates.ts";
import { type Gic, type GuestBase, guestWith, inRange, type RegisterFile } from "../sim/rules/guest.ts";
import { registerOutcomes } from "../sim/rules/registers.ts";
import { inOrder } from "../sim/rules/ranges.ts";
import {
  capability,
  type Fate,
  field,
  fieldMask,
  fieldValues,
  idRegister,
  idRegisters,
  inIdSpace,
} from "../tables/index.ts";
import { firstRefusal } from "./apply.ts";

export type Prediction =
  | {
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
  | { readonly kind: "runs"; readonly view: View };

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

const VGIC_V3 = 7;
const VGIC_V2 = 5;

/** The interrupt controller: the contract's, else the newest that the host offers, as the example VMM chooses. */
function gicOf(contract: Contract, profile: HostProfile): Gic | undefined {
  if (contract.gic !== undefined) return contract.gic.value;
  if (profile.devices === undefined) return undefined;
  if (profile.devices.includes(VGIC_V3)) return "v3";
  return profile.devices.includes(VGIC_V2) ? "v2" : "none";
}

/** A contract in the words of the rules. */
export function guestBase(
  contract: Contract,
  profile: HostProfile,
): Omit<GuestBase, "configuration" | "gic"> {
  const offered = (name: string): boolean =>
    (profile.capabilities.get(capability(name)?.number ?? -1) ?? 0) > 0;
  return {
    profile,
    vcpuFeatures: new Set(contract.vcpuFeatures.map((one) => one.value)),
    capabilities: new Set(
      contract.capabilities
        .filter(({ value, required }) => required || offered(value))
        .map((one) => one.value),
    ),
    filter: inOrder(contract.filter),
    vcpus: contract.vcpus?.value ?? 1,
    stolenTime: contract.stolenTime?.value,
    pmu: contract.pmu && {
      counters: contract.pmu.counters?.value,
      // The plan gives `allow` first.
      events: contract.pmu.events.toSorted((a, b) =>
        a.action === b.action ? 0 : a.action === "allow" ? -1 : 1,
      ),
    },
  };
}

/** What a vCPU holds before the plan, where nobody has written anything. */
export function freshRegisters(
  profile: HostProfile,
  configuration: { readonly registers: ReadonlyMap<bigint, bigint | null> },
  gic: Gic | undefined,
): RegisterFile {
  const file: RegisterFile = new Map(configuration.registers);
  // KVM has the whole feature-ID space, of which a list names what it knows; the rest reads as zero.
  for (const register of idRegisters())
    if (inIdSpace(register) && !file.has(register.id)) file.set(register.id, 0n);
  changeFields(profile, file, gic, "fresh");
  return file;
}

/** Makes of fields what KVM makes of them by itself. */
export function changeFields(
  profile: HostProfile,
  file: RegisterFile,
  gic: Gic | undefined,
  when: "fresh" | "run",
): void {
  for (const row of fieldValues()) {
    if (row.when !== when || row.gic !== gic || inRange(profile.kernel.version, row) === false) continue;
    const of = field(row.register, row.field);
    const id = idRegister(row.register)?.id;
    const held = id === undefined ? undefined : file.get(id);
    if (of === undefined || id === undefined || typeof held !== "bigint") continue;
    if (row.unlessZero === true && held === 0n) continue;
    const mask = fieldMask(of);
    const sure = inRange(profile.kernel.version, row) === true;
    file.set(id, sure ? (held & ~mask) | (row.value << BigInt(of.lsb)) : null);
  }
}

/**
 * Says what KVM on a host does with a plan, and what the guest then sees. Where the contract leaves the interrupt
 * controller open it is the newest that the host offers; it is created before the first vCPU. Where the contract leaves
 * the number of vCPUs open it is one; the first makes the calls, and the others are off.
 *
 * @param contract a guest's, from the checker
 * @param plan the same contract's, from the planner
 * @param profile of the host
 */
export function predict(contract: Contract, plan: Plan, profile: HostProfile): Prediction {
  const features = contract.vcpuFeatures.map((one) => one.value);
  const capabilities = contract.capabilities.flatMap(({ value }) => capability(value)?.number ?? []);
  const match = configurationFor(profile, features, capabilities);
  const { configuration } = match;
  const gic = gicOf(contract, profile);
  const base = { ...guestBase(contract, profile), configuration, gic, match };
  const file = freshRegisters(profile, configuration, gic);
  const refusal = firstRefusal(base, file, plan);
  if (refusal !== undefined) return { kind: "refused", ...refusal };
  changeFields(profile, file, gic, "run");
  const guest = guestWith(base, file);
  let registers: ReadonlyMap<string, Expected<RegisterOutcome>> | undefined;
  return {
    kind: "runs",
    view: {
      level: guest.level,
      get registers() {
        registers ??= registerOutcomes(guest);
        return registers;
      },
      call: (functionId, args, conduit) => callOutcome(guest, functionId, args, conduit),
      instruction: (name) => fateOf(guest, name),
    },
  };
}
