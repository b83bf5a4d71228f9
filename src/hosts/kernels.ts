/** Which kernels guestc's tables have. */
import { compareVersions, kernelRules, kernelRulesFor, seriesOf } from "../tables/index.ts";

/** The last series of a major release that the tables have: 6.19 for 6, for no 6.20 was ever made. */
function newestOfMajor(kernelVersion: string): string | undefined {
  const major = `${kernelVersion.split(".")[0]}.`;
  return kernelRules()
    .map((row) => seriesOf(row.series))
    .filter((series) => series.startsWith(major))
    .at(-1);
}

/** `5.10, 5.15, and 6.1 to 7.3`. */
function seriesKnown(): string {
  const alone = kernelRules().flatMap((row) => (row.alone === true ? [row.series] : []));
  const [first] = kernelRules().filter((row) => row.alone !== true);
  return `${alone.map((series) => `${series}, `).join("")}and ${first?.series} to ${kernelRules().at(-1)?.series}`;
}

/** Why the tables cannot tell what a kernel offers. @param version `6.12`, `6.12.3` @returns undefined where they can */
export function kernelGap(version: string): string | undefined {
  if (kernelRulesFor(version) === undefined)
    return `the tables have no rules for linux ${version}; they have ${seriesKnown()}`;
  const newest = newestOfMajor(version);
  return newest === undefined || compareVersions(seriesOf(version), newest) > 0
    ? `the tables know linux ${seriesKnown()}, and ${version} is none of them`
    : undefined;
}
