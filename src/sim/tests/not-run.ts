/** An expectation that nobody could hold against anything. */
import type { TestExpectation } from "../../contract.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { expectationText, type Outcome } from "./outcome.ts";

export const notRun = (expectation: TestExpectation, why: string): Outcome => ({
  expectation,
  status: "not-run",
  seen: why,
  diagnostic: diagnostic("test-not-run", expectation.span, {
    expectation: expectationText(expectation),
    why,
  }),
});
