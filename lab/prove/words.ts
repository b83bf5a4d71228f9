/** What is predicted and what was seen, in a few words each. */
import type { CallOutcome, Conduit, RegisterOutcome } from "../../src/predict/index.ts";
import type { Fate } from "../../src/tables/index.ts";
import type { Seen } from "./report.ts";

/** Exception class of an UNDEFINED instruction. */
const EC_UNKNOWN = 0n;
const EC_SHIFT = 26n;

export const hex = (value: bigint | number, digits = 1): string =>
  `0x${value.toString(16).padStart(digits, "0")}`;

const exceptionClass = (esr: bigint): bigint => (esr >> EC_SHIFT) & 0x3fn;

/** Whether the instruction was UNDEFINED. */
export const isUndefined = (seen: Seen): boolean =>
  seen.kind === "exception" && exceptionClass(seen.esr) === EC_UNKNOWN;

/** Whether it took an exception other than an UNDEFINED one, to any level or to the one that is given. */
export const isTrapped = (seen: Seen, level?: number): boolean =>
  seen.kind === "exception" && !isUndefined(seen) && (level === undefined || seen.level === level);

/** An instruction that was executed may have left the guest, or waited. */
export const isExecuted = (seen: Seen): boolean =>
  seen.kind === "completed" || seen.kind === "waits" || seen.kind === "exit";

const words = (x: readonly (bigint | "any")[]): string =>
  `answers ${x.map((value) => (value === "any" ? value : hex(value))).join(" ")}`;

export function describeSeen(seen: Seen): string {
  switch (seen.kind) {
    case "value":
      return hex(seen.value, 16);
    case "answer":
      return words(seen.x);
    case "completed":
      return "is executed";
    case "exception":
      return isUndefined(seen)
        ? "UNDEFINED"
        : `exception to EL${seen.level}, class ${hex(exceptionClass(seen.esr), 2)} (ESR ${hex(seen.esr, 8)})`;
    case "exit":
      return `leaves to user space: ${seen.what}`;
    case "waits":
      return "waits";
    case "ended":
      return `the vCPU ended here: ${seen.errno}`;
    case "unanswered":
      return "no answer: the vCPU had ended before";
  }
}

export function describeFate(fate: Fate): string {
  return { executes: "is executed", undefined: "UNDEFINED", trapped: "an exception, not UNDEFINED" }[fate];
}

export function describeRegister(outcome: RegisterOutcome): string {
  if (typeof outcome === "bigint") return hex(outcome, 16);
  return outcome === "any" ? "any value" : describeFate(outcome);
}

export function describeOutcome(outcome: CallOutcome): string {
  switch (outcome.kind) {
    case "answers":
      return words(outcome.x);
    case "exits":
      return `leaves to user space: ${outcome.exit}`;
    case "undefined":
      return "UNDEFINED";
    case "taken":
      return `taken by the guest's own EL${outcome.level}`;
    case "waits":
      return "waits";
  }
}

/** A call in messages: `hvc 0x80000001 (0x80008000)`. */
export function callSubject(conduit: Conduit, functionId: number, args: readonly bigint[]): string {
  const given = args.length === 0 ? "" : ` (${args.map((value) => hex(value)).join(", ")})`;
  return `${conduit} ${hex(functionId, 8)}${given}`;
}
