/** What a guest has beside registers and calls, host by host where it differs. */
import { type HostSet, hostSet, variants } from "../hosts.ts";
import type { Sighting } from "../sightings.ts";
import { shown } from "../words.ts";
import { type OriginLine, originLine } from "./origin.ts";

export interface MachineLine {
  readonly label: string;
  readonly value: string;
  /** undefined: on all. */
  readonly hosts: HostSet | undefined;
  readonly origin: OriginLine;
}

export function machineLines(seen: readonly Sighting[], path: string): readonly MachineLine[] {
  const labels = [...new Set(seen.flatMap(({ facts }) => facts.map(({ label }) => label)))];
  return labels.flatMap((label) => {
    const values = seen.flatMap(({ host, facts }) =>
      facts.filter((one) => one.label === label).map((one) => [host, one] as const),
    );
    return variants(values, ({ value, decided }) => JSON.stringify([value, decided.by, decided.why])).map(
      ({ value: { value, decided }, hosts }) => ({
        label,
        value: shown(value),
        hosts: hosts.length === seen.length ? undefined : hostSet(hosts),
        origin: originLine(decided, path),
      }),
    );
  });
}
