/** What the host's CPU shows in a field, where some vCPU of the profile shows it. */
import type { HostProfile } from "../../../hosts/profile.ts";
import { field, idRegister, fieldOf as partOf } from "../../../tables/index.ts";

/** The most that any configuration of the profile shows; undefined: none shows the register. */
export function fieldOf(profile: HostProfile, register: string, name: string): number | undefined {
  const id = idRegister(register)?.id;
  const of = field(register, name);
  if (id === undefined || of === undefined) return undefined;
  const shown = [...profile.configurations.values()]
    .map(({ registers }) => registers.get(id))
    .filter((value) => typeof value === "bigint")
    .map((value) => Number(partOf(value, of)));
  return shown.length === 0 ? undefined : Math.max(...shown);
}
