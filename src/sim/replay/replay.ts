/** Puts a recording's steps to the simulator and compares the answers. */
import type { HostProfile } from "../../hosts/profile.ts";
import {
  type AnsweredStep,
  keptSets,
  printScriptStep,
  type RecordedCase,
  type Recording,
  type StepKind,
  type StepOf,
} from "../../recordings/index.ts";
import { ask, openAgent } from "./agent.ts";
import { absent, call } from "./calls.ts";
import { AGENT_MEMORY_SIZE } from "./layout.ts";
import { agrees, type Outcome, outcomeOf, printDifference } from "./outcome.ts";
import { newSession, type Session } from "./session.ts";

/** An answer that is not the recorded one. */
export interface Difference {
  /** The case's. */
  readonly title: string;
  /** Of the recording, from 1, as `printRecording` has it. */
  readonly line: number;
  /** In its case, from 1. */
  readonly number: number;
  readonly kind: StepKind;
  /** As the script has it. */
  readonly step: string;
  /** The register or function that the step is about; else the step without its numbers. */
  readonly subject: string;
  readonly expected: string;
  readonly seen: string;
}

export interface Count {
  readonly agreed: number;
  readonly differed: number;
}

export interface Replay {
  readonly count: Count;
  readonly byKind: ReadonlyMap<StepKind, Count>;
  /** Of subjects with differences, how many. */
  readonly bySubject: ReadonlyMap<string, number>;
  /** In order of the recording, all of them or as many as were asked for. */
  readonly differences: readonly Difference[];
}

export interface ReplayOptions {
  /** Compare only the answers to steps of this kind. */
  readonly kind?: StepKind;
  /** Keep so many differences; default: all. */
  readonly keep?: number;
}

/** What the simulator throws is a defect of its, and is told as the answer. */
function guarded(take: () => Outcome): Outcome {
  try {
    return take();
  } catch (error) {
    return { kind: "defect", message: error instanceof Error ? error.message : String(error) };
  }
}

const unanswered: Outcome = { kind: "guest", events: [], end: { kind: "unanswered" } };

/** A run and the questions behind it: as many outcomes. */
function runOn(
  session: Session,
  run: StepOf<"run">,
  questions: readonly StepOf<"ask">[],
): readonly Outcome[] {
  const vcpu = session.vcpus.get(run.vcpu);
  const known = session.agents.get(run.vcpu);
  if (vcpu === undefined || known?.dead === true) return [absent, ...questions.map(() => unanswered)];
  const agent = known ?? openAgent(vcpu, session.memory);
  if (typeof agent === "string") return [{ kind: "errno", name: agent }, ...questions.map(() => unanswered)];
  session.agents.set(run.vcpu, agent);
  const { result, answers } = ask(vcpu, agent, session.memory, questions);
  return [result, ...answers];
}

function runGuarded(
  session: Session,
  run: StepOf<"run">,
  questions: readonly StepOf<"ask">[],
): readonly Outcome[] {
  let outcomes: readonly Outcome[] = [];
  const first = guarded(() => {
    outcomes = runOn(session, run, questions);
    return outcomes[0] ?? absent;
  });
  return first.kind === "defect" && outcomes.length === 0 ? [first, ...questions.map(() => first)] : outcomes;
}

/** The outcome of every step of a case, in order. */
function outcomesOf(session: Session, steps: readonly AnsweredStep[]): readonly Outcome[] {
  const outcomes: Outcome[] = [];
  for (let at = 0; at < steps.length; at++) {
    const step = steps[at]?.step;
    if (step === undefined) break;
    if (step.kind === "ask") {
      // A question without a run.
      outcomes.push(unanswered);
    } else if (step.kind === "run") {
      const end = steps.findIndex(({ step: next }, index) => index > at && next.kind !== "ask");
      const questions = steps
        .slice(at + 1, end < 0 ? undefined : end)
        .flatMap(({ step: next }) => (next.kind === "ask" ? [next] : []));
      outcomes.push(...runGuarded(session, step, questions));
      at += questions.length;
    } else {
      outcomes.push(guarded(() => call(session, step)));
    }
  }
  return outcomes;
}

function subjectOf({ step, note }: AnsweredStep): string {
  if (note !== undefined) return note;
  switch (step.kind) {
    case "get":
    case "set":
    case "try":
    case "put":
      return `0x${step.id.toString(16)}`;
    case "check":
    case "enable":
      return `${step.kind} ${step.capability}`;
    case "ask":
      return `0x${step.instruction.toString(16)}`;
    case "has-attribute":
    case "get-attribute":
    case "set-attribute":
      return `${step.on} ${step.group} ${step.attribute}`;
    case "device":
      return `device ${step.type}`;
    default:
      return step.kind;
  }
}

/** Lines of a recording's head, and between cases. */
const HEAD_LINES = 8;
const CASE_LINES = 2;

/** Carries out every case, each on a VM of its own, and compares. */
export function replay(recording: Recording, profile: HostProfile, options: ReplayOptions = {}): Replay {
  const { lists, dumps } = keptSets(recording);
  const memory = new Uint8Array(AGENT_MEMORY_SIZE);
  const byKind = new Map<StepKind, { agreed: number; differed: number }>();
  const bySubject = new Map<string, number>();
  const differences: Difference[] = [];
  const count = { agreed: 0, differed: 0 };
  let line = HEAD_LINES;
  const compare = (of: RecordedCase, at: number, answered: AnsweredStep, seen: Outcome): void => {
    const { kind } = answered.step;
    const recorded = outcomeOf(answered.answer, lists, dumps);
    const ofKind = byKind.get(kind) ?? { agreed: 0, differed: 0 };
    byKind.set(kind, ofKind);
    if (agrees(recorded, seen)) {
      ofKind.agreed++;
      count.agreed++;
      return;
    }
    ofKind.differed++;
    count.differed++;
    const subject = subjectOf(answered);
    bySubject.set(subject, (bySubject.get(subject) ?? 0) + 1);
    if (options.keep !== undefined && differences.length >= options.keep) return;
    differences.push({
      title: of.title,
      line: line + at + 1,
      number: at + 1,
      kind,
      step: printScriptStep(answered).trim(),
      subject,
      ...printDifference(recorded, seen, answered.step.kind === "ask" ? answered.step.level : 1),
    });
  };
  for (const recorded of recording.cases) {
    const outcomes = outcomesOf(newSession({ profile }, memory), recorded.steps);
    line += CASE_LINES;
    for (const [at, answered] of recorded.steps.entries()) {
      if (options.kind !== undefined && answered.step.kind !== options.kind) continue;
      compare(recorded, at, answered, outcomes[at] ?? absent);
    }
    line += recorded.steps.length;
  }
  return { count, byKind, bySubject, differences };
}
