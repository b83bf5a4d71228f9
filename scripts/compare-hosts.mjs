// What two host profiles say differently, one line a fact: where it shows, the fact, both values (src/hosts/compare.ts):
//
//   node scripts/compare-hosts.mjs OLD.json NEW.json
//
// Exit status 1 where they differ. What only one of them can tell (sweeps, what its user space sees) is no difference:
// an older profile says less.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { generateAll } from "./generate.mjs";
import { rawPlugin } from "./lib/raw-plugin.mjs";

const root = resolve(fileURLToPath(import.meta.url), "../..");
const [oldPath, freshPath, ...more] = process.argv.slice(2);
if (oldPath === undefined || freshPath === undefined || more.length > 0) {
  process.stderr.write("usage: node scripts/compare-hosts.mjs OLD.json NEW.json\n");
  process.exit(2);
}
await generateAll(root);
const { outputFiles } = await build({
  absWorkingDir: root,
  stdin: {
    contents: 'export * from "./src/hosts/compare.ts"; export * from "./src/hosts/read.ts";',
    resolveDir: root,
  },
  bundle: true,
  write: false,
  format: "esm",
  platform: "node",
  charset: "ascii",
  logLevel: "warning",
  plugins: [rawPlugin({ root, outdir: "build" })],
});
const code = Buffer.from(outputFiles[0]?.contents ?? []).toString("base64");
/** @type {typeof import("../src/hosts/compare.ts") & typeof import("../src/hosts/read.ts")} */
const { compareProfiles, readHostProfile } = await import(`data:text/javascript;base64,${code}`);

/** @param {string} path */
function profileOf(path) {
  const read = readHostProfile(readFileSync(path, "utf8"), path);
  if ("profile" in read) return read.profile;
  process.stderr.write(`compare-hosts: ${path}: ${read.problems[0]?.message ?? "is no host profile"}\n`);
  process.exit(2);
}

const differences = compareProfiles(profileOf(oldPath), profileOf(freshPath));
for (const { kind, configuration = "host", subject, first, second } of differences)
  process.stdout.write(`${configuration} ${kind} ${subject}: ${first} → ${second}\n`);
process.exitCode = differences.length === 0 ? 0 : 1;
