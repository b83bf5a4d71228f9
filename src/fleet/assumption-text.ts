/** What of a fleet rests on guestc's tables rather than on what was read from its hosts, in words. */
import { contractRegisters, fieldKey } from "../tables/index.ts";
import type { Baseline } from "./baseline.ts";
import type { Fleet } from "./classes.ts";
import { type Assumption, assumptions } from "./offer.ts";
import { hostNames, some } from "./words.ts";

const words: Readonly<Record<Assumption, string>> = {
  values: "what ID registers show",
  writes: "what may be written into them",
  list: "which registers KVM lists",
  capabilities: "KVM's capabilities and devices",
  sve: "SVE",
  pauth: "pointer authentication",
  pmu: "the PMU",
  mte: "memory tagging",
  el2: "nested virtualisation",
};

/** What was not read, by the hosts of which: each group of hosts once. */
function assumedByHosts(fleet: Fleet): ReadonlyMap<string, readonly string[]> {
  const byHosts = new Map<string, string[]>();
  for (const one of assumptions) {
    const hosts = fleet.filter(({ offer }) => offer.assumed.has(one));
    if (hosts.length === 0) continue;
    const names = hosts.length === fleet.length ? "every host" : hostNames(hosts);
    byHosts.set(names, [...(byHosts.get(names) ?? []), words[one]]);
  }
  return byHosts;
}

/** For the table. Empty where everything was read. */
export function assumptionLines(fleet: Fleet): readonly string[] {
  const byHosts = [...assumedByHosts(fleet)];
  if (byHosts.length === 0) return [];
  return [
    "",
    "by guestc's tables, not read on the host",
    ...byHosts.flatMap(([names, facts]) => [`  ${names}`, `    ${facts.join(", ")}`]),
  ];
}

/** For the documentation of a `cpu` block, a line each. Empty where everything was read. */
export const assumptionRemarks = (fleet: Fleet): readonly string[] =>
  [...assumedByHosts(fleet)].map(
    ([names, facts]) => `By guestc's tables, not read on ${names}: ${facts.join(", ")}.`,
  );

/** Fields that not every host tells: the common CPU says nothing of them. Empty where all is known. */
export function unknownLines({ fleet, open }: Baseline): readonly string[] {
  const byHosts = new Map<string, string[]>();
  for (const { name, fields } of contractRegisters()) {
    const unknown = fields.map(fieldKey).filter((key) => open.get(key) === "unknown");
    const [first] = unknown;
    if (first === undefined) continue;
    const silent = fleet.filter(({ offer }) => fields.some((field) => offer.untold.has(fieldKey(field))));
    const hosts = silent.length === fleet.length ? "every host" : hostNames(silent);
    const words = unknown.length === fields.length ? [name] : unknown;
    byHosts.set(hosts, [...(byHosts.get(hosts) ?? []), ...words]);
  }
  if (byHosts.size === 0) return [];
  return [
    "",
    "not known, so that each host shows its own",
    ...[...byHosts].flatMap(([hosts, words]) => [`  ${hosts}`, `    ${some(words, 8)}`]),
  ];
}
