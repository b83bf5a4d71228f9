/** The profile that says what a machine's KVM can do. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { HostProfile } from "../../src/hosts/profile.ts";
import { readHostProfile } from "../../src/hosts/read.ts";
import { capability } from "../../src/tables/index.ts";
import { LabError } from "../errors.ts";
import type { Machine } from "../machine.ts";

/** Names under which a machine's profile may lie in the folder, the likeliest first. */
function profileNames({ cpu, kernel, nested }: Machine): readonly string[] {
  const plain = `${cpu}.linux-${kernel}`;
  return nested ? [`${plain}.nested`, plain] : [plain];
}

/** Whether guests of that host may have an EL2 of their own. */
function offersEl2(profile: HostProfile): boolean {
  const row = capability("KVM_CAP_ARM_EL2");
  return row !== undefined && (profile.capabilities.get(row.number) ?? 0) > 0;
}

/**
 * The profile of a machine; undefined when the folder has none of a machine like this (one in nested mode offers what
 * its plain twin does not).
 *
 * @throws LabError when a file of that name is no host profile
 */
export function profileOf(folder: string, machine: Machine): HostProfile | undefined {
  for (const name of profileNames(machine)) {
    const path = join(folder, `${name}.json`);
    if (!existsSync(path)) continue;
    const read = readHostProfile(readFileSync(path, "utf8"), path);
    if (!("profile" in read)) {
      const [problem] = read.problems;
      throw new LabError(`${path}:${problem?.line}:${problem?.column}: ${problem?.message}`);
    }
    if (offersEl2(read.profile) === machine.nested) return read.profile;
  }
  return undefined;
}
