/** Runs the bundled command line as its users do: as a process of its own. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";

export const cli = resolve("dist/cli.cjs");

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/** An environment without colours' variables, so that a test says what it wants. */
export function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...rest } = process.env;
  return { ...rest, GUESTC_CACHE: resolve("build/test-cache"), ...more };
}

export function guestc(args: readonly string[], options: RunOptions = {}): Ran {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [cli, ...args], {
    cwd: options.cwd,
    encoding: "utf8",
    maxBuffer: 64 << 20,
    env: environment(options.env),
    input: options.input ?? "",
  });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/** A folder that is gone after the test file. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "guestc-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const good = "edition 2026\n\ncpu c {\n  baseline armv8.2-a\n}\n\nguest g {\n  cpu c\n}\n";
export const bad = good.replace("  cpu c\n}\n", "  cpu c\n  vcpus 0\n}\n");
/** Gives a warning and no error. */
export const doubtful = good.replace("guest g", "cpu spare {\n  baseline armv8.2-a\n}\n\nguest g");
