/** What guestc says of a move: from the two hosts' profiles alone, and of a state that real KVM gave. */
import { arrive } from "../../src/migrate/arrive.ts";
import type { Moving, NamedHost, Source } from "../../src/migrate/machine.ts";
import { type Departure, judgeMigration, type Migration } from "../../src/migrate/pair.ts";
import { type Vmm, vmm } from "../../src/migrate/vmm.ts";
import { type Refusal, start, type View, viewFrom } from "../../src/predict/index.ts";
import { getRegister, listRegisters, type Vcpu } from "../../src/sim/kvm/index.ts";
import { ask, openAgent } from "../../src/sim/replay/agent.ts";
import { AGENT_MEMORY, AGENT_MEMORY_SIZE } from "../../src/sim/replay/layout.ts";
import { type RestoreRefusal, restoreInto, type Snapshot } from "../../src/sim/snapshot.ts";
import { LabError } from "../errors.ts";
import type { Seen } from "../prove/report.ts";
import type { Refused } from "./output.ts";
import { leftReads } from "./questions.ts";
import type { State, VcpuState } from "./state.ts";

/** Of KVM alone: every register in the order of the list, whatever is refused before it. */
export function ofKvm(): Vmm {
  const rules = vmm("kvm");
  if (rules === undefined) throw new Error("the rules of KVM alone are missing");
  return rules;
}

/** From the profiles: the verdict with its facts, and all that is refused. */
export interface Judged {
  readonly migration: Migration;
  /** undefined: KVM refuses the plan on one of the two. */
  readonly refused: readonly Refused[] | undefined;
}

const whatOf = ({ call, register }: RestoreRefusal): Refused["what"] => {
  if (register !== undefined) return register;
  if (call === "KVM_SET_VCPU_EVENTS") return "events";
  if (call === "KVM_SET_MP_STATE") return "mp-state";
  throw new LabError(`the mover has no word for ${call}`);
};

const asRefused = (all: readonly RestoreRefusal[]): readonly Refused[] =>
  all.map((one) => ({ vcpu: one.vcpu ?? 0, what: whatOf(one), errno: one.errno }));

/** What the destination refuses, from the profiles alone; undefined: the plan on one of the two. */
export function refusedFrom(
  moving: Moving,
  departure: Departure,
  to: NamedHost,
): readonly Refused[] | undefined {
  if (!("snapshot" in departure)) return undefined;
  const arrival = arrive(moving, departure, to, ofKvm());
  return "view" in arrival ? asRefused(arrival.refused) : undefined;
}

export const judge = (moving: Moving, departure: Departure, from: NamedHost, to: NamedHost): Judged => ({
  migration: judgeMigration(moving, departure, from, to, ofKvm()),
  refused: refusedFrom(moving, departure, to),
});

/** A vCPU of the simulated host after real KVM's state was put to it. */
export interface Restored {
  readonly refused: readonly Refused[];
  /** By vCPU: what every register of the list holds, in its order. */
  readonly held: readonly (readonly (readonly [id: bigint, value: bigint | string])[])[];
  readonly view: View;
  /** What the guest then reads of the state that it left, by question; undefined: the simulator does not tell. */
  readonly left: ReadonlyMap<string, Seen | undefined>;
}

/** Hexadecimal digits in the order of addresses as a little-endian number. */
function little(digits: string, from: number, to: number): bigint {
  const bytes = digits.slice(2 * from, 2 * to).match(/../g) ?? [];
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(`0x${byte}`), 0n);
}

/** struct kvm_vcpu_events: eight bytes of flags, then the syndrome. */
const eventsOf = ({ events }: VcpuState) => ({
  bytes: little(events, 0, 8),
  esr: little(events, 8, 16),
});

function withState(snapshot: Snapshot, state: State): Snapshot {
  return {
    ...snapshot,
    vcpus: snapshot.vcpus.map((own, at) => {
      const real = state.vcpus[at];
      if (real === undefined) throw new LabError(`the saved state has no vCPU ${at}`);
      return {
        ...own,
        registers: real.registers.flatMap(([id, value]) =>
          typeof value === "string" ? [] : [[id, value] as const],
        ),
        events: eventsOf(real),
        mpState: real.mpState,
      };
    }),
  };
}

/** Lets the simulated guest read what it left. */
function leftOn(vcpu: Vcpu, memory: Uint8Array): ReadonlyMap<string, Seen | undefined> {
  const reads = [...leftReads()];
  const agent = openAgent(vcpu, memory);
  if (typeof agent === "string") return new Map();
  const { level } = agent;
  const questions = reads.map(([, instruction]) => ({ kind: "ask", level, instruction, x: [] }) as const);
  const { answers } = ask(vcpu, agent, memory, questions);
  return new Map(reads.map(([name], at) => [name, seenOf(answers[at])]));
}

function seenOf(answer: ReturnType<typeof ask>["answers"][number] | undefined): Seen | undefined {
  if (answer?.kind !== "guest") return undefined;
  const { end } = answer;
  if (end.kind === "exception") return { kind: "exception", level: end.level, esr: end.esr };
  if (end.kind !== "done") return undefined;
  const value = end.changed.find(({ x }) => x === 0)?.value ?? 0n;
  return value === "any" ? undefined : { kind: "value", value };
}

/** Puts a state that real KVM gave to the destination's simulated KVM. */
export function restoreThere(
  moving: Moving,
  source: Source,
  state: State,
  to: NamedHost,
): Restored | { readonly plan: Refusal } {
  const memory = new Uint8Array(AGENT_MEMORY_SIZE);
  const begun = start([moving.contract, moving.plan, to.profile], {
    address: BigInt(AGENT_MEMORY),
    bytes: memory,
  });
  if ("refused" in begun) return { plan: begun.refused };
  const { vm, vcpus } = begun.machine;
  const given = withState(source.snapshot, state);
  const refused = asRefused(restoreInto(vm, { ...given, memory: [] }));
  const held = vcpus.map((vcpu) => {
    const listed = listRegisters(vcpu);
    if (!listed.ok) throw new LabError(`the simulated KVM_GET_REG_LIST answers ${listed.errno}`);
    return listed.value.map((id) => {
      const answer = getRegister(vcpu, id);
      return [id, answer.ok ? answer.value : answer.errno] as const;
    });
  });
  const view = viewFrom(moving.contract, to.profile, vcpus[0]);
  return { refused, held, view, left: leftOn(vcpus[0], memory) };
}
