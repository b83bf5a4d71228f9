/** `guestc run`: a guest image on a simulated host. */
import { basename } from "node:path";
import { formatLocation } from "../../diagnostics/span.ts";
import { plan } from "../../planner/planner.ts";
import { setRegister } from "../../sim/kvm/index.ts";
import { inputOf, type Streams } from "../../sim/machine/devices.ts";
import type { Program } from "../../sim/machine/elf.ts";
import { establish, type Machine, type Refused } from "../../sim/machine/establish.ts";
import { DEFAULT_MEMORY, loadProgram, programEnd, RAM_BASE, readImage } from "../../sim/machine/image.ts";
import { type Ending, type RunOptions, runMachine } from "../../sim/machine/run.ts";
import { viewText } from "../../sim/view/table.ts";
import { lookAt } from "../../sim/view/view.ts";
import { UsageError } from "../errors.ts";
import { readBytes, readSource } from "../files.ts";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { exitCodeFor, reportText } from "../report.ts";
import { chosenGuest, chosenHost, compileForHosts } from "../subjects.ts";
import { growFile } from "../write.ts";

const DEFAULT_INSTRUCTIONS = 1_000_000_000;
const PAGE = 0x1000n;
/** One piece of memory of Node's takes no more. */
const MOST_MEMORY = 2n << 30n;
const PC = 0x6030_0000_0010_0040n;
/** Exit statuses of our own; 124 as timeout(1) has it. */
const EXIT = { refused: 1, budget: 124, lacks: 125, unhandled: 126 } as const;

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

