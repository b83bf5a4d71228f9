/** What is found about a migration. */
import type { Span } from "../diagnostics/span.ts";

/**
 * - `unsafe`: the restore fails, or the guest no longer sees what it may rely on.
 * - `open`: nothing that is known of the hosts decides it, and it could be unsafe.
 * - `note`: the guest goes on; something is there that it does not know of, or is enforced otherwise.
 * - `remark`: good to know; no verdict depends on it.
 */
export type Weight = "unsafe" | "open" | "note" | "remark";

export type Topic =
  /** KVM refuses the guest's plan on one of the hosts. */
  | "plan"
  /** The VMM's comparison of the register lists. */
  | "lists"
  /** KVM_SET_ONE_REG, and what follows it. */
  | "restore"
  | "registers"
  | "vectors"
  | "calls"
  | "instructions"
  | "clock"
  /** The program that was run on both sides. */
  | "execution";

/** A field of an ID register that reads otherwise. */
export interface FieldChange {
  readonly field: string;
  /** Unsigned. */
  readonly before: bigint;
  readonly after: bigint;
  /** The value in words: `40 bits`, a name. */
  readonly meaning: readonly [before: string | undefined, after: string | undefined];
  readonly weight: Weight;
}

export interface Fact {
  readonly topic: Topic;
  readonly weight: Weight;
  /** A register, a field's register, a call, a feature: what it is about. */
  readonly subject: string;
  /** The fact as a sentence without the subject; the same words for all subjects of one kind. */
  readonly text: string;
  /** Further words for this subject alone. */
  readonly detail: string;
  /** ONE_REG id. */
  readonly register: bigint | undefined;
  readonly errno: string | undefined;
  readonly fields: readonly FieldChange[];
  /** Instructions or calls, where the subject stands for several. */
  readonly members: readonly string[];
  /** Statements that would make it safe, each by itself; empty: the tables know none. */
  readonly remedies: readonly string[];
  /** The statement that asks for what is refused. */
  readonly source: Span | undefined;
}

/** A fact from what is said of it; the rest is empty. */
export const fact = (said: Pick<Fact, "topic" | "weight" | "subject" | "text"> & Partial<Fact>): Fact => ({
  detail: "",
  register: undefined,
  errno: undefined,
  fields: [],
  members: [],
  remedies: [],
  source: undefined,
  ...said,
});

/** `undecided`: safe as far as is known, and not all of it is known. */
export type Verdict = "safe" | "safe-with-notes" | "undecided" | "unsafe";

/** In the order in which they are counted. */
export const verdicts: readonly Verdict[] = ["safe", "safe-with-notes", "undecided", "unsafe"];

/** The verdict that the heaviest fact gives. */
export function verdictOf(facts: readonly Fact[]): Verdict {
  if (facts.some(({ weight }) => weight === "unsafe")) return "unsafe";
  if (facts.some(({ weight }) => weight === "open")) return "undecided";
  return facts.some(({ weight }) => weight === "note") ? "safe-with-notes" : "safe";
}

/** From the heaviest. */
export const weights: readonly Weight[] = ["unsafe", "open", "note", "remark"];

/** Of no weights `remark`. */
export const heaviest = (some: readonly Weight[]): Weight =>
  weights.find((weight) => some.includes(weight)) ?? "remark";
