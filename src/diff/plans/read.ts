/** A plan from its document, `guestc.plan/1`. */
import { type SchemaError, validate } from "../../generated/plan-validator.js";
import { describeSchemaErrors } from "../../hosts/schema-problems.ts";

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

const depth = ({ instancePath }: SchemaError): number => instancePath.split("/").length;

/** The alternative of the schema that an error is of; empty: of none. */
const branch = ({ schemaPath }: SchemaError): string => /^#\/oneOf\/\d+\//.exec(schemaPath)?.[0] ?? "";

/** An operation breaks the rules of every kind but its own: without those, and what lies deepest first. */
function relevant(errors: readonly SchemaError[]): readonly SchemaError[] {
  const others = new Set(errors.filter(({ keyword }) => keyword === "const").map(branch));
  others.delete("");
  const summaries = new Set(["oneOf", "unevaluatedProperties"]);
  const own = errors.filter((one) => !others.has(branch(one)) && !summaries.has(one.keyword));
  return (own.length === 0 ? errors : own).toSorted((a, b) => depth(b) - depth(a));
}

/** @param document a JSON value that says of itself that it is a plan */
export function readPlan(document: unknown): { readonly plan: PlanDocument } | { readonly problem: string } {
  if (validate(document)) {
    // The validator has proved the shape.
    return { plan: document as PlanDocument };
  }
  const errors = relevant(validate.errors ?? []);
  const [first] = describeSchemaErrors(errors, document, "the document");
  const { message = "the schema refuses it", instancePath = "" } = first ?? {};
  return { problem: `is no plan: ${message}${instancePath === "" ? "" : ` (at ${instancePath})`}` };
}
