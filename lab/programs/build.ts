/** Compiles a bare-metal program, the same bytes each time with the same compiler. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { inRunFolder } from "../cleanup.ts";
import { arm64Compiler } from "../compile.ts";
import type { Parts } from "../parts.ts";
import { mustRun } from "../run.ts";
import { type Program, programFolder } from "./programs.ts";

const common: readonly string[] = [
  ...["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"],
  ...["-ffreestanding", "-nostdlib", "-static", "-no-pie", "-fno-pie", "-fno-asynchronous-unwind-tables"],
  "-Wl,--build-id=none,-z,max-page-size=4096,-s,--no-warn-rwx-segments",
];

/**
 * @returns a static ELF program that is loaded at 0x40200000
 * @throws LabError when the compiler is missing or finds a fault
 */
export function buildProgram(parts: Parts, { name, source, flags }: Program): Promise<Uint8Array> {
  const library = (file: string): string => join(programFolder, "lib", file);
  return inRunFolder(parts, async (folder) => {
    const output = join(folder, name);
    await mustRun(
      source,
      arm64Compiler,
      [
        ...common,
        ...flags,
        ...["-T", library("link.ld"), "-o", output, join(programFolder, source)],
        ...["start.S", "memory.S", "machine.c"].map(library),
        "-lgcc",
      ],
      { directory: parts.project },
    );
    return readFile(output);
  });
}
