/** The common guest CPU of a fleet: the meet, the richest choice from it, made consistent; or what stands against it. */

import { stateOf } from "../checker/cpu/state.ts";
import {
  type Architecture,
  architectures,
  contractRegisters,
  fieldCalled,
  fieldKey,
  fieldOf,
  registerOfKey,
  service,
  services as serviceRows,
} from "../tables/index.ts";
import { type Choice, choose, type OpenBecause } from "./choose.ts";
import { commonOffer, type Fleet, type FleetClass } from "./classes.ts";
import { type Conflict, conflictsOver } from "./conflicts.ts";
import { type BrokenRule, cellsOf, type Lowered, makeConsistent } from "./consistency.ts";
import { leastToLeaveOut } from "./least.ts";
import type { FacilityName, Offer } from "./offer.ts";
import { listed, type ValueSet } from "./values.ts";

/** What a `guest` block may ask for beside its CPU. */
interface CommonServices {
  /** The newest PSCI version that all hosts take; undefined: none is common, or not told. */
  readonly psci: string | undefined;
  /** Services that KVM of every host gives, in the table's order. */
  readonly services: readonly string[];
  /** Workaround registers with the highest level that every host reaches, by table name. */
  readonly workarounds: ReadonlyMap<string, bigint>;
}

export interface Baseline {
  readonly fleet: Fleet;
  /** What all hosts allow. */
  readonly common: Offer;
  /** Facilities that were to be switched on where every host has them alike. */
  readonly wanted: readonly FacilityName[];
  readonly facilities: readonly FacilityName[];
  readonly dropped: Choice["dropped"];
  /** The newest architecture version whose mandatory features the CPU has. */
  readonly architecture: Architecture;
  /** What each field may hold on every host, with the facilities. */
  readonly sets: ReadonlyMap<string, ValueSet>;
  readonly values: ReadonlyMap<string, bigint>;
  readonly open: ReadonlyMap<string, OpenBecause>;
  readonly lowered: readonly Lowered[];
  /** The architecture's rules that the common CPU breaks, because the hosts do or because nothing mends them. */
  readonly broken: readonly BrokenRule[];
  /** Fields behind such rules that every host shows alike; a `cpu` block leaves them to the host. */
  readonly alike: readonly string[];
  readonly guest: CommonServices;
  /** Empty: the fleet has a common guest. */
  readonly conflicts: readonly Conflict[];
  /** Without these the others have one. Empty where all have. */
  readonly leaveOut: readonly FleetClass[];
}

/** What is switched on without being asked for: what changes nothing but the CPU. */
export const usualFacilities: readonly FacilityName[] = ["sve", "pauth", "pmu"];

/** The newest version of which no mandatory feature is known to be absent. */
function newestArchitecture(values: ReadonlyMap<string, bigint>): Architecture {
  const state = stateOf(cellsOf(values), undefined);
  const fitting = architectures().filter(
    (one) =>
      one.mandatory.every((name) => state.feature(name) !== false) &&
      one.prohibits.every((name) => state.feature(name) !== true),
  );
  const [first, ...others] = fitting.length === 0 ? architectures().slice(0, 1) : fitting;
  if (first === undefined) throw new Error("the tables have no architecture version");
  return others.reduce((a, b) => (b.includes.length >= a.includes.length ? b : a), first);
}

function servicesOf(offer: Offer): CommonServices {
  const offered = serviceRows().filter(
    ({ register, bit, forwardOnly }) =>
      forwardOnly !== true && ((offer.bitmaps.get(register) ?? 0n) >> BigInt(bit)) % 2n === 1n,
  );
  const names = new Set(offered.map(({ name }) => name));
  const complete = offered.filter(({ name }) => service(name)?.needs.every((one) => names.has(one)) === true);
  return {
    psci: [...offer.psci].sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1),
    services: complete.map(({ name }) => name),
    workarounds: new Map(
      [...offer.workarounds].flatMap(([name, set]): readonly [string, bigint][] => {
        const highest = listed(set).at(-1);
        return highest === undefined ? [] : [[name, highest]];
      }),
    ),
  };
}

/** What a host shows a guest without facilities, field by field. */
function shownBy(offer: Offer): ReadonlyMap<string, bigint> {
  const shown = new Map<string, bigint>();
  for (const register of contractRegisters()) {
    const [whole] = listed(offer.shown.get(register.name) ?? [], 1);
    for (const field of whole === undefined ? [] : register.fields)
      shown.set(fieldKey(field), fieldOf(whole ?? 0n, field));
  }
  return shown;
}

/**
 * The common CPU of a fleet; undefined for an empty one.
 *
 * @param wanted facilities to switch on where every host has them
 */
export function baselineOf(
  fleet: Fleet,
  wanted: readonly FacilityName[] = usualFacilities,
): Baseline | undefined {
  const common = commonOffer(fleet);
  if (common === undefined) return undefined;
  const choice = choose(common, wanted);
  const architecture = newestArchitecture(choice.values);
  const touched = new Set(
    choice.facilities.flatMap((name) => [...(common.facilities.get(name)?.fields.keys() ?? [])]),
  );
  const shownAlike = (key: string, value: bigint): boolean => {
    const field = fieldCalled(key);
    const shown = listed(common.shown.get(registerOfKey(key)) ?? []);
    if (field === undefined || touched.has(key) || shown.length === 0) return false;
    return shown.every((one) => fieldOf(one, field) === value);
  };
  const consistent = makeConsistent(choice.values, choice.sets, architecture, shownAlike, () =>
    fleet.map(({ offer }) => shownBy(offer)),
  );
  const inConflict = [...choice.open].filter(([, because]) => because === "conflict").map(([key]) => key);
  return {
    fleet,
    common,
    wanted,
    facilities: choice.facilities,
    dropped: choice.dropped,
    architecture,
    sets: choice.sets,
    values: consistent.values,
    open: choice.open,
    lowered: consistent.lowered,
    broken: consistent.broken,
    alike: consistent.alike,
    guest: servicesOf(common),
    conflicts: conflictsOver(fleet, inConflict),
    leaveOut: leastToLeaveOut(fleet),
  };
}
