import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

/**
 * Embeds the text of `import text from "./x.json?raw"`. JSON loses its blanks on the way: it is parsed, never
 * read by people.
 *
 * @type {import("esbuild").Plugin}
 */
export const rawPlugin = {
  name: "raw",
  setup(build) {
    build.onResolve({ filter: /\?raw$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.slice(0, -"?raw".length)),
      namespace: "raw",
    }));
    build.onLoad({ filter: /.*/, namespace: "raw" }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      return { contents: path.endsWith(".json") ? JSON.stringify(JSON.parse(text)) : text, loader: "text" };
    });
  },
};
