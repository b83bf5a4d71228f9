/** Writing files so that a reader sees the old text or the new one, never a part. */
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { systemError, UsageError } from "./errors.ts";
import type { Io } from "./io.ts";

export type Written = "written" | "unchanged";

interface Existing {
  /** Behind every link, so that a link stays a link. */
  readonly path: string;
  readonly mode: number;
  readonly regular: boolean;
}

function existing(path: string): Existing | undefined {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const target = realpathSync(path);
  const stat = statSync(target);
  return { path: target, mode: stat.mode & 0o7777, regular: stat.isFile() };
}

/** Why a file cannot be written. What is missing where one is made is its folder. */
function writeError(path: string, error: unknown): UsageError {
  const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
  if (missing && lstatSync(path, { throwIfNoEntry: false }) !== undefined)
    return new UsageError(`${path}: is a link to a file that does not exist`);
  return missing ? new UsageError(`${path}: there is no folder ${dirname(path)}`) : systemError(path, error);
}

/** Opens a new file beside `path` under a name that nobody has. */
function openBeside(path: string): { readonly descriptor: number; readonly name: string } {
  for (let attempt = 0; ; attempt++) {
    const name = join(dirname(path), `.${basename(path)}.${process.pid}.${attempt}.tmp`);
    try {
      return { descriptor: openSync(name, "wx"), name };
    } catch (error) {
      const taken = error instanceof Error && "code" in error && error.code === "EEXIST";
      if (!taken || attempt >= 100) throw error;
    }
  }
}

function replace(path: string, bytes: Buffer, mode: number | undefined): void {
  const { descriptor, name } = openBeside(path);
  try {
    try {
      writeFileSync(descriptor, bytes);
    } finally {
      closeSync(descriptor);
    }
    if (mode !== undefined) chmodSync(name, mode);
    renameSync(name, path);
  } catch (error) {
    rmSync(name, { force: true });
    throw error;
  }
}

/**
 * Writes `text` unless the file holds it already. The file keeps its mode; what is no regular file (a pipe,
 * a terminal) is written to directly.
 *
 * @throws UsageError when it cannot be written; the old file is then as it was
 */
export function writeIfChanged(path: string, text: string): Written {
  const bytes = Buffer.from(text, "utf8");
  try {
    const old = existing(path);
    if (old !== undefined && !old.regular) {
      writeFileSync(path, bytes);
      return "written";
    }
    if (old !== undefined && readFileSync(old.path).equals(bytes)) return "unchanged";
    replace(old?.path ?? path, bytes, old?.mode);
    return "written";
  } catch (error) {
    throw writeError(path, error);
  }
}

/** A file that grows while it is written, and is put in its place when it is whole. */
export interface GrowingFile {
  readonly write: (text: string) => void;
  /** Puts it in its place; without this the old file stays. */
  readonly keep: () => void;
  /** Ends the writing; what was not kept is gone. */
  readonly close: () => void;
}

/** So many characters are gathered before they are written. */
const GATHERED = 1 << 16;

/** @throws UsageError when it cannot be written */
export function growFile(path: string): GrowingFile {
  const attempt = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      throw writeError(path, error);
    }
  };
  const old = attempt(() => existing(path));
  const target = old?.path ?? path;
  const { descriptor, name } = attempt(() => openBeside(target));
  let pending = "";
  let kept = false;
  const flush = (): void => {
    if (pending !== "") attempt(() => writeFileSync(descriptor, pending));
    pending = "";
  };
  return {
    write(text) {
      pending += text;
      if (pending.length >= GATHERED) flush();
    },
    keep() {
      flush();
      kept = true;
    },
    close() {
      closeSync(descriptor);
      if (!kept) rmSync(name, { force: true });
      else
        attempt(() => {
          if (old !== undefined) chmodSync(name, old.mode);
          renameSync(name, target);
        });
    },
  };
}

/** Gives a product to the file that `--out` names; to stdout where it names none, or `-`. */
export function giveProduct(text: string, path: string | undefined, io: Io): void {
  if (path === undefined || path === "-") io.out(text);
  else io.err(`${writeIfChanged(path, text)} ${path}\n`);
}

/**
 * Writes a file that must not exist yet, with the folders above it.
 *
 * @throws UsageError when it exists or cannot be written
 */
export function writeNew(path: string, text: string): void {
  makeFolder(dirname(path));
  try {
    writeFileSync(path, text, { flag: "wx" });
  } catch (error) {
    throw systemError(path, error);
  }
}

/** @throws UsageError when the folder cannot be made */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw systemError(path, error);
  }
}
