/** `differential`: the engine's instructions against QEMU's. */
import { countOf, listOf, optionValue } from "../arguments.ts";
import type { Arguments, LabCommand } from "../command.ts";
import { LabError } from "../errors.ts";
import { explain, type Lacking, runBatch } from "./batch.ts";
import { type Block, makeBlock, picker } from "./block.ts";
import { type Subject, subjects } from "./class.ts";
import { classesOf } from "./classes/index.ts";
import type { Coverage } from "./coverage.ts";
import { fuzzBlock } from "./fuzz.ts";
import { record, recordingFolder } from "./record.ts";
import { coverageTable, differenceText, leastOf } from "./report.ts";

const defaultSeed = 7;
const defaultBlocks = 20_000;
const blockLength = 48;
const wordsLength = 32;
/** Blocks in one image. */
const batchSize = 4000;
const defaultShown = 10;
/** Without the vector extensions that the engine does not execute: their instructions are then UNDEFINED. */
export const defaultCpu = "max,sve=off,sme=off";

/** With SVE, and vectors of 256 bits. */
const sveCpu = "max,sme=off";

function subjectsFrom(args: Arguments, sve: boolean): ReadonlySet<Subject> {
  const names = listOf(args, "only") ?? subjects.filter((subject) => sve || subject !== "sve");
  if (!sve && names.includes("sve")) throw new LabError("`--only sve` needs `--sve`");
  return new Set(
    names.map((name) => {
      const found = subjects.find((subject) => subject === name);
      if (found === undefined)
        throw new LabError(`\`--only ${name}\`: there is no such subject`, [
          `there are: ${subjects.join(", ")}`,
        ]);
      return found;
    }),
  );
}

/** What is lacking, the most frequent first, each with a word. */
function lackingLines(lacks: readonly Lacking[]): readonly string[] {
  const byWhat = new Map<string, { count: number; word: number }>();
  for (const { what, word } of lacks) {
    const known = byWhat.get(what);
    if (known === undefined) byWhat.set(what, { count: 1, word });
    else known.count++;
  }
  return [...byWhat]
    .toSorted(([, a], [, b]) => b.count - a.count)
    .map(
      ([what, { count, word }]) =>
        `lacks ${what}: ${count} times, such as ${word.toString(16).padStart(8, "0")}`,
    );
}

export const command: LabCommand = {
  name: "differential",
  usage: "[--seed N] [--blocks N] [--words N] [--only A,B] [--cpu MODEL] | --record",
  summary: "compares the engine's instructions with QEMU's on random programs",
  description: [
    "Makes blocks of random A64 instructions and blocks of random words, runs them on QEMU and on the simulator's engine, and compares registers, flags, memory and exceptions after each block. The same seed gives the same blocks.",
    "Where they differ, the shortest beginning of the block that shows it is printed with both results. The exit status is then 1.",
  ],
  options: [
    { name: "seed", value: "N", title: `of the random programs (${defaultSeed})` },
    {
      name: "blocks",
      value: "N",
      title: `of ${blockLength} instructions or a little more (${defaultBlocks})`,
    },
    { name: "words", value: "N", title: `blocks of ${wordsLength} random words (a quarter of the blocks)` },
    { name: "only", value: "A,B", title: `instructions of these subjects: ${subjects.join(", ")}` },
    { name: "sve", title: "blocks have SVE's registers, vectors of 256 bits, and its instructions" },
    { name: "cpu", value: "MODEL", title: `QEMU's -cpu (${defaultCpu})` },
    { name: "show", value: "N", title: `so many differences at most (${defaultShown})` },
    { name: "record", title: "compares nothing; writes QEMU's results that the tests put to the engine" },
    { name: "out", value: "FOLDER", title: `where those are put (${recordingFolder})` },
  ],
  least: 0,
  async run(args, context) {
    const { parts, io } = context;
    if (args.flags.has("record")) {
      await record(context, optionValue(args, "out"));
      return 0;
    }
    const seed = countOf(args, "seed", defaultSeed);
    const count = countOf(args, "blocks", defaultBlocks);
    const sve = args.flags.has("sve");
    const only = subjectsFrom(args, sve);
    const words = countOf(args, "words", Math.ceil(count / 4));
    const cpu = optionValue(args, "cpu") ?? (sve ? sveCpu : defaultCpu);
    const shown = countOf(args, "show", defaultShown);
    const chosen = classesOf(only);
    const pick = picker(chosen);
    const make = (at: number): Block =>
      at < count
        ? makeBlock(seed, at, blockLength, pick, sve)
        : fuzzBlock(seed, at - count, wordsLength, sve);
    // Words belong to no subject.
    const all = count + (args.values.has("only") && !args.values.has("words") ? 0 : words);
    const coverage: Coverage = new Map();
    const lacks: Lacking[] = [];
    const differing: Block[] = [];
    const sums = { executed: 0, agreeing: 0, leftOut: 0, faults: 0 };
    for (let from = 0; from < all; from += batchSize) {
      const blocks = Array.from({ length: Math.min(batchSize, all - from) }, (_, at) => make(from + at));
      const result = await runBatch(parts, cpu, blocks, coverage);
      sums.executed += result.executed;
      sums.agreeing += result.agreeing;
      sums.leftOut += result.leftOut;
      sums.faults += result.faults.length;
      lacks.push(...result.lacks);
      differing.push(...result.differing);
      for (const fault of result.faults) io.err(`blocks ${from} and on: ${fault}\n`);
      io.err(`${from + blocks.length} of ${all} blocks, ${differing.length} differ\n`);
    }
    io.out(
      `${coverageTable(
        coverage,
        chosen.map(({ name }) => name),
      )}\n`,
    );
    for (const line of lackingLines(lacks)) io.out(`${line}\n`);
    const causes = (await explain(parts, cpu, differing)).slice(0, shown);
    for (const cause of causes) io.out(`${await differenceText(parts, cause)}\n`);
    const generated = [...coverage.values()].reduce((sum, { instructions }) => sum + instructions, 0);
    const least = leastOf(coverage);
    io.out(
      `${generated} instructions in ${all} blocks, ${sums.executed} executed: ${sums.agreeing} blocks agree, ${differing.length} differ, ${sums.leftOut} left out for what the engine lacks\n`,
    );
    if (least !== undefined) io.out(`the fewest of a class: ${least.instructions} of ${least.name}\n`);
    return differing.length === 0 && sums.faults === 0 ? 0 : 1;
  },
};
