/** What the host profile says of a vCPU's registers. */
import { configurationFor } from "../../../hosts/configuration.ts";
import type { Configuration, HostProfile } from "../../../hosts/profile.ts";
import { vcpuFeatures } from "../../../tables/index.ts";
import type { Vm } from "../machine.ts";
import { hasBit } from "../objects.ts";

const found = new WeakMap<HostProfile, Map<string, Configuration>>();

/** Names of the vCPU features in the words of KVM_ARM_VCPU_INIT; one that lacks what it needs has no effect. */
export function featureNames(features: number): readonly string[] {
  const rows = vcpuFeatures().filter(({ index }) => hasBit(features, index));
  const asked = new Set(rows.map(({ name }) => name));
  return rows.filter(({ needs }) => needs.every((name) => asked.has(name))).map(({ name }) => name);
}

/** The configuration whose readings hold for vCPUs with these features (features[0]) on a VM. */
export function configurationOfFeatures({ kvm, enabled }: Vm, features: number): Configuration {
  const { profile } = kvm;
  const known = found.get(profile) ?? new Map<string, Configuration>();
  found.set(profile, known);
  const key =
    enabled.size === 0 ? `${features}` : `${features} ${[...enabled].sort((a, b) => a - b).join(" ")}`;
  const configuration =
    known.get(key) ?? configurationFor(profile, featureNames(features), [...enabled]).configuration;
  known.set(key, configuration);
  return configuration;
}

/** That of the VM's vCPUs; before the first KVM_ARM_VCPU_INIT of a vCPU without features. */
export const configurationOfVm = (vm: Vm): Configuration => configurationOfFeatures(vm, vm.features ?? 0);

/** Whether the vCPU has a feature, by its name without KVM_ARM_VCPU_. */
export function hasFeature(features: number | undefined, name: string): boolean {
  const row = vcpuFeatures().find((one) => one.name === name);
  return row !== undefined && features !== undefined && hasBit(features, row.index);
}
