/** The statements that a migration's facts ask for, together. */
import type { Migration } from "./pair.ts";

/** `complete`: every fact that makes it unsafe names one. */
export function statementsFor({ facts }: Migration): {
  readonly statements: readonly string[];
  readonly complete: boolean;
} {
  const unsafe = facts.filter(({ weight }) => weight === "unsafe");
  return {
    statements: [...new Set(unsafe.flatMap(({ remedies }) => remedies))],
    complete: unsafe.length > 0 && unsafe.every(({ remedies }) => remedies.length > 0),
  };
}
