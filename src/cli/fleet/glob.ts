/** Patterns of file names that the shell was not let expand: a million files do not fit on a command line. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemError } from "../errors.ts";

/** Whether a word is a pattern. */
export const isPattern = (word: string): boolean => /[*?[]/.test(word);

/** One name of a path as a regular expression: `*`, `?`, `[a-z]`, `[!a-z]`; what begins with a dot has to be named so. */
function nameExpression(pattern: string): RegExp {
  const body = pattern.replace(/\[([!^]?)(\]?[^\]]*)\]|[\s\S]/g, (one, not: string, set: string) => {
    if (set !== undefined) return `[${not === "" ? "" : "^"}${set.replace(/[\\[\]^]/g, "\\$&")}]`;
    if (one === "*") return "[^/]*";
    if (one === "?") return "[^/]";
    return one.replace(/[\\^$.|+()[\]{}]/, "\\$&");
  });
  return new RegExp(`^${/^[*?[]/.test(pattern) ? "(?!\\.)" : ""}${body}$`, "su");
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder === "" ? "." : folder).sort();
  } catch (error) {
    throw systemError(folder === "" ? "." : folder, error);
  }
}

const isFolder = (path: string): boolean =>
  statSync(path === "" ? "." : path, { throwIfNoEntry: false })?.isDirectory() === true;

function* expand(folder: string, [name, ...rest]: readonly string[]): Generator<string> {
  if (name === undefined) return;
  const last = rest.length === 0;
  if (name === "**") {
    // No folder, or any number of them.
    if (!last) yield* expand(folder, rest);
    for (const one of namesIn(folder)) {
      const path = join(folder, one);
      if (!one.startsWith(".") && isFolder(path)) yield* expand(path, [name, ...rest]);
      else if (last && !one.startsWith(".")) yield path;
    }
    return;
  }
  const found = isPattern(name) ? namesIn(folder).filter((one) => nameExpression(name).test(one)) : [name];
  for (const one of found) {
    const path = folder === "" ? one : join(folder, one);
    if (last) {
      if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) yield path;
    } else if (isFolder(path)) yield* expand(path, rest);
  }
}

/**
 * The regular files that a pattern stands for, each once, in order of their paths. `**` is any number of folders.
 *
 * @throws UsageError when a folder cannot be read
 */
export function filesMatching(pattern: string): readonly string[] {
  const parts = pattern.split("/").filter((part, at) => part !== "" || at === 0);
  const rooted = parts[0] === "";
  return [...new Set(expand(rooted ? "/" : "", rooted ? parts.slice(1) : parts))].sort();
}
