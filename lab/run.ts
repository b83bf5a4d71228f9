/** Runs a program of this machine to its end. */
import { spawn } from "node:child_process";
import { LabError, systemError } from "./errors.ts";

export interface Ran {
  /** Exit status; null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Runs a program with nothing on its standard input.
 *
 * @throws LabError when it cannot be started
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.directory,
      env: { ...process.env, ...options.environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", (error) => reject(systemError(`${command} cannot be started`, error)));
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}

/**
 * As {@link run}, for a program that has to succeed.
 *
 * @param what the task, for the message: `package lists cannot be fetched`
 * @returns its standard output
 * @throws LabError with the last lines that it wrote
 */
export async function mustRun(
  what: string,
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { status, stdout, stderr } = await run(command, args, options);
  if (status === 0) return stdout;
  const lines = (stderr.trim() === "" ? stdout : stderr).trim().split("\n").slice(-8);
  throw new LabError(`${what}: ${command} ended with ${status ?? "a signal"}`, lines);
}
