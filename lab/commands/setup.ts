/** `lab setup`: brings the parts of the lab. */
import { mkdirSync } from "node:fs";
import { listOf } from "../arguments.ts";
import type { LabCommand } from "../command.ts";
import { LabError, systemError } from "../errors.ts";
import { kernels } from "../parts.ts";
import { requireApt } from "../setup/apt.ts";
import type { SetupContext } from "../setup/fetch.ts";
import { fetchHeaders } from "../setup/headers.ts";
import { fetchKernels } from "../setup/kernels.ts";
import { fetchQemu, presentQemu } from "../setup/qemu.ts";
import { installPackages, missingPackages, tools } from "../setup/tools.ts";

/** Installs what is missing; the names are told before. */
async function setUpTools({ say }: SetupContext): Promise<boolean> {
  requireApt();
  const missing = await missingPackages(tools.map((tool) => tool.package));
  if (missing.length === 0) return false;
  say(`installing Debian packages on this machine: ${missing.join(" ")}`);
  await installPackages(missing, say);
  return true;
}

export const command: LabCommand = {
  name: "setup",
  usage: "[OPTIONS]",
  summary: "brings compilers, QEMU and kernels; changes nothing where all are there",
  description: [
    "Installs the Debian packages that are missing, after naming them; then fetches arm64 kernels, one of each series that the archive has, kernel headers, and, where this machine's QEMU is older than 10, a newer one from the backports. Only the packages change the machine: all else lies in the lab's folder. Signatures are checked with Debian's keys.",
  ],
  options: [
    { name: "kernels", value: "A,B", title: "only these series, e.g. 6.1,newest" },
    { name: "tools", title: "only the Debian packages" },
    { name: "update", title: "looks for newer kernels, headers and QEMU than those that are there" },
  ],
  least: 0,
  async run(args, { parts, io }) {
    const say = (text: string): void => io.err(`lab setup: ${text}\n`);
    const context: SetupContext = { parts, say };
    const update = args.flags.has("update");
    const wanted = listOf(args, "kernels");
    const odd = wanted?.find((series) => !/^(\d+\.\d+|newest)$/.test(series));
    if (odd !== undefined) throw new LabError(`\`--kernels\` needs series such as 6.12, not \`${odd}\``);
    const installed = await setUpTools(context);
    if (args.flags.has("tools")) {
      io.out(installed ? "installed\n" : `nothing to do: ${tools.map((tool) => tool.package).join(" ")}\n`);
      return 0;
    }
    try {
      mkdirSync(parts.folder, { recursive: true });
    } catch (error) {
      throw systemError(parts.folder, error);
    }
    const newKernels = await fetchKernels(context, wanted, update);
    const newQemu = await fetchQemu(context, update);
    const newHeaders = await fetchHeaders(context, update);
    const done = installed || newKernels.length > 0 || newQemu || newHeaders;
    const series = kernels(parts).map((kernel) => kernel.series);
    io.out(
      `${done ? "done" : "nothing to do"}: kernels ${series.join(" ")}, QEMU ${presentQemu(parts)?.version}, kernel headers\n`,
    );
    return 0;
  },
};
