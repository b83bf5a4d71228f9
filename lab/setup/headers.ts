/** Fetches the newest kernel headers for user space. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../errors.ts";
import { headersFolder, type Parts } from "../parts.ts";
import { openApt } from "./apt.ts";
import { replaceFolder, type SetupContext, unpackPackage } from "./fetch.ts";
import { suites } from "./kernels.ts";

export const hasHeaders = (parts: Parts): boolean => existsSync(join(headersFolder(parts), "linux/kvm.h"));

/**
 * @param update whether to fetch them anew where they are there already
 * @returns whether they were fetched
 */
export async function fetchHeaders({ parts, say }: SetupContext, update: boolean): Promise<boolean> {
  if (!update && hasHeaders(parts)) return false;
  const apt = await openApt(parts, { architecture: "arm64", status: "/dev/null", suites, say });
  say("kernel headers for user space: linux-libc-dev");
  const file = await apt.download("linux-libc-dev");
  await replaceFolder(join(parts.folder, "headers"), (folder) => unpackPackage(file, folder));
  await apt.clean();
  if (hasHeaders(parts)) return true;
  const names = await readdir(join(parts.folder, "headers"));
  throw new LabError(`linux-libc-dev has no headers where they are looked for, but ${names.join(", ")}`);
}
