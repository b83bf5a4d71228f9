/** A plan from its document, `guestc.plan/1`. */
import { validate } from "../../generated/plan-validator.js";

/** A value of an operation as the document has it. */
export type PlanValue =
  | string
  | number
  | boolean
  | readonly PlanValue[]
  | { readonly [key: string]: PlanValue };

/** What every operation has, and what its kind has. */
export type PlanOperation = Readonly<Record<string, PlanValue>> & {
  readonly phase: string;
  readonly kind: string;
  readonly ioctl: string;
  readonly fd: string;
  readonly name: string;
  readonly summary: string;
  readonly source: string;
};

export interface PlanDocument {
  readonly guest: string;
  readonly vmm: Readonly<Record<string, PlanValue>>;
  readonly open: readonly string[];
  readonly operations: readonly PlanOperation[];
}

/** @param document a JSON value that says of itself that it is a plan */
export function readPlan(document: unknown): { readonly plan: PlanDocument } | { readonly problem: string } {
  if (validate(document)) {
    // The validator has proved the shape.
    return { plan: document as PlanDocument };
  }
  const [first] = validate.errors ?? [];
  const place = first === undefined || first.instancePath === "" ? "the document" : first.instancePath;
  return {
    problem: `is no plan: ${place} breaks the rule \`${first?.keyword ?? "schema"}\` of guestc.plan/1`,
  };
}
