/** What KVM knows of the host beside what it shows. */
import type { HostProfile } from "../../../hosts/profile.ts";
import { fieldOf, field as findField, idRegister } from "../../../tables/index.ts";

function baseField(profile: HostProfile, register: string, name: string): bigint | undefined {
  const id = idRegister(register)?.id;
  const of = findField(register, name);
  const value = id === undefined ? undefined : profile.configurations.get("base")?.registers.get(id);
  return of === undefined || typeof value !== "bigint" ? undefined : fieldOf(value, of);
}

/** AArch32 at EL0: KVM shows ID_AA64PFR0_EL1.EL0 as the host has it. */
export const hostHasAarch32 = (profile: HostProfile): boolean =>
  (baseField(profile, "ID_AA64PFR0_EL1", "EL0") ?? 0n) >= 2n;

/** A field of CTR_EL0, which KVM shows as the host has it. */
export const hostCacheField = (profile: HostProfile, name: string): bigint =>
  baseField(profile, "CTR_EL0", name) ?? 0n;
