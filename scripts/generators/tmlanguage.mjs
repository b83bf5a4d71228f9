// Writes grammar/guest.tmLanguage.json from the lexical rules and the vocabulary.
import { resolve } from "node:path";
import { build } from "esbuild";
import { writeIfChanged } from "../lib/write-if-changed.mjs";

const outputPath = "grammar/guest.tmLanguage.json";

const entry = `
import { fixedWords, statementWords } from "./src/language/vocabulary.ts";
import { lexicon, numberForms } from "./src/parser/tokens.ts";
import { tmLanguage, tmLanguageText } from "./scripts/lib/tmlanguage.ts";
export const text = tmLanguageText(
  tmLanguage(lexicon, numberForms, { statements: statementWords(), fixed: fixedWords() }),
);
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
  });
  const code = outputFiles[0]?.text ?? "";
  const { text } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  await writeIfChanged(resolve(root, outputPath), text);
  return [outputPath];
}
