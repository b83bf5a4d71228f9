/**
 * Test results as JUnit XML, in the form that Jenkins, GitLab and GitHub's reporters read: a `testsuite` for each test
 * and host, a `testcase` for each expectation. What failed is a `failure`, what nothing decides an `error`, what was not
 * run `skipped`. Times are zero: the same input gives the same bytes.
 */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { renderText } from "../../diagnostics/render-text.ts";
import { positionAt } from "../../diagnostics/span.ts";
import { countOutcomes, expectationText, type Outcome, type TestRun } from "./outcome.ts";
import { type Element, xmlText } from "./xml.ts";

/** How many of each, as attributes. */
function totals(runs: readonly TestRun[]): Readonly<Record<string, number>> {
  const { passed, failed, undecided, "not-run": notRun } = countOutcomes(runs);
  return {
    tests: passed + failed + undecided + notRun,
    failures: failed,
    errors: undecided,
    skipped: notRun,
    time: 0,
  };
}

const problem = (name: string, { code, message }: Diagnostic, text: string): Element => ({
  name,
  attributes: { message, type: code },
  text,
});

function problems({ status, diagnostic }: Outcome): readonly Element[] {
  if (diagnostic === undefined) return [];
  switch (status) {
    case "passed":
      return [];
    case "failed":
      return [problem("failure", diagnostic, renderText([diagnostic]))];
    case "undecided":
      return [problem("error", diagnostic, renderText([diagnostic]))];
    case "not-run":
      return [{ name: "skipped", attributes: { message: diagnostic.message } }];
  }
}

function suite(run: TestRun): Element {
  const { test, host, outcomes } = run;
  const place = host === undefined ? "no host" : host.name;
  const cases = outcomes.map((outcome): Element => {
    const { span } = outcome.expectation;
    return {
      name: "testcase",
      attributes: {
        classname: `${test.guest}.${place}`,
        name: `${test.title}: ${expectationText(outcome.expectation)}`,
        file: span.file.path,
        line: positionAt(span.file, span.start).line,
        time: 0,
      },
      children: problems(outcome),
    };
  });
  const name = `${test.guest} on ${place}: ${test.title}`;
  return { name: "testsuite", attributes: { name, ...totals([run]) }, children: cases };
}

const document = (counts: Readonly<Record<string, number>>, children: readonly Element[]): string =>
  xmlText({ name: "testsuites", attributes: { name: "guestc test", ...counts }, children });

export const junitText = (runs: readonly TestRun[]): string => document(totals(runs), runs.map(suite));

/** Programs that cannot be run: an error for each file, so that no reader takes the results for those of nothing. */
export function junitFaults(faults: readonly Diagnostic[]): string {
  const errors = faults.filter(({ severity }) => severity === "error");
  const files = [...new Set(errors.map(({ span }) => span.file.path))];
  const counts = (number: number) => ({ tests: number, failures: 0, errors: number, skipped: 0, time: 0 });
  const suites = files.flatMap((path): readonly Element[] => {
    const found = errors.filter(({ span }) => span.file.path === path);
    const [first] = found;
    if (first === undefined) return [];
    const { line } = positionAt(first.span.file, first.span.start);
    const failed: Element = {
      name: "testcase",
      attributes: { classname: path, name: "the program is correct", file: path, line, time: 0 },
      children: [problem("error", first, renderText(found))],
    };
    return [{ name: "testsuite", attributes: { name: path, ...counts(1) }, children: [failed] }];
  });
  return document(counts(suites.length), suites);
}
