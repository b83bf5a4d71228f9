// Parts of the project's TypeScript as one module, for measurements that need more than the library gives.
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { rawPlugin } from "../../scripts/lib/raw-plugin.mjs";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * Bundles and imports; nothing is written.
 *
 * @param {Readonly<Record<string, readonly string[]>>} wanted names to import, by the file they are in, from the root on
 * @returns {Promise<Record<string, any>>} all names together
 */
export async function modules(wanted) {
  const contents = Object.entries(wanted)
    .map(([file, names]) => `export { ${names.join(", ")} } from "./${file}";`)
    .join("\n");
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: { contents, resolveDir: root, loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    charset: "ascii",
    logLevel: "warning",
    plugins: [rawPlugin({ root, outdir: "build" })],
  });
  return await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
  );
}
