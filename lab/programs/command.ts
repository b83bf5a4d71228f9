/** `programs`: compiles the bare-metal programs and keeps what they print on QEMU. */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { optionValue } from "../arguments.ts";
import type { LabCommand } from "../command.ts";
import { LabError } from "../errors.ts";
import { writeWhole } from "../write-whole.ts";
import { buildProgram } from "./build.ts";
import { programFolder, programs } from "./programs.ts";
import { runProgramOnQemu } from "./qemu.ts";

const cpu = "max";

export const command: LabCommand = {
  name: "programs",
  usage: "[--out FOLDER]",
  summary: "compiles bare-metal C programs and keeps what they print on QEMU",
  description: [
    `Compiles the C programs of ${programFolder} for a machine without an operating system, runs each on QEMU, and writes program and output to FOLDER. The tests run the same programs on the simulator's engine.`,
  ],
  options: [{ name: "out", value: "FOLDER", title: `where the files are put (${programFolder})` }],
  least: 0,
  async run(args, { parts, io }) {
    const folder = resolve(parts.project, optionValue(args, "out") ?? programFolder);
    await mkdir(folder, { recursive: true });
    for (const program of programs) {
      const elf = await buildProgram(parts, program);
      const { output, status } = await runProgramOnQemu(parts, cpu, elf);
      if (status !== 0)
        throw new LabError(`${program.name} ended with ${status} on QEMU`, output.trim().split("\n"));
      await writeWhole(join(folder, `${program.name}.elf`), elf);
      await writeWhole(join(folder, `${program.name}.txt`), output);
      io.out(`${program.name}: ${elf.length} bytes, ${output.split("\n").length - 1} lines\n`);
    }
    return 0;
  },
};
