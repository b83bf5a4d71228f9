/** A plan applied to a host: what KVM holds afterwards, or the first operation that it refuses. */

import { type ConfigurationMatch, refusalFact } from "../hosts/configuration.ts";
import { judgeField } from "../hosts/field.ts";
import {
  bitmapBits,
  capabilityAnswer,
  psciVersions,
  supportsVcpuFeature,
  sveLengths,
} from "../hosts/judge.ts";
import type { Operation, Plan, SetDeviceAttribute, SetRegister, VerifyRegister } from "../planner/plan.ts";
import type { GuestBase, RegisterFile } from "../sim/rules/guest.ts";
import {
  bitmapRegisters,
  capability,
  compareVersions,
  deviceAttributes,
  fieldMask,
  field as findField,
  firmwareRegisters,
  idRegister,
  idRegisterById,
  seriesOf,
  sveLengthsRegister,
  vcpuFeatures,
} from "../tables/index.ts";

export interface Refusal {
  readonly errno: string;
  readonly why: string;
}

/** The generated header answers this where KVM offers too little: no call failed. */
const TOO_LITTLE = "EOPNOTSUPP";
/** The generated header answers this where a register does not hold what it should: no call failed. */
const DIFFERS = "EBADMSG";

const errnoOf: Readonly<Record<string, string>> = { I: "EINVAL", N: "ENOENT", B: "EBUSY", P: "EPERM" };

/** KVM_REG_ARM_FW_FEAT_BMAP: the class of the hypercall bitmaps. */
const isBitmap = (id: bigint): boolean => id >> 16n === 0x6030_0000_0016n;

type Base = GuestBase & {
  readonly match: ConfigurationMatch;
};

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** KVM_SET_ONE_REG of a register that has an order of its own. */
function setSpecial(base: Base, operation: SetRegister, value: bigint): Refusal | undefined | "not special" {
  const { profile } = base;
  const psci = firmwareRegisters().find((row) => row.id === operation.id);
  if (psci !== undefined) {
    const versions = psciVersions(profile);
    if (psci.name !== "KVM_REG_ARM_PSCI_VERSION" || versions === undefined) return undefined;
    return value <= versions.newest ? undefined : { errno: "EINVAL", why: versions.fact };
  }
  const bitmap = bitmapRegisters().find((row) => row.id === operation.id);
  if (bitmap !== undefined) {
    const bits = bitmapBits(profile, bitmap.name);
    if (bits === undefined || (value & ~bits.known) === 0n) return undefined;
    return { errno: "EINVAL", why: bits.fact };
  }
  if (operation.id === sveLengthsRegister().id) {
    const offered = sveLengths(profile);
    if (offered === undefined) return undefined;
    const bits = offered.value.reduce((mask, length) => mask | (1n << BigInt(length / 128 - 1)), 0n);
    // Up to the longest that is asked for, KVM takes exactly what the CPU has.
    const longest = BigInt(value.toString(2).length);
    return value === (bits & ((1n << longest) - 1n)) ? undefined : { errno: "EINVAL", why: offered.fact };
  }
  return "not special";
}

/** KVM_SET_ONE_REG of an ID register that shows `before`. */
function setIdRegister(base: Base, id: bigint, before: bigint, after: bigint): Refusal | undefined {
  const { profile, configuration } = base;
  const register = idRegisterById(id);
  if (register === undefined || before === after) return undefined;
  const sweep = configuration.sweeps.get(id);
  const changed = before ^ after;
  for (const field of register.fields) {
    const mask = fieldMask(field);
    if ((changed & mask) === 0n) continue;
    const to = (after & mask) >> BigInt(field.lsb);
    const verdict = judgeField(profile, configuration, register.name, field.name, to);
    if (verdict.accepted) continue;
    const nibbles = Array.from({ length: 16 }, (_, nibble) => BigInt(nibble * 4)).filter(
      (at) => (changed & mask & (0xfn << at)) !== 0n,
    );
    const letters = nibbles.map((at) => sweep?.[Number(at / 4n)]?.charAt(Number((after >> at) & 0xfn)));
    const letter = letters.find((one) => one !== undefined && one !== "." && one !== "x");
    if (letter === undefined && letters.includes("x")) return { errno: DIFFERS, why: verdict.fact };
    return { errno: errnoOf[letter ?? "I"] ?? "EINVAL", why: verdict.fact };
  }
  return undefined;
}

function setRegister(base: Base, file: RegisterFile, operation: SetRegister): Refusal | undefined {
  const { id, mask, value, absentIsFine, name } = operation;
  const held = file.get(id);
  // A profile keeps the vector lengths apart from the registers.
  if (held === undefined && id !== sveLengthsRegister().id) {
    return absentIsFine ? undefined : { errno: "ENOENT", why: `the host does not have ${name}` };
  }
  const whole = (mask & everyBit(operation.bits)) === everyBit(operation.bits);
  const after = whole ? value : typeof held === "bigint" ? (held & ~mask) | (value & mask) : null;
  if (after === null) return undefined;
  const special = setSpecial(base, operation, after);
  if (special !== "not special") {
    if (special === undefined) file.set(id, after);
    return special;
  }
  const refusal = typeof held === "bigint" ? setIdRegister(base, id, held, after) : undefined;
  if (refusal === undefined) file.set(id, after);
  return refusal;
}

const everyBit = (bits: number): bigint => (1n << BigInt(bits)) - 1n;

