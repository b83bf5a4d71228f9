/** All that is asked at once: a guest, hosts, a VMM, and the migrations between them. */
import type { Contract } from "../contract.ts";
import { depart, type Moving, type NamedHost } from "./machine.ts";
import { judgeMigration, type Migration } from "./pair.ts";
import type { Vmm } from "./vmm.ts";

export interface Journeys {
  readonly guest: Contract;
  readonly vmm: Vmm;
  /** Those of the matrix, in its order. */
  readonly hosts: readonly NamedHost[];
  readonly migrations: readonly Migration[];
}

/**
 * Judges the migrations between hosts, source by source in the order of the hosts.
 *
 * @param wanted which pairs; default: every host to every other
 */
export function judgeJourneys(
  moving: Moving,
  hosts: readonly NamedHost[],
  vmm: Vmm,
  wanted: (from: NamedHost, to: NamedHost) => boolean = (from, to) => from !== to,
): Journeys {
  const migrations = hosts.flatMap((from) => {
    const targets = hosts.filter((to) => wanted(from, to));
    if (targets.length === 0) return [];
    const departure = depart(moving, from);
    return targets.map((to) => judgeMigration(moving, departure, from, to, vmm));
  });
  return { guest: moving.contract, vmm, hosts, migrations };
}
