/** Which device attributes the host's kernel has. */
import type { AttributeFile } from "../../../hosts/profile.ts";
import { compareVersions, deviceAttributes, seriesOf } from "../../../tables/index.ts";
import type { Kvm } from "../machine.ts";

/**
 * Whether the host's kernel has an attribute of the VM or a vCPU: where some configuration of the profile was asked
 * for its attributes, what any of them showed; else by the kernel's version.
 */
export function knowsAttribute(
  { profile }: Kvm,
  file: Exclude<AttributeFile, "gic">,
  group: number,
  attribute: number,
): boolean {
  const asked = [...profile.configurations.values()]
    .map(({ attributes }) => attributes?.[file])
    .filter((one) => one !== undefined);
  if (asked.length > 0) return asked.some((one) => one.get(group)?.includes(attribute) === true);
  const series = seriesOf(profile.kernel.version);
  return deviceAttributes().some(
    (row) =>
      row.fd === file &&
      row.group === group &&
      row.attr === attribute &&
      compareVersions(series, row.since) >= 0,
  );
}
