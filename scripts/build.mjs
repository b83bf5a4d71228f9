// Makes `dist/`: the command line (`cli.cjs`, a launcher, and the program: `guestc.cjs` without the simulator, which
// starts sooner, and `simulator.cjs` with all), the library
// (`index.js`, one ES module for any platform), its declarations (`types/`) and V8 code caches for the
// Node that builds (`cache/`, not published).
//
//   node scripts/build.mjs [--program] [--out DIR]
//
// With `--program`, only the command line; with `--out`, into another folder.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { generateAll } from "./generate.mjs";
import { escapeToAscii, rawPlugin } from "./lib/raw-plugin.mjs";
import { tablesDigest } from "./lib/tables-digest.mjs";

const root = resolve(fileURLToPath(import.meta.url), "../..");
const outAt = process.argv.indexOf("--out");
const dist = resolve(root, (outAt === -1 ? undefined : process.argv[outAt + 1]) ?? "dist");
const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));

/**
 * Names stay as they are: reports of internal errors need them, and shorter ones start no faster.
 *
 * @type {import("esbuild").BuildOptions}
 */
const common = {
  absWorkingDir: root,
  bundle: true,
  charset: "ascii",
  legalComments: "none",
  logLevel: "warning",
  minifySyntax: true,
  minifyWhitespace: true,
};

/** @param {import("esbuild").BuildOptions} options */
const buildForNode = (options) =>
  build({ ...common, format: "cjs", platform: "node", target: "node20.19", ...options });

/** Commands that need the simulator, as `src/cli/command-names.ts` has them. */
async function simulatorCommands() {
  const { outputFiles } = await build({
    ...common,
    entryPoints: ["src/cli/command-names.ts"],
    format: "esm",
    write: false,
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString("base64");
  /** @type {{ readonly simulatorCommands: readonly string[] }} */
  const names = await import(`data:text/javascript;base64,${code}`);
  return names.simulatorCommands;
}

/**
 * Leaves commands out of a program: their modules become empty.
 *
 * @param {readonly string[]} names
 * @returns {import("esbuild").Plugin}
 */
const without = (names) => ({
  name: "without",
  setup(plugin) {
    const left = new RegExp(`/commands/(${names.join("|")})\\.ts$`);
    plugin.onResolve({ filter: left }, ({ path }) => ({ path, namespace: "left-out" }));
    plugin.onLoad({ filter: /./, namespace: "left-out" }, () => ({
      contents: "export const run = undefined;",
    }));
  },
});

/**
 * @param {string} name of the file in `dist/`
 * @param {readonly import("esbuild").Plugin[]} plugins
 * @returns {Promise<string>} its text
 */
async function buildProgram(name, plugins) {
  // Under another name until it is whole: tests may be running the last one.
  const unfinished = join(dist, `.${process.pid}.${name}`);
  await buildForNode({
    entryPoints: ["src/cli/entry.ts"],
    outfile: unfinished,
    // The launcher gives it to V8 as it is, so the function around a CommonJS module is part of it.
    banner: { js: "(function (exports, require, module, __filename, __dirname) {" },
    footer: { js: "})" },
    define: {
      GUESTC_VERSION: JSON.stringify(version),
      GUESTC_TABLES: JSON.stringify(await tablesDigest(root)),
    },
    plugins: [...plugins, rawPlugin({ root, outdir: dist, dataFolder: "data" })],
  });
  // The launcher reads it as Latin-1; esbuild escapes all but regular expressions.
  const text = escapeToAscii(await readFile(unfinished, "utf8"));
  await writeFile(unfinished, text);
  await rename(unfinished, join(dist, name));
  return text;
}

async function buildCommandLine() {
  const hash = createHash("sha256");
  hash.update(await buildProgram("guestc.cjs", [without(await simulatorCommands())]));
  hash.update(await buildProgram("simulator.cjs", []));
  const launcher = join(dist, "cli.cjs");
  await buildForNode({
    entryPoints: ["src/cli/launcher.ts"],
    outfile: launcher,
    banner: { js: "#!/usr/bin/env node" },
    define: { GUESTC_BUNDLE_HASH: JSON.stringify(hash.digest("hex").slice(0, 16)) },
  });
  await chmod(launcher, 0o755);
}

async function buildLibrary() {
  await build({
    ...common,
    entryPoints: ["src/index.ts"],
    outfile: join(dist, "index.js"),
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    plugins: [rawPlugin({ root, outdir: dist })],
    target: "es2022",
  });
}

/** @param {string[]} args */
function node(args, options = {}) {
  const { status, error, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    ...options,
  });
  if (error !== undefined) throw error;
  return { status, output: stdout + stderr };
}

async function buildDeclarations() {
  const { status, output } = node([
    "node_modules/typescript/bin/tsc",
    ...["-p", "tsconfig.build.json", "--outDir", join(dist, "types")],
  ]);
  if (status !== 0) throw new Error(`declarations:\n${output}`);
  // Declarations of generated modules are inputs to tsc, which does not copy them.
  const generated = join(root, "src/generated");
  for (const name of await readdir(generated)) {
    if (name.endsWith(".d.ts")) await cp(join(generated, name), join(dist, "types/generated", name));
  }
}

/** Runs each command once on an example, so that the launcher keeps what V8 compiled. */
async function warmCaches() {
  const scratch = await mkdtemp(join(tmpdir(), "guestc-build-"));
  const env = { ...process.env, GUESTC_CACHE: join(dist, "cache"), NODE_OPTIONS: "" };
  const example = "examples/portable-web.guest";
  try {
    for (const args of [
      ["check", example],
      ["build", example, "--target", "one-reg,c-header", "--out", scratch],
      ["fmt", "--check", example],
      ["explain", "FEAT_SVE2"],
      ["view", example, "--host", "n1-618"],
      ["test", example],
    ]) {
      const { status, output } = node([join(dist, "cli.cjs"), ...args], { env });
      if (status === null || status > 1)
        throw new Error(`guestc ${args.join(" ")} exits with ${status}:\n${output}`);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

await generateAll(root);
if (process.argv.includes("--program")) {
  await mkdir(dist, { recursive: true });
  await buildCommandLine();
} else {
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  await Promise.all([buildCommandLine(), buildLibrary()]);
  await buildDeclarations();
  await warmCaches();
}
