// Precompiles the report's templates, and shrinks its stylesheet and script, whose digests the page's
// Content-Security-Policy names: they alone may run.
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { transform } from "esbuild";
import Handlebars from "handlebars";
import { writeIfChanged } from "../lib/write-if-changed.mjs";

const folder = "src/report/page";
const outputPath = "src/generated/report-page.js";
const declarationPath = "src/generated/report-page.d.ts";

/** `strict`: a missing name throws. Unlike those of the code generators these templates escape for HTML. */
const options = { strict: true, preventIndent: true, knownHelpersOnly: true };

/**
 * @param {string} root the project's folder
 * @param {string} name of a file of the page
 * @param {"css" | "js"} loader
 */
async function asset(root, name, loader) {
  const text = await readFile(resolve(root, folder, name), "utf8");
  const { code } = await transform(text, {
    loader,
    minify: true,
    charset: "ascii",
    legalComments: "none",
    ...(loader === "js" ? { format: "iife", target: "es2022" } : {}),
  });
  const trimmed = code.trim();
  const digest = `sha256-${createHash("sha256").update(trimmed).digest("base64")}`;
  return { text: trimmed, digest };
}

/**
 * @param {string} root the project's folder
 * @returns {Promise<string[]>} the written files, relative to it
 */
export async function generate(root) {
  const files = (await readdir(resolve(root, folder))).filter((name) => name.endsWith(".hbs")).sort();
  const parts = [];
  for (const file of files) {
    // Lines are for people who read the template; the page does without their indentation.
    const source = (await readFile(resolve(root, folder, file), "utf8")).replace(/^[ \t]+/gm, "");
    const name = JSON.stringify(file.replace(/\.hbs$/, ""));
    parts.push(`partials[${name}] = Handlebars.template(${Handlebars.precompile(source, options)});`);
  }
  const style = await asset(root, "style.css", "css");
  const script = await asset(root, "script.js", "js");
  const text = [
    `// Generated from the files of ${folder}; do not edit.`,
    'import Handlebars from "handlebars/runtime.js";',
    "",
    "const partials = {};",
    ...parts,
    "",
    "export const printPage = (model) => partials.page(model, { partials });",
    `export const style = ${JSON.stringify(style)};`,
    `export const script = ${JSON.stringify(script)};`,
    "",
  ].join("\n");
  const declaration = [
    `/** Generated from the files of ${folder}. */`,
    "",
    "/** A text that stands in the page, and its digest as a Content-Security-Policy names it. */",
    "export interface PageAsset {",
    "  readonly text: string;",
    "  readonly digest: string;",
    "}",
    "",
    "/** Prints the page; a name that the model lacks throws. */",
    "export declare const printPage: (model: object) => string;",
    "export declare const style: PageAsset;",
    "export declare const script: PageAsset;",
    "",
  ].join("\n");
  await writeIfChanged(resolve(root, outputPath), text);
  await writeIfChanged(resolve(root, declarationPath), declaration);
  return [outputPath, declarationPath];
}
