// `guestc baseline` on inventories of 10,000 to 1,000,000 hosts in 60 classes, of paths, which are short, four times as many
// as well: time of a host beside that of the classes, which must not grow with the number of hosts, and peak memory, which
// must not either; then a fleet in 1, 2 and 4 parts against the whole. Processor time is user and system, so that what else
// runs on the machine counts little. Needs `npm run build`, and 2 GB for a file.
//
//   node bench/fleet.mjs [HOSTS...]
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { classes, inventory } from "./lib/inventory.mjs";
import { root } from "./lib/modules.mjs";

const given = process.argv.slice(2).map(Number);
const sizes = given.length > 0 ? given : [10_000, 100_000, 1_000_000];
const cli = join(root, "dist/cli.cjs");
const folder = mkdtempSync(join(tmpdir(), "guestc-bench-"));
const hook = join(folder, "usage.cjs");
writeFileSync(
  hook,
  `process.on("exit", () => require("node:fs").writeFileSync(process.env.BENCH_USAGE, JSON.stringify(process.resourceUsage())));`,
);

let runs = 0;
/**
 * One run of guestc; `from` is a program whose output it gets on its standard input.
 *
 * @param {readonly string[]} args
 * @param {readonly string[]} [from]
 */
async function timed(args, from) {
  const usage = join(folder, `usage-${runs++}.json`);
  const start = performance.now();
  const source = from && spawn(process.execPath, from, { stdio: ["ignore", "pipe", "inherit"] });
  const child = spawn(process.execPath, ["--require", hook, cli, ...args], {
    stdio: [source?.stdout ?? "ignore", "ignore", "pipe"],
    env: { ...process.env, BENCH_USAGE: usage },
  });
  // The pipe is the child's alone, so that it ends with either of them.
  source?.stdout?.destroy();
  let errors = "";
  child.stderr?.on("data", (text) => (errors += text));
  const status = await new Promise((done) => child.on("close", done));
  if (status !== 0 && status !== 1)
    throw new Error(`guestc ${args.join(" ")} exits with ${status}: ${errors}`);
  const wall = performance.now() - start;
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(readFileSync(usage, "utf8"));
  return { wall, cpu: (userCPUTime + systemCPUTime) / 1000, peak: maxRSS / 1024 };
}

const print = (cells) => process.stdout.write(`${cells.map((cell) => cell.padStart(14)).join("")}\n`);
const out = (name) => join(folder, name);
const json = (name) => ["--format", "json", "--out", out(name)];

function hostsIn(name) {
  const { hosts, classes: found } = JSON.parse(readFileSync(out(name), "utf8"));
  return `${hosts} in ${found.length}`;
}

/** @param {"paths" | "inline"} form */
async function growth(form) {
  process.stdout.write(`\n${form}: ${form === "paths" ? "an inventory file" : "on standard input"}\n`);
  print(["hosts", "CPU s", "wall s", "µs/host", "growth", "peak MB", "against first"]);
  const file = out("fleet.ndjson");
  const measure = async (size) => {
    if (form === "inline")
      return timed(
        ["baseline", "-", ...json("whole.json")],
        [join(root, "bench/inventory.mjs"), form, String(size)],
      );
    await writeFile(file, inventory(root, form, size));
    return timed(["baseline", file, ...json("whole.json")]);
  };
  // The classes cost the same whatever the size: what is compared is what the hosts cost beside them.
  const alone = (await measure(classes)).cpu;
  let firstEach;
  let firstPeak;
  for (const size of form === "paths" ? [...sizes, 4 * sizes.at(-1)] : sizes) {
    const run = await measure(size);
    if (hostsIn("whole.json") !== `${size} in ${classes}`) throw new Error(`read ${hostsIn("whole.json")}`);
    // Less is lost in what one run takes more than another.
    const each = run.cpu > 1.25 * alone ? ((run.cpu - alone) * 1000) / size : undefined;
    firstEach ??= each;
    firstPeak ??= run.peak;
    print([
      String(size),
      (run.cpu / 1000).toFixed(2),
      (run.wall / 1000).toFixed(1),
      each?.toFixed(2) ?? "",
      each === undefined ? "" : (each / firstEach).toFixed(2),
      run.peak.toFixed(0),
      (run.peak / firstPeak).toFixed(2),
    ]);
  }
}

async function parts() {
  const size = Math.min(sizes.at(-1), 100_000);
  const file = out("fleet.ndjson");
  await writeFile(file, inventory(root, "inline", size));
  const whole = await timed(["baseline", file, ...json("whole.json")]);
  process.stdout.write(
    `\n${size} hosts in parts, ${availableParallelism()} cores, against one run over the whole\n`,
  );
  print(["parts", "wall", "CPU", "merge s", "same bytes"]);
  for (const of of [1, 2, 4]) {
    const names = Array.from({ length: of }, (_, at) => `part-${at + 1}.json`);
    const start = performance.now();
    const ran = await Promise.all(
      names.map((name, at) => timed(["baseline", file, "--shard", `${at + 1}/${of}`, ...json(name)])),
    );
    const wall = performance.now() - start;
    const merge = await timed(["baseline", "--merge", ...names.map(out), ...json("merged.json")]);
    const cpu = ran.reduce((sum, one) => sum + one.cpu, merge.cpu);
    print([
      String(of),
      ((wall + merge.wall) / whole.wall).toFixed(2),
      ((cpu - merge.cpu) / of / whole.cpu).toFixed(2),
      (cpu / whole.cpu).toFixed(2),
      (merge.cpu / 1000).toFixed(2),
      readFileSync(out("merged.json")).equals(readFileSync(out("whole.json"))) ? "yes" : "NO",
    ]);
  }
}

process.stdout.write(`Node ${process.version}\n`);
try {
  await growth("paths");
  await growth("inline");
  await parts();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