function verify(file: RegisterFile, operation: VerifyRegister): Refusal | undefined {
  const held = file.get(operation.id);
  if (held === null || operation.id === sveLengthsRegister().id) return undefined;
  if (held === undefined)
    return operation.absentIsFine
      ? undefined
      : { errno: "ENOENT", why: `the host does not have ${operation.name}` };
  const seen = held & operation.mask;
  const fine = operation.compare === "equal" ? seen === operation.value : seen >= operation.value;
  return fine
    ? undefined
    : { errno: DIFFERS, why: `${operation.name} reads ${hex(seen)}, not ${hex(operation.value)}` };
}

/** Whether the host knows the attribute: from its recording, else from the kernel's version. */
function knowsAttribute(
  { profile, configuration }: Base,
  operation: SetDeviceAttribute,
  since: string,
): boolean {
  const file = operation.fd === "kvm" ? undefined : configuration.attributes?.[operation.fd];
  if (file !== undefined) return file.get(operation.group)?.includes(operation.attribute) === true;
  return compareVersions(seriesOf(profile.kernel.version), since) >= 0;
}

function setAttribute(base: Base, file: RegisterFile, operation: SetDeviceAttribute): Refusal | undefined {
  const { profile, gic } = base;
  const row = deviceAttributes().find(
    (one) => one.fd === operation.fd && one.group === operation.group && one.attr === operation.attribute,
  );
  if (row === undefined) return undefined;
  if (!knowsAttribute(base, operation, row.since)) {
    const why = `linux ${profile.kernel.release} does not know the attribute ${operation.name}`;
    // Before the VM had its first attribute it had no such call.
    const noCall = compareVersions(seriesOf(profile.kernel.version), vmAttributesSince()) < 0;
    return { errno: operation.fd === "vm" && noCall ? "EINVAL" : "ENXIO", why };
  }
  if (row.needsGic === true && gic === "none")
    return { errno: "EINVAL", why: `${operation.name} needs an in-kernel interrupt controller` };
  return row.field === undefined ? undefined : setField(file, row.field, operation.payload);
}

/** An attribute that sets a register's field, to at most what it holds. */
function setField(file: RegisterFile, path: string, payload: Uint8Array): Refusal | undefined {
  const [register = "", name = ""] = path.split(".");
  const id = idRegister(register)?.id;
  const of = findField(register, name);
  const held = id === undefined ? undefined : file.get(id);
  if (id === undefined || of === undefined || typeof held !== "bigint") return undefined;
  const mask = everyBit(of.width) << BigInt(of.lsb);
  const most = (held & mask) >> BigInt(of.lsb);
  const wanted = payload.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  if (wanted > most) return { errno: "EINVAL", why: `${path} is at most ${most} on this host` };
  file.set(id, (held & ~mask) | (wanted << BigInt(of.lsb)));
  return undefined;
}

/** The kernel since which the VM itself takes attributes. */
function vmAttributesSince(): string {
  const since = deviceAttributes()
    .filter((one) => one.fd === "vm")
    .map((one) => one.since)
    .sort(compareVersions);
  return since[0] ?? "6.1";
}

function initVcpu(base: Base, features: number): Refusal | undefined {
  const { refused } = base.match;
  if (refused?.exact === true && refused.step === "init")
    return { errno: refused.errno, why: refusalFact(refused.configuration) };
  for (const { name, index } of vcpuFeatures()) {
    if (((features >>> index) & 1) === 0) continue;
    const answer = supportsVcpuFeature(base.profile, name);
    if (!answer.value) return { errno: "EINVAL", why: answer.fact };
  }
  return undefined;
}

/** What KVM answers to one operation; undefined: success. Keeps in `file` what it changes. */
export function refusalOf(base: Base, file: RegisterFile, operation: Operation): Refusal | undefined {
  const { profile } = base;
  switch (operation.kind) {
    case "create-vm": {
      const answer = capabilityAnswer(profile, capability("KVM_CAP_ARM_VM_IPA_SIZE")?.number ?? -1);
      return operation.type <= BigInt(answer.value) ? undefined : { errno: "EINVAL", why: answer.fact };
    }
    case "check-extension": {
      const answer = capabilityAnswer(profile, operation.capability);
      return answer.value >= operation.atLeast ? undefined : { errno: TOO_LITTLE, why: answer.fact };
    }
    case "enable-capability": {
      const answer = capabilityAnswer(profile, operation.capability);
      if (answer.value > 0 || operation.ifPresent) return undefined;
      return { errno: "EINVAL", why: answer.fact };
    }
    case "set-counter-offset":
      return undefined;
    case "vcpu-init":
      return initVcpu(base, operation.features);
    case "vcpu-finalize": {
      const { refused } = base.match;
      return refused?.exact === true && refused.step === "finalize"
        ? { errno: refused.errno, why: refusalFact(refused.configuration) }
        : undefined;
    }
    case "set-register":
      return setRegister(base, file, operation);
    case "clear-unknown-bitmaps":
      for (const id of file.keys()) if (isBitmap(id) && !operation.known.includes(id)) file.set(id, 0n);
      return undefined;
    case "set-device-attribute":
      return setAttribute(base, file, operation);
    case "verify-register":
      return verify(file, operation);
  }
}

/** The index of the first operation that KVM refuses, and why; undefined: the whole plan works. */
export function firstRefusal(
  base: Base,
  file: RegisterFile,
  plan: Plan,
): (Refusal & { readonly operation: number }) | undefined {
  for (const [operation, row] of plan.operations.entries()) {
    const refusal = refusalOf(base, file, row);
    if (refusal !== undefined) return { operation, ...refusal };
  }
  return undefined;
}
