/** Plans in YAML, as the target `one-reg` writes them. */
import { parseDocument } from "yaml";
import { type PlanDocument, readPlan } from "./read.ts";

/** Whether a text that is no JSON says of itself that it is a plan. */
export const isYamlPlan = (text: string): boolean =>
  !/^\s*[{[]/.test(text) && /^schema:[ \t]+["']?guestc\.plan\/1["']?[ \t]*(?:#.*)?$/m.test(text);

interface PlanProblem {
  readonly problem: string;
  /** Where in the text, counted from 1; undefined: it is about the document. */
  readonly line?: number;
  readonly column?: number;
}

const tooDeep: PlanProblem = { problem: "nests deeper than any plan" };

/** A plan from YAML 1.2. No plan has aliases, so that a text cannot grow by them. */
export function readYamlPlan(text: string): { readonly plan: PlanDocument } | PlanProblem {
  try {
    // Keys that stand twice are as in JSON: the last one counts. The library's own look for them takes the square of time.
    const document = parseDocument(text, {
      version: "1.2",
      schema: "core",
      logLevel: "silent",
      uniqueKeys: false,
    });
    const [first] = document.errors;
    if (first?.message.startsWith("Maximum call stack")) return tooDeep;
    if (first === undefined) return readPlan(document.toJS({ maxAliasCount: 0 }));
    const [message = ""] = first.message.split(/ at line \d|\n/);
    const [at] = first.linePos ?? [];
    return { problem: `is no YAML: ${message}`, ...(at && { line: at.line, column: at.col }) };
  } catch (error) {
    if (error instanceof ReferenceError) return { problem: "has an alias, which no plan has" };
    if (error instanceof RangeError) return tooDeep;
    throw error;
  }
}
