/** What the FLEET operands of a command line stand for. */
import { closeSync, fstatSync, openSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { beginsInventory } from "../../fleet/inventory/line.ts";
import { systemError, UsageError } from "../errors.ts";
import { namesIn, shownPath, statOf, stdinPath } from "../files.ts";
import { filesMatching, isPattern } from "./glob.ts";
import { linesOf } from "./lines.ts";

export type FleetOperand =
  /** A `.guest` file that declares hosts. */
  | { readonly kind: "program"; readonly path: string }
  /** One host: a path, or the name of a shipped profile. */
  | { readonly kind: "host"; readonly name: string }
  /** Files of a folder or of a pattern. */
  | { readonly kind: "files"; readonly paths: readonly string[] }
  | {
      readonly kind: "inventory";
      /** undefined: standard input. */
      readonly path: string | undefined;
      /** What messages call it. */
      readonly shown: string;
      /** What paths in it are relative to. */
      readonly folder: string;
    }
  /** It stands for nothing, or cannot be read. */
  | { readonly kind: "wrong"; readonly error: UsageError };

/** The name of an inventory says so; other files are looked into. */
const inventoryName = /\.(?:ndjson|jsonl)$/;

/** Whether a file has a host a line: its first line tells. @throws UsageError when it cannot be read */
function isInventory(path: string): boolean {
  const descriptor = openSync(path, "r");
  try {
    // A pipe can be read only once, and nobody makes one for a single profile.
    if (!fstatSync(descriptor).isFile()) return true;
    if (inventoryName.test(path)) return true;
    const lines = linesOf(descriptor, shownPath(path));
    let first: string | undefined;
    for (let found = lines.next(); found !== undefined; found = lines.next()) {
      const text = found.source.text(found.line);
      if (text === undefined) return false;
      if (text.trim() === "") continue;
      if (first !== undefined) return beginsInventory(first, true);
      first = text;
      // Pretty-printed JSON is recognised by its first line already.
      if (!beginsInventory(first, true)) return false;
    }
    return first !== undefined && beginsInventory(first, false);
  } finally {
    closeSync(descriptor);
  }
}

/** What a word stands for: nothing is read of it but what tells that. */
export function fleetOperand(word: string): FleetOperand {
  try {
    return operandOf(word);
  } catch (error) {
    if (error instanceof UsageError) return { kind: "wrong", error };
    throw error;
  }
}

/** @throws UsageError when it stands for nothing, or cannot be read */
function operandOf(word: string): FleetOperand {
  if (word === "-") return { kind: "inventory", path: undefined, shown: stdinPath, folder: "." };
  const stat = statOf(word);
  if (stat === undefined) {
    if (!isPattern(word)) return { kind: "host", name: word };
    const paths = filesMatching(word);
    if (paths.length === 0) throw new UsageError(`no file matches \`${word}\``);
    return { kind: "files", paths };
  }
  if (stat.isDirectory()) {
    const names = namesIn(word).filter((name) => name.endsWith(".json"));
    if (names.length === 0)
      throw new UsageError(`${word}: has no profile (*.json)`, [
        `\`guestc baseline '${word.replace(/\/$/, "")}/**/*.json'\` takes those in folders below`,
      ]);
    return { kind: "files", paths: names.map((name) => join(word, name)) };
  }
  if (word.endsWith(".guest")) return { kind: "program", path: word };
  try {
    return isInventory(word)
      ? { kind: "inventory", path: word, shown: shownPath(word), folder: dirname(word) }
      : { kind: "host", name: word };
  } catch (error) {
    throw error instanceof UsageError ? error : systemError(word, error);
  }
}

/** What a file is called in a digest: it may lie in another folder on another machine. */
export const digestName = (path: string): string => basename(path);
