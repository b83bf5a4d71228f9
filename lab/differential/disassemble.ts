/** A64 words as text, where binutils for arm64 are installed. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inRunFolder } from "../cleanup.ts";
import type { Parts } from "../parts.ts";
import { run } from "../run.ts";

const bytesOf = (words: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  for (const [at, word] of words.entries()) view.setUint32(4 * at, word, true);
  return bytes;
};

/** @returns a line for each word; the word alone where there is no disassembler */
export function disassemble(parts: Parts, words: readonly number[]): Promise<readonly string[]> {
  const bare = words.map((word) => word.toString(16).padStart(8, "0"));
  return inRunFolder(parts, async (folder) => {
    const file = join(folder, "words");
    await writeFile(file, bytesOf(words));
    const { status, stdout } = await run("aarch64-linux-gnu-objdump", [
      ...["-D", "-b", "binary", "-m", "aarch64", "-M", "no-aliases", file],
    ]).catch(() => ({ status: 1, stdout: "" }));
    if (status !== 0) return bare;
    const texts = [...stdout.matchAll(/^\s*[0-9a-f]+:\t[0-9a-f]{8}\s+(.*)$/gm)].map(([, text]) => text);
    return bare.map((word, at) => `${word}  ${texts[at]?.replaceAll("\t", " ").trim() ?? ""}`.trimEnd());
  });
}
