/** `lab kernels`: the kernels that are there. */
import type { LabCommand } from "../command.ts";
import { kernels, setupCommand } from "../parts.ts";
import { knownOffer } from "../setup/kernels.ts";
import { textTable } from "../text.ts";

export const command: LabCommand = {
  name: "kernels",
  usage: "",
  summary: "lists the kernels that are there",
  description: [
    "Series, version and Debian package of each kernel; and the series that the archive has besides.",
  ],
  options: [],
  least: 0,
  async run(_, { parts, io }) {
    const there = kernels(parts);
    if (there.length > 0) {
      io.out(
        textTable([
          ["series", "version", "package"],
          ...there.map((kernel) => [kernel.series, kernel.version, kernel.package]),
        ]),
      );
    }
    const besides = (knownOffer(parts) ?? []).filter(
      (series) => !there.some((kernel) => kernel.series === series),
    );
    if (besides.length > 0) io.out(`not fetched: ${besides.join(", ")}\n`);
    if (there.length === 0) io.out(`there is none: \`${setupCommand}\` fetches them\n`);
    return 0;
  },
};
