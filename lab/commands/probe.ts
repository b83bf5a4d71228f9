/** `lab probe`: host profiles of the lab's machines. */
import { mkdir } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { optionValue } from "../arguments.ts";
import type { LabCommand } from "../command.ts";
import { machineStem } from "../machine.ts";
import { filterFrom, filterOptions, machines, parallelFrom, supplyOf } from "../matrix.ts";
import { forEachMachine } from "../pool.ts";
import { probeMachine, probeProgram } from "../probe.ts";
import { writeWhole } from "../write-whole.ts";

export const command: LabCommand = {
  name: "probe",
  usage: "[OPTIONS]",
  summary: "records the host profiles of machines",
  description: [
    "Boots every chosen machine, runs probe/guestc-probe.c there, checks what it prints against the schema of host profiles and writes it to FOLDER/CPU.linux-SERIES.json; that of a machine in nested mode is called CPU-nested.linux-SERIES.json.",
  ],
  options: [
    ...filterOptions,
    { name: "out", value: "FOLDER", title: "where the profiles are put (hosts in the lab's folder)" },
  ],
  least: 0,
  async run(args, { parts, io }) {
    const chosen = machines(filterFrom(args), supplyOf(parts));
    const folder = resolve(optionValue(args, "out") ?? join(parts.folder, "hosts"));
    const program = await probeProgram(parts);
    await mkdir(folder, { recursive: true });
    await forEachMachine(
      chosen,
      async (machine) => {
        const profile = await probeMachine(parts, machine, program);
        const path = join(folder, `${machineStem(machine)}.json`);
        await writeWhole(path, profile);
        io.out(`${relative(process.cwd(), path)}  ${profile.length} bytes\n`);
      },
      { parallel: parallelFrom(args) },
    );
    return 0;
  },
};
