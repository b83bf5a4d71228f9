/**
 * `dist/cli.cjs`: starts the program with V8's code cache, so that nothing of it is compiled anew. `dist/guestc.cjs` has
 * every command but those that need the simulator; `dist/simulator.cjs` has all.
 *
 * V8 itself refuses a cache of another version or other flags, but of the source it compares the length
 * only: the cache's name therefore carries a hash of the source. A cache is made at the end of the first run
 * of a command, when what that run compiled is in memory, and holds just that. Whatever goes wrong with a
 * cache, the program runs without it.
 */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";
import { commandNames, simulatorCommands } from "./command-names.ts";

/** Put in place by the bundler. */
declare const GUESTC_BUNDLE_HASH: string;

/** undefined: the program does not have the command. */
type Main = (argv: readonly string[]) => Promise<number | undefined>;
type Program = "guestc" | "simulator";

const argv = process.argv.slice(2);
/** Options may stand before the command; then the cache of `check` serves as well as any. */
const command = argv.find((word) => commandNames.some((name) => name === word)) ?? "check";
/** What options look like may be taken for a command: the program that is then wrong says so. */
const likely: Program = simulatorCommands.some((name) => name === command) ? "simulator" : "guestc";
const nameOf = (program: Program): string => (program === likely ? command : `${command}.${program}`);
const cacheNameOf = (program: Program): string =>
  `${nameOf(program)}-${GUESTC_BUNDLE_HASH}-${process.versions.v8}-${process.arch}.cache`;

/** Where caches come with the compiler, made as it was built. */
const shipped = join(__dirname, "cache");

/** Where this user's caches lie; undefined: none are wanted, or there is no home. */
function userFolder(): string | undefined {
  const { GUESTC_CACHE, NODE_DISABLE_COMPILE_CACHE, XDG_CACHE_HOME, LOCALAPPDATA, HOME } = process.env;
  if (GUESTC_CACHE === "off" || NODE_DISABLE_COMPILE_CACHE === "1") return undefined;
  if (GUESTC_CACHE) return GUESTC_CACHE;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, "guestc");
  if (LOCALAPPDATA) return join(LOCALAPPDATA, "guestc", "cache");
  return HOME ? join(HOME, ".cache", "guestc") : undefined;
}

/** A cache is code: one that others could have written is not used. */
function readCache(path: string): Buffer | undefined {
  try {
    const stat = statSync(path);
    const user = process.getuid?.();
    if (user !== undefined && ((stat.uid !== user && stat.uid !== 0) || (stat.mode & 0o022) !== 0))
      return undefined;
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Caches of other versions that nobody has read for a month. */
function prune(folder: string, cacheName: string): void {
  const oldest = Date.now() - 30 * 24 * 3600 * 1000;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (name.startsWith(`${command}-`) && name !== cacheName && statSync(path).atimeMs < oldest)
      unlinkSync(path);
  }
}

function writeCache(folder: string, cacheName: string, script: Script): void {
  const path = join(folder, cacheName);
  const temporary = `${path}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(temporary, script.createCachedData(), { flag: "wx", mode: 0o600 });
    renameSync(temporary, path);
    prune(folder, cacheName);
  } catch {
    try {
      unlinkSync(temporary);
    } catch {
      // Never written.
    }
  }
}

const folder = userFolder();

/** Runs a program to its end; undefined: it does not have the command. */
async function runProgram(program: Program): Promise<number | undefined> {
  const cacheName = cacheNameOf(program);
  const cachedData =
    folder === undefined
      ? undefined
      : ((process.env.GUESTC_CACHE ? undefined : readCache(join(shipped, cacheName))) ??
        readCache(join(folder, cacheName)));
  const bundle = join(__dirname, `${program}.cjs`);
  // The bundle is ASCII: read as Latin-1 it becomes a string of one byte a character without decoding. It is a function
  // that takes what Node gives a CommonJS module.
  const script = new Script(readFileSync(bundle, "latin1"), {
    filename: bundle,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const loaded: { exports: { main?: Main } } = { exports: {} };
  script.runInThisContext()(loaded.exports, require, loaded, bundle, __dirname);

  const { main } = loaded.exports;
  if (main === undefined) throw new Error(`${program}.cjs is damaged: install guestc again`);
  const code = await main(argv);
  const usable = cachedData !== undefined && script.cachedDataRejected !== true;
  // What a wrong command line or a help text compiles is not what the next run needs.
  const complete = code !== undefined && code !== 2 && argv.length > 1 && !argv.includes("--help");
  if (!usable && folder !== undefined && complete) writeCache(folder, cacheName, script);
  return code;
}

runProgram(likely)
  .then((code) => code ?? runProgram("simulator"))
  .then((code) => {
    // All output is written by now; to take the heap down in good order would only cost time.
    process.exit(code);
  });
