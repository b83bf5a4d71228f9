/** A guest's migrations: the matrix, what stands in the way, and the facts of each. */

import type { Verdict } from "../../migrate/fact.ts";
import { type Journeys, judgeJourneys } from "../../migrate/journeys.ts";
import type { Migration } from "../../migrate/pair.ts";
import type { Vmm } from "../../migrate/vmm.ts";
import type { HostRow } from "../hosts.ts";
import type { GuestSubject } from "../subject.ts";
import { shown } from "../words.ts";
import { type Groups, migrationGroups, verdictText } from "./groups.ts";
import { type Obstacle, obstacles } from "./obstacles.ts";

export interface Cell {
  /** `self`: from a host to itself. */
  readonly verdict: Verdict | "self";
  /** In words. */
  readonly text: string;
  /** Id of the group that tells of it; empty for `self`. */
  readonly group: string;
}

export interface MatrixRow {
  readonly host: HostRow;
  readonly cells: readonly Cell[];
  /** To how many hosts it may go, as they are: `5 of 6`. */
  readonly ways: string;
}

export interface MigrationsSection extends Groups {
  /** There is something to show. */
  readonly why: undefined;
  readonly vmm: string;
  readonly vmmTitle: string;
  readonly safe: number;
  readonly notes: number;
  readonly undecided: number;
  readonly unsafe: number;
  readonly total: number;
  readonly rows: readonly MatrixRow[];
  /** Many hosts: small cells. */
  readonly dense: boolean;
  readonly obstacles: readonly Obstacle[];
  /** Past those that are shown at once. */
  readonly furtherObstacles: readonly Obstacle[];
}

/** Why a guest has no migrations to show. */
export interface NoMigrations {
  readonly why: string;
}

const mostObstacles = 12;
const mostRoomy = 16;

function matrix(
  { hosts, migrations }: Journeys,
  groupOf: ReadonlyMap<Migration, string>,
  rowOf: (name: string) => HostRow,
): readonly MatrixRow[] {
  const found = new Map(migrations.map((one) => [JSON.stringify([one.from.name, one.to.name]), one]));
  return hosts.map((from) => {
    const cells = hosts.map((to): Cell => {
      const one = found.get(JSON.stringify([from.name, to.name]));
      if (one === undefined) return { verdict: "self", text: "", group: "" };
      return { verdict: one.verdict, text: verdictText[one.verdict], group: groupOf.get(one) ?? "" };
    });
    const open = cells.filter(({ verdict }) => verdict !== "self" && verdict !== "unsafe").length;
    return { host: rowOf(from.name), cells, ways: `${open} of ${hosts.length - 1}` };
  });
}

/** @param key stands before the ids of elements */
export function migrationsSection(
  { contract, plan, hosts, amend }: GuestSubject,
  vmm: Vmm,
  rowOf: (name: string) => HostRow,
  path: string,
  key: string,
): MigrationsSection | NoMigrations {
  const [only] = hosts;
  if (only === undefined)
    return {
      why: "The guest names no host that it runs on, so that there is nowhere to move it from or to.",
    };
  if (hosts.length === 1)
    return {
      why: `The guest runs on one host, ${shown(only.name)}, so that there is nowhere to move it to.`,
    };
  const journeys = judgeJourneys({ contract, plan }, hosts, vmm, amend === undefined ? {} : { amend });
  const { migrations } = journeys;
  const { told, groupOf } = migrationGroups(migrations, rowOf, path, key);
  const all = obstacles(migrations);
  const many = (verdict: Verdict): number => migrations.filter((one) => one.verdict === verdict).length;
  return {
    why: undefined,
    ...told,
    vmm: vmm.name,
    vmmTitle: vmm.title,
    safe: many("safe"),
    notes: many("safe-with-notes"),
    undecided: many("undecided"),
    unsafe: many("unsafe"),
    total: migrations.length,
    rows: matrix(journeys, groupOf, rowOf),
    dense: hosts.length > mostRoomy,
    obstacles: all.slice(0, mostObstacles),
    furtherObstacles: all.slice(mostObstacles),
  };
}
