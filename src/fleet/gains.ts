/** What a fleet would gain by hosts that limit it: the common CPU with them and without them. */
import { stateOf } from "../checker/cpu/state.ts";
import { features, featuresWithHwcap } from "../tables/index.ts";
import { type Baseline, baselineOf } from "./baseline.ts";
import type { Fleet } from "./classes.ts";
import { cellsOf } from "./consistency.ts";
import { limitsOf } from "./limits.ts";
import type { FacilityName } from "./offer.ts";
import { hostsOf } from "./words.ts";

interface Gain {
  /** Hosts that limit the same fields. */
  readonly without: Fleet;
  /** How many fields they and no others limit. */
  readonly fields: number;
  /** What the others then have on besides. */
  readonly facilities: readonly FacilityName[];
  /** FEAT_ names that the others have in common besides; those that programs ask for first. */
  readonly features: readonly string[];
}

function featuresOf(baseline: Baseline): ReadonlySet<string> {
  const state = stateOf(cellsOf(baseline.values), baseline.architecture);
  return new Set(
    features()
      .filter(
        ({ name, present, assumed }) =>
          present.length > 0 && assumed !== true && state.feature(name) === true,
      )
      .map(({ name }) => name),
  );
}

/** The groups of hosts that limit most, `most` of them at most; in order of how much they limit. */
export function gainsOf(baseline: Baseline, most = 6): readonly Gain[] {
  const { fleet, wanted } = baseline;
  const groups = new Map<string, { readonly without: Fleet; fields: number }>();
  const count = (by: Fleet, fields: number): void => {
    // Of three hosts nobody leaves out two; of two the other is still worth a look.
    const hosts = hostsOf(by);
    if (hosts === 0 || by.length === fleet.length || (hosts > 1 && 2 * hosts > hostsOf(fleet))) return;
    const key = by.map(({ id }) => id).join();
    const group = groups.get(key) ?? { without: by, fields: 0 };
    group.fields += fields;
    groups.set(key, group);
  };
  for (const { by } of limitsOf(baseline)) count(by, 1);
  for (const name of wanted) {
    if (baseline.facilities.includes(name)) continue;
    count(
      fleet.filter(({ offer }) => !offer.facilities.has(name)),
      0,
    );
  }
  const own = featuresOf(baseline);
  return [...groups.values()]
    .sort((a, b) => b.fields - a.fields || ((a.without[0]?.id ?? "") < (b.without[0]?.id ?? "") ? -1 : 1))
    .slice(0, most)
    .flatMap(({ without, fields }) => {
      const left = new Set(without.map(({ id }) => id));
      const others = baselineOf(
        fleet.filter(({ id }) => !left.has(id)),
        wanted,
      );
      if (others === undefined) return [];
      const asked = new Set(featuresWithHwcap().map(({ name }) => name));
      const gained = [...featuresOf(others)]
        .filter((name) => !own.has(name))
        .sort((a, b) => Number(asked.has(b)) - Number(asked.has(a)));
      const facilities = others.facilities.filter((name) => !baseline.facilities.includes(name));
      return gained.length + facilities.length === 0
        ? []
        : [{ without, fields, facilities, features: gained }];
    });
}
