import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** What decides what a host offers: facts of the architecture and of KVM, and by which a host is judged and derived. */
const folders = ["src/tables/data", "src/hosts/data"];

/**
 * Tells one version of the tables from another. Blanks take no part.
 *
 * @param {string} root the project's folder
 * @returns {Promise<string>} 16 hexadecimal digits
 */
export async function tablesDigest(root) {
  const hash = createHash("sha256");
  for (const folder of folders)
    for (const name of (await readdir(join(root, folder))).filter((one) => one.endsWith(".json")).sort()) {
      const text = await readFile(join(root, folder, name), "utf8");
      hash.update(`${folder}/${name}\n${JSON.stringify(JSON.parse(text))}\n`);
    }
  return hash.digest("hex").slice(0, 16);
}
