/** Files that are there whole or not at all. */
import { rename, writeFile } from "node:fs/promises";

/** Writes a file that no reader ever finds half written, also where the program is stopped. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const part = `${path}.part`;
  await writeFile(part, content);
  await rename(part, path);
}
