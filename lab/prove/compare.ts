/** What a guest saw, held against what was predicted. */
import type { Contract } from "../../src/contract.ts";
import type {
  CallOutcome,
  Conduit,
  Expected,
  Prediction,
  Question,
  RegisterOutcome,
  View,
} from "../../src/predict/index.ts";
import type { Fate } from "../../src/tables/index.ts";
import type { Difference } from "./difference.ts";
import { promisesOf } from "./promises.ts";
import type { RefusedStep, Report, Seen, SeenCall } from "./report.ts";
import {
  callSubject,
  describeFate,
  describeOutcome,
  describeRegister,
  describeSeen,
  isExecuted,
  isTrapped,
  isUndefined,
} from "./words.ts";

/** Something that guestc does not claim to know. */
export interface Open {
  readonly subject: string;
  readonly because: string;
  readonly seen: string;
}

/** How many predictions of a kind were made and held. */
export interface Tally {
  readonly registers: number;
  readonly calls: number;
  readonly instructions: number;
  /** Promises of the contract that the guest saw kept. */
  readonly promises: number;
}

export type Comparison =
  | {
      readonly kind: "ran";
      readonly agreed: Tally;
      readonly open: readonly Open[];
      readonly differences: readonly Difference[];
    }
  /** Refused as predicted. */
  | { readonly kind: "refused"; readonly step: RefusedStep; readonly why: string }
  /** One of both says refused, or both do, but not alike. */
  | { readonly kind: "differs"; readonly differences: readonly Difference[] };

type Kind = Exclude<keyof Tally, "promises">;

/** One question's verdict. */
type Verdict =
  | { readonly kind: "agrees" }
  | { readonly kind: "open"; readonly open: Open }
  | { readonly kind: "differs"; readonly difference: Difference };

function judge<T>(
  subject: string,
  expected: Expected<T> | undefined,
  seen: Seen,
  agrees: (value: T) => boolean,
  describe: (value: T) => string,
): Verdict {
  if (expected === undefined)
    return {
      kind: "open",
      open: { subject, because: "nothing is predicted of it", seen: describeSeen(seen) },
    };
  if (!expected.known)
    return { kind: "open", open: { subject, because: expected.because, seen: describeSeen(seen) } };
  if (agrees(expected.value)) return { kind: "agrees" };
  const difference = {
    subject,
    predicted: describe(expected.value),
    because: expected.because,
    seen: describeSeen(seen),
  };
  return { kind: "differs", difference };
}

function fateAgrees(fate: Fate, seen: Seen): boolean {
  switch (fate) {
    case "executes":
      return isExecuted(seen);
    case "undefined":
      return isUndefined(seen);
    case "trapped":
      return isTrapped(seen);
  }
}

function registerAgrees(outcome: RegisterOutcome, seen: Seen): boolean {
  if (typeof outcome === "bigint") return seen.kind === "value" && seen.value === outcome;
  return outcome === "any" ? seen.kind === "value" : fateAgrees(outcome, seen);
}

function callAgrees(outcome: CallOutcome, seen: Seen): boolean {
  switch (outcome.kind) {
    case "answers":
      return (
        seen.kind === "answer" && outcome.x.every((value, at) => value === "any" || value === seen.x[at])
      );
    case "exits":
      return seen.kind === "exit" && seen.what === outcome.exit;
    case "undefined":
      return isUndefined(seen);
    case "taken":
      return isTrapped(seen, outcome.level);
    case "waits":
      return seen.kind === "waits";
  }
}

const unanswered: Seen = { kind: "unanswered" };

function judgeCall(
  question: Extract<Question, { kind: "call" }>,
  conduit: Conduit,
  view: View,
  call: SeenCall | undefined,
): Verdict {
  const { functionId, args } = question;
  const seen = call?.[conduit] ?? unanswered;
  return judge(
    callSubject(conduit, functionId, args),
    view.call(functionId, args, conduit),
    seen,
    (outcome) => callAgrees(outcome, seen),
    describeOutcome,
  );
}

