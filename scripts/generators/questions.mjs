// Writes examples/vmm/questions.txt: everything that the library can predict of what a guest sees.
import { resolve } from "node:path";
import { build } from "esbuild";
import { rawPlugin } from "../lib/raw-plugin.mjs";
import { writeIfChanged } from "../lib/write-if-changed.mjs";

const outputPath = "examples/vmm/questions.txt";

const entry = `
import { printQuestions, questions } from "./src/predict/index.ts";
export const text = printQuestions(questions());
`;

/**
 * @param {string} root the project's folder
 * @returns {Promise<string[]>} the written file, relative to it
 */
export async function generate(root) {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: root, loader: "ts" },
    bundle: true,
    format: "esm",
    write: false,
    plugins: [rawPlugin({ root, outdir: root })],
  });
  const code = outputFiles[0]?.text ?? "";
  const { text } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  await writeIfChanged(resolve(root, outputPath), text);
  return [outputPath];
}
