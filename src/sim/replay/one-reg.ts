/** The steps on registers: KVM_GET_ONE_REG and its kin, alone and one after the other. */
import type { StepOf } from "../../recordings/index.ts";
import { getRegister, listRegisters, setRegister } from "../kvm/index.ts";
import type { Vcpu } from "../kvm/machine.ts";
import type { Outcome } from "./outcome.ts";

const errno = (name: string): Outcome => ({ kind: "errno", name });

const SIZE_SHIFT = 52n;
const CLASS_SHIFT = 16n;
const CORE_CLASS = 0x10n;
const SVE_CLASS = 0x15n;
const SVE_LENGTHS = 0xffffn;
/** The widest register that a field can be written in, and the widest of all. */
const FIELD_BITS = 64;
const MOST_SIZE_CODE = 8;

/** Bits of a register by its id; of a size that is none, those that are printed. */
function bitsOf(id: bigint): number {
  const code = Number((id >> SIZE_SHIFT) & 0xfn);
  return code > MOST_SIZE_CODE ? FIELD_BITS : 8 << code;
}

export function getOne(vcpu: Vcpu, id: bigint): Outcome {
  const answer = getRegister(vcpu, id);
  return answer.ok ? { kind: "number", value: answer.value } : errno(answer.errno);
}

export function setOne(vcpu: Vcpu, id: bigint, value: bigint): Outcome {
  const answer = setRegister(vcpu, id, BigInt.asUintN(bitsOf(id), value));
  return answer.ok ? { kind: "ok" } : errno(answer.errno);
}

const maskOf = (width: number): bigint => (width > 63 ? (1n << 64n) - 1n : (1n << BigInt(width)) - 1n);

/** Reads a register, writes one field of it, and reads it back. */
function write(
  vcpu: Vcpu,
  { id, lsb, width }: { readonly id: bigint; readonly lsb: number; readonly width: number },
  change: (field: bigint) => bigint,
): { readonly before: bigint; readonly reads: bigint | undefined } | Outcome {
  if (bitsOf(id) > FIELD_BITS) return { kind: "absent" };
  const before = getRegister(vcpu, id);
  if (!before.ok) return errno(before.errno);
  const at = BigInt(lsb & 63);
  const mask = maskOf(width);
  const field = change((before.value >> at) & mask) & mask;
  const wanted = BigInt.asUintN(64, (before.value & ~(mask << at)) | (field << at));
  const set = setRegister(vcpu, id, BigInt.asUintN(bitsOf(id), wanted));
  if (!set.ok) return errno(set.errno);
  const after = getRegister(vcpu, id);
  if (!after.ok) return errno(after.errno);
  return { before: before.value, reads: after.value === wanted ? undefined : after.value };
}

const written = (reads: bigint | undefined, stays: string | undefined): Outcome =>
  reads === undefined && stays === undefined
    ? { kind: "ok" }
    : {
        kind: "tried",
        ...(reads === undefined ? {} : { reads }),
        ...(stays === undefined ? {} : { stays }),
      };

export function put(vcpu: Vcpu, step: StepOf<"put">): Outcome {
  const done = write(vcpu, step, () => step.value);
  return "kind" in done ? done : written(done.reads, undefined);
}

export function tryField(vcpu: Vcpu, step: StepOf<"try">): Outcome {
  const { how, operand } = step.change;
  const done = write(vcpu, step, (field) =>
    how === "=" ? operand : how === "+" ? field + operand : field - operand,
  );
  if ("kind" in done) return done;
  const back = setRegister(vcpu, step.id, done.before);
  return written(done.reads, back.ok ? undefined : back.errno);
}

export function list(vcpu: Vcpu): Outcome {
  const ids = listRegisters(vcpu);
  return ids.ok ? { kind: "list", ids: new Set(ids.value) } : errno(ids.errno);
}

/** Core registers and vectors are left out: there are many, and they say nothing of a host. */
function isDumped(id: bigint): boolean {
  const of = (id >> CLASS_SHIFT) & 0xfffn;
  return of !== CORE_CLASS && (of !== SVE_CLASS || (id & 0xffffn) === SVE_LENGTHS);
}

export function dump(vcpu: Vcpu): Outcome {
  const ids = listRegisters(vcpu);
  if (!ids.ok) return errno(ids.errno);
  return {
    kind: "values",
    values: new Map(
      ids.value.filter(isDumped).map((id) => {
        const answer = getRegister(vcpu, id);
        return [id, answer.ok ? answer.value : answer.errno];
      }),
    ),
  };
}
