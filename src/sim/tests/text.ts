/** Test results for people. */

import type { TestContract } from "../../contract.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { renderText } from "../../diagnostics/render-text.ts";
import { formatLocation } from "../../diagnostics/span.ts";
import { safeText, wrap } from "../../diagnostics/text/display.ts";
import { noColours, type Palette } from "../../diagnostics/text/palette.ts";
import {
  type Counts,
  countOutcomes,
  expectationText,
  type Outcome,
  type Status,
  type TestRun,
} from "./outcome.ts";
import { findings } from "./run.ts";

export interface ResultOptions {
  /** Columns at hand; default 100. */
  readonly width?: number;
  readonly palette?: Palette;
}

const words: Readonly<Record<Status, string>> = {
  passed: "ok",
  failed: "FAILED",
  undecided: "UNDECIDED",
  "not-run": "not run",
};
const wordWidth = 9;

const paintOf = (status: Status, palette: Palette) =>
  status === "passed" ? palette.added : status === "not-run" ? palette.warning : palette.error;

/** The runs of each test, tests in their order. */
function byTest(runs: readonly TestRun[]): ReadonlyMap<TestContract, readonly TestRun[]> {
  const found = new Map<TestContract, TestRun[]>();
  for (const run of runs) {
    const known = found.get(run.test);
    if (known === undefined) found.set(run.test, [run]);
    else known.push(run);
  }
  return found;
}

const hostName = ({ host }: TestRun): string => host?.name ?? "no host";

/** An expectation's outcome on every host: one line where all agree, else one for each outcome. */
function expectationLines(
  found: readonly { readonly run: TestRun; readonly outcome: Outcome }[],
  palette: Palette,
): readonly string[] {
  const groups = new Map<Status, (typeof found)[number][]>();
  for (const one of found) {
    const known = groups.get(one.outcome.status);
    if (known === undefined) groups.set(one.outcome.status, [one]);
    else known.push(one);
  }
  return [...groups].map(([status, ones]) => {
    const text = ones[0] === undefined ? "" : expectationText(ones[0].outcome.expectation);
    const where = groups.size === 1 ? "" : ` (on ${ones.map(({ run }) => hostName(run)).join(", ")})`;
    const word = paintOf(status, palette)(words[status]) + " ".repeat(wordWidth - words[status].length);
    return `  ${word}  ${safeText(text)}${where}`;
  });
}

function testLines(
  test: TestContract,
  runs: readonly TestRun[],
  palette: Palette,
  width: number,
): readonly string[] {
  const head = `test ${test.guest} "${test.title}"`;
  const on = `${formatLocation(test.span)}, on ${runs.map(hostName).join(", ")}`;
  return [
    palette.strong(safeText(head)),
    ...wrap(on, width - 2).map((line) => `  ${line}`),
    ...test.expectations.flatMap((expectation) =>
      expectationLines(
        runs.flatMap((run) =>
          run.outcomes
            .filter((outcome) => outcome.expectation === expectation)
            .map((outcome) => ({ run, outcome })),
        ),
        palette,
      ),
    ),
    "",
  ];
}

/** `3 passed, 1 failed`. */
function countsText(counts: Counts): string {
  const parts = [
    `${counts.passed} passed`,
    ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
    ...(counts.undecided > 0 ? [`${counts.undecided} undecided`] : []),
    ...(counts["not-run"] > 0 ? [`${counts["not-run"]} not run`] : []),
  ];
  return parts.join(", ");
}

/** Results, then what is wrong with excerpts of the source, then how many there are of each. Ends with a line end. */
export function resultsText(runs: readonly TestRun[], options: ResultOptions = {}): string {
  const palette = options.palette ?? noColours;
  const width = options.width ?? 100;
  const found: readonly Diagnostic[] = findings(runs);
  const lines = [...byTest(runs)].flatMap(([test, ofTest]) => testLines(test, ofTest, palette, width));
  if (found.length > 0) lines.push(renderText(found, { palette, width }));
  lines.push(palette.strong(runs.length === 0 ? "no tests" : countsText(countOutcomes(runs))));
  return `${lines.join("\n")}\n`;
}
