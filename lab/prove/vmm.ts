/** The example VMM as a job for a machine: compiled with a guest's header, with the guest's questions. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Contract } from "../../src/contract.ts";
import { printQuestions, type Question, questions } from "../../src/predict/index.ts";
import { compileArm64 } from "../compile.ts";
import type { Job } from "../machine.ts";
import type { Parts } from "../parts.ts";
import type { Example } from "./examples.ts";
import { lengthQuestions } from "./promises.ts";

const sourceFolder = "examples/vmm";

/** A guest's time by the clock of its machine; in nested mode all is emulated twice. */
const secondsOfGuest = 600;

/** The example VMM's own `main`. */
const mainFile = "vmm.c";

/** A program that is made of the example VMM's parts. */
export interface ProgramRequest {
  /** Name of the folder of programs in the lab's folder. */
  readonly name: string;
  /** C files in the place of the VMM's `main`, from the project's folder; headers stand beside them. */
  readonly instead?: readonly string[];
}

/** Everything that the program is made of, so that one with the same digest need not be compiled again. */
function digest(parts: Parts, files: readonly string[], example: Example): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(join(parts.project, file)));
  return hash.update(example.prefix).update("\0").update(example.header).digest("hex").slice(0, 32);
}

const sourcesIn = (parts: Parts, folder: string): readonly string[] =>
  readdirSync(join(parts.project, folder))
    .filter((name) => /\.[chS]$/.test(name))
    .sort()
    .map((name) => join(folder, name));

/**
 * Compiles the VMM, or a program of its parts, with the example's header; one that the lab's folder has already is taken from
 * there.
 *
 * @throws LabError when the compiler is missing or finds a fault
 */
export async function guestProgram(
  parts: Parts,
  example: Example,
  { name: kind, instead }: ProgramRequest,
): Promise<Uint8Array> {
  const own = [...new Set((instead ?? []).map(dirname))];
  const files = [
    ...sourcesIn(parts, sourceFolder).filter((file) => instead === undefined || basename(file) !== mainFile),
    ...own.flatMap((folder) => sourcesIn(parts, folder)),
  ];
  const folder = join(parts.folder, kind);
  const name = digest(parts, files, example);
  const made = join(folder, name);
  if (existsSync(made)) return readFile(made);
  await mkdir(folder, { recursive: true });
  const header = join(folder, `${name}.h`);
  const output = join(kind, `${name}.part`);
  await writeFile(header, example.header);
  try {
    const program = await compileArm64(parts, {
      sources: files.filter((file) => !file.endsWith(".h")),
      include: [sourceFolder, ...own],
      defines: { GUEST: example.prefix, GUEST_HEADER: `"${header}"` },
      flags: ["-pthread"],
      output,
    });
    await rename(join(parts.folder, output), made);
    return program;
  } finally {
    await rm(header, { force: true });
  }
}

export const vmmProgram = (parts: Parts, example: Example): Promise<Uint8Array> =>
  guestProgram(parts, example, { name: "vmm" });

/** Whether the guest begins at EL2. */
export const hasEl2 = (contract: Contract): boolean =>
  contract.vcpuFeatures.some(({ value }) => value === "HAS_EL2");

/**
 * Each makes KVM unmap the whole address space of a nested guest's guests, step by step: over a minute on an emulated
 * machine.
 */
const unmapsAll = /^TLBI_(ALLE1|VMALLS12E1)/;

/** The questions that a guest is asked: all, but for those that take too long in a guest with an EL2 of its own. */
export function questionsFor(contract: Contract): readonly Question[] {
  const all = questions();
  return hasEl2(contract)
    ? all.filter((question) => question.kind !== "instruction" || !unmapsAll.test(question.name))
    : all;
}

/**
 * The questions as the VMM reads them. What is asked at the level at which the guest begins is asked at EL2 of a guest
 * that has one.
 */
export function questionFile(contract: Contract): string {
  const own = hasEl2(contract) ? 2 : 1;
  const asked = printQuestions(questionsFor(contract)).replaceAll(
    /^(instruction \S+) 1 /gm,
    (_, subject: string) => `${subject} ${own} `,
  );
  return asked + lengthQuestions(contract, own);
}

export function vmmJob(example: Example, program: Uint8Array): Job {
  const text = questionFile(example.contract);
  return {
    name: example.name,
    program,
    arguments: ["questions.txt"],
    files: new Map([["questions.txt", Buffer.from(text, "utf8")]]),
    seconds: secondsOfGuest,
  };
}
