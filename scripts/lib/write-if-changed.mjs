import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file by a temporary one and rename, and leaves it untouched when it already holds the text, so
 * that build systems that look at times see no change.
 *
 * @param {string} path
 * @param {string} text
 */
export async function writeIfChanged(path, text) {
  const present = await readFile(path, "utf8").catch(() => undefined);
  if (present === text) return;
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}
