/** The other side of a migration: the machine that the plan makes there is given what was saved. */
import { type Refusal, type View, viewFrom } from "../predict/index.ts";
import { getRegister, listRegisters, type Vcpu } from "../sim/kvm/index.ts";
import { type Choice, clocks, type RestoreRefusal, restoreInto, type VcpuSnapshot } from "../sim/snapshot.ts";
import { describeOneReg, parseOneReg, sveLengthsRegister } from "../tables/index.ts";
import { type Moving, made, type NamedHost, type Run, runOn, type Source } from "./machine.ts";
import type { Vmm } from "./vmm.ts";
import { nameOf } from "./words.ts";

/** A register that was taken and does not hold what was written. */
interface Unkept {
  readonly id: bigint;
  readonly written: bigint;
  readonly held: bigint;
}

export interface Arrival {
  /** In the order in which they were tried. */
  readonly refused: readonly RestoreRefusal[];
  /** Listed on the side that is left, and not here. */
  readonly missing: readonly bigint[];
  /** Listed here alone, with what they hold after the restore. */
  readonly extra: readonly (readonly [id: bigint, value: bigint])[];
  /** What the VMM finds wrong with the lists, before it sets a register; undefined: nothing. */
  readonly lists: string | undefined;
  readonly unkept: readonly Unkept[];
  /** What every register that is listed here holds after the restore. */
  readonly held: ReadonlyMap<bigint, bigint>;
  /** KVM_REG_ARM64_SVE_VLS of both sides, where they differ; undefined: no SVE. */
  readonly lengths: readonly [bigint | undefined, bigint | undefined] | undefined;
  readonly view: View;
  /** A string: why it did not run to the end. */
  readonly run: Run;
}

const SVE_LENGTHS = sveLengthsRegister().id;

function listOf(vcpu: Vcpu): readonly bigint[] {
  const listed = listRegisters(vcpu);
  if (!listed.ok) throw new Error(`KVM_GET_REG_LIST answers ${listed.errno}`);
  return listed.value;
}

function held(vcpu: Vcpu, id: bigint): bigint {
  const answer = getRegister(vcpu, id);
  if (!answer.ok) throw new Error(`a register of the list cannot be read: ${answer.errno}`);
  return answer.value;
}

type Saved = VcpuSnapshot["registers"];

/** Whether a VMM carries a register by its list, and not in a way of its own. */
function inList(vmm: Vmm, id: bigint): boolean {
  const kind = describeOneReg(id)?.class;
  return kind === undefined || !vmm.otherwise.includes(kind);
}

/** What a VMM that compares the lists says of two of them. */
function comparison(vmm: Vmm, source: Saved, destination: readonly bigint[]): string | undefined {
  const rule = vmm.list;
  if (rule === undefined) return undefined;
  const from = source.filter(([id]) => inList(vmm, id));
  const to = destination.filter((id) => inList(vmm, id));
  if (!rule.longer && from.length > to.length)
    return `the source lists ${from.length} registers, the destination ${to.length}: a longer list is not loaded`;
  const known = new Set(to);
  const tolerated = new Map(rule.tolerates.map(({ register, value }) => [parseOneReg(register), value]));
  const tolerates = (id: bigint, value: bigint): boolean => {
    const only = tolerated.get(id);
    return tolerated.has(id) && (only === undefined || BigInt(only) === value);
  };
  const [first, ...others] = from.filter(
    ([id, value]) => !known.has(id) && (rule.tail || to.some((one) => one > id)) && !tolerates(id, value),
  );
  if (first === undefined) return undefined;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return `the destination does not list ${nameOf(first[0])}${more}, which the source has`;
}

/** What the VMM sets, in its order; registers that the destination does not list only where it compares no lists. */
function chosenBy(vmm: Vmm, here: ReadonlySet<bigint>): Choice {
  return (saved) => {
    const chosen = vmm.list === undefined ? saved : saved.filter(([id]) => here.has(id));
    if (vmm.order === "list") return chosen;
    const numbered = chosen.filter(([id]) => inList(vmm, id)).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return [...numbered, ...chosen.filter(([id]) => !inList(vmm, id))];
  };
}

function unkeptOf(vcpu: Vcpu, own: VcpuSnapshot, tried: (id: bigint) => boolean): readonly Unkept[] {
  return own.registers.flatMap(([id, written]) => {
    if (id === SVE_LENGTHS || clocks.includes(id) || !tried(id)) return [];
    const now = getRegister(vcpu, id);
    return now.ok && now.value !== written ? [{ id, written, held: now.value }] : [];
  });
}

/**
 * Makes the guest's machine on a host by the same plan, gives it what was saved, and runs on. Registers that are refused
 * do not keep the others from being tried.
 */
export function arrive(
  moving: Moving,
  source: Source,
  host: NamedHost,
  vmm: Vmm,
): Arrival | { readonly refused: Refusal } {
  const begun = made(moving, host.profile);
  if ("refused" in begun) return begun;
  const { machine } = begun;
  const [vcpu] = machine.vcpus;
  const [own] = source.snapshot.vcpus;
  if (own === undefined) throw new Error("a machine without a vCPU was saved");
  const before = own.registers.map(([id]) => id);
  const here = listOf(vcpu);
  const [had, has] = [new Set(before), new Set(here)];
  const lists = comparison(vmm, own.registers, here);
  const refused = restoreInto(machine.vm, source.snapshot, chosenBy(vmm, has));
  const turnedDown = new Set(refused.map(({ register }) => register));
  const unkept = unkeptOf(vcpu, own, (id) => has.has(id) && !turnedDown.has(id));
  const extra = here.filter((id) => !had.has(id)).map((id) => [id, held(vcpu, id)] as const);
  const lengths = has.has(SVE_LENGTHS) ? held(vcpu, SVE_LENGTHS) : undefined;
  const view = viewFrom(moving.contract, host.profile, vcpu);
  const executable = typeof source.stays !== "string" && refused.length === 0;
  return {
    refused,
    missing: before.filter((id) => !has.has(id)),
    extra,
    lists,
    unkept,
    held: new Map(here.map((id) => [id, held(vcpu, id)])),
    lengths: lengths === own.vectorLengths ? undefined : [own.vectorLengths, lengths],
    view,
    run: executable
      ? runOn(machine)
      : typeof source.stays === "string"
        ? source.stays
        : "not all is restored",
  };
}
