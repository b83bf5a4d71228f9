/** What a feature lacks that is stated without what it is made of: `with FEAT_SVE2` where `sve` is off. */
import type { Span } from "../../diagnostics/span.ts";
import { statementRow } from "../../language/vocabulary.ts";
import {
  constraintsOf,
  type ExprState,
  evaluate,
  type Feature,
  feature as findFeature,
  printExpr,
} from "../../tables/index.ts";
import { usageLines } from "../forms.ts";
import type { Report } from "../report.ts";

/** How a facility is switched on: `` `sve host` or `sve lengths NUMBER, …` ``. */
export function facilityUsage(facility: string): string {
  const row = statementRow("cpu", facility);
  const ways = row === undefined ? [] : usageLines(row).filter((line) => line !== `${facility} off`);
  return ways.map((way) => `\`${way}\``).join(" or ");
}

/** Reports a rule by which the feature does not hold although nothing undoes it. Whether there is one. */
export function reportNeed(feature: Feature, span: Span, state: ExprState, report: Report): boolean {
  const rule = constraintsOf(feature.name).find(
    (one) =>
      one.class === "requires" &&
      one.kind === "implies" &&
      "feat" in one.if &&
      one.if.feat === feature.name &&
      evaluate(one.then, state) === false,
  );
  if (rule === undefined) return false;
  const facility = "feat" in rule.then ? findFeature(rule.then.feat)?.facility : undefined;
  report.add(
    "constraint-broken",
    span,
    { rule: `${feature.name} requires ${printExpr(rule.then)}` },
    {
      notes: [
        ...(facility === undefined ? [] : [`it is switched on by ${facilityUsage(facility)}`]),
        `rule ${rule.id} of ${rule.owner} (${rule.source})`,
      ],
    },
  );
  return true;
}
