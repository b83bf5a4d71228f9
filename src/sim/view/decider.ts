/** Who decided something that the guest sees. */
import type { Origin } from "../../contract.ts";
import type { Span } from "../../diagnostics/span.ts";
import { architecture, architectureWord } from "../../tables/index.ts";

/** `host`: the contract leaves it open; `kvm`: KVM makes something of it that no statement asks for. */
export type By = Origin["kind"] | "host" | "kvm";

export interface Decider {
  readonly by: By;
  /** The statement; for a default the block that lacks one. undefined: the contract says nothing of it. */
  readonly span: Span | undefined;
  /** The baseline's name, the row, the absent statement, the fact; empty for a statement, which says it itself. */
  readonly why: string;
}

/** The language's word for a baseline. */
const baselineWord = (name: string): string =>
  architecture(name) === undefined ? name : architectureWord(name);

export function byOrigin(origin: Origin): Decider {
  const { kind, span } = origin;
  switch (kind) {
    case "statement":
      return { by: kind, span, why: "" };
    case "baseline":
      return {
        by: kind,
        span,
        why: `${baselineWord(origin.baseline)}${origin.because === undefined ? "" : ` (${origin.because})`}`,
      };
    case "derived":
      return { by: kind, span, why: origin.because };
    case "default":
      return { by: kind, span, why: `no \`${origin.statement}\`` };
  }
}

/** @param origin of what leaves it open */
export const byHost = (origin: Origin | undefined, why = ""): Decider => ({
  by: "host",
  span: origin?.span,
  why,
});

export const byKvm = (why: string): Decider => ({ by: "kvm", span: undefined, why });
