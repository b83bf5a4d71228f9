/** One machine's proof: every example runs there, and what it saw is held against the prediction. */
import type { HostProfile } from "../../src/hosts/profile.ts";
import { predict } from "../../src/predict/index.ts";
import { LabError } from "../errors.ts";
import { type Boot, boot, type Done, type Job, type Machine } from "../machine.ts";
import type { Parts } from "../parts.ts";
import { type Comparison, compare } from "./compare.ts";
import { checkOn, type Example } from "./examples.ts";
import { type Report, readReport } from "./report.ts";
import { questionsFor } from "./vmm.ts";

/** An example on a machine. */
export interface Cell {
  readonly example: string;
  readonly machine: Machine;
  /** What ran: `uname -r` and QEMU's version; absent where the machine did not. */
  readonly ran?: { readonly release: string; readonly qemu: string };
  /** Codes of the errors that `guestc check` gives for this host; empty: it takes the guest. */
  readonly check: readonly string[];
  readonly outcome: Comparison | { readonly kind: "failed"; readonly message: string };
}

export interface ProofRequest {
  readonly parts: Parts;
  readonly machine: Machine;
  readonly profile: HostProfile;
  readonly examples: readonly Example[];
  /** One for each example. */
  readonly jobs: readonly Job[];
}

/** The checker must say of the host what KVM does: an error where it refuses, none where it does not. */
export function holdCheck(check: readonly string[], comparison: Comparison, report: Report): Comparison {
  if (check.length > 0 === (report.kind === "refused")) return comparison;
  const difference = {
    subject: "guestc check",
    predicted: check.length > 0 ? `refuses the guest: ${check.join(" ")}` : "takes the guest",
    because: "the checker knows the host's profile",
    seen: report.kind === "ran" ? "KVM took it" : `refused with ${report.step.errno}: ${report.step.message}`,
  };
  return {
    ...(comparison.kind === "ran" ? comparison : { kind: "differs" }),
    differences: [...(comparison.kind === "refused" ? [] : comparison.differences), difference],
  };
}

function judge(
  request: ProofRequest,
  example: Example,
  booted: Omit<Boot, "done">,
  done: Done | undefined,
): Cell {
  const { machine, profile, parts } = request;
  const check = checkOn(parts.project, example.path, profile);
  const cell = { example: example.name, machine, ran: booted, check };
  if (done === undefined || done.status !== 0) {
    const said = done?.errors.trim().split("\n").at(-1) ?? "";
    const ended = done?.late === true ? "was killed for want of time" : `ended with ${done?.status}`;
    return { ...cell, outcome: { kind: "failed", message: `the VMM ${ended}: ${said}` } };
  }
  try {
    const report = readReport(done.output);
    const prediction = predict(example.contract, example.plan, profile);
    return {
      ...cell,
      outcome: holdCheck(
        check,
        compare(example.contract, questionsFor(example.contract), prediction, report),
        report,
      ),
    };
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return { ...cell, outcome: { kind: "failed", message: error.message } };
  }
}

/** Boots the machine once; a machine that does not run fails all its examples. */
export async function proveMachine(request: ProofRequest): Promise<readonly Cell[]> {
  const { parts, machine, examples, jobs } = request;
  try {
    const { done, ...booted } = await boot(parts, machine, jobs);
    return examples.map((example, at) => judge(request, example, booted, done[at]));
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    const outcome = { kind: "failed" as const, message: error.message };
    return examples.map((example) => ({ example: example.name, machine, check: [], outcome }));
  }
}
