/** A real migration, held against what guestc says of it. */
import type { Contract } from "../../src/contract.ts";
import { hex, nameOf } from "../../src/migrate/words.ts";
import type { CallOutcome, Expected, View } from "../../src/predict/index.ts";
import { clocks } from "../../src/sim/snapshot.ts";
import { compare as compareLook } from "../prove/compare.ts";
import type { Difference } from "../prove/difference.ts";
import type { Report, Seen, SeenCall } from "../prove/report.ts";
import { callSubject, describeSeen } from "../prove/words.ts";
import { volatileFile } from "../record/volatile.ts";
import type { Judged, Restored } from "./foresee.ts";
import type { Arrived, Left, Refused } from "./output.ts";
import { isLeft, leftRegister, lookedAt } from "./questions.ts";
import type { State } from "./state.ts";

/** What was held against what. */
export interface Counts {
  /** Registers that were set, each taken or refused as predicted. */
  readonly set: number;
  /** Registers whose value after the restore is as predicted. */
  readonly held: number;
  /** Answers of the guest after the move. */
  readonly answers: number;
  /** Registers that the guest left and reads as predicted. */
  readonly kept: number;
}

export const nothing: Counts = { set: 0, held: 0, answers: 0, kept: 0 };
export const sum = (all: readonly Counts[]): Counts =>
  all.reduce(
    (a, b) => ({
      set: a.set + b.set,
      held: a.held + b.held,
      answers: a.answers + b.answers,
      kept: a.kept + b.kept,
    }),
    nothing,
  );

export interface Compared {
  readonly counts: Counts;
  readonly differences: readonly Difference[];
}

const refusalWords = ({ vcpu, what, errno }: Refused): string =>
  `${typeof what === "bigint" ? nameOf(what) : what} of vCPU ${vcpu}: ${errno}`;

const list = (all: readonly string[]): string => (all.length === 0 ? "nothing is refused" : all.join(", "));

/** The calls that are refused, in their order. */
export function compareRefused(
  subject: string,
  predicted: readonly Refused[],
  seen: readonly Refused[],
): readonly Difference[] {
  const [expected, real] = [predicted.map(refusalWords), seen.map(refusalWords)];
  if (expected.join() === real.join()) return [];
  const only = (these: readonly string[], others: readonly string[]): readonly string[] =>
    these.filter((one) => !others.includes(one));
  return [
    {
      subject,
      predicted: list(only(expected, real).length === 0 ? expected : only(expected, real)),
      because: "the simulated KVM",
      seen: list(only(real, expected).length === 0 ? real : only(real, expected)),
    },
  ];
}

const valueWords = (value: bigint | string): string => (typeof value === "string" ? value : hex(value));

/** What the destination's registers hold, and that its list is the predicted one, in its order. */
export function compareHeld(
  { held }: Pick<Restored, "held">,
  state: State,
): { readonly held: number; readonly differences: readonly Difference[] } {
  const differences: Difference[] = [];
  let count = 0;
  for (const [vcpu, real] of state.vcpus.entries()) {
    const expected = held[vcpu] ?? [];
    const [ids, realIds] = [expected.map(([id]) => id), real.registers.map(([id]) => id)];
    if (ids.join() !== realIds.join()) {
      const at = realIds.findIndex((id, index) => id !== ids[index]);
      const named = (of: readonly bigint[]): string => {
        const id = of[at];
        return `${of.length} registers${id === undefined ? "" : `, at ${at} ${nameOf(id)}`}`;
      };
      differences.push({
        subject: "KVM_GET_REG_LIST",
        predicted: named(ids),
        because: "the simulated KVM",
        seen: named(realIds),
      });
    }
    const values = new Map(expected);
    for (const [id, value] of real.registers) {
      const predicted = values.get(id);
      if (predicted === undefined || clocks.includes(id)) continue;
      if (predicted === value) {
        count++;
        continue;
      }
      differences.push({
        subject: nameOf(id),
        predicted: `holds ${valueWords(predicted)} after the restore`,
        because: "the simulated KVM, given the same state",
        seen: valueWords(value),
      });
    }
  }
  return { held: count, differences };
}

const volatileReads: ReadonlySet<string> = new Set(volatileFile.reads.flatMap(({ names }) => names));

const same = (a: Seen, b: Seen): boolean => describeSeen(a) === describeSeen(b);

type Ran = Extract<Report, { kind: "ran" }>;

