/**
 * What a Firecracker CPU template makes of a host: which of its writes KVM refuses, and what a guest is shown then.
 * Order and calls: Firecracker src/vmm/src/arch/aarch64/vcpu.rs and cpu_config/aarch64/mod.rs: capabilities are
 * checked, the vCPU is initialised with the features, the registers are read from it, changed and written.
 */
import {
  bitmapRegisters,
  compareVersions,
  describeOneReg,
  fieldMask,
  fieldOf,
  capability as findCapability,
  firmwareRegisters,
  type IdRegister,
  idRegisterById,
  kernelRules,
  seriesOf,
  vcpuFeatures,
} from "../../tables/index.ts";
import { configurationFor, hasRegister, refusalFact } from "../configuration.ts";
import { bitmapBits, capabilityAnswer, psciVersions, supportsVcpuFeature } from "../facilities.ts";
import { judgeField, judgeFieldByRule } from "../field.ts";
import { wasRead } from "../origin.ts";
import type { Configuration, HostProfile } from "../profile.ts";
import type { Bitmap, FeatureWord, Found, Modifier } from "./firecracker-json.ts";
import { inputsTable } from "./table.ts";
import type { Template } from "./template.ts";

/** Something that KVM does not take. */
export interface Refusal extends Found {
  /** What might be so on the host and would let it through, behind the word "unless". */
  readonly unless?: string;
}

export interface Effect {
  /** The host as guests of the template see it, refusals or not. */
  readonly profile: HostProfile;
  readonly refusals: readonly Refusal[];
  /** What has no effect, or nobody knows. */
  readonly remarks: readonly Found[];
}

const PSCI_0_2 = "PSCI_0_2";

const hex = (value: bigint): string => `0x${value.toString(16)}`;

const apply = (old: bigint, { filter, value }: Bitmap): bigint => (old & ~filter) | value;

interface Wanted {
  readonly names: readonly string[];
  readonly refusals: readonly Refusal[];
}

/** The vCPU features of the template's guests, and those that Firecracker or KVM refuses. */
function featuresOf(profile: HostProfile, words: readonly FeatureWord[]): Wanted {
  const rows = vcpuFeatures();
  const first = rows.find(({ name }) => name === PSCI_0_2);
  const asked = new Map<number, bigint>([[0, 1n << BigInt(first?.index ?? 0)]]);
  const refusals: Refusal[] = [];
  for (const word of words) asked.set(word.index, apply(asked.get(word.index) ?? 0n, word));
  const pointerOf = (index: number): string =>
    `${words.findLast((word) => word.index === Math.floor(index / 32))?.pointer ?? ""}/bitmap`;
  const names: string[] = [];
  for (const [word, bits] of asked)
    for (let bit = 0; bit < 32; bit++) {
      if (((bits >> BigInt(bit)) & 1n) === 0n) continue;
      const index = word * 32 + bit;
      const name = rows.find((row) => row.index === index)?.name;
      const pointer = pointerOf(index);
      if (name === undefined) {
        refusals.push({
          pointer,
          message: `there is no vCPU feature ${index}: KVM_ARM_VCPU_INIT answers ENOENT`,
        });
        continue;
      }
      names.push(name);
      if (name === "PMU_V3" || name === "PMU_V3_STRICT") {
        refusals.push({
          pointer,
          message: `${name} is asked for, which Firecracker refuses: it cannot initialise a PMU`,
        });
        continue;
      }
      const answer = name === PSCI_0_2 ? undefined : supportsVcpuFeature(profile, name);
      if (answer?.value === false)
        refusals.push({
          pointer,
          message: `${name} is asked for, and the host does not have it: ${answer.fact}`,
        });
    }
  if (!names.includes(PSCI_0_2))
    refusals.push({
      pointer: pointerOf(0),
      message: `${PSCI_0_2} is taken away; what a guest without it is shown, guestc does not know`,
    });
  return { names, refusals };
}

/** What decides a write of one register. */
interface Ground {
  readonly profile: HostProfile;
  readonly configuration: Configuration;
}

/** The first series behind the host's whose rules take a field's value. */
function takenSince(
  { profile, configuration }: Ground,
  register: IdRegister,
  field: string,
  value: bigint,
): string | undefined {
  // Masks of the host's own kernel say nothing of another one.
  const own = { ...configuration, writable: undefined };
  const later = kernelRules()
    .map((row) => seriesOf(row.series))
    .filter((series) => compareVersions(series, seriesOf(profile.kernel.version)) > 0);
  return later.find((version) => {
    const host = { ...profile, kernel: { release: version, version } };
    return judgeFieldByRule(host, own, register.name, field, value).accepted;
  });
}

