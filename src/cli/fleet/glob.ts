/** Patterns of file names that the shell was not let expand: a million files do not fit on a command line. */
import { lstatSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../errors.ts";
import { namesIn } from "../files.ts";

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
  try {
    return new RegExp(`^${/^[*?[]/.test(pattern) ? "(?!\\.)" : ""}${body}$`, "su");
  } catch {
    throw new UsageError(`\`${pattern}\` is no pattern: a range such as \`[a-z]\` goes upwards`);
  }
}

type Kind = "file" | "folder" | "other";

/** What lies at a path. A link that leads nowhere is taken for a file, so that its reader tells of it. */
function kindOf(path: string): Kind | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined) return stat.isFile() ? "file" : stat.isDirectory() ? "folder" : "other";
    return lstatSync(path, { throwIfNoEntry: false }) === undefined ? undefined : "file";
  } catch {
    // A ring of links, a name that is too long, a folder that may not be looked into.
    return "file";
  }
}

/** Links are not followed: one that leads to a folder above would never end. */
const isOwnFolder = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function* expand(folder: string, [name, ...rest]: readonly string[]): Generator<string> {
  if (name === undefined) return;
  const last = rest.length === 0;
  if (name === "**") {
    // No folder, or any number of them.
    if (!last) yield* expand(folder, rest);
    for (const one of namesIn(folder)) {
      const path = join(folder, one);
      if (!one.startsWith(".") && isOwnFolder(path)) yield* expand(path, [name, ...rest]);
      else if (last && !one.startsWith(".")) yield path;
    }
    return;
  }
  const found = isPattern(name) ? namesIn(folder).filter((one) => nameExpression(name).test(one)) : [name];
  for (const one of found) {
    const path = folder === "" ? one : join(folder, one);
    if (last) {
      if (kindOf(path) === "file") yield path;
    } else if (kindOf(path) === "folder") yield* expand(path, rest);
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
