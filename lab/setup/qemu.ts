/** Fetches an emulator that knows all CPUs of the lab. */
import { join } from "node:path";
import { compareVersions } from "../../src/tables/index.ts";
import { LabError } from "../errors.ts";
import { installedQemu, type Parts, type Qemu, qemuFolder, unpackedQemu } from "../parts.ts";
import { mustRun } from "../run.ts";
import { openApt, releaseName } from "./apt.ts";
import { replaceFolder, type SetupContext, unpackPackage } from "./fetch.ts";

/** The first QEMU with all CPUs of the lab and nested virtualisation that Linux takes (FEAT_NV2). */
export const oldestQemu = "10.0";

const isNewEnough = (qemu: Qemu | undefined): boolean =>
  qemu !== undefined && compareVersions(qemu.version, oldestQemu) >= 0;

/** An emulator that is new enough. */
export const presentQemu = (parts: Parts): Qemu | undefined =>
  [unpackedQemu(parts), installedQemu()].find(isNewEnough);

/**
 * Unpacks QEMU of the backports of this machine's release into the lab's folder, where the machine's own is too old.
 *
 * @param update whether to fetch it anew where it is there already
 * @returns whether it was fetched
 */
export async function fetchQemu({ parts, say }: SetupContext, update: boolean): Promise<boolean> {
  if (isNewEnough(installedQemu()) || (!update && presentQemu(parts) !== undefined)) return false;
  const release = releaseName();
  const backports = `${release}-backports`;
  const architecture = (
    await mustRun("this machine's architecture is unknown", "dpkg", ["--print-architecture"])
  ).trim();
  const apt = await openApt(parts, {
    architecture,
    status: "/var/lib/dpkg/status",
    suites: [release, `${release}-updates`, backports],
    say,
  });
  if (update) await apt.update();
  say(`QEMU of ${backports}, with what it needs and this machine lacks`);
  const files = await apt.downloadWithNeeds("qemu-system-arm", backports);
  await replaceFolder(qemuFolder(parts), async (folder) => {
    for (const file of files) await unpackPackage(file, join(folder, "root"));
  });
  await apt.clean();
  const unpacked = unpackedQemu(parts);
  if (isNewEnough(unpacked)) return true;
  throw new LabError(
    unpacked === undefined
      ? `QEMU of ${backports} does not run on this machine`
      : `${backports} has QEMU ${unpacked.version}; the lab needs ${oldestQemu} or newer`,
  );
}
