/** What has to be undone when the program ends before its work does. */
import { rmSync } from "node:fs";
import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { Parts } from "./parts.ts";

const pending = new Set<() => void>();
let listening = false;

/**
 * Has something done when the process ends, also by Ctrl-C.
 *
 * @returns takes it back
 */
export function atExit(undo: () => void): () => void {
  if (!listening) {
    listening = true;
    process.once("exit", () => {
      for (const one of pending) one();
    });
    // A signal ends the process by way of `exit`; 128 and its number is what a shell shows.
    process.once("SIGINT", () => process.exit(130));
    process.once("SIGTERM", () => process.exit(143));
  }
  pending.add(undo);
  return () => {
    pending.delete(undo);
  };
}

/** A new folder below the lab's, gone when the work is done. */
export async function inRunFolder<T>(parts: Parts, work: (folder: string) => Promise<T>): Promise<T> {
  const runs = join(parts.folder, "run");
  await mkdir(runs, { recursive: true });
  const folder = await mkdtemp(join(runs, "run-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const done = atExit(remove);
  try {
    return await work(folder);
  } finally {
    done();
    remove();
  }
}
