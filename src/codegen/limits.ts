/** What a target cannot carry, as data, and the judgement of a contract by it. */
import type { Contract } from "../contract.ts";
import { type Diagnostic, diagnostic } from "../diagnostics/diagnostic.ts";
import type { Operation, Phase, Plan } from "../planner/plan.ts";
import { fieldCalled } from "../tables/index.ts";
import type { Field } from "../tables/types.ts";
import { type Declaration, declarations, type Part } from "./declarations.ts";
import { hexadecimal } from "./hexadecimal.ts";

/** A value that is carried all the same. */
export interface Carried {
  /** Absent: any subject of the part. */
  readonly subject?: string;
  /** Fields whose row in the register table is so. */
  readonly field?:
    | { readonly facility: string }
    | { readonly role: Field["role"] }
    | { readonly register: string };
  /** Absent: any value; `absent`: the value of a field that means "nothing here". */
  readonly value?: string;
  /** Only together with this declaration. */
  readonly when?: { readonly part: Part; readonly value: string };
}

export type Limit =
  /** A kind of declaration, but for the values in `carried`. */
  | {
      readonly on: "declaration";
      readonly part: Part;
      readonly carried: readonly Carried[];
      readonly why: string;
    }
  /** Operations of these phases on other descriptors than `carried`. */
  | {
      readonly on: "operation";
      readonly phases: readonly Phase[];
      readonly carried: readonly Operation["fd"][];
      readonly why: string;
    };

/** The table's row of the field that a declaration is about. */
function fieldRow({ part, subject }: Declaration): Field | undefined {
  return part === "field" ? fieldCalled(subject) : undefined;
}

function isField(row: Field | undefined, wanted: Carried["field"]): boolean {
  if (wanted === undefined) return true;
  if ("facility" in wanted) return row?.facility === wanted.facility;
  return "role" in wanted ? row?.role === wanted.role : row?.register === wanted.register;
}

function isCarried(declaration: Declaration, all: readonly Declaration[], rows: readonly Carried[]): boolean {
  const row = fieldRow(declaration);
  const absent = row === undefined ? undefined : hexadecimal(row.absent);
  return rows.some(
    ({ subject, field: wanted, value, when }) =>
      (subject === undefined || subject === declaration.subject) &&
      isField(row, wanted) &&
      (value === undefined || (value === "absent" ? absent : value) === declaration.value) &&
      (when === undefined || all.some((other) => other.part === when.part && other.value === when.value)),
  );
}

/** Words in front of a declaration whose subject does not say what it is. */
const titles: Partial<Record<Part, string>> = {
  "pmu-counters": "PMU counters",
  "pmu-intid": "PMU interrupt",
  "pmu-events": "PMU event filter",
  "unknown-bitmaps": "services of newer kernels",
  filter: "SMCCC filter",
  capability: "capability",
  timer: "timer",
};

/** `ID_AA64PFR0_EL1.SVE = 0x1`, `timer virtual = 28`, `SMCCC filter deny 0x…`. */
function describe({ part, subject, value }: Declaration): string {
  const own = subject === part;
  return [titles[part] ?? (own ? part : ""), own ? "" : `${subject} =`, value]
    .filter((word) => word !== "")
    .join(" ");
}

/** Names few, counts many. */
function summarise(found: readonly Declaration[]): string {
  const [first] = found;
  if (first === undefined) return "";
  if (found.length <= 3) return found.map(describe).join("; ");
  return `${describe(first)} and ${found.length - 1} more`;
}

interface Finding {
  readonly declarations: Declaration[];
  readonly why: string;
}

/**
 * What of the contract and plan the target cannot carry: an error for what a statement says or a sealed
 * guest promises, a warning for a default that nobody wrote. One diagnostic a statement and limit,
 * in the order of the contract.
 */
export function judge(
  target: { readonly name: string; readonly limits: readonly Limit[] },
  plan: Plan,
  contract: Contract,
): { readonly errors: readonly Diagnostic[]; readonly warnings: readonly Diagnostic[] } {
  const errors: Diagnostic[] = [];
  const warnings: Diagnostic[] = [];
  const all = declarations(contract);
  const findings = new Map<string, Finding>();
  for (const declaration of all)
    for (const limit of target.limits) {
      if (limit.on !== "declaration" || limit.part !== declaration.part) continue;
      if (isCarried(declaration, all, limit.carried)) continue;
      const { kind, span } = declaration.origin;
      const key = [kind === "default", span.file.path, span.start, span.end, limit.why].join("\n");
      const finding = findings.get(key) ?? { declarations: [], why: limit.why };
      finding.declarations.push(declaration);
      findings.set(key, finding);
    }
  for (const { declarations: found, why } of findings.values()) {
    const [first] = found;
    if (first === undefined) continue;
    const what = summarise(found);
    if (first.origin.kind === "default" && !contract.sealed) {
      warnings.push(
        diagnostic(
          "target-leaves-default",
          first.origin.span,
          { target: target.name, what },
          { label: "decided by no statement here", notes: [why] },
        ),
      );
    } else {
      errors.push(
        diagnostic(
          "target-cannot-carry",
          first.origin.span,
          { target: target.name, what },
          {
            label:
              first.origin.kind === "default" ? "sealed, so its defaults must be carried" : "promised here",
            notes: [why],
          },
        ),
      );
    }
  }
  for (const operation of plan.operations) errors.push(...judgeOperation(target, operation));
  return { errors, warnings };
}

function judgeOperation(
  target: { readonly name: string; readonly limits: readonly Limit[] },
  operation: Operation,
): readonly Diagnostic[] {
  const what = `${operation.ioctl.name} of ${operation.name} on the ${operation.fd} descriptor in phase ${operation.phase}`;
  return target.limits
    .filter(
      (limit) =>
        limit.on === "operation" &&
        limit.phases.includes(operation.phase) &&
        !limit.carried.includes(operation.fd),
    )
    .map((limit) =>
      diagnostic(
        "target-cannot-carry",
        operation.source,
        { target: target.name, what },
        { notes: [limit.why] },
      ),
    );
}
