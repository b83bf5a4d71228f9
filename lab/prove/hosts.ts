/** The profile that says what a machine's KVM can do. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { HostProfile } from "../../src/hosts/profile.ts";
import { readHostProfile } from "../../src/hosts/read.ts";
import { LabError } from "../errors.ts";
import { type Machine, machineStem } from "../machine.ts";

/**
 * The profile of a machine; undefined when the folder has none.
 *
 * @throws LabError when a file of that name is no host profile
 */
export function profileOf(folder: string, machine: Machine): HostProfile | undefined {
  const path = join(folder, `${machineStem(machine)}.json`);
  if (!existsSync(path)) return undefined;
  const read = readHostProfile(readFileSync(path, "utf8"), path);
  if ("profile" in read) return read.profile;
  const [problem] = read.problems;
  throw new LabError(`${path}:${problem?.line}:${problem?.column}: ${problem?.message}`);
}
