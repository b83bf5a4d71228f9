/** What the generated validator found, in sentences that say what was expected and what stands there. */
import { didYouMean } from "../diagnostics/suggest.ts";
import type { SchemaError } from "../generated/host-profile-validator.js";

export interface SchemaProblem {
  readonly message: string;
  readonly instancePath: string;
  /** The fault lies in the key at `instancePath`, not in its value. */
  readonly atKey: boolean;
}

/** What a pattern of the schema asks for, by the pattern's own text. */
const patternMeaning: Readonly<Record<string, string>> = {
  "^0x[0-9a-f]{16}$": "`0x` and 16 lower-case hexadecimal digits",
  "^[0-9]+\\.[0-9]+(\\.[0-9]+)?$": "a version such as `6.12` or `6.12.3`",
  "^(0|[1-9][0-9]{0,4})$": "a capability number in decimal",
  "^[a-z0-9]+(-[a-z0-9]+)*$": "lower-case letters and digits, with single `-` between them",
  "^[A-Za-z0-9][A-Za-z0-9._+-]*$": "letters, digits, `.`, `_`, `+` and `-`, a letter or digit first",
  "^[A-Z][A-Z0-9_]*$": "a vCPU feature such as `PMU_V3`",
  "^(accepted|altered|E[A-Z0-9]+)$": "`accepted`, `altered` or the name of an errno such as `EINVAL`",
  "^[0-9]+:[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$": "a group and its attributes such as `1:0-3,5`",
  "^E[A-Z0-9]+$": "the name of an errno such as `EINVAL`",
  "^(fixed|free|ignored|[0-9]+:[xINBPO]?[0-9a-f](-[0-9a-f])?(,[xINBPO]?[0-9a-f](-[0-9a-f])?)*( [0-9]+:[xINBPO]?[0-9a-f](-[0-9a-f])?(,[xINBPO]?[0-9a-f](-[0-9a-f])?)*)*)$":
    "`fixed`, `free`, `ignored`, or entries such as `8:0-2,x3`",
};

/** A pattern in words; the schema's tests see to it that each has them. */
export function meaningOfPattern(pattern: string): string | undefined {
  return patternMeaning[pattern];
}

function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return `\`${text.length > 60 ? `${text.slice(0, 57)}…` : text}\``;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  return `${quoted(value)} (a ${typeof value})`;
}

const kindNames: Readonly<Record<string, string>> = {
  object: "an object",
  array: "an array",
  string: "a string",
  integer: "a whole number",
  null: "null",
};

function valueAt(root: unknown, pointer: string): unknown {
  let value = root;
  for (const token of pointer.split("/").slice(1)) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, token.replaceAll("~1", "/").replaceAll("~0", "~"))?.value;
  }
  return value;
}

function nameOf(root: unknown, pointer: string, whole: string): string {
  if (pointer === "") return whole;
  const slash = pointer.lastIndexOf("/");
  const last = pointer
    .slice(slash + 1)
    .replaceAll("~1", "/")
    .replaceAll("~0", "~");
  return Array.isArray(valueAt(root, pointer.slice(0, slash))) ? `item ${last}` : `\`${last}\``;
}

function text(error: SchemaError, name: string): string {
  const parameter = error.params[name];
  return typeof parameter === "string" || typeof parameter === "number" ? String(parameter) : "";
}

/**
 * One problem an error, in the validator's order, without repetitions.
 *
 * @param document the value that was validated
 * @param whole what messages call it
 */
export function describeSchemaErrors(
  errors: readonly SchemaError[],
  document: unknown,
  whole = "the profile",
): SchemaProblem[] {
  const problems = new Map<string, SchemaProblem>();
  const add = (problem: SchemaProblem): void => {
    const key = `${problem.instancePath}\n${problem.message}`;
    if (!problems.has(key)) problems.set(key, problem);
  };
  for (const error of errors) {
    const { instancePath, keyword, data: value } = error;
    const name = nameOf(document, instancePath, whole);
    const at = (message: string, atKey = false): void => add({ message, instancePath, atKey });
    switch (keyword) {
      case "additionalProperties": {
        const key = text(error, "additionalProperty");
        const pointer = `${instancePath}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
        const keys = Object.keys(error.parentSchema.properties ?? {});
        const patterns = Object.keys(error.parentSchema.patternProperties ?? {});
        const [near] = didYouMean(key, keys);
        const expected =
          near !== undefined
            ? `did you mean \`${near}\`?`
            : `expected ${[
                ...keys.map((one) => `\`${one}\``),
                ...patterns.map((one) => meaningOfPattern(one) ?? `a match of ${one}`),
              ].join(", ")}`;
        add({
          message: `unknown key \`${key}\` in ${name}; ${expected}`,
          instancePath: pointer,
          atKey: true,
        });
        break;
      }
      case "required":
        at(`${name} lacks the key \`${text(error, "missingProperty")}\``);
        break;
      case "const":
        at(`${name} is ${quoted(value)}; expected ${quoted(error.params.allowedValue)}`);
        break;
      case "enum": {
        const allowed = Array.isArray(error.params.allowedValues) ? error.params.allowedValues : [];
        at(`${name} is ${quoted(value)}; expected one of ${allowed.map((one) => quoted(one)).join(", ")}`);
        break;
      }
      case "type": {
        const types: unknown = error.params.type;
        const expected = (Array.isArray(types) ? types : [types]).map(
          (one) => kindNames[String(one)] ?? String(one),
        );
        at(`${name} is ${kindOf(value)}; expected ${expected.join(" or ")}`);
        break;
      }
      case "pattern": {
        const pattern = text(error, "pattern");
        at(`${name} is ${quoted(value)}; expected ${meaningOfPattern(pattern) ?? `a match of ${pattern}`}`);
        break;
      }
      case "minimum":
      case "maximum":
        at(
          `${name} is ${quoted(value)}; expected a number ${text(error, "comparison")} ${text(error, "limit")}`,
        );
        break;
      case "minLength":
      case "minItems":
      case "minProperties":
        at(`${name} is empty`);
        break;
      case "uniqueItems":
        at(`${name} holds ${quoted(Array.isArray(value) ? value[Number(error.params.i)] : undefined)} twice`);
        break;
      case "false schema":
        at(`${name} has no place in a configuration that was refused`, true);
        break;
      default:
        at(`${name} breaks the schema's rule \`${keyword}\``);
    }
  }
  return [...problems.values()];
}
