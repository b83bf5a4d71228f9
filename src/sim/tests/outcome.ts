/** What comes of an expectation on a host. */
import type { TestContract, TestExpectation } from "../../contract.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { spanText } from "../../diagnostics/span.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import type { RefusedGuest } from "../view/view.ts";

/**
 * `undecided`: neither the profile nor a table says what the guest sees. `not-run`: nobody looked. The guest that KVM
 * refuses fails all of its expectations.
 */
export type Status = "passed" | "failed" | "undecided" | "not-run";

export interface Outcome {
  readonly expectation: TestExpectation;
  readonly status: Status;
  /** What the guest sees, or why nothing is said of it. */
  readonly seen: string;
  /** Of all but what passed. */
  readonly diagnostic: Diagnostic | undefined;
}

/** One `test` block on one host. */
export interface TestRun {
  readonly test: TestContract;
  /** undefined: the guest names no host, and none was given. */
  readonly host: { readonly name: string; readonly profile: HostProfile } | undefined;
  readonly refusal: RefusedGuest | undefined;
  /** In the order of the block. */
  readonly outcomes: readonly Outcome[];
}

/** An expectation on one line, as it is written. */
export const expectationText = ({ span }: TestExpectation): string => spanText(span).replace(/\s+/g, " ");

export type Counts = Readonly<Record<Status, number>>;

export function countOutcomes(runs: readonly TestRun[]): Counts {
  const counts = { passed: 0, failed: 0, undecided: 0, "not-run": 0 };
  for (const { outcomes } of runs) for (const { status } of outcomes) counts[status]++;
  return counts;
}

/** 0: everything that was run holds, and something was. */
export function exitStatus({ passed, failed, undecided, "not-run": notRun }: Counts): 0 | 1 {
  if (failed + undecided > 0) return 1;
  return passed === 0 && notRun > 0 ? 1 : 0;
}
