/** Fetches the newest kernel headers for user space. */
import { existsSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemError } from "../errors.ts";
import { headersFolder, type Parts } from "../parts.ts";
import { openApt } from "./apt.ts";
import { replaceFolder, type SetupContext, unpackPackage } from "./fetch.ts";
import { suites } from "./kernels.ts";

/** Folders of the package's usr/include, and what they are called here. */
const included: readonly (readonly [string, string])[] = [
  ["linux", "linux"],
  ["asm-generic", "asm-generic"],
  ["aarch64-linux-gnu/asm", "asm"],
];

export const hasHeaders = (parts: Parts): boolean =>
  ["linux/kvm.h", "asm/kvm.h"].every((file) => existsSync(join(headersFolder(parts), file)));

/**
 * @param update whether to fetch them anew where they are there already
 * @returns whether they were fetched
 */
export async function fetchHeaders({ parts, say }: SetupContext, update: boolean): Promise<boolean> {
  if (!update && hasHeaders(parts)) return false;
  const apt = await openApt(parts, { architecture: "arm64", status: "/dev/null", suites, say });
  say("kernel headers for user space: linux-libc-dev");
  const file = await apt.download("linux-libc-dev");
  await replaceFolder(headersFolder(parts), async (folder) => {
    const unpacked = join(folder, "package");
    await unpackPackage(file, unpacked);
    for (const [from, to] of included) {
      // Files of other architectures' folders are links into a folder that is left behind.
      const copy = { recursive: true, dereference: true };
      await cp(join(unpacked, "usr/include", from), join(folder, to), copy).catch((error: unknown) => {
        throw systemError(`linux-libc-dev has no usr/include/${from}`, error);
      });
    }
    await rm(unpacked, { recursive: true });
  });
  await apt.clean();
  return true;
}
