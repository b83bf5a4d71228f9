/** Differences as a document of plain JSON values, `guestc.diff/1` (`schemas/diff.schema.json`). Always complete. */
import type { Diff, Difference, Side } from "./difference.ts";
import { sentenceOf } from "./sentence.ts";
import { groupTitle } from "./titles.ts";

const sideObject = ({ name, facts }: Side) => ({ name, ...Object.fromEntries(facts) });

const differenceObject = (one: Difference) => ({
  about: one.about,
  subject: one.subject,
  before: one.before,
  after: one.after,
  order: one.order,
  gained: one.gained,
  lost: one.lost,
  configurations: one.where,
  follows: one.follows,
  title: one.title === "" ? null : one.title,
  family: one.family === "" ? null : one.family,
  totals: one.totals,
  causes: one.causes,
  ...(one.writable === null ? {} : { writable: one.writable }),
  ...(one.reasons === null ? {} : { reasons: one.reasons }),
  text: sentenceOf(one),
});

function groupObjects(kind: Diff["kind"], differences: readonly Difference[]) {
  const groups = [...new Set(differences.map(({ group }) => group))];
  return groups.map((group) => ({
    group,
    title: groupTitle(kind, group),
    differences: differences.filter((one) => one.group === group).map(differenceObject),
  }));
}

export function diffDocument(diff: Diff): object {
  return {
    schema: "guestc.diff/1",
    kind: diff.kind,
    before: sideObject(diff.before),
    after: sideObject(diff.after),
    count: diff.differences.length,
    groups: groupObjects(diff.kind, diff.differences),
    assumed: { count: diff.assumed.length, groups: groupObjects(diff.kind, diff.assumed) },
    notes: diff.notes,
    notCompared: diff.unsaid,
  };
}
