/** Hypercalls: what the guest gets, and from whom. */
import type { Contract, Origin } from "../../contract.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import type { CallOutcome, Conduit, Expected, Question, View } from "../../predict/index.ts";
import {
  reservedFilterRanges,
  type SmcccFunction,
  service,
  smcCalls,
  smcccFunction,
} from "../../tables/index.ts";
import { inRange } from "../rules/guest.ts";

/**
 * - `kvm`: KVM's own handler.
 * - `filter`: the SMCCC filter denies it.
 * - `user-space`: the filter hands it to the VMM.
 * - `bitmap`: the service's bit is clear.
 * - `el2`: the host's EL2 vectors, before filter and bitmaps.
 * - `guest-el2`: the guest's own EL2.
 * - `no-smc`: KVM of this kernel answers no SMC.
 * - `nobody`: KVM has no handler.
 */
export type Answerer = "kvm" | "filter" | "user-space" | "bitmap" | "el2" | "guest-el2" | "no-smc" | "nobody";

export interface Answered {
  readonly by: Answerer;
  /** The statement (or the block that lacks one) responsible; undefined: the contract has no say in it. */
  readonly origin: Origin | undefined;
  readonly outcome: Expected<CallOutcome>;
}

export interface CallSeen {
  /** The tables' name; undefined: an id that they do not know. */
  readonly name: string | undefined;
  readonly id: number;
  /** X1 and on. */
  readonly args: readonly bigint[];
  readonly hvc: Answered;
  readonly smc: Answered;
}

export type Route = Omit<Answered, "outcome">;

/** The statement behind a call that KVM handles. */
function originOfHandled(contract: Contract, row: SmcccFunction): Origin | undefined {
  const answersWith = (word: string): boolean => row.answers.some(({ x }) => x?.some((one) => one === word));
  if (answersWith("stolen-time") && contract.stolenTime !== undefined) return contract.stolenTime.origin;
  const given = row.gate.startsWith("service ") ? row.gate.slice("service ".length) : undefined;
  if (given !== undefined) return contract.services.find(({ value }) => value === given)?.origin;
  if (answersWith("psci-version")) return contract.psci.origin;
  const firmware = contract.workarounds.find(({ register }) => register.endsWith(row.name));
  return firmware?.origin;
}

function filtered(contract: Contract, id: number): Route | undefined {
  if (reservedFilterRanges().some(({ first, last }) => first <= id && id <= last)) return undefined;
  const range = contract.filter.find(({ first, last }) => first <= id && id <= last);
  if (range === undefined || range.action === "handle") return undefined;
  return { by: range.action === "deny" ? "filter" : "user-space", origin: range.origin };
}

/** Who a call comes to that has reached KVM, as far as the contract decides: filter, bitmaps, KVM's own handlers. */
export function routeInKvm(contract: Contract, id: number): Route {
  const row = smcccFunction(id);
  const byFilter = filtered(contract, id);
  if (byFilter !== undefined) return byFilter;
  if (row === undefined || row.gate === "none") return { by: "nobody", origin: undefined };
  const gate = service(row.gate.replace(/^service /, ""));
  if (gate !== undefined) {
    const bitmap = contract.bitmaps.find(({ register }) => register === gate.register);
    const open = bitmap !== undefined && ((bitmap.value >> BigInt(gate.bit)) & 1n) === 1n;
    if (!open) return { by: "bitmap", origin: bitmap?.origin };
  }
  return { by: "kvm", origin: originOfHandled(contract, row) };
}

/** Who a call comes to. */
function routeOf(contract: Contract, profile: HostProfile, view: View, id: number, conduit: Conduit): Route {
  const row = smcccFunction(id);
  if (conduit === "hvc" && row?.gate === "el2") return { by: "el2", origin: originOfHandled(contract, row) };
  if (conduit === "hvc" && view.level === 2)
    return {
      by: "guest-el2",
      origin: contract.vcpuFeatures.find(({ value }) => value === "HAS_EL2")?.origin,
    };
  if (conduit === "smc" && inRange(profile.kernel.version, smcCalls()) === false)
    return { by: "no-smc", origin: undefined };
  return routeInKvm(contract, id);
}

export function callSeen(
  contract: Contract,
  profile: HostProfile,
  view: View,
  id: number,
  args: readonly bigint[],
): CallSeen {
  const by = (conduit: Conduit): Answered => ({
    ...routeOf(contract, profile, view, id, conduit),
    outcome: view.call(id, args, conduit),
  });
  return { name: smcccFunction(id)?.name, id, args, hvc: by("hvc"), smc: by("smc") };
}

/** Every call of the questions, in their order. */
export function callsSeen(
  contract: Contract,
  profile: HostProfile,
  view: View,
  asked: readonly Question[],
): readonly CallSeen[] {
  return asked.flatMap((question) =>
    question.kind === "call" ? [callSeen(contract, profile, view, question.functionId, question.args)] : [],
  );
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const MOST_NEGATIVE = 16n;

/** X0 as people read it: small negative numbers are SMCCC's errors. */
export function wordText(value: bigint | "any"): string {
  if (value === "any") return "any";
  const signed = BigInt.asIntN(64, value);
  return signed < 0n && signed >= -MOST_NEGATIVE ? String(signed) : hex(value);
}

/** What a call comes to, in a few words. */
export function outcomeText(outcome: Expected<CallOutcome>): string {
  if (!outcome.known) return `not decided: ${outcome.because}`;
  const { value } = outcome;
  switch (value.kind) {
    case "answers": {
      const last = value.x.findLastIndex((one) => one !== 0n);
      return value.x
        .slice(0, Math.max(last, 0) + 1)
        .map(wordText)
        .join(" ");
    }
    case "exits":
      return value.exit === "hypercall" ? "exits to user space" : "exits as a system event";
    case "undefined":
      return "undefined";
    case "waits":
      return "waits";
    case "taken":
      return `taken to the guest's EL${value.level}`;
  }
}
