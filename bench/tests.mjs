// `guestc test` on the examples against one boot of the lab: what asking the simulator costs, and what asking a real KVM
// in an emulated machine costs. In turns. Needs the lab: `npm run lab:setup`; and `npm run build`.
//
//   node bench/tests.mjs [ROUNDS]
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

const root = resolve(fileURLToPath(import.meta.url), "../..");
const rounds = Number(process.argv[2] ?? 5);
const examples = readdirSync(join(root, "examples"))
  .filter((name) => name.endsWith(".guest"))
  .map((name) => join("examples", name))
  .filter((path) => /^\s*test\s/m.test(readFileSync(join(root, path), "utf8")));

const folder = mkdtempSync(join(tmpdir(), "guestc-bench-"));
const job = join(folder, "nothing.c");
writeFileSync(job, "int main(void) { return 0; }\n");

/** @param {string[]} args of Node */
function timed(args) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")} exits with ${status}: ${stdout}${stderr}`);
  return performance.now() - start;
}

const cases = [
  ...examples.map((path) => ({ name: `guestc test ${path}`, args: ["dist/cli.cjs", "test", path] })),
  { name: "one boot, newest kernel", args: ["scripts/lab.mjs", "boot", "newest", "neoverse-n1", job] },
].map((one) => ({ ...one, times: /** @type {number[]} */ ([]) }));

try {
  for (let round = 0; round <= rounds; round++)
    for (const { args, times } of cases) {
      const took = timed(args);
      // The first round fills caches.
      if (round > 0) times.push(took);
    }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const medianOf = (times) => times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
const boot = medianOf(cases.at(-1)?.times ?? []);
process.stdout.write(`Node ${process.version}, ${rounds} rounds, median milliseconds, share of a boot\n`);
for (const { name, times } of cases) {
  const median = medianOf(times);
  process.stdout.write(
    `${name.padEnd(48)}${median.toFixed(0).padStart(10)}${(median / boot).toFixed(2).padStart(10)}\n`,
  );
}
