// Precompiles the code generators' Handlebars templates: compiling one at run time costs 15 to 40 ms.
import { readdir, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import Handlebars from "handlebars";
import { writeIfChanged } from "../lib/write-if-changed.mjs";

const outputPath = "src/generated/templates.js";
const declarationPath = "src/generated/templates.d.ts";

/** `strict`: a missing name throws; `noEscape`: the model's strings are escaped for their target already. */
const options = { strict: true, noEscape: true, preventIndent: true, knownHelpersOnly: true };

/**
 * @param {string} root the project's folder
 * @returns {Promise<string[]>} the written files, relative to it
 */
export async function generate(root) {
  const folder = resolve(root, "src/codegen");
  const files = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith(".hbs")).sort();
  const entries = [];
  for (const file of files) {
    const name = file.replaceAll("\\", "/").replace(/\.hbs$/, "");
    const code = Handlebars.precompile(await readFile(resolve(folder, file), "utf8"), options);
    entries.push(`  ${JSON.stringify(name)}: template(${code}),`);
  }
  const text = [
    "// Generated from the .hbs files below src/codegen; do not edit.",
    'import Handlebars from "handlebars/runtime.js";',
    "",
    "const template = Handlebars.template;",
    "",
    "export const templates = {",
    ...entries,
    "};",
    "",
  ].join("\n");
  const names = files.map((file) => JSON.stringify(file.replaceAll("\\", "/").replace(/\.hbs$/, "")));
  const declaration = [
    "/** Generated from the .hbs files below src/codegen: templates by path. A name that the model lacks throws. */",
    "export declare const templates: Readonly<",
    `  Record<${names.join(" | ")}, (model: object) => string>`,
    ">;",
    "",
  ].join("\n");
  await writeIfChanged(resolve(root, outputPath), text);
  await writeIfChanged(resolve(root, declarationPath), declaration);
  return [outputPath, declarationPath];
}
