/** A guest on each of its hosts: what it sees there, or why KVM does not start it. */

import { questions } from "../predict/index.ts";
import { type CallSeen, callsSeen } from "../sim/view/calls.ts";
import { type MachineFact, machineFacts } from "../sim/view/machine-facts.ts";
import { type RegisterSeen, registersSeen } from "../sim/view/registers.ts";
import { lookAt } from "../sim/view/view.ts";
import type { HostRow } from "./hosts.ts";
import type { GuestSubject } from "./subject.ts";
import { type Place, placeOf, shown } from "./words.ts";

export interface Sighting {
  readonly host: HostRow;
  readonly level: 1 | 2;
  readonly facts: readonly MachineFact[];
  readonly registers: readonly RegisterSeen[];
  readonly calls: readonly CallSeen[];
}

export interface RefusedHost {
  readonly host: HostRow;
  /** The call of the plan and what it acts on. */
  readonly call: string;
  readonly errno: string;
  readonly why: string;
  readonly source: Place;
}

export interface Sightings {
  readonly seen: readonly Sighting[];
  readonly refused: readonly RefusedHost[];
}

export function sightings(
  { contract, plan, hosts }: GuestSubject,
  rowOf: (name: string) => HostRow,
  path: string,
): Sightings {
  const seen: Sighting[] = [];
  const refused: RefusedHost[] = [];
  for (const { name, profile } of hosts) {
    const host = rowOf(name);
    const view = lookAt({ contract, plan, hostName: name, profile });
    if ("kind" in view)
      refused.push({
        host,
        call: `${view.operation.ioctl.name} ${shown(view.operation.name)}`,
        errno: view.errno,
        why: shown(view.why),
        source: placeOf(view.span, path),
      });
    else
      seen.push({
        host,
        level: view.level,
        facts: machineFacts(contract, profile, view),
        registers: registersSeen(contract, view),
        calls: callsSeen(contract, profile, view, questions()),
      });
  }
  return { seen, refused };
}