/** The capability with which KVM takes a field's value, where the host has it and some Firecracker enables it. */
function takenWith(
  { profile, configuration }: Ground,
  register: IdRegister,
  field: string,
  value: bigint,
): string | undefined {
  for (const { capability: name, by } of inputsTable().templateCapabilities) {
    const number = findCapability(name)?.number;
    if (number === undefined || capabilityAnswer(profile, number).value === 0) continue;
    const own = { ...configuration, capabilities: [...configuration.capabilities, number] };
    if (judgeFieldByRule(profile, own, register.name, field, value).accepted)
      return `it enables ${name}, as ${by} does`;
  }
  return undefined;
}

interface RefusedField {
  /** `FIELD 1 → 0`. */
  readonly change: string;
  readonly fact: string;
  /** As in `Refusal`. */
  readonly unless: string | undefined;
}

/** One refusal for fields that belong together: KVM answers once for a register. */
function fieldRefusal(
  register: IdRegister,
  pointer: string,
  fields: readonly RefusedField[],
): readonly Refusal[] {
  const [first] = fields;
  if (first === undefined) return [];
  return [
    {
      pointer,
      message: `KVM refuses ${register.name} with ${fields.map(({ change }) => change).join(", ")}: ${first.fact}`,
      ...(first.unless === undefined ? {} : { unless: first.unless }),
    },
  ];
}

/** The fields of an ID register that KVM refuses to hold what a template writes. */
function refusedFields(
  ground: Ground,
  register: IdRegister,
  before: bigint,
  modifier: Modifier,
): readonly Refusal[] {
  const { profile, configuration } = ground;
  const after = apply(before, modifier);
  const pointer = `${modifier.pointer}/bitmap`;
  const refused: RefusedField[] = [];
  for (const field of register.fields) {
    const [was, value] = [fieldOf(before, field), fieldOf(after, field)];
    if (value === was) continue;
    const { accepted, by, fact } = judgeField(profile, configuration, register.name, field.name, value);
    if (accepted) continue;
    const since = by === "rule" ? takenSince(ground, register, field.name, value) : undefined;
    const unless =
      takenWith(ground, register, field.name, value) ??
      (since === undefined
        ? undefined
        : `the host's kernel has a backport of linux ${since}, which takes that`);
    refused.push({ change: `${field.name} ${hex(was)} → ${hex(value)}`, fact, unless });
  }
  const known = register.fields.reduce((bits, field) => bits | fieldMask(field), 0n);
  const strange = (before ^ after) & ~known;
  return [
    ...[...new Set(refused.map((one) => one.unless))].flatMap((unless) =>
      fieldRefusal(
        register,
        pointer,
        refused.filter((one) => one.unless === unless),
      ),
    ),
    ...(strange === 0n
      ? []
      : [
          {
            pointer,
            message: `KVM refuses it: the bits ${hex(strange)} of ${register.name} are in no field`,
          },
        ]),
  ];
}

/** What KVM holds after a write of a register with rules of its own, or why it refuses; undefined: it is another one. */
function firmwareWrite(
  { profile }: Ground,
  modifier: Modifier,
  before: bigint,
  pointer: string,
): { readonly value: bigint; readonly refusal?: Refusal; readonly remark?: Found } | undefined {
  const value = apply(before, modifier);
  const firmware = firmwareRegisters().find(({ id }) => id === modifier.id);
  if (firmware?.holds === "version") {
    const versions = psciVersions(profile);
    const taken = Object.entries(firmware.values).some(
      ([name, one]) => one === value && versions?.names.includes(name) === true,
    );
    if (taken || value === before) return { value };
    return {
      value,
      refusal: {
        pointer,
        message: `KVM refuses PSCI_VERSION = ${hex(value)}: ${versions?.fact ?? "no version is known"}`,
      },
    };
  }
  if (firmware !== undefined) {
    if (value > before)
      return {
        value,
        refusal: {
          pointer,
          message: `KVM refuses ${firmware.name} = ${hex(value)}: the host's level is ${hex(before)}`,
        },
      };
    // KVM forgets a lower level than its own.
    return value === before
      ? { value }
      : {
          value: before,
          remark: {
            pointer,
            message: `KVM takes ${hex(value)} in ${firmware.name}, and its guests see ${hex(before)} all the same`,
          },
        };
  }
  const bitmap = bitmapRegisters().find(({ id }) => id === modifier.id);
  if (bitmap === undefined) return undefined;
  const bits = bitmapBits(profile, bitmap.name);
  const strange = value & ~(bits?.known ?? 0n);
  if (strange === 0n || value === before) return { value };
  return {
    value,
    refusal: {
      pointer,
      message: `KVM refuses the bits ${hex(strange)} of ${bitmap.name}: ${bits?.fact ?? "no bit is known"}`,
    },
  };
}

