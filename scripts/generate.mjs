// Runs every generator in `scripts/generators/`, in order of name. A generator is a module that exports
// `generate(root)`: it reads from and writes below `root` (the project's folder) and resolves to the
// paths, relative to it, of the files that it is answerable for.
import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * @param {string} root the project's folder
 * @returns {Promise<string[]>} paths of all generated files, relative to `root`
 */
export async function generateAll(root) {
  const folder = resolve(root, "scripts/generators");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".mjs")).sort();
  const written = [];
  for (const name of names) {
    const { generate } = await import(pathToFileURL(resolve(folder, name)).href);
    if (typeof generate !== "function")
      throw new Error(`scripts/generators/${name} exports no function \`generate\``);
    written.push(...(await generate(root)));
  }
  return written;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const files = await generateAll(resolve(fileURLToPath(import.meta.url), "../.."));
  process.stdout.write(files.map((file) => `${file}\n`).join(""));
}
