/** What the document says beside the common CPU's fields: the machine, assumptions, gains, causes and ways out. */
import type { Baseline } from "./baseline.ts";
import { causesOf, type Way, waysOf } from "./causes.ts";
import type { Fleet } from "./classes.ts";
import { gainsOf } from "./gains.ts";
import { type Bound, machineOf } from "./machine.ts";
import { assumptions } from "./offer.ts";

const ids = (some: Fleet): readonly string[] => some.map(({ id }) => id);

const bound = ({ value, by }: Bound) => ({ value, limitedBy: ids(by) });

export function machineDocument(baseline: Baseline): object {
  const { ipaBits, vcpus, gic, noCounterOffset, noStolenTime } = machineOf(baseline);
  return {
    ipaBits: bound(ipaBits),
    vcpus: vcpus === undefined ? null : bound(vcpus),
    gic: gic ?? null,
    lackingCounterOffset: ids(noCounterOffset),
    lackingStolenTime: ids(noStolenTime),
  };
}

/** By kind of fact, the classes of which it was not read. */
export const assumedDocument = ({ fleet }: Baseline): object =>
  Object.fromEntries(
    assumptions.flatMap((one) => {
      const classes = fleet.filter(({ offer }) => offer.assumed.has(one));
      return classes.length === 0 ? [] : [[one, ids(classes)]];
    }),
  );

export const gainsDocument = (baseline: Baseline): readonly object[] =>
  gainsOf(baseline).map(({ without, facilities, features }) => ({
    without: ids(without),
    facilities,
    features,
  }));

const wayDocument = ({ leaveOut, pools }: Way) => ({ leaveOut: ids(leaveOut), pools: pools.map(ids) });

/** Empty and null where the fleet has a common guest. */
export function conflictDocument(baseline: Baseline): {
  readonly causes: readonly object[];
  readonly ways: object | null;
} {
  if (baseline.conflicts.length === 0) return { causes: [], ways: null };
  const causes = causesOf(baseline);
  const { strict, ownIdentity, newerKernel } = waysOf(baseline, causes);
  return {
    causes: causes.map(({ kind, conflicts, remedies }) => ({
      kind,
      fields: conflicts.flatMap(({ fields }) => fields.map(({ field }) => field)),
      remedies: remedies.map(({ fields, kernel, hides, hosts }) => ({
        fields,
        kernel: kernel ?? null,
        does: kernel === undefined ? null : hides ? "hides" : "writes",
        hosts: ids(hosts),
      })),
    })),
    ways: {
      strict: wayDocument(strict),
      ownIdentity: ownIdentity === undefined ? null : wayDocument(ownIdentity),
      newerKernel:
        newerKernel === undefined ? null : { kernel: newerKernel.kernel, ...wayDocument(newerKernel) },
    },
  };
}