/** What the guest finds of the state that it left, against what it finds on the simulated KVM. */
function compareLeft(
  after: Ran,
  { left }: Pick<Restored, "left">,
): { readonly kept: number; readonly differences: readonly Difference[] } {
  const differences: Difference[] = [];
  let kept = 0;
  for (const [name, is] of after.registers) {
    const register = isLeft(name) ? leftRegister(name) : undefined;
    const predicted = left.get(name);
    if (register === undefined || predicted === undefined || runsOn(register)) continue;
    if (same(predicted, is)) kept++;
    else
      differences.push({
        subject: register,
        predicted: describeSeen(predicted),
        because: "the simulated KVM, given the same state",
        seen: describeSeen(is),
      });
  }
  return { kept, differences };
}

/** Whether a register's value changes by itself. */
export const runsOn = (name: string): boolean => volatileReads.has(name);

/** An answer without what differs from one time to the next. */
function settled(seen: Seen | undefined, expected: Expected<CallOutcome>): string {
  if (seen === undefined) return "";
  if (seen.kind !== "answer" || !expected.known || expected.value.kind !== "answers")
    return describeSeen(seen);
  const { x } = expected.value;
  return describeSeen({ kind: "answer", x: seen.x.map((value, at) => (x[at] === "any" ? 0n : value)) });
}

/** What the guest sees otherwise than before, the state that it left among it. */
function changedAnswers(before: Ran, after: Ran, view: View): readonly string[] {
  const key = ({ functionId, args }: SeenCall): string => `${functionId} ${args.join(" ")}`;
  const there = new Map(after.calls.map((call) => [key(call), call]));
  const differs = (was: Seen, is: Seen | undefined): boolean => is === undefined || !same(was, is);
  const isFixed = (name: string): boolean => {
    if (isLeft(name)) return !runsOn(leftRegister(name) ?? "");
    const expected = view.registers.get(name);
    return !(expected?.known === true && expected.value === "any");
  };
  return [
    ...[...before.registers]
      .filter(([name, was]) => isFixed(name) && differs(was, after.registers.get(name)))
      .map(([name]) => name),
    ...[...before.instructions]
      .filter(([name, was]) => differs(was, after.instructions.get(name)))
      .map(([name]) => name),
    ...before.calls.flatMap((call) =>
      (["hvc", "smc"] as const)
        .filter((conduit) => {
          const expected = view.call(call.functionId, call.args, conduit);
          return settled(call[conduit], expected) !== settled(there.get(key(call))?.[conduit], expected);
        })
        .map((conduit) => callSubject(conduit, call.functionId, call.args)),
    ),
  ];
}

/** What was seen, in the words of the verdicts. */
export type Outcome = "refused" | "changed" | "same";

/** Whether a verdict may be said of what was seen. */
function verdictDifference(
  judged: Judged,
  outcome: Outcome,
  changed: readonly string[],
): readonly Difference[] {
  const { verdict } = judged.migration;
  const fits =
    outcome === "refused"
      ? verdict === "unsafe"
      : outcome === "same" || verdict === "unsafe" || verdict === "safe-with-notes";
  if (fits) return [];
  return [
    {
      subject: "the verdict",
      predicted: verdict,
      because: "guestc migrate",
      seen:
        outcome === "refused"
          ? "KVM refuses the state"
          : `the guest sees another machine: ${changed.slice(0, 6).join(", ")}`,
    },
  ];
}

export interface Sides {
  readonly contract: Contract;
  readonly judged: Judged;
  readonly restored: Restored;
  /** How many registers were given to the destination. */
  readonly given: number;
}

/** One move whose plan both sides took. */
export function compareMove(
  { contract, judged, restored, given }: Sides,
  left: Left,
  arrived: Arrived,
): Compared & { readonly outcome: Outcome } {
  const differences: Difference[] = [
    ...compareRefused("the restore, from the profiles alone", judged.refused ?? [], arrived.refused),
    ...compareRefused("the restore", restored.refused, arrived.refused),
  ];
  const held = compareHeld(restored, arrived.state);
  differences.push(...held.differences);
  const look = compareLook(
    contract,
    lookedAt(contract),
    { kind: "runs", view: restored.view },
    arrived.report,
  );
  if (look.kind !== "refused") differences.push(...look.differences);
  const answers =
    look.kind === "ran" ? look.agreed.registers + look.agreed.calls + look.agreed.instructions : 0;
  let kept = 0;
  let changed: readonly string[] = [];
  if (left.report.kind === "ran" && arrived.report.kind === "ran") {
    const own = compareLeft(arrived.report, restored);
    differences.push(...own.differences);
    kept = own.kept;
    changed = changedAnswers(left.report, arrived.report, restored.view);
  }
  const outcome = arrived.refused.length > 0 ? "refused" : changed.length > 0 ? "changed" : "same";
  differences.push(...verdictDifference(judged, outcome, changed));
  return { outcome, differences, counts: { set: given, held: held.held, answers, kept } };
}