/** One configuration with a template's registers, and all that is to say of it. */
function changed(
  ground: Ground,
  { modifiers }: Template,
): {
  readonly configuration: Configuration;
  readonly refusals: readonly Refusal[];
  readonly remarks: readonly Found[];
} {
  const { profile, configuration } = ground;
  const registers = new Map(configuration.registers);
  const sweeps = new Map(configuration.sweeps);
  const refusals: Refusal[] = [];
  const remarks: Found[] = [];
  for (const modifier of modifiers) {
    const { id, pointer, bits } = modifier;
    // Wider ones stand in no profile.
    if (bits > 64) continue;
    const name = describeOneReg(id)?.name ?? hex(id);
    const before = registers.get(id);
    const where = `${pointer}/bitmap`;
    if (before === undefined) {
      const { fact } = hasRegister(profile, configuration, id);
      refusals.push({ pointer: `${pointer}/addr`, message: `the host does not have ${name}: ${fact}` });
      continue;
    }
    if (before === null) {
      remarks.push({ pointer: where, message: `${name} is the vCPU's state, which a profile does not hold` });
      continue;
    }
    const register = idRegisterById(id);
    const firmware = firmwareWrite(ground, modifier, before, where);
    if (firmware?.refusal !== undefined) refusals.push(firmware.refusal);
    if (firmware?.remark !== undefined) remarks.push(firmware.remark);
    if (register !== undefined) refusals.push(...refusedFields(ground, register, before, modifier));
    const after = firmware?.value ?? apply(before, modifier);
    if (after === before) continue;
    registers.set(id, after);
    // What was tried there was tried from another value on.
    sweeps.delete(id);
  }
  return { configuration: { ...configuration, registers, sweeps }, refusals, remarks };
}

/**
 * Configurations with exactly the features of the template's guests; that of the guests themselves is `base`. What a
 * vCPU with other features would show is nothing that such a guest sees.
 */
function configurationsWith(
  profile: HostProfile,
  own: Configuration,
  features: readonly string[],
): readonly Configuration[] {
  const wanted = new Set(features);
  const others = [...profile.configurations.values()].filter(
    (one) =>
      one.name !== "base" &&
      one.name !== own.name &&
      one.refused === undefined &&
      one.features.length === wanted.size &&
      one.features.every((feature) => wanted.has(feature)),
  );
  return [{ ...own, name: "base" }, ...others];
}

/** Capabilities that the template checks and the host lacks. */
function missingCapabilities(profile: HostProfile, { capabilities }: Template): readonly Refusal[] {
  return capabilities.flatMap(({ number, removed, pointer }) => {
    if (removed) return [];
    const { value, fact } = capabilityAnswer(profile, number);
    if (value !== 0) return [];
    const name = findCapability(number)?.name ?? `capability ${number}`;
    return [{ pointer, message: `Firecracker does not start without ${name}: ${fact}` }];
  });
}

/**
 * A host as the guests of a CPU template see it.
 *
 * @param name of the template, for the profile: letters, digits, `.`, `_`, `-`
 */
export function applyTemplate(profile: HostProfile, template: Template, name: string): Effect {
  const { names, refusals: ofFeatures } = featuresOf(profile, template.features);
  const { configuration, refused, missing } = configurationFor(profile, names, []);
  const first = template.features[0]?.pointer ?? "";
  const ofInit: readonly Refusal[] =
    ofFeatures.length === 0 && refused?.exact === true
      ? [{ pointer: first, message: refusalFact(refused.configuration) }]
      : ofFeatures.length === 0 && missing.features.length > 0
        ? [
            {
              pointer: first,
              message: `what a vCPU with ${missing.features.join(", ")} shows is not known of this host`,
            },
          ]
        : [];
  const features = names.filter((one) => one !== "POWER_OFF");
  const [own, ...others] = configurationsWith(profile, configuration, features).map((one) =>
    changed({ profile, configuration: one }, template),
  );
  if (own === undefined) throw new Error("a template has guests of its own");
  const configurations = [own, ...others].map((one) => [one.configuration.name, one.configuration] as const);
  const effect: HostProfile = {
    ...profile,
    name: `${profile.name}+${name}`,
    description: [profile.description, `as guests of Firecracker's CPU template ${name} see it`]
      .filter((one) => one !== undefined && one !== "")
      .join("; "),
    ...(profile.origin === "derived"
      ? {}
      : { recorder: `${profile.recorder ?? "unknown"}; CPU template ${name} applied by guestc` }),
    configurations: new Map(configurations),
    ...(profile.assumed === undefined
      ? {}
      : {
          assumed: {
            ...profile.assumed,
            // What the template writes is known; a reading beside it stays one.
            configurations: new Set(
              configurations
                .filter(([, one]) => !wasRead(profile, one.name === "base" ? configuration : one))
                .map(([one]) => one),
            ),
          },
        }),
  };
  return {
    profile: effect,
    refusals: [...missingCapabilities(profile, template), ...ofFeatures, ...ofInit, ...own.refusals],
    remarks: own.remarks,
  };
}
