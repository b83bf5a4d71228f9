/** A script on a machine, and its answers as a recording. */
import { gzipSync } from "node:zlib";
import {
  type AnsweredStep,
  parseAnswer,
  printRecording,
  printScriptStep,
  type Recording,
  type ScriptCase,
} from "../../src/recordings/index.ts";
import { compileArm64 } from "../compile.ts";
import { LabError } from "../errors.ts";
import { type Boot, boot, type Job, type Machine, machineName, machineStem } from "../machine.ts";
import type { Parts } from "../parts.ts";
import { settled, volatileIds } from "./volatile.ts";

const SCRIPT = "script";
/** One machine's time for a whole script, in seconds: about ten times what it takes. */
const SECONDS = 1200;
/** Place of the operating system's number in a gzip header (RFC 1952), and "unknown". */
const GZIP_SYSTEM = 9;
const UNKNOWN_SYSTEM = 255;

/** The interpreter of scripts, `lab/record/recorder.c`, for arm64. */
export const recorderProgram = (parts: Parts): Promise<Uint8Array> =>
  compileArm64(parts, {
    sources: [
      ...["answer", "attributes", "guest", "machine", "recorder", "registers"].map(
        (name) => `lab/record/${name}.c`,
      ),
      "examples/vmm/agent-host.c",
      "examples/vmm/agent.S",
    ],
    include: ["lab/record", "examples/vmm"],
    flags: ["-pthread"],
    output: "record/recorder",
  });

/** The script as the interpreter reads it. */
export function printScript(cases: readonly ScriptCase[]): string {
  const preamble = volatileIds.map((id) => `volatile 0x${id.toString(16)}`);
  const body = cases.flatMap(({ title, steps }) => [`case ${title}`, ...steps.map(printScriptStep)]);
  return `${[...preamble, ...body].join("\n")}\n`;
}

export function recordingJob(program: Uint8Array, cases: readonly ScriptCase[]): Job {
  return {
    name: "record",
    program,
    arguments: [SCRIPT],
    files: new Map([[SCRIPT, new TextEncoder().encode(printScript(cases))]]),
    seconds: SECONDS,
  };
}

/** @throws LabError where an answer is missing or cannot be read */
export function joinAnswers(
  header: Recording["header"],
  cases: readonly ScriptCase[],
  output: string,
): Recording {
  const lines = output.split("\n");
  if (lines.pop() !== "") throw new LabError("the recorder's last answer is cut off");
  let at = 0;
  const answered = cases.map(({ title, steps }) => ({
    title,
    steps: steps.map((step): AnsweredStep => {
      const line = lines[at++];
      if (line === undefined) throw new LabError(`the recorder stopped in case "${title}"`);
      const answer = parseAnswer(line, step.step);
      if (!answer.ok)
        throw new LabError(`case "${title}", ${printScriptStep(step).trim()}: ${answer.error.message}`, [
          line,
        ]);
      return { ...step, answer: settled({ ...step, answer: answer.value }) };
    }),
  }));
  if (at !== lines.length) throw new LabError(`the recorder gave ${lines.length} answers to ${at} steps`);
  return { header, cases: answered };
}

/** One boot: the script from its first case to its last. */
export async function recordMachine(
  parts: Parts,
  machine: Machine,
  program: Uint8Array,
  cases: readonly ScriptCase[],
  seed: number,
): Promise<Recording> {
  const booted: Boot = await boot(parts, machine, [recordingJob(program, cases)]);
  const done = booted.done[0];
  if (done === undefined || done.status !== 0)
    throw new LabError(
      `${machineName(machine)}: the recorder ended with ${done?.status ?? "nothing"}`,
      (done?.errors ?? "").trim().split("\n").slice(-5),
    );
  const header = {
    kernel: booted.release,
    qemu: booted.qemu,
    cpu: machine.cpu,
    nested: machine.nested,
    seed,
  };
  return joinAnswers(header, cases, done.output);
}

export const recordingName = (machine: Machine): string => `${machineStem(machine)}.txt.gz`;

/** Compressed with a header that says nothing of when and where. */
export function compressRecording(recording: Recording): Uint8Array {
  const bytes = gzipSync(printRecording(recording), { level: 9 });
  bytes[GZIP_SYSTEM] = UNKNOWN_SYSTEM;
  return bytes;
}
