/** A guest's machine on one side of a migration: made by the plan, run, saved, restored. */
import type { Contract } from "../contract.ts";
import type { HostProfile } from "../hosts/profile.ts";
import type { Plan } from "../planner/plan.ts";
import { type Refusal, start, type View, viewFrom } from "../predict/index.ts";
import { getRegister, setRegister } from "../sim/kvm/index.ts";
import type { Machine } from "../sim/machine/establish.ts";
import { type Ending, runMachine } from "../sim/machine/run.ts";
import { type Snapshot, saveVm } from "../sim/snapshot.ts";
import { parseOneReg } from "../tables/index.ts";
import { PROGRAM_BASE, PROGRAM_MEMORY, program } from "./program.ts";

/** A host by the name that the program or the command line gives it. */
export interface NamedHost {
  readonly name: string;
  readonly profile: HostProfile;
}

export interface Moving {
  readonly contract: Contract;
  readonly plan: Plan;
}

const oneReg = (name: string): bigint => {
  const id = parseOneReg(name);
  if (id === undefined) throw new Error(`no register is called ${name}`);
  return id;
};

const PC = oneReg("pc");
const GENERAL = Array.from({ length: 31 }, (_, n) => oneReg(`x${n}`));

/** Instructions before the guest is saved, and after. */
const BEFORE = 500;
const AFTER = 700;

/** The machine that the plan makes, with nothing in its memory. */
export const made = (
  { contract, plan }: Moving,
  profile: HostProfile,
): { readonly machine: Machine } | { readonly refused: Refusal } =>
  start([contract, plan, profile], { address: PROGRAM_BASE, bytes: new Uint8Array(PROGRAM_MEMORY) });

/** Runs so many instructions, if nothing ends the run before. */
function go(machine: Machine, instructions: number): Ending {
  return runMachine(machine, {
    streams: { next: () => undefined, left: () => false, out: () => undefined, err: () => undefined },
    maxInstructions: instructions,
    commandLine: "",
    free: { from: PROGRAM_BASE + BigInt(PROGRAM_MEMORY), to: PROGRAM_BASE + BigInt(PROGRAM_MEMORY) },
  }).ending;
}

/** What the first vCPU holds in X0 to X30 and PC. */
function generalRegisters({ vcpus: [vcpu] }: Machine): readonly bigint[] {
  return [...GENERAL, PC].map((id) => {
    const held = getRegister(vcpu, id);
    return held.ok ? held.value : -1n;
  });
}

/** The registers after a run; a string: why it ended before. */
export type Run = readonly bigint[] | string;

function endingWords(ending: Ending): string {
  switch (ending.kind) {
    case "budget":
      return "";
    case "exit":
      return `the guest ended with status ${ending.status}`;
    case "lacks":
    case "stuck":
    case "unhandled":
      return ending.what;
    case "fails":
      return `KVM_RUN answers ${ending.errno}`;
  }
}

/** Runs on after a restore, or after having been saved. */
export function runOn(machine: Machine): Run {
  const ending = go(machine, AFTER);
  return ending.kind === "budget" ? generalRegisters(machine) : endingWords(ending);
}

/** The guest on the host that it leaves. */
export interface Source {
  readonly host: NamedHost;
  readonly snapshot: Snapshot;
  /** Registers of the first vCPU before it ran, by ONE_REG id. */
  readonly fresh: ReadonlyMap<bigint, bigint>;
  readonly view: View;
  /** What becomes of it where it stays. */
  readonly stays: Run;
}

/** The engine has no AArch32. */
const isExecutable = ({ vcpuFeatures }: Contract): boolean =>
  vcpuFeatures.every(({ value }) => value !== "EL1_32BIT");

const NOT_EXECUTED =
  "the guest begins in AArch32, which the engine lacks: its registers are moved, and nothing is run";

function saved({ vm }: Machine): Snapshot {
  const answer = saveVm(vm);
  if (!answer.ok) throw new Error(`a register of the list cannot be read: ${answer.errno}`);
  return answer.value;
}

/** Makes the guest on a host, runs it, saves it between two KVM_RUNs. */
export function depart(moving: Moving, host: NamedHost): Source | { readonly refused: Refusal } {
  const { contract } = moving;
  const begun = made(moving, host.profile);
  if ("refused" in begun) return begun;
  const { machine } = begun;
  const executable = isExecutable(contract);
  if (executable) {
    const nested = contract.vcpuFeatures.some(({ value }) => value === "HAS_EL2");
    machine.vm.memory.regions[0]?.bytes.set(program(nested ? 2 : 1));
    setRegister(machine.vcpus[0], PC, PROGRAM_BASE);
  }
  const fresh = new Map(saved(machine).vcpus[0]?.registers ?? []);
  const ending = executable ? go(machine, BEFORE) : undefined;
  const snapshot = saved(machine);
  const view = viewFrom(contract, host.profile, machine.vcpus[0]);
  const words = ending === undefined ? NOT_EXECUTED : endingWords(ending);
  return { host, snapshot, fresh, view, stays: words === "" ? runOn(machine) : words };
}
