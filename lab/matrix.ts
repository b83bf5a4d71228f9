/** Which machines there are, and a choice of them. */

import { compareVersions } from "../src/tables/index.ts";
import { countOf, listOf } from "./arguments.ts";
import type { Arguments, LabOption } from "./command.ts";
import { cpuOf, cpus } from "./cpus.ts";
import { LabError } from "./errors.ts";
import type { Machine } from "./machine.ts";
import { kernelOf, kernels, type Parts, qemuOf, setupCommand } from "./parts.ts";

/** A choice of machines; what is absent leaves the choice open. */
export interface Filter {
  /** Series, or `newest`. */
  readonly kernels?: readonly string[];
  /** Names of rows of `lab/cpus.json`. */
  readonly cpus?: readonly string[];
  /** Only nested machines, or none of them. */
  readonly nested?: boolean;
}

/** What the machines of {@link machines} are made of. */
export interface Supply {
  /** Kernel series that are there, oldest first. */
  readonly kernels: readonly string[];
  /** QEMU's version. */
  readonly qemu: string;
}

/** Options that every command over several machines takes. */
export const filterOptions: readonly LabOption[] = [
  {
    name: "kernel",
    value: "A,B",
    title: "only kernels of these series; `newest` is the newest that is there",
  },
  { name: "cpu", value: "C,D", title: "only these CPUs" },
  { name: "nested", title: "only machines in nested mode" },
  { name: "plain", title: "no machines in nested mode" },
  { name: "parallel", value: "N", title: "so many machines at a time (2)" },
];

/**
 * The filter that {@link filterOptions} say.
 *
 * @throws LabError when it is `--nested` and `--plain` at once
 */
export function filterFrom(args: Arguments): Filter {
  const series = listOf(args, "kernel");
  const names = listOf(args, "cpu");
  const [nested, plain] = [args.flags.has("nested"), args.flags.has("plain")];
  if (nested && plain) throw new LabError("`--nested` and `--plain` leave no machine");
  return {
    ...(series === undefined ? {} : { kernels: series }),
    ...(names === undefined ? {} : { cpus: names }),
    ...(nested || plain ? { nested } : {}),
  };
}

export const parallelFrom = (args: Arguments): number => countOf(args, "parallel", 2);

/**
 * @param series `6.12`, or `newest` for the newest kernel that is there
 * @throws LabError when it is not there
 */
export function newestOr(series: string, parts: Parts): string {
  if (series !== "newest") return kernelOf(parts, series).series;
  const newest = kernels(parts).at(-1);
  if (newest === undefined) throw new LabError(`there is no arm64 kernel: \`${setupCommand}\` fetches them`);
  return newest.series;
}

/** What the lab's folder and this machine offer. */
export function supplyOf(parts: Parts): Supply {
  const series = kernels(parts).map((kernel) => kernel.series);
  if (series.length === 0) throw new LabError(`there is no arm64 kernel: \`${setupCommand}\` fetches them`);
  return { kernels: series, qemu: qemuOf(parts).version };
}

/** The chosen series, oldest first, none twice. */
function chosenSeries(filter: Filter, supply: Supply): readonly string[] {
  if (filter.kernels === undefined) return supply.kernels;
  const wanted = filter.kernels.map((series) => {
    const name = series === "newest" ? supply.kernels.at(-1) : series;
    if (name !== undefined && supply.kernels.includes(name)) return name;
    throw new LabError(
      `no arm64 kernel of series ${series}: \`${setupCommand} -- --kernels ${series}\` fetches it`,
      [`there are: ${supply.kernels.join(", ")}`],
    );
  });
  return [...new Set(wanted)].sort(compareVersions);
}

/**
 * Kernels × CPUs, oldest kernel first and CPUs in the order of the table; behind a machine its nested twin where
 * kernel and CPU have one. CPUs that this QEMU is too old for are left out, unless the filter names them.
 *
 * @throws LabError for a kernel, CPU or QEMU that is not there
 */
export function machines(filter: Filter, supply: Supply): readonly Machine[] {
  const rows = filter.cpus === undefined ? cpus() : [...new Set(filter.cpus)].map(cpuOf);
  const able = rows.filter((cpu) => compareVersions(supply.qemu, cpu.qemu) >= 0);
  const unable = rows.find((cpu) => !able.includes(cpu));
  if (filter.cpus !== undefined && unable !== undefined) {
    throw new LabError(
      `${unable.name} needs QEMU ${unable.qemu}, this is ${supply.qemu}: \`${setupCommand}\` brings a newer one`,
    );
  }
  return chosenSeries(filter, supply).flatMap((kernel) =>
    able.flatMap((cpu): readonly Machine[] => {
      const canNest =
        cpu.nested !== undefined &&
        compareVersions(kernel, cpu.nested.kernel) >= 0 &&
        compareVersions(supply.qemu, cpu.nested.qemu) >= 0;
      const plain = { kernel, cpu: cpu.name, nested: false };
      const nested = { ...plain, nested: true };
      return [
        ...(filter.nested === true ? [] : [plain]),
        ...(filter.nested === false || !canNest ? [] : [nested]),
      ];
    }),
  );
}
