/** Which device attributes the host's kernel has. */
import type { AttributeFile } from "../../../hosts/profile.ts";
import { compareVersions, deviceAttributes, seriesOf } from "../../../tables/index.ts";
import type { Kvm } from "../machine.ts";

/**
 * What the profile says: whether any configuration that was asked for its attributes showed this one; undefined: none
 * was asked.
 */
export function seenAttribute(
  { profile }: Kvm,
  file: AttributeFile,
  group: number,
  attribute: number,
): boolean | undefined {
  const asked = [...profile.configurations.values()]
    .map(({ attributes }) => attributes?.[file])
    .filter((one) => one !== undefined);
  return asked.length === 0 ? undefined : asked.some((one) => one.get(group)?.includes(attribute) === true);
}

/**
 * Whether the host's kernel has an attribute of the VM or a vCPU: as the profile says, else by the kernel's version.
 */
export function knowsAttribute(
  kvm: Kvm,
  file: Exclude<AttributeFile, "gic">,
  group: number,
  attribute: number,
): boolean {
  const seen = seenAttribute(kvm, file, group, attribute);
  if (seen !== undefined) return seen;
  const series = seriesOf(kvm.profile.kernel.version);
  return deviceAttributes().some(
    (row) =>
      row.fd === file &&
      row.group === group &&
      row.attr === attribute &&
      compareVersions(series, row.since) >= 0,
  );
}
