/** Fetches arm64 kernels. */
import { existsSync, readFileSync } from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { compareVersions } from "../../src/tables/index.ts";
import { LabError } from "../errors.ts";
import { kernelFolder, kernels, type Parts } from "../parts.ts";
import { type Apt, openApt } from "./apt.ts";
import { megabytes, replaceFolder, type SetupContext, unpackMembers, writeJson } from "./fetch.ts";
import { type KernelPackage, kernelPattern, newestOfEachSeries } from "./kernel-packages.ts";

/** Where the archive has kernels, oldest release first. One that it no longer has is left out. */
export const suites = ["bookworm", "bookworm-backports", "trixie", "trixie-backports", "sid"] as const;

const offerPath = (parts: Parts): string => join(parts.folder, "kernels", "offer.json");

/** The series that the archive had when it was asked last; undefined when it never was. */
export function knownOffer(parts: Parts): readonly string[] | undefined {
  if (!existsSync(offerPath(parts))) return undefined;
  try {
    const { series } = JSON.parse(readFileSync(offerPath(parts), "utf8"));
    return Array.isArray(series) && series.every((one) => typeof one === "string") ? series : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The series that were asked for, where the archive's offer is known.
 *
 * @param wanted series, and `newest` for the newest of the offer; absent: all
 * @throws LabError for a series that the archive has not
 */
export function wantedSeries(
  offer: readonly string[],
  wanted: readonly string[] | undefined,
): readonly string[] {
  if (wanted === undefined) return offer;
  const named = wanted.map((series) => (series === "newest" ? (offer.at(-1) ?? series) : series));
  const absent = named.find((series) => !offer.includes(series));
  if (absent === undefined) return [...new Set(named)].sort(compareVersions);
  throw new LabError(`the archive has no arm64 kernel of series ${absent}`, [`it has: ${offer.join(", ")}`]);
}

/** Whether all that was asked for is there, by what was known when the archive was asked last. */
function isComplete(parts: Parts, wanted: readonly string[] | undefined): boolean {
  const there = new Set(kernels(parts).map(({ series }) => series));
  const offer = knownOffer(parts);
  if (wanted !== undefined && !wanted.includes("newest")) return wanted.every((series) => there.has(series));
  return (
    offer !== undefined &&
    wantedSeries([...new Set([...offer, ...there])].sort(compareVersions), wanted).every((series) =>
      there.has(series),
    )
  );
}

async function fetchKernel(apt: Apt, chosen: KernelPackage, { parts, say }: SetupContext): Promise<void> {
  say(`kernel ${chosen.series}: ${chosen.name} (${megabytes(chosen.size)})`);
  const file = await apt.download(chosen.name);
  await replaceFolder(kernelFolder(parts, chosen.series), async (folder) => {
    const unpacked = join(folder, "unpacked");
    await replaceFolder(unpacked, (inner) => unpackMembers(file, "*/vmlinuz*", inner));
    const names = await readdir(unpacked, { recursive: true });
    const image = names.find((name) => /(^|\/)vmlinuz[^/]*$/.test(name));
    if (image === undefined) throw new LabError(`${chosen.name} has no kernel image in it`);
    await rename(join(unpacked, image), join(folder, "vmlinuz"));
    await rm(unpacked, { recursive: true });
    await writeJson(join(folder, "kernel.json"), { package: chosen.name, version: chosen.version });
  });
  await apt.clean();
}

/**
 * Brings kernels into the lab's folder.
 *
 * @param wanted as for {@link wantedSeries}
 * @param update whether to look for newer packages of series that are there
 * @returns the series that were fetched
 * @throws LabError for a series that the archive has not
 */
export async function fetchKernels(
  context: SetupContext,
  wanted: readonly string[] | undefined,
  update: boolean,
): Promise<readonly string[]> {
  const { parts, say } = context;
  if (!update && isComplete(parts, wanted)) return [];
  const apt = await openApt(parts, { architecture: "arm64", status: "/dev/null", suites, say });
  if (update) await apt.update();
  const offer = newestOfEachSeries(await apt.search(kernelPattern));
  const names = wantedSeries(
    offer.map(({ series }) => series),
    wanted,
  );
  const there = new Map(kernels(parts).map((kernel) => [kernel.series, kernel]));
  const chosen = offer
    .filter(({ series }) => names.includes(series))
    .filter(({ series, name, version }) => {
      const present = there.get(series);
      if (present === undefined) return true;
      return update && (present.package !== name || present.version !== version);
    });
  for (const one of chosen) await fetchKernel(apt, one, context);
  await writeJson(offerPath(parts), { series: offer.map(({ series }) => series) });
  return chosen.map(({ series }) => series);
}
