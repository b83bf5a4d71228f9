/** Test results as a document of plain JSON values, `guestc.tests/1` (`schemas/tests.schema.json`). */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnosticJson } from "../../diagnostics/render-json.ts";
import { formatLocation } from "../../diagnostics/span.ts";
import { countOutcomes, expectationText, type Outcome, type TestRun } from "./outcome.ts";
import { findings } from "./run.ts";

const outcome = ({ expectation, status, seen, diagnostic }: Outcome) => ({
  expectation: expectationText(expectation),
  source: formatLocation(expectation.span),
  verb: expectation.verb,
  subject: expectation.subject,
  expected: expectation.expected,
  status,
  seen,
  code: diagnostic?.code ?? null,
});

const testRun = ({ test, host, refusal, outcomes }: TestRun) => ({
  guest: test.guest,
  title: test.title,
  source: formatLocation(test.span),
  host:
    host === undefined
      ? null
      : { name: host.name, kernel: host.profile.kernel.release, cpu: host.profile.cpu.name },
  refused: refusal === undefined ? null : refusal.errno,
  expectations: outcomes.map(outcome),
});

/** @param faults what the checker says of the programs, where it kept them from being run */
export function resultsDocument(runs: readonly TestRun[], faults: readonly Diagnostic[] = []): object {
  const { passed, failed, undecided, "not-run": notRun } = countOutcomes(runs);
  return {
    schema: "guestc.tests/1",
    summary: { passed, failed, undecided, notRun },
    tests: runs.map(testRun),
    diagnostics: [...faults, ...findings(runs)].map(diagnosticJson),
  };
}