function numberOption(line: CommandLine, option: string, what: string): bigint | undefined {
  const value = optionValue(line, option);
  if (value === undefined) return undefined;
  if (!/^(0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/.test(value))
    throw new UsageError(`\`--${option}\` takes ${what}, not \`${value}\``);
  return BigInt(value.replaceAll("_", ""));
}

const units: Readonly<Record<string, bigint>> = { "": 1n, K: 1n << 10n, M: 1n << 20n, G: 1n << 30n };

function memorySize(line: CommandLine): number {
  const value = optionValue(line, "memory");
  if (value === undefined) return Number(DEFAULT_MEMORY);
  const [, digits, unit = ""] = /^(\d+|0x[0-9a-fA-F]+)([KMG]?)$/.exec(value) ?? [];
  const size = digits === undefined ? 0n : BigInt(digits) * (units[unit] ?? 1n);
  if (size <= 0n || size % PAGE !== 0n || size > MOST_MEMORY)
    throw new UsageError(`\`--memory\` takes a size such as 64M, not \`${value}\``, [
      "a multiple of 4K, at most 2G",
    ]);
  return Number(size);
}

function instructionLimit(line: CommandLine): number {
  const limit = numberOption(line, "max-instructions", "a number") ?? BigInt(DEFAULT_INSTRUCTIONS);
  if (limit < 1n || limit > BigInt(Number.MAX_SAFE_INTEGER))
    throw new UsageError(`\`--max-instructions\` takes a number from 1 to ${Number.MAX_SAFE_INTEGER}`);
  return Number(limit);
}

function readProgram(path: string, line: CommandLine, io: Io): Program {
  const load = numberOption(line, "load", "an address");
  if (load !== undefined && load % 4n !== 0n) throw new UsageError("`--load` takes a multiple of 4");
  const read = readImage(readBytes(path, io), load);
  if ("program" in read) return read.program;
  throw new UsageError(`${path}: ${read.problem}`);
}

/** Console output, line by line. */
function consoleOf(io: Io, input: Uint8Array): Streams & { readonly flush: () => void } {
  const pending: number[] = [];
  const most = 4096;
  const newline = 0x0a;
  const flush = (): void => {
    if (pending.length > 0) io.out(Uint8Array.from(pending.splice(0)));
  };
  return {
    ...inputOf(input),
    out(bytes) {
      pending.push(...bytes);
      if (pending.length >= most || bytes.includes(newline)) flush();
    },
    err: (bytes) => io.err(bytes),
    flush,
  };
}

function refusalText({ operation, call, errno }: Refused): string {
  const asked = operation === undefined ? "" : `, asked for at ${formatLocation(operation.source)}`;
  return `guestc: KVM refuses the guest: ${call} answers ${errno}${asked}\n`;
}

/** What stderr says of an ending that is not the guest's own, and the exit status. */
function report(ending: Ending, instructions: number, line: CommandLine, io: Io): number {
  const traced = line.flags.has("trace") || line.values.has("trace-file");
  const hint = traced ? "" : "  `--trace` lists what the guest did before\n";
  switch (ending.kind) {
    case "exit":
      return ending.status;
    case "budget":
      io.err(`guestc: not at its end after ${instructions} instructions (--max-instructions)\n`);
      return EXIT.budget;
    case "lacks":
      io.err(
        `guestc: the simulator lacks ${ending.what} (instruction ${hex(ending.word)} at ${hex(ending.address)})\n`,
      );
      return EXIT.lacks;
    case "unhandled":
    case "stuck":
      io.err(`guestc: ${ending.what} (instruction at ${hex(ending.address)})\n${hint}`);
      return EXIT.unhandled;
    case "fails":
      io.err(`guestc: KVM_RUN answers ${ending.errno}\n${hint}`);
      return EXIT.refused;
  }
}

/** Runs the machine; the trace's file is put in its place also where the guest did not come to its end. */
function runTraced(machine: Machine, options: Omit<RunOptions, "trace">, line: CommandLine, io: Io) {
  const path = optionValue(line, "trace-file");
  if (path === undefined)
    return runMachine(
      machine,
      line.flags.has("trace") ? { ...options, trace: (text) => io.err(`${text}\n`) } : options,
    );
  const file = growFile(path);
  try {
    const course = runMachine(machine, { ...options, trace: (text) => file.write(`${text}\n`) });
    file.keep();
    return course;
  } finally {
    file.close();
  }
}

export async function run(line: CommandLine, io: Io): Promise<number> {
  const [file = "-", image = "-"] = line.operands;
  const input = optionValue(line, "input");
  if ([file, image, input].filter((one) => one === "-").length > 1)
    throw new UsageError("standard input can be one of program, image and console input only");
  const maxInstructions = instructionLimit(line);
  const size = memorySize(line);
  const compiled = compileForHosts(readSource(file, io), line);
  await reportText(compiled.diagnostics, line, io);
  if (exitCodeFor(compiled.diagnostics, line) !== 0) return EXIT.refused;
  const contract = chosenGuest(compiled, line);
  const { name: hostName, profile } = await chosenHost(compiled, contract, line);
  const program = readProgram(image, line, io);
  const ram = new Uint8Array(size);
  const misplaced = loadProgram(program, ram, RAM_BASE);
  if (misplaced !== undefined)
    throw new UsageError(`${image}: ${misplaced}`, [
      "`--memory` gives more, `--load` moves a flat image; an ELF program is to be linked to addresses there",
    ]);
  const subject = { contract, plan: plan(contract), hostName, profile };
  const view = lookAt(subject);
  if ("kind" in view) {
    io.err(viewText({ ...subject, outcome: view }));
    return EXIT.refused;
  }
  const made = establish(contract, subject.plan, profile, { address: RAM_BASE, bytes: ram });
  if ("refused" in made) {
    io.err(refusalText(made.refused));
    return EXIT.refused;
  }
  const { machine } = made;
  setRegister(machine.vcpus[0], PC, program.entry);
  const streams = consoleOf(io, input === undefined ? new Uint8Array(0) : readBytes(input, io));
  const end = programEnd(program);
  const from = (end + PAGE - 1n) & ~(PAGE - 1n);
  const { ending, instructions } = runTraced(
    machine,
    {
      streams,
      maxInstructions,
      commandLine: image === "-" ? "-" : basename(image),
      free: { from, to: RAM_BASE + BigInt(size) },
    },
    line,
    io,
  );
  streams.flush();
  return report(ending, instructions, line, io);
}
