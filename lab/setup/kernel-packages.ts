/** Which packages hold an arm64 kernel for the lab. */
import { compareVersions } from "../../src/tables/index.ts";
import type { ArchivePackage } from "./archive-packages.ts";
import { compareDebianVersions } from "./debian-version.ts";

/** The oldest series that the project describes. */
export const oldestSeries = "6.1";

export interface KernelPackage extends ArchivePackage {
  readonly series: string;
  /** Whether the package holds the image even where another one of the same series is empty but for dependencies. */
  readonly binary: boolean;
}

/**
 * For `apt-cache search --names-only`: the flavour `cloud` is the smallest, and has KVM built in.
 */
export const kernelPattern = "^linux-(image|binary|binary-unsigned)-[0-9].*-cloud-arm64(-unsigned)?$";

/** What a kernel package's name says; undefined for other packages. */
export function kernelPackage(shown: ArchivePackage): KernelPackage | undefined {
  const match = /^linux-(image|binary|binary-unsigned)-(\d+\.\d+)[^ ]*-cloud-arm64(?:-unsigned)?$/.exec(
    shown.name,
  );
  const [, kind, series] = match ?? [];
  return kind === undefined || series === undefined
    ? undefined
    : { ...shown, series, binary: kind !== "image" };
}

/** Negative when `a` is the worse choice; of two equally new ones the one without signature is taken. */
function compareChoice(a: KernelPackage, b: KernelPackage): number {
  const unsigned = (one: KernelPackage): number => (one.name.includes("unsigned") ? 1 : 0);
  return (
    compareDebianVersions(a.version, b.version) ||
    unsigned(a) - unsigned(b) ||
    (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
  );
}

/**
 * The newest package of each series from {@link oldestSeries} on, oldest series first. From 6.19 on the packages
 * `linux-image-*` are empty and `linux-binary-*` have the image.
 */
export function newestOfEachSeries(shown: readonly ArchivePackage[]): readonly KernelPackage[] {
  const found = shown.flatMap((one) => kernelPackage(one) ?? []);
  const series = [...new Set(found.map((one) => one.series))]
    .filter((one) => compareVersions(one, oldestSeries) >= 0)
    .sort(compareVersions);
  return series.flatMap((one) => {
    const candidates = found.filter((candidate) => candidate.series === one);
    const binaries = candidates.filter(({ binary }) => binary);
    return (binaries.length > 0 ? binaries : candidates).sort(compareChoice).at(-1) ?? [];
  });
}
