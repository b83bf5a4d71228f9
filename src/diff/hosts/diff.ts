/** Two hosts, by what their profiles answer. */
import type { HostProfile } from "../../hosts/profile.ts";
import { type Diff, type Difference, everywhere, type Side, sortDifferences } from "../difference.ts";
import { hex } from "../words.ts";
import { withCauses } from "./causes.ts";
import {
  callFindings,
  capabilityFindings,
  configurationFindings,
  deviceFindings,
  listFindings,
  requestFindings,
  unsaidOf,
  userFindings,
} from "./offered.ts";
import { isAssumed, overPairs, type Pair, workingPairs } from "./pairs.ts";
import { psciFindings, settableFindings, settableServiceFindings } from "./settable.ts";
import { shownFindings } from "./shown.ts";

function sideOf(profile: HostProfile): Side {
  const { midr, name, platform } = profile.cpu;
  return {
    name: profile.name,
    facts: [
      ["kernel", `linux ${profile.kernel.release}`],
      ["cpu", midr === undefined ? name : `${name} (MIDR_EL1 ${hex(midr, 8)})`],
      ...(platform === "" ? [] : [["platform", platform] as const]),
      ...(profile.origin === "derived" ? [["origin", "derived from the tables"] as const] : []),
    ],
  };
}

/** What user space sees of the host's own registers follows where a guest sees the same change. */
function withConsequences(differences: readonly Difference[]): readonly Difference[] {
  const key = ({ subject, before, after }: Difference): string => `${subject} ${before} ${after}`;
  const told = new Set(differences.filter(({ about }) => about === "field").map(key));
  return differences.map((one) =>
    one.about === "user" && told.has(key(one)) ? { ...one, follows: true } : one,
  );
}

/** What one has to know of the comparison as a whole; the same both ways. */
function notesOf(before: HostProfile, after: HostProfile, pairs: readonly Pair[]): readonly string[] {
  const read = pairs.find(({ assumed }) => !assumed);
  if (read === undefined) return ["No configuration works on both hosts: nothing of a vCPU is compared."];
  if (!isAssumed(before, read.before) && !isAssumed(after, read.after)) return [];
  return [
    `No configuration was read on both hosts: ${read.name} is compared, as guestc's tables complete it from what was read.`,
  ];
}

/**
 * What two hosts say differently. Names, kernel releases and platforms are told in the heading and are no difference:
 * a new kernel that answers as the old one did is the same host to every guest.
 */
export function diffHosts(before: HostProfile, after: HostProfile): Diff {
  const pairs = workingPairs(before, after);
  const once = [
    ...psciFindings(before, after),
    ...settableServiceFindings(before, after),
    ...capabilityFindings(before, after),
    ...deviceFindings(before, after),
    ...configurationFindings(before, after),
    ...userFindings(before, after),
  ].map(everywhere);
  const each = [
    ...[shownFindings, settableFindings, callFindings, listFindings].map((find) => find(before, after)),
    requestFindings,
  ].flatMap((find) => overPairs(pairs, find));
  const explained = withCauses(before, after)(sortDifferences(withConsequences([...once, ...each])));
  return {
    kind: "hosts",
    before: sideOf(before),
    after: sideOf(after),
    differences: explained.filter(({ assumed }) => !assumed),
    assumed: explained.filter(({ assumed }) => assumed),
    notes: notesOf(before, after, pairs),
    unsaid: unsaidOf(before, after),
  };
}
