/** `record`: real KVM's answers to a generated script, one file a machine. */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { countAnswers } from "../../src/recordings/index.ts";
import { countOf, optionValue } from "../arguments.ts";
import type { LabCommand } from "../command.ts";
import { machineName } from "../machine.ts";
import { filterFrom, filterOptions, machines, parallelFrom, supplyOf } from "../matrix.ts";
import { forEachMachine } from "../pool.ts";
import { writeWhole } from "../write-whole.ts";
import { defaultCases, defaultSeed, generate } from "./generate.ts";
import { compressRecording, recorderProgram, recordingName, recordMachine } from "./record.ts";

const MILLISECONDS = 1000;

export const command: LabCommand = {
  name: "record",
  usage: "[--seed N] [--cases N] [--kernel A,B] [--cpu C,D] [--out FOLDER]",
  summary: "records what KVM answers to a generated script, one file a machine",
  description: [
    "Generates a script of KVM calls and of questions to a guest, runs it on every machine, and writes the answers to FOLDER. The same seed gives the same script, and the same machine the same bytes.",
    "The form of the files is described in docs/recordings.md.",
  ],
  options: [
    { name: "seed", value: "N", title: `of the random cases (${defaultSeed})` },
    { name: "cases", value: "N", title: `so many random sequences (${defaultCases})` },
    ...filterOptions,
    { name: "out", value: "FOLDER", title: "where the files are put (test/recordings)" },
  ],
  least: 0,
  async run(args, { parts, io }) {
    const seed = countOf(args, "seed", defaultSeed);
    const cases = countOf(args, "cases", defaultCases);
    const folder = resolve(parts.project, optionValue(args, "out") ?? "test/recordings");
    const chosen = machines(filterFrom(args), supplyOf(parts));
    const program = await recorderProgram(parts);
    await mkdir(folder, { recursive: true });
    const counts = await forEachMachine(
      chosen,
      async (machine) => {
        const began = Date.now();
        const script = generate({ seed, cases, ...machine });
        const recording = await recordMachine(parts, machine, program, script, seed);
        const bytes = compressRecording(recording);
        const path = join(folder, recordingName(machine));
        await writeWhole(path, bytes);
        const answers = countAnswers(recording);
        const seconds = Math.round((Date.now() - began) / MILLISECONDS);
        io.err(`${machineName(machine)}: ${answers} answers, ${bytes.length} bytes, ${seconds} s\n`);
        return { answers, bytes: bytes.length };
      },
      { parallel: parallelFrom(args) },
    );
    const total = counts.reduce((sum, { answers }) => sum + answers, 0);
    const size = counts.reduce((sum, { bytes }) => sum + bytes, 0);
    io.out(`${counts.length} machines, ${total} answers, ${size} bytes\n`);
    return 0;
  },
};
