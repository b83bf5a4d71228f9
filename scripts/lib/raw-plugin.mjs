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
 * With `dataFolder`, JSON and C are not embedded but put into that folder of `outdir`, and read by the program when
 * they are first asked for: a run then loads only the tables that it needs. The import is then no string but an object
 * that `JSON.parse` and `String` turn into one.
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
        const isJson = path.endsWith(".json");
        const contents = isJson ? JSON.stringify(JSON.parse(text)) : text;
        if (dataFolder === undefined || !(isJson || path.endsWith(".c"))) return { contents, loader: "text" };
        const name = relative(join(root, isJson ? "src" : ""), path).replaceAll(/[/\\]/g, "-");
        await mkdir(join(outdir, dataFolder), { recursive: true });
        await writeFile(
          join(outdir, dataFolder, name),
          isJson ? escapeToAscii(contents) : contents,
          "latin1",
        );
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
