import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { validate } from "../../src/generated/host-profile-validator.js";
import { meaningOfPattern } from "../../src/hosts/schema-problems.ts";
import { shippedFiles, shippedText } from "./shipped.ts";

const schemaText = readFileSync(new URL("../../schemas/host-profile.schema.json", import.meta.url), "utf8");
const schema: Record<string, unknown> = JSON.parse(schemaText);
const annotated = new Set(["properties", "patternProperties", "$defs"]);

function walk(
  node: unknown,
  path: string,
  visit: (node: Record<string, unknown>, path: string) => void,
): void {
  if (typeof node !== "object" || node === null) return;
  const record: Record<string, unknown> = Object.fromEntries(Object.entries(node));
  visit(record, path);
  for (const [key, value] of Object.entries(record)) walk(value, `${path}/${key}`, visit);
}

describe("the published schema", () => {
  it("is draft 2020-12, names its version, and is accepted by ajv in strict mode", () => {
    expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
    const ajv = new Ajv2020({
      strict: true,
      allErrors: true,
      allowUnionTypes: true,
      strictRequired: false,
      strictTypes: false,
    });
    const direct = ajv.compile(schema);
    for (const file of shippedFiles) expect(direct(JSON.parse(shippedText(file))), file).toBe(true);
  });

  it("describes every key and allows no other", () => {
    walk(schema, "#", (node, path) => {
      if (node.type === "object" || (Array.isArray(node.type) && node.type.includes("object"))) {
        expect(node.additionalProperties, path).toBe(false);
      }
      for (const map of annotated) {
        if (path.includes("dependentSchemas") || map === "$defs") continue;
        const keys = node[map];
        if (typeof keys !== "object" || keys === null || path.endsWith("/properties")) continue;
        for (const [key, value] of Object.entries(keys)) {
          const referred: unknown = value.$ref;
          const described =
            typeof value.description === "string" ||
            typeof referred === "string" ||
            map === "patternProperties";
          expect(described, `${path}/${map}/${key}`).toBe(true);
        }
      }
    });
  });

  it("has words for each of its patterns", () => {
    const patterns: string[] = [];
    walk(schema, "#", (node) => {
      if (typeof node.pattern === "string") patterns.push(node.pattern);
      const keys = node.patternProperties;
      if (typeof keys === "object" && keys !== null) patterns.push(...Object.keys(keys));
    });
    expect(patterns.length).toBeGreaterThan(10);
    for (const pattern of patterns) expect(meaningOfPattern(pattern), pattern).toBeDefined();
  });

  it("compiles to a module without a dependency", () => {
    const generated = readFileSync(
      new URL("../../src/generated/host-profile-validator.js", import.meta.url),
      "utf8",
    );
    expect(generated).not.toMatch(/^import /m);
    expect(generated).not.toMatch(/[^_."'(]require\(/);
    expect(validate({})).toBe(false);
    expect(validate.errors?.map((error) => error.keyword)).toEqual(new Array(7).fill("required"));
  });
});
