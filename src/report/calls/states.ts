/** What becomes of calls, in the words and colours of the page. */
import type { FilterRange } from "../../contract.ts";
import type { Answerer } from "../../sim/view/calls.ts";

/**
 * - `answered`: KVM, or the host's EL2, answers.
 * - `withheld`: KVM could answer; the contract's services do not give it.
 * - `unknown`: nobody answers; -1.
 * - `denied`, `forwarded`: by the filter.
 * - `own`: the guest's own EL2.
 * - `differs`: not the same on all hosts.
 * - `handled`: left to KVM, where no host says what it does.
 */
export type CallState =
  | "answered"
  | "withheld"
  | "unknown"
  | "denied"
  | "forwarded"
  | "own"
  | "differs"
  | "handled";

export const stateTitles: Readonly<Record<CallState, string>> = {
  answered: "answered by KVM",
  withheld: "withheld: service not given (-1)",
  unknown: "no handler (-1)",
  denied: "denied by the filter (-1)",
  forwarded: "forwarded to user space",
  own: "the guest's own EL2",
  differs: "differs between hosts",
  handled: "left to KVM",
};

export const stateOfAnswerer: Readonly<Record<Answerer, CallState>> = {
  kvm: "answered",
  el2: "answered",
  "user-space": "forwarded",
  filter: "denied",
  bitmap: "withheld",
  nobody: "unknown",
  "no-smc": "unknown",
  "guest-el2": "own",
};

export const stateOfAction: Readonly<Record<FilterRange["action"], CallState>> = {
  deny: "denied",
  forward: "forwarded",
  handle: "handled",
};
