/** The report that `examples/vmm` prints; its README describes the form. */
import { LabError } from "../errors.ts";

export interface RefusedStep {
  readonly call: string;
  readonly vcpu: number | undefined;
  /** Index in the plan; undefined: the VMM's own step. */
  readonly operation: number | undefined;
  readonly name: string;
  readonly ioctl: string;
  readonly errno: string;
  readonly message: string;
}

/** What came of a question. */
export type Seen =
  | { readonly kind: "value"; readonly value: bigint }
  /** X0 to X3. */
  | { readonly kind: "answer"; readonly x: readonly bigint[] }
  | { readonly kind: "completed" }
  | { readonly kind: "exception"; readonly level: number; readonly esr: bigint }
  /** `what`: `hypercall`, `system-event`, `mmio` … */
  | { readonly kind: "exit"; readonly what: string }
  | { readonly kind: "waits" }
  /** The vCPU ended at this question. */
  | { readonly kind: "ended"; readonly errno: string }
  /** It had ended before. */
  | { readonly kind: "unanswered" };

export interface SeenCall {
  readonly functionId: number;
  /** X1 to X3. */
  readonly args: readonly bigint[];
  readonly hvc: Seen;
  readonly smc: Seen;
}

export type Report =
  | { readonly kind: "refused"; readonly kernel: string; readonly step: RefusedStep }
  | {
      readonly kind: "ran";
      readonly kernel: string;
      readonly registers: ReadonlyMap<string, Seen>;
      readonly calls: readonly SeenCall[];
      readonly instructions: ReadonlyMap<string, Seen>;
    };

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function objectAt(parent: JsonObject, key: string): JsonObject {
  const value = parent[key];
  if (!isObject(value)) throw new LabError(`the VMM's report has no object \`${key}\``);
  return value;
}

function listAt(parent: JsonObject, key: string): readonly Json[] {
  const value = parent[key];
  if (!Array.isArray(value)) throw new LabError(`the VMM's report has no list \`${key}\``);
  return value;
}

function textAt(parent: JsonObject, key: string): string {
  const value = parent[key];
  if (typeof value !== "string") throw new LabError(`the VMM's report has no text \`${key}\``);
  return value;
}

function numberAt(parent: JsonObject, key: string): number | undefined {
  const value = parent[key];
  return typeof value === "number" ? value : undefined;
}

function hex(value: Json | undefined): bigint {
  if (typeof value !== "string" || !/^0x[0-9a-f]+$/.test(value))
    throw new LabError(`the VMM's report has \`${String(value)}\` for a number`);
  return BigInt(value);
}

function readSeen(value: Json | undefined): Seen {
  if (!isObject(value)) throw new LabError("the VMM's report lacks the answer to a question");
  if ("value" in value) return { kind: "value", value: hex(value.value) };
  if ("x" in value) return { kind: "answer", x: listAt(value, "x").map(hex) };
  if ("completed" in value) return { kind: "completed" };
  if ("waits" in value) return { kind: "waits" };
  if ("unanswered" in value) return { kind: "unanswered" };
  if ("exit" in value) return { kind: "exit", what: textAt(value, "exit") };
  if ("error" in value) return { kind: "ended", errno: textAt(value, "error") };
  const exception = objectAt(value, "exception");
  return { kind: "exception", level: numberAt(exception, "level") ?? 0, esr: hex(exception.esr) };
}

function readCall(value: Json): SeenCall {
  if (!isObject(value)) throw new LabError("the VMM's report lacks the answer to a call");
  return {
    functionId: Number(hex(value.function)),
    args: listAt(value, "arguments").map(hex),
    hvc: readSeen(value.hvc),
    smc: readSeen(value.smc),
  };
}

const readSeens = (values: JsonObject): ReadonlyMap<string, Seen> =>
  new Map(Object.entries(values).map(([name, value]) => [name, readSeen(value)]));

function refusedStep(steps: readonly Json[]): RefusedStep | undefined {
  const step = steps.at(-1);
  if (!isObject(step)) throw new LabError("the VMM's report has no steps");
  if (step.result === "ok") return undefined;
  return {
    call: textAt(step, "call"),
    vcpu: numberAt(step, "vcpu"),
    operation: numberAt(step, "operation"),
    name: textAt(step, "name"),
    ioctl: textAt(step, "ioctl"),
    errno: textAt(step, "errno"),
    message: textAt(step, "message"),
  };
}

/** @throws LabError when the text is no report */
export function readReport(text: string): Report {
  let report: Json;
  try {
    report = JSON.parse(text);
  } catch {
    throw new LabError("the VMM printed no report");
  }
  if (!isObject(report)) throw new LabError("the VMM printed no report");
  const kernel = textAt(report, "kernel");
  const step = refusedStep(listAt(report, "steps"));
  if (step !== undefined) return { kind: "refused", kernel, step };
  return {
    kind: "ran",
    kernel,
    registers: readSeens(objectAt(report, "registers")),
    calls: listAt(report, "calls").map(readCall),
    instructions: readSeens(objectAt(report, "instructions")),
  };
}
