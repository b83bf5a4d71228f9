// Every check of the project: build, types, lint, tests; with `--lab` also the lab's on real KVM. All are run, whatever
// fails; the last line says how many passed and failed, tests and other checks alike. Other arguments are vitest's.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { labChecks } from "./lib/lab-checks.mjs";

const root = resolve(fileURLToPath(import.meta.url), "../..");
const results = "build/test-results.json";

/**
 * @param {string} title
 * @param {string[]} args of Node
 * @returns {boolean} whether it passed
 */
function check(title, args) {
  process.stdout.write(`\n== ${title}\n`);
  const { status, error } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (error !== undefined) process.stdout.write(`${error.message}\n`);
  return status === 0;
}

/** Counts of the test run; undefined where it left none. */
function testCounts() {
  try {
    const { numPassedTests, numTotalTests, numTotalTestSuites, numFailedTestSuites } = JSON.parse(
      readFileSync(resolve(root, results), "utf8"),
    );
    // Not passed is failed: a test that is skipped or left to do proves nothing.
    return {
      passed: numPassedTests,
      failed: numTotalTests - numPassedTests,
      suites: numTotalTestSuites,
      failedSuites: numFailedTestSuites,
    };
  } catch {
    return undefined;
  }
}

rmSync(resolve(root, results), { force: true });
const tsc = "node_modules/typescript/bin/tsc";
const checks = [
  check("build", ["scripts/build.mjs"]),
  check("types of the library", [tsc, "-p", "tsconfig.json"]),
  check("types of scripts, tests and command line", [tsc, "-p", "tsconfig.node.json"]),
  check("lint and format", ["node_modules/@biomejs/biome/bin/biome", "check", "--diagnostic-level=warn"]),
];
const ran = check("tests", [
  "node_modules/vitest/vitest.mjs",
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${results}`,
  ...process.argv.slice(2).filter((word) => word !== "--lab"),
]);
if (process.argv.includes("--lab")) checks.push(...labChecks(root));
const counts = testCounts();
const passed = checks.filter(Boolean).length + (counts?.passed ?? 0);
let failed = checks.filter((one) => !one).length + (counts?.failed ?? 1);
// A file that does not load fails without a test of its own; no tests at all prove nothing.
if ((!ran && counts?.failed === 0) || counts?.passed === 0) failed++;
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
