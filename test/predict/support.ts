/** Predictions for short texts and for the examples, on shipped profiles. */
import { readdirSync, readFileSync } from "node:fs";
import { compile } from "../../src/checker/compile.ts";
import type { Contract } from "../../src/contract.ts";
import type { HostProfile } from "../../src/hosts/profile.ts";
import type { Plan } from "../../src/planner/plan.ts";
import { plan } from "../../src/planner/planner.ts";
import { type Prediction, predict, type Question, questions, type View } from "../../src/predict/index.ts";
import { projectLoader } from "../support/compile-text.ts";

export interface Planned {
  readonly contract: Contract;
  readonly plan: Plan;
}

export interface Example extends Planned {
  /** Without `.guest`. */
  readonly name: string;
}

export const examples: readonly Example[] = readdirSync("examples")
  .filter((file) => file.endsWith(".guest"))
  .sort()
  .flatMap((file) => {
    const path = `examples/${file}`;
    const { guests } = compile({ path, text: readFileSync(path, "utf8") }, projectLoader);
    return guests.map((contract) => ({
      name: file.replace(/\.guest$/, ""),
      contract,
      plan: plan(contract),
    }));
  });

/** A guest from the statements of its CPU model and its own; no diagnostic is looked at. */
export function planned(cpu: string, guest: string): Planned {
  const text = `edition 2026\ncpu c {\n${cpu}\n}\nguest g {\n  cpu c\n${guest}\n}\n`;
  const [contract] = compile({ path: "sample.guest", text }, projectLoader).guests;
  if (contract === undefined) throw new Error(`no guest in ${text}`);
  return { contract, plan: plan(contract) };
}

export const predicted = ({ contract, plan: operations }: Planned, host: HostProfile): Prediction =>
  predict(contract, operations, host);

/** What the guest sees; throws where KVM refuses it. */
export function viewOf(subject: Planned, host: HostProfile): View {
  const prediction = predicted(subject, host);
  if (prediction.kind === "refused")
    throw new Error(`refused at ${prediction.operation}: ${prediction.errno}, ${prediction.why}`);
  return prediction.view;
}

const asked = questions();

function answersTo(view: View, question: Question): readonly ({ readonly known: boolean } | undefined)[] {
  if (question.kind === "register") return [view.registers.get(question.name)];
  if (question.kind === "instruction") return [view.instruction(question.name)];
  const { functionId, args } = question;
  return [view.call(functionId, args, "hvc"), view.call(functionId, args, "smc")];
}

/** Every answer that a view gives to the questions; `undefined` of a register that it does not have. */
export const answersOf = (view: View): readonly ({ readonly known: boolean } | undefined)[] =>
  asked.flatMap((question) => answersTo(view, question));
