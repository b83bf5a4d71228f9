/** Compiles C for the lab's machines. */
import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { LabError } from "./errors.ts";
import { type Parts, setupCommand } from "./parts.ts";
import { run } from "./run.ts";

export interface CompileRequest {
  /** Paths of C and assembler files; relative ones count from the project's folder. */
  readonly sources: readonly string[];
  /** Folders for `#include`; likewise. */
  readonly include?: readonly string[];
  /** Macros: name and value; an empty value defines the name alone. */
  readonly defines?: Readonly<Record<string, string>>;
  /** Further words for the compiler. */
  readonly flags?: readonly string[];
  /** Where the program is put; a relative path counts from the lab's folder. */
  readonly output: string;
}

export const arm64Compiler = "aarch64-linux-gnu-gcc";

/**
 * Compiles a static arm64 Linux program; warnings are errors.
 *
 * @returns the program
 * @throws LabError when the compiler is missing or finds a fault
 */
export async function compileArm64(parts: Parts, request: CompileRequest): Promise<Uint8Array> {
  const output = resolve(parts.folder, request.output);
  const inProject = (path: string): string => resolve(parts.project, path);
  await mkdir(dirname(output), { recursive: true });
  await rm(output, { force: true });
  const { status, stderr } = await run(arm64Compiler, [
    ...["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-static"],
    ...(request.include ?? []).map((folder) => `-I${inProject(folder)}`),
    ...Object.entries(request.defines ?? {}).map(
      ([name, value]) => `-D${name}${value === "" ? "" : `=${value}`}`,
    ),
    ...(request.flags ?? []),
    ...request.sources.map(inProject),
    ...["-o", output],
  ]).catch((error: unknown) => {
    throw error instanceof LabError
      ? new LabError(`${arm64Compiler} is missing: \`${setupCommand}\` installs it`)
      : error;
  });
  if (status !== 0) {
    const lines = stderr.trim().split("\n");
    const shown = lines.length > 30 ? [...lines.slice(0, 30), `(${lines.length - 30} lines more)`] : lines;
    throw new LabError(`${request.sources.join(", ")}: does not compile for arm64`, shown);
  }
  return readFile(output);
}
