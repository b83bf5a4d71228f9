/** `lab boot`: runs one program in one machine. */
import { readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { countOf } from "../arguments.ts";
import { inRunFolder } from "../cleanup.ts";
import type { LabCommand, LabContext } from "../command.ts";
import { compileArm64 } from "../compile.ts";
import { LabError, systemError } from "../errors.ts";
import { boot, type Job, secondsOfJob } from "../machine.ts";
import { newestOr } from "../matrix.ts";

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw systemError(path, error);
  }
}

/** Bytes of an ELF header: magic, 64 bits, little-endian, machine 183 (EM_AARCH64). */
const arm64Elf: readonly (readonly [number, number])[] = [
  ...[...Buffer.from("\x7fELF\x02\x01", "latin1")].map((byte, at): readonly [number, number] => [at, byte]),
  [18, 183],
];

/** A static arm64 program, from itself or from its source. */
async function programFrom(path: string, { parts }: LabContext): Promise<Uint8Array> {
  if (!path.endsWith(".c")) {
    const program = readBytes(path);
    const isArm64 = arm64Elf.every(([at, value]) => program[at] === value);
    if (!isArm64) throw new LabError(`${path}: is no arm64 program`);
    return program;
  }
  readBytes(path);
  return inRunFolder(parts, (folder) =>
    compileArm64(parts, { sources: [resolve(path)], output: join(folder, "program") }),
  );
}

export const command: LabCommand = {
  name: "boot",
  usage: "[OPTIONS] KERNEL CPU PROGRAM [ARGUMENT…]",
  summary: "boots a machine, runs a program there and prints its output",
  description: [
    "KERNEL is a series such as 6.12, or `newest`; CPU is a row of lab/cpus.json. PROGRAM is a static arm64 program, or a C file, which is compiled. It runs as root with /dev/kvm, /proc, /sys and an empty /tmp; words behind it are its own.",
    "The exit status is that of the program, or 2 where the machine does not run.",
  ],
  options: [
    { name: "nested", title: "the kernel offers guests their own EL2 (6.16 or newer, CPU max)" },
    {
      name: "file",
      value: "FILE",
      repeatable: true,
      title: "puts a file into the program's working directory",
    },
    { name: "seconds", value: "N", title: `time of the program by the machine's clock (${secondsOfJob})` },
    {
      name: "json",
      title: "prints release, QEMU's version and the outcome as JSON; the exit status is then 0",
    },
  ],
  least: 3,
  verbatim: true,
  async run(args, context) {
    const [kernel = "", cpu = "", path = "", ...rest] = args.operands;
    const files = (args.values.get("file") ?? []).map((file): readonly [string, Uint8Array] => [
      basename(file),
      readBytes(file),
    ]);
    const job: Job = {
      name: basename(path, ".c"),
      program: await programFrom(path, context),
      arguments: rest,
      files: new Map(files),
      seconds: countOf(args, "seconds", secondsOfJob),
    };
    const machine = { kernel: newestOr(kernel, context.parts), cpu, nested: args.flags.has("nested") };
    const result = await boot(context.parts, machine, [job]);
    if (args.flags.has("json")) {
      context.io.out(`${JSON.stringify(result, undefined, 2)}\n`);
      return 0;
    }
    const [done] = result.done;
    context.io.out(done?.output ?? "");
    context.io.err(done?.errors ?? "");
    if (done?.late) context.io.err(`lab: ${job.name} was killed after ${job.seconds} s\n`);
    return done?.status ?? 2;
  },
};
