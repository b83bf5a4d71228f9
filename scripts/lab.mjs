// The lab's command line: bundles `lab/main.ts` to `build/lab.mjs` and runs it with these arguments.
//
//   node scripts/lab.mjs COMMAND [OPERANDS] [OPTIONS]
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = resolve(fileURLToPath(import.meta.url), "../..");

if (!existsSync(join(root, "node_modules/esbuild"))) {
  process.stderr.write("lab: the project's packages are missing: `npm ci` installs them\n");
  process.exit(2);
}
const { build } = await import("esbuild");
const { generateAll } = await import("./generate.mjs");
const { writeIfChanged } = await import("./lib/write-if-changed.mjs");
const { rawPlugin } = await import("./lib/raw-plugin.mjs");

await generateAll(root);
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ["lab/main.ts"],
  outfile: "build/lab.mjs",
  bundle: true,
  write: false,
  format: "esm",
  platform: "node",
  target: "node20.19",
  charset: "ascii",
  legalComments: "none",
  logLevel: "warning",
  plugins: [rawPlugin({ root, outdir: "build" })],
});
const program = join(root, "build/lab.mjs");
await writeIfChanged(program, outputFiles[0].text);
const { main } = await import(pathToFileURL(program).href);
// Whoever read the output has gone (`| head`): nothing is left to say to them.
process.stdout.on("error", (error) => {
  if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EPIPE") throw error;
  process.exit(2);
});
process.exitCode = await main(root, process.argv.slice(2));
