/** Why a host refuses an operation of a plan: the fact that the refusal rests on, in words. */
import { type ConfigurationMatch, refusalFact } from "../hosts/configuration.ts";
import { judgeField } from "../hosts/field.ts";
import {
  bitmapBits,
  capabilityAnswer,
  psciVersions,
  supportsVcpuFeature,
  sveLengths,
  workaroundLevel,
} from "../hosts/judge.ts";
import type { HostProfile } from "../hosts/profile.ts";
import type { Operation, SetDeviceAttribute, SetRegister } from "../planner/plan.ts";
import {
  bitmapRegisters,
  capability,
  deviceAttributes,
  fieldMask,
  firmwareRegisters,
  idRegisterById,
  seriesOf,
  sveLengthsRegister,
  vcpuFeatures,
} from "../tables/index.ts";

/** A host, and which of its configurations speaks for the guest. */
export interface Ground {
  readonly profile: HostProfile;
  readonly match: ConfigurationMatch;
}

/** Of a register with an order of its own: versions, bitmaps, vector lengths. */
function specialFact({ profile }: Ground, { id }: SetRegister): string | undefined {
  const firmware = firmwareRegisters().find((row) => row.id === id);
  if (firmware !== undefined)
    return firmware.holds === "version"
      ? psciVersions(profile)?.fact
      : workaroundLevel(profile, firmware.name)?.fact;
  const bitmap = bitmapRegisters().find((row) => row.id === id);
  if (bitmap !== undefined) return bitmapBits(profile, bitmap.name)?.fact;
  return id === sveLengthsRegister().id ? sveLengths(profile)?.fact : undefined;
}

/** Of an ID register: the first field that the host does not take. */
function fieldFact({ profile, match }: Ground, operation: SetRegister): string | undefined {
  const { configuration } = match;
  const register = idRegisterById(operation.id);
  const shown = configuration.registers.get(operation.id);
  if (register === undefined || typeof shown !== "bigint") return undefined;
  for (const field of register.fields) {
    const mask = fieldMask(field);
    if ((operation.mask & mask) === 0n || ((shown ^ operation.value) & mask) === 0n) continue;
    const value = (operation.value & mask) >> BigInt(field.lsb);
    const verdict = judgeField(profile, configuration, register.name, field.name, value);
    if (!verdict.accepted) return verdict.fact;
  }
  return undefined;
}

function registerFact(ground: Ground, operation: SetRegister, errno: string): string | undefined {
  if (errno === "ENOENT") return `the host does not have ${operation.name}`;
  return specialFact(ground, operation) ?? fieldFact(ground, operation);
}

function attributeFact(
  { profile }: Ground,
  operation: SetDeviceAttribute,
  errno: string,
): string | undefined {
  const row = deviceAttributes().find(
    (one) => one.fd === operation.fd && one.group === operation.group && one.attr === operation.attribute,
  );
  if (row?.needsGic === true && errno === "EINVAL")
    return `${operation.name} needs an in-kernel interrupt controller`;
  const unknown = errno === "ENXIO" || (operation.fd === "vm" && errno === "EINVAL");
  return unknown
    ? `linux ${profile.kernel.release} does not know the attribute ${operation.name}`
    : undefined;
}

function initFact({ profile, match }: Ground, features: number): string | undefined {
  const { refused } = match;
  if (refused?.exact === true) return refusalFact(refused.configuration);
  for (const { name, index } of vcpuFeatures()) {
    if (((features >>> index) & 1) === 0) continue;
    const answer = supportsVcpuFeature(profile, name);
    if (!answer.value) return answer.fact;
  }
  return undefined;
}

function factOf(ground: Ground, operation: Operation, errno: string): string | undefined {
  const { profile, match } = ground;
  switch (operation.kind) {
    case "create-vm":
      return capabilityAnswer(profile, capability("KVM_CAP_ARM_VM_IPA_SIZE")?.number ?? -1).fact;
    case "check-extension":
    case "enable-capability":
      return capabilityAnswer(profile, operation.capability).fact;
    case "vcpu-init":
      return initFact(ground, operation.features);
    case "vcpu-finalize":
      return match.refused?.exact === true ? refusalFact(match.refused.configuration) : undefined;
    case "set-register":
      return registerFact(ground, operation, errno);
    case "set-device-attribute":
      return attributeFact(ground, operation, errno);
    case "verify-register":
      return errno === "ENOENT"
        ? `the host does not have ${operation.name}`
        : `${operation.name} does not read as it is promised on this host`;
    case "set-counter-offset":
    case "clear-unknown-bitmaps":
      return undefined;
  }
}

/**
 * The fact that a refusal rests on; where the profile names none, what linux of that version does.
 *
 * @param errno as the generated header reports it
 */
export const whyRefused = (ground: Ground, operation: Operation, errno: string): string =>
  factOf(ground, operation, errno) ??
  `${operation.ioctl.name} answers ${errno} on linux ${seriesOf(ground.profile.kernel.version)}`;
