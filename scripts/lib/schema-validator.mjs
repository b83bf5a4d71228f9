// Compiles a JSON Schema (draft 2020-12) to a module that validates without ajv: ajv costs 60 to 90 ms at
// start-up, its generated code nothing that can be measured.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import standaloneCode from "ajv/dist/standalone/index.js";
import { build } from "esbuild";
import { writeIfChanged } from "./write-if-changed.mjs";

const declaration = `/** Generated from SCHEMA. */
export interface SchemaError {
  /** JSON pointer of the value that is wrong, or of the object that lacks or should lack a key. */
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The subschema that holds the keyword, without its texts for people. */
  readonly parentSchema: {
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly patternProperties?: Readonly<Record<string, unknown>>;
  };
  /** The value at \`instancePath\`. */
  readonly data: unknown;
}
export declare const validate: {
  (data: unknown): boolean;
  /** All that the last call found; null when it found nothing. */
  readonly errors: readonly SchemaError[] | null;
};
`;

const mapsOfSchemas = new Set(["properties", "patternProperties", "$defs", "dependentSchemas"]);

/**
 * The schema without its texts for people, which the generated code would carry along.
 *
 * @param {unknown} schema
 * @returns {unknown}
 */
function withoutAnnotations(schema) {
  if (Array.isArray(schema)) return schema.map(withoutAnnotations);
  if (typeof schema !== "object" || schema === null) return schema;
  const kept = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === "title" || key === "description" || key === "examples") continue;
    kept[key] = mapsOfSchemas.has(key)
      ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withoutAnnotations(part)]))
      : withoutAnnotations(value);
  }
  return kept;
}

/**
 * @param {string} root the project's folder
 * @param {string} schemaPath the schema, relative to it
 * @param {string} outputPath the module to write, relative to it, ending in \`.js\`; a \`.d.ts\` is put beside it
 * @returns {Promise<string[]>} the written files, relative to the project's folder
 */
export async function generateValidator(root, schemaPath, outputPath) {
  const schema = withoutAnnotations(JSON.parse(await readFile(resolve(root, schemaPath), "utf8")));
  const ajv = new Ajv2020({
    allErrors: true,
    messages: false,
    // The subschema in an error says which keys would have been right.
    verbose: true,
    strict: true,
    allowUnionTypes: true,
    // `required` in one subschema may name a key whose `properties` stand in the one around it.
    strictRequired: false,
    strictTypes: false,
    code: { source: true, esm: true, lines: true },
  });
  ajv.addSchema(schema);
  const code = standaloneCode.default(ajv, { validate: schema.$id });
  const bundled = await build({
    stdin: {
      contents: code,
      resolveDir: root,
      sourcefile: outputPath,
    },
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    mainFields: ["main"],
    target: "es2022",
    legalComments: "none",
  });
  const text = `// Generated from ${schemaPath}; do not edit.\n${bundled.outputFiles[0].text}`;
  const declarationPath = outputPath.replace(/\.js$/, ".d.ts");
  await writeIfChanged(resolve(root, outputPath), text);
  await writeIfChanged(resolve(root, declarationPath), declaration.replace("SCHEMA", schemaPath));
  return [outputPath, declarationPath];
}
