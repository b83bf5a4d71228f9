/**
 * What a Firecracker CPU template makes of a host: which of its writes KVM refuses, and what a guest is shown then.
 * Order and calls: Firecracker src/vmm/src/arch/aarch64/vcpu.rs and cpu_config/aarch64/mod.rs: capabilities are
 * checked, the vCPU is initialised with the features, the registers are read from it, changed and written.
 */
import {
  commonVcpuFeatures,
  describeOneReg,
  capability as findCapability,
  idRegisterById,
} from "../../tables/index.ts";
import { configurationFor, hasRegister, refusalFact } from "../configuration.ts";
import { capabilityAnswer } from "../facilities.ts";
import { wasRead } from "../origin.ts";
import type { Configuration, HostProfile } from "../profile.ts";
import type { Found } from "./firecracker-json.ts";
import type { Template } from "./template.ts";
import { templateFeatures } from "./template-features.ts";
import { refusedFields } from "./template-fields.ts";
import { firmwareWrite } from "./template-firmware.ts";
import { apply, type Ground, hex, type Refusal } from "./template-write.ts";

export interface Effect {
  /** The host as guests of the template see it, refusals or not. */
  readonly profile: HostProfile;
  readonly refusals: readonly Refusal[];
  /** What has no effect, or nobody knows. */
  readonly remarks: readonly Found[];
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
  const { names, refusals: ofFeatures } = templateFeatures(profile, template.features);
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
  const features = names.filter((one) => !commonVcpuFeatures().unseen.has(one));
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
