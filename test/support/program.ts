/** Before the tests: builds the command line where it is missing or older than its sources. */
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const program = "dist/guestc.cjs";
const inputs = ["src", "probe", "scripts", "schemas", "package.json"];

function newest(path: string): number {
  const stat = statSync(path);
  // What is generated is written anew only when it changes, by the build itself.
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(
    0,
    ...readdirSync(path).map((name) => (name === "generated" ? 0 : newest(join(path, name)))),
  );
}

export default function setup(): void {
  const built = statSync(program, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built > Math.max(...inputs.map(newest))) return;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/build.mjs", "--program"], {
    encoding: "utf8",
  });
  // Tests of the command line then fail by themselves; the others need not.
  if (status !== 0) process.stderr.write(`the command line does not build:\n${stdout}${stderr}\n`);
}
