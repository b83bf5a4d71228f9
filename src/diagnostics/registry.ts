/** Every diagnostic that guestc can give. Codes are never reused; `retired` holds the ones that are gone. */
import { facilities } from "./codes/facilities.ts";
import { features } from "./codes/features.ts";
import { hosts } from "./codes/hosts.ts";
import { hypercalls } from "./codes/hypercalls.ts";
import { names } from "./codes/names.ts";
import { statements } from "./codes/statements.ts";
import { syntax } from "./codes/syntax.ts";
import { targets } from "./codes/targets.ts";
import { tests } from "./codes/tests.ts";
import { values } from "./codes/values.ts";

/** What `guestc explain` prints of a diagnostic. `wrong` gives exactly its code, `right` none: the tests compile both. */
export interface DiagnosticPage {
  /** What it means, and why it matters on a real machine. */
  readonly explain: string;
  readonly wrong: string;
  readonly right: string;
}

/** One kind of diagnostic. */
export interface DiagnosticRow {
  readonly code: string;
  readonly severity: "error" | "warning" | "note";
  /** One sentence, lower case, no full stop, names in backticks, `{name}` for what varies. */
  readonly message: string;
  /** Made when asked for: a check has no use for it, and all pages together take longer to load than a check may. */
  readonly page: () => DiagnosticPage;
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
  ...tests,
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
