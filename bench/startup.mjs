// Start-up: `guestc check` on an example against an empty script, in turns on the same machine, so that what
// else runs there hits both alike. Prints medians, the ratio, and the ratio of the quickest runs.
//
//   node bench/startup.mjs [ROUNDS] [FILE]
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

const root = resolve(fileURLToPath(import.meta.url), "../..");
const rounds = Number(process.argv[2] ?? 41);
const file = process.argv[3] ?? "examples/portable-web.guest";
const cli = resolve(root, "dist/cli.cjs");

const cases = {
  "node -e 0": { args: ["-e", "0"] },
  [`guestc check ${file}`]: { args: [cli, "check", file] },
  "  without code cache": { args: [cli, "check", file], env: { GUESTC_CACHE: "off" } },
  "guestc --version": { args: [cli, "--version"] },
};

/** @type {Record<string, number[]>} */
const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
for (let round = 0; round <= rounds; round++) {
  for (const [name, { args, env }] of Object.entries(cases)) {
    const start = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, ...env },
    });
    const took = performance.now() - start;
    if (status !== 0) throw new Error(`${name} exits with ${status}: ${stderr}`);
    // The first round fills the page cache.
    if (round > 0) times[name]?.push(took);
  }
}

/** @param {readonly number[]} sorted ascending; @param {number} share */
const quantile = (sorted, share) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
const base = (times["node -e 0"] ?? []).sort((a, b) => a - b);
process.stdout.write(`Node ${process.version}, ${rounds} rounds, milliseconds\n`);
process.stdout.write(
  `${"".padEnd(48)}${["median", "least", "ratio", "of least"].map((head) => head.padStart(10)).join("")}\n`,
);
for (const [name, unsorted] of Object.entries(times)) {
  const sorted = unsorted.sort((a, b) => a - b);
  const cells = [
    quantile(sorted, 0.5).toFixed(1),
    quantile(sorted, 0).toFixed(1),
    (quantile(sorted, 0.5) / quantile(base, 0.5)).toFixed(2),
    (quantile(sorted, 0) / quantile(base, 0)).toFixed(2),
  ];
  process.stdout.write(`${name.padEnd(48)}${cells.map((cell) => cell.padStart(10)).join("")}\n`);
}