function judgeQuestion(
  question: Question,
  view: View,
  report: Extract<Report, { kind: "ran" }>,
  calls: ReadonlyMap<string, SeenCall>,
): { readonly kind: Kind; readonly verdicts: readonly Verdict[] } {
  switch (question.kind) {
    case "register": {
      const seen = report.registers.get(question.name) ?? unanswered;
      const expected = view.registers.get(question.name);
      const verdict = judge(
        question.name,
        expected,
        seen,
        (outcome) => registerAgrees(outcome, seen),
        describeRegister,
      );
      return { kind: "registers", verdicts: [verdict] };
    }
    case "call": {
      const call = calls.get(callKey(question.functionId, question.args));
      return {
        kind: "calls",
        verdicts: [judgeCall(question, "hvc", view, call), judgeCall(question, "smc", view, call)],
      };
    }
    case "instruction": {
      const seen = report.instructions.get(question.name) ?? unanswered;
      const verdict = judge(
        question.name,
        view.instruction(question.name),
        seen,
        (fate) => fateAgrees(fate, seen),
        describeFate,
      );
      return { kind: "instructions", verdicts: [verdict] };
    }
  }
}

/** A call by function and X1 to X3; arguments that are left out are zero. */
function callKey(functionId: number, args: readonly bigint[]): string {
  return [functionId, ...Array.from({ length: 3 }, (_, at) => args[at] ?? 0n)].join(" ");
}

function compareView(
  contract: Contract,
  asked: readonly Question[],
  view: View,
  report: Extract<Report, { kind: "ran" }>,
): Comparison {
  const promises = promisesOf(contract, report);
  const calls = new Map(report.calls.map((call) => [callKey(call.functionId, call.args), call]));
  const judged = asked.map((question) => judgeQuestion(question, view, report, calls));
  const count = (kind: Kind): number =>
    judged
      .filter((one) => one.kind === kind)
      .flatMap(({ verdicts }) => verdicts)
      .filter((verdict) => verdict.kind === "agrees").length;
  const verdicts = judged.flatMap((one) => one.verdicts);
  return {
    kind: "ran",
    agreed: {
      registers: count("registers"),
      calls: count("calls"),
      instructions: count("instructions"),
      promises: promises.kept,
    },
    open: verdicts.flatMap((verdict) => (verdict.kind === "open" ? [verdict.open] : [])),
    differences: [
      ...verdicts.flatMap((verdict) => (verdict.kind === "differs" ? [verdict.difference] : [])),
      ...promises.broken,
    ],
  };
}

const describeRefusal = (operation: number | undefined, errno: string): string =>
  `refused with ${errno} at ${operation === undefined ? "a step of the VMM's own" : `operation ${operation}`}`;

/** Holds a report against the prediction and the contract. `asked` are the questions that the guest was given. */
export function compare(
  contract: Contract,
  asked: readonly Question[],
  prediction: Prediction,
  report: Report,
): Comparison {
  if (prediction.kind === "runs" && report.kind === "ran")
    return compareView(contract, asked, prediction.view, report);
  if (
    prediction.kind === "refused" &&
    report.kind === "refused" &&
    prediction.operation === report.step.operation &&
    prediction.errno === report.step.errno
  )
    return { kind: "refused", step: report.step, why: prediction.why };
  const difference: Difference = {
    subject: "the contract",
    predicted:
      prediction.kind === "runs" ? "KVM takes it" : describeRefusal(prediction.operation, prediction.errno),
    because: prediction.kind === "runs" ? "no operation of the plan is predicted to fail" : prediction.why,
    seen:
      report.kind === "ran"
        ? "KVM took it"
        : `${describeRefusal(report.step.operation, report.step.errno)}: ${report.step.message}`,
  };
  return { kind: "differs", differences: [difference] };
}
