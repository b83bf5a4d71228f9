/** What every part of the set-up works with. */
import { rmSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { atExit } from "../cleanup.ts";
import type { Parts } from "../parts.ts";
import { mustRun } from "../run.ts";

export interface SetupContext {
  readonly parts: Parts;
  /** Tells what is being done, one line each. */
  say(text: string): void;
}

/** `21 MB` */
export const megabytes = (bytes: number): string => `${Math.max(1, Math.round(bytes / 1e6))} MB`;

/** A folder that is filled first and then takes its place, so that a part is either whole or absent. */
export async function replaceFolder(
  folder: string,
  fill: (unfinished: string) => Promise<void>,
): Promise<void> {
  const unfinished = join(dirname(folder), `.${basename(folder)}.${process.pid}`);
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const done = atExit(() => rmSync(unfinished, { recursive: true, force: true }));
  try {
    await fill(unfinished);
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
  } finally {
    done();
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Unpacks all files of a package below a folder. */
export async function unpackPackage(file: string, folder: string): Promise<void> {
  await mustRun(`${basename(file)} cannot be unpacked`, "dpkg-deb", ["-x", file, folder]);
}

/** Unpacks only files whose names match a pattern of tar's. */
export async function unpackMembers(file: string, pattern: string, folder: string): Promise<void> {
  await mustRun(`${basename(file)} cannot be unpacked`, "sh", [
    "-c",
    'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$3" --wildcards "$2"',
    ...["sh", file, pattern, folder],
  ]);
}

export const writeJson = (path: string, value: unknown): Promise<void> =>
  writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`);
