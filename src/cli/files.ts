/** Reading: the user's files, and what they import. */
import { isUtf8 } from "node:buffer";
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { gunzipSync } from "node:zlib";
import type { FileLoader, SourceFile } from "../index.ts";
import { systemError, UsageError } from "./errors.ts";
import type { Io } from "./io.ts";
import { shippedHost } from "./shipped.ts";

/** How standard input is called in messages. */
export const stdinPath = "<stdin>";

/** A folder with one of these is where a project begins. */
const rootMarkers = [".git", ".hg", ".jj", "package.json"];

/** A path as messages and outputs show it: relative to where the user stands, with `/`. */
export function shownPath(path: string): string {
  const shown = relative(process.cwd(), resolve(path));
  return (shown === "" ? "." : shown).split(sep).join("/");
}

/** What lies at a path, behind links; undefined: nothing. @throws UsageError when that cannot be known */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw systemError(path, error);
  }
}

/** What a folder holds. @throws UsageError when it cannot be read */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder === "" ? "." : folder).sort();
  } catch (error) {
    throw systemError(folder === "" ? "." : folder, error);
  }
}

/** What lies at a path itself, be it a link that leads nowhere; undefined: nothing, or it cannot be known. */
export function lstatOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** UTF-8 text without a byte order mark; undefined where the bytes are none. */
function decode(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes) || bytes.includes(0)) return undefined;
  const text = bytes.toString("utf8");
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** @throws UsageError when it cannot be read or is no text */
function textOf(name: string, read: () => Buffer): string {
  let bytes: Buffer;
  try {
    bytes = read();
  } catch (error) {
    throw error instanceof UsageError ? error : systemError(name, error);
  }
  const text = decode(bytes);
  if (text === undefined) throw new UsageError(`${name}: is no UTF-8 text`);
  return text;
}

/** Reads a file that the command line names; `-` is standard input. */
export function readSource(path: string, io: Io): SourceFile {
  if (path === "-") return { path: stdinPath, text: textOf(stdinPath, io.stdin) };
  return { path: shownPath(path), text: textOf(path, () => readFileSync(path)) };
}

/** Reads a text that is no source of the language, such as a host's profile. */
export function readText(path: string): SourceFile {
  return { path: shownPath(path), text: textOf(path, () => readFileSync(path)) };
}

/** No text of ours is that long; what unpacks to more is no text. */
const MOST_UNPACKED = 1 << 28;

/** @throws UsageError when it is not in gzip's form, or too long */
function unpack(name: string, packed: Buffer): Buffer {
  try {
    return gunzipSync(packed, { maxOutputLength: MOST_UNPACKED });
  } catch (error) {
    if (error instanceof Error && "code" in error) throw new UsageError(`${name}: cannot be unpacked`);
    throw error;
  }
}

/** Reads a text that may be packed by gzip, as its first bytes tell. */
export function readUnpacked(path: string): SourceFile {
  const read = (): Buffer => {
    const bytes = readFileSync(path);
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? unpack(path, bytes) : bytes;
  };
  return { path: shownPath(path), text: textOf(path, read) };
}

/** Reads bytes as they are; `-` is standard input. @throws UsageError when it cannot be read */
export function readBytes(path: string, io: Io): Uint8Array {
  try {
    return path === "-" ? io.stdin() : readFileSync(path);
  } catch (error) {
    throw systemError(path === "-" ? stdinPath : path, error);
  }
}

/** The nearest folder above `folder` (or itself) with a marker of a project. */
function markedRoot(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (rootMarkers.some((marker) => existsSync(join(at, marker)))) return at;
    if (dirname(at) === at) return undefined;
  }
}

const isWithin = (root: string, path: string): boolean => {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
};

/**
 * The folder that imports of `entry` may not leave: `chosen`, else the project around the file, else the
 * user's folder when the file lies in it, else the file's own.
 */
function rootOf(entry: SourceFile, chosen: string | undefined): string {
  if (chosen !== undefined) {
    try {
      return realpathSync(chosen);
    } catch (error) {
      throw systemError(`--root ${chosen}`, error);
    }
  }
  const here = realpathSync(process.cwd());
  const folder = entry.path === stdinPath ? here : realpathSync(dirname(resolve(entry.path)));
  return markedRoot(folder) ?? (isWithin(here, folder) ? here : folder);
}

/**
 * Files by path relative to where the user stands. The root is looked for when an import first asks.
 *
 * @param root value of `--root`
 */
export function loaderFor(entry: SourceFile, root: string | undefined): FileLoader {
  let known: string | undefined;
  return {
    read(path) {
      try {
        return decode(readFileSync(path));
      } catch {
        // Missing, a folder, not permitted: the import's own diagnostic says that there is no such file.
        return undefined;
      }
    },
    inside(path) {
      known ??= rootOf(entry, root);
      const full = resolve(path);
      // A link may point out of the project; a file that does not exist is judged by its name.
      return isWithin(known, existsSync(full) ? realpathSync(full) : join(nearestReal(dirname(full)), "x"));
    },
    isFolder(path) {
      try {
        return statSync(resolve(path), { throwIfNoEntry: false })?.isDirectory() === true;
      } catch {
        return false;
      }
    },
    shippedHost,
  };
}

/** The real path of the nearest folder above that exists. */
function nearestReal(folder: string): string {
  for (let at = folder; ; at = dirname(at)) if (existsSync(at) || dirname(at) === at) return realpathSync(at);
}
