/** Whether a profile's fact was read on the machine, or comes from guestc's tables. */
import type { Configuration, HostProfile } from "./profile.ts";

/** Whether a configuration's readings are readings: not those of a derived host, nor assumed ones. Composed ones are where all their parts are. */
export function wasRead(profile: HostProfile, configuration: Configuration): boolean {
  if (profile.origin === "derived") return false;
  const assumed = profile.assumed?.configurations;
  return assumed === undefined || !configuration.name.split(" + ").some((name) => assumed.has(name));
}

/** What says the value of a register in a configuration, by ONE_REG id. */
export function valueBy(profile: HostProfile, configuration: Configuration, id: bigint): "reading" | "rule" {
  return wasRead(profile, configuration) && profile.assumed?.registers.has(id) !== true ? "reading" : "rule";
}

/** What says whether KVM lists a register in a configuration. */
export function listBy(profile: HostProfile, configuration: Configuration): "reading" | "rule" {
  return wasRead(profile, configuration) && profile.assumed?.list !== true ? "reading" : "rule";
}

/** What says the answers of KVM_CHECK_EXTENSION. */
export function capabilitiesBy(profile: HostProfile): "reading" | "rule" {
  return profile.origin === "recorded" && profile.assumed?.capabilities !== true ? "reading" : "rule";
}
