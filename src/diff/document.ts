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
  gained: one.gained,
  lost: one.lost,
  configurations: one.where,
  follows: one.follows,
  title: one.title === "" ? null : one.title,
  family: one.family === "" ? null : one.family,
  ...(one.writable === null ? {} : { writable: one.writable }),
  ...(one.reasons === null ? {} : { reasons: one.reasons }),
  text: sentenceOf(one),
});

export function diffDocument(diff: Diff): object {
  const groups = [...new Set(diff.differences.map(({ group }) => group))];
  return {
    schema: "guestc.diff/1",
    kind: diff.kind,
    before: sideObject(diff.before),
    after: sideObject(diff.after),
    count: diff.differences.length,
    groups: groups.map((group) => ({
      group,
      title: groupTitle(diff.kind, group),
      differences: diff.differences.filter((one) => one.group === group).map(differenceObject),
    })),
    notCompared: diff.unsaid,
  };
}
