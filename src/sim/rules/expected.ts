/** What is expected of a guest, and how sure that is. */
import type { Fate } from "../../tables/index.ts";

/** A fact with what it rests on, or the reason for which nothing decides it. */
export type Expected<T> =
  | { readonly known: true; readonly value: T; readonly because: string }
  /** `likely`: what it is taken for where an answer has to be given. */
  | { readonly known: false; readonly because: string; readonly likely?: T };

/**
 * What reading a register gives: its 64-bit value, `any` where it reads but nothing decides the value, or the
 * exception that it takes.
 */
export type RegisterOutcome = bigint | "any" | Exclude<Fate, "executes">;

export type CallOutcome =
  /** X0 to X3 afterwards; `any`: differs from call to call. */
  | { readonly kind: "answers"; readonly x: readonly (bigint | "any")[] }
  | { readonly kind: "exits"; readonly exit: "hypercall" | "system-event" }
  | { readonly kind: "undefined" }
  /** The vCPU waits for an event, or is switched off. */
  | { readonly kind: "waits" }
  /** The guest has an EL2 of its own, whose vectors take it. */
  | { readonly kind: "taken"; readonly level: 2 };

export const known = <T>(value: T, because: string): Expected<T> => ({ known: true, value, because });
export const open = (because: string): { readonly known: false; readonly because: string } => ({
  known: false,
  because,
});

/** In three values: whether all conditions hold. */
export function all(conditions: readonly (boolean | undefined)[]): boolean | undefined {
  if (conditions.includes(false)) return false;
  return conditions.includes(undefined) ? undefined : true;
}

export const not = (condition: boolean | undefined): boolean | undefined =>
  condition === undefined ? undefined : !condition;
