import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";

/** Characters beyond ASCII as `\uXXXX`, which means the same in JSON strings and in regular expressions. */
export function escapeToAscii(text) {
  return text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * What `import text from "./x.json?raw"` gives: the file's text, embedded. JSON loses its blanks on the way: it is
 * parsed, never read by people.
 *
 * With `dataFolder`, JSON is not embedded but put into that folder of `outdir`, and read by the program when it is
 * first parsed: a run then loads only the tables that it asks for. The import is then no string but an object that
 * `JSON.parse` turns into one.
 *
 * @param {{ root: string, outdir: string, dataFolder?: string }} options
 * @returns {import("esbuild").Plugin}
 */
export function rawPlugin({ root, outdir, dataFolder }) {
  return {
    name: "raw",
    setup(build) {
      build.onResolve({ filter: /\?raw$/ }, ({ path, resolveDir }) => ({
        path: resolve(resolveDir, path.slice(0, -"?raw".length)),
        namespace: "raw",
      }));
      build.onLoad({ filter: /.*/, namespace: "raw" }, async ({ path }) => {
        const text = await readFile(path, "utf8");
        if (!path.endsWith(".json")) return { contents: text, loader: "text" };
        const json = JSON.stringify(JSON.parse(text));
        if (dataFolder === undefined) return { contents: json, loader: "text" };
        const name = relative(join(root, "src"), path).replaceAll(/[/\\]/g, "-");
        await mkdir(join(outdir, dataFolder), { recursive: true });
        await writeFile(join(outdir, dataFolder, name), escapeToAscii(json));
        const place = JSON.stringify(`/${dataFolder}/${name}`);
        return {
          contents: `const { readFileSync } = require("node:fs");
            export default { toString: () => readFileSync(__dirname + ${place}, "latin1") };`,
          loader: "js",
        };
      });
    },
  };
}
