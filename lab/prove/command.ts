/** `prove`: what guests see on real KVM, held against what guestc predicts from contract and host profile. */
import { join, resolve } from "node:path";
import { listOf, optionValue } from "../arguments.ts";
import type { LabCommand } from "../command.ts";
import { LabError } from "../errors.ts";
import { type Job, machineName } from "../machine.ts";
import { filterFrom, filterOptions, machines, parallelFrom, supplyOf } from "../matrix.ts";
import { forEachMachine } from "../pool.ts";
import { exampleNames, readExamples } from "./examples.ts";
import { profileOf } from "./hosts.ts";
import { proveMachine } from "./prove.ts";
import { isGood, type LeftOut, printProof, proofJson } from "./table.ts";
import { vmmJob, vmmProgram } from "./vmm.ts";

const MILLISECONDS = 1000;

/** @throws LabError for a name that no example has */
function chosenNames(all: readonly string[], wanted: readonly string[] | undefined): readonly string[] {
  const unknown = wanted?.find((name) => !all.includes(name));
  if (unknown !== undefined)
    throw new LabError(`there is no example \`${unknown}\``, [`there are: ${all.join(", ")}`]);
  return all.filter((name) => wanted === undefined || wanted.includes(name));
}

export const command: LabCommand = {
  name: "prove",
  usage: "[--kernel A,B] [--cpu C,D] [--example E,F] [--hosts FOLDER] [--json]",
  summary: "runs every example on real KVM and holds what it sees against what guestc predicts",
  description: [
    "On every machine that has a host profile, every example is compiled into examples/vmm and run. The answers to all questions, and where KVM refuses the guest, the operation and its errno, are held against the prediction from contract, plan and profile alone. What the contract promises is held against the answers besides: a plan that left something out would be predicted to do so.",
    "In the table `ok 1893 +12?` says that 1893 predictions held and that guestc claims nothing about 12 further questions; `refused` that KVM refused the guest where and as predicted. The exit status is 1 where anything is not as predicted.",
  ],
  options: [
    ...filterOptions,
    { name: "example", value: "E,F", title: "only these examples" },
    {
      name: "hosts",
      value: "FOLDER",
      title: "profiles, called CPU.linux-SERIES.json, CPU-nested.linux-SERIES.json (hosts)",
    },
    { name: "json", title: "prints every run with its differences and open questions as JSON" },
  ],
  least: 0,
  async run(args, { parts, io }) {
    const names = chosenNames(exampleNames(parts.project), listOf(args, "example"));
    const folder = resolve(optionValue(args, "hosts") ?? join(parts.project, "hosts"));
    const examples = names.flatMap((name) => readExamples(parts.project, `examples/${name}.guest`));
    const chosen = machines(filterFrom(args), supplyOf(parts)).map((machine) => ({
      machine,
      profile: profileOf(folder, machine),
    }));
    const jobs: Job[] = [];
    for (const example of examples) jobs.push(vmmJob(example, await vmmProgram(parts, example)));

    const able = chosen.flatMap(({ machine, profile }) =>
      profile === undefined ? [] : [{ machine, profile }],
    );
    const leftOut = chosen.flatMap(({ machine, profile }): readonly LeftOut[] =>
      profile === undefined ? [{ machine, why: "no profile of such a host" }] : [],
    );
    if (able.length === 0) throw new LabError(`${folder} has no profile of any of these machines`);
    const cells = await forEachMachine(
      able,
      async ({ machine, profile }) => {
        const began = Date.now();
        const proved = await proveMachine({ parts, machine, profile, examples, jobs });
        const bad = proved.filter((cell) => !isGood(cell)).length;
        const seconds = Math.round((Date.now() - began) / MILLISECONDS);
        io.err(
          `${machineName(machine)}: ${bad === 0 ? "as predicted" : `${bad} not as predicted`}, ${seconds} s\n`,
        );
        return proved;
      },
      { parallel: parallelFrom(args) },
    );
    const proof = { cells: cells.flat(), leftOut };
    io.out(args.flags.has("json") ? proofJson(proof) : printProof(proof));
    return proof.cells.every(isGood) ? 0 : 1;
  },
};
