/** Every diagnostic that guestc can give. Codes are never reused; `retired` holds the ones that are gone. */
import { facilities } from "./codes/facilities.ts";
import { features } from "./codes/features.ts";
import { hosts } from "./codes/hosts.ts";
import { hypercalls } from "./codes/hypercalls.ts";
import { names } from "./codes/names.ts";
import { statements } from "./codes/statements.ts";
import { syntax } from "./codes/syntax.ts";
import { targets } from "./codes/targets.ts";
import { values } from "./codes/values.ts";

/** One kind of diagnostic. `wrong` gives exactly this code, `right` gives no diagnostic: both are compiled by the tests. */
export interface DiagnosticRow {
  readonly code: string;
  readonly severity: "error" | "warning" | "note";
  /** One sentence, lower case, no full stop, names in backticks, `{name}` for what varies. */
  readonly message: string;
  /** What it means, and why it matters on a real machine. */
  readonly explain: string;
  readonly wrong: string;
  readonly right: string;
}

export const registry = {
  ...syntax,
  ...statements,
  ...names,
  ...values,
  ...features,
  ...facilities,
  ...hypercalls,
  ...hosts,
  ...targets,
} as const satisfies Readonly<Record<string, DiagnosticRow>>;

export type DiagnosticSlug = keyof typeof registry;

export const retired: readonly string[] = [];

/** The row for a code (`GC0101`, any case) or a slug. */
export function findDiagnostic(codeOrSlug: string): { slug: DiagnosticSlug; row: DiagnosticRow } | undefined {
  const wanted = codeOrSlug.toUpperCase();
  for (const [slug, row] of Object.entries(registry)) {
    if (row.code === wanted || slug.toUpperCase() === wanted) return { slug: slug as DiagnosticSlug, row };
  }
  return undefined;
}
