/** All that is asked at once: a guest, hosts, a VMM, and the migrations between them. */
import type { Contract } from "../contract.ts";
import { depart, type Moving, type NamedHost } from "./machine.ts";
import { type Departure, judgeMigration, type Migration } from "./pair.ts";
import { statementsFor } from "./statements.ts";
import type { Vmm } from "./vmm.ts";

export interface Journey extends Migration {
  /** The same with all statements that would help, judged; undefined: there are none; a string: why it was not tried. */
  readonly advised: Migration | string | undefined;
}

export interface Journeys {
  readonly guest: Contract;
  readonly vmm: Vmm;
  /** Those of the matrix, in its order. */
  readonly hosts: readonly NamedHost[];
  readonly migrations: readonly Journey[];
}

/** The guest with further statements; undefined: the program does not take them. */
export type Amend = (statements: readonly string[]) => Moving | undefined;

interface JourneyOptions {
  /** Which pairs; default: every host to every other. */
  readonly wanted?: (from: NamedHost, to: NamedHost) => boolean;
  /** Absent: what would help is not tried. */
  readonly amend?: Amend;
}

/** Judges with what would help. Guests and departures that several migrations share are made once. */
function adviser(amend: Amend | undefined, vmm: Vmm): (migration: Migration) => Journey["advised"] {
  const guests = new Map<string, Moving | undefined>();
  const departures = new Map<string, Departure>();
  return (migration) => {
    const statements = migration.verdict === "unsafe" ? statementsFor(migration) : [];
    if (statements.length === 0) return undefined;
    if (amend === undefined) return "it was not tried";
    const key = statements.join("\n");
    const moving = guests.has(key) ? guests.get(key) : amend(statements);
    guests.set(key, moving);
    if (moving === undefined) return "the program as it is does not take all of it";
    const { from, to } = migration;
    const left = `${from.name}\n${key}`;
    const departure = departures.get(left) ?? depart(moving, from);
    departures.set(left, departure);
    return judgeMigration(moving, departure, from, to, vmm);
  };
}

/**
 * Judges the migrations between hosts, source by source in the order of the hosts.
 */
export function judgeJourneys(
  moving: Moving,
  hosts: readonly NamedHost[],
  vmm: Vmm,
  { wanted = (from, to) => from !== to, amend }: JourneyOptions = {},
): Journeys {
  const advise = adviser(amend, vmm);
  const migrations = hosts.flatMap((from) => {
    const targets = hosts.filter((to) => wanted(from, to));
    if (targets.length === 0) return [];
    const departure = depart(moving, from);
    return targets.map((to) => {
      const migration = judgeMigration(moving, departure, from, to, vmm);
      return { ...migration, advised: advise(migration) };
    });
  });
  return { guest: moving.contract, vmm, hosts, migrations };
}
