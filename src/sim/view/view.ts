/** What a guest sees on a host, put together for people and programs; or why KVM does not start it. */
import type { Contract } from "../../contract.ts";
import type { Span } from "../../diagnostics/span.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import type { Operation, Plan } from "../../planner/plan.ts";
import { predict, questions, type View } from "../../predict/index.ts";
import { type CallSeen, callsSeen } from "./calls.ts";
import { type FeatureSeen, featuresSeen, type InstructionSeen, instructionsSeen } from "./instructions.ts";
import { type MachineFact, machineFacts } from "./machine-facts.ts";
import { type RegisterSeen, registersSeen, viewState } from "./registers.ts";

/** A guest and a host to look at it on. */
export interface Subject {
  readonly contract: Contract;
  readonly plan: Plan;
  /** As the program or the command line calls the host. */
  readonly hostName: string;
  readonly profile: HostProfile;
}

export interface RefusedGuest {
  readonly kind: "refused";
  /** The operation of the plan that fails, and its index. */
  readonly operation: Operation;
  readonly index: number;
  /** As the generated header reports it. */
  readonly errno: string;
  readonly why: string;
  /** The statement that asked for the operation. */
  readonly span: Span;
}

export interface SeenGuest {
  readonly kind: "runs";
  readonly level: 1 | 2;
  readonly facts: readonly MachineFact[];
  readonly registers: readonly RegisterSeen[];
  readonly calls: readonly CallSeen[];
  readonly instructions: readonly InstructionSeen[];
  readonly features: readonly FeatureSeen[];
}

export type GuestView = Subject & { readonly outcome: SeenGuest | RefusedGuest };

/** The view of a guest that runs, or the refusal. */
export function lookAt({ contract, plan, profile }: Subject): View | RefusedGuest {
  const prediction = predict(contract, plan, profile);
  if (prediction.kind === "runs") return prediction.view;
  const { operation: index, errno, why } = prediction;
  const operation = plan.operations[index];
  if (operation === undefined) throw new Error(`the plan has no operation ${index}`);
  return { kind: "refused", operation, index, errno, why, span: operation.source };
}

export function guestView(subject: Subject): GuestView {
  const view = lookAt(subject);
  if ("kind" in view) return { ...subject, outcome: view };
  const { contract, profile } = subject;
  const asked = questions();
  return {
    ...subject,
    outcome: {
      kind: "runs",
      level: view.level,
      facts: machineFacts(contract, profile, view),
      registers: registersSeen(contract, view),
      calls: callsSeen(contract, profile, view, asked),
      instructions: instructionsSeen(view, asked),
      features: featuresSeen(view, viewState(view), asked),
    },
  };
}
