/** Programs that the tests of the targets run. `npm run lab:setup` installs them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Whether the program is there. Where it is not, CI fails; elsewhere a line says what is left out.
 */
export function hasTool(name: string, purpose: string): boolean {
  const found = spawnSync(name, ["--version"], { stdio: "ignore" }).error === undefined;
  if (found) return true;
  if (process.env.CI === "true") throw new Error(`${name} is missing: \`npm run lab:setup\` installs it`);
  process.stderr.write(`left out for want of ${name} (\`npm run lab:setup\` installs it): ${purpose}\n`);
  return false;
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function run(program: string, args: readonly string[], input?: string): Ran {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: "utf8",
    timeout: 60_000,
    ...(input === undefined ? {} : { input }),
  });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/** Calls `use` with a new folder, which is gone afterwards. */
export function inTemporaryFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "guestc-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
