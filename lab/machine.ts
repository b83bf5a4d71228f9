/** Boots a machine of the lab, runs programs in it and brings out what they printed. */
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { compareVersions } from "../src/tables/index.ts";
import { inRunFolder } from "./cleanup.ts";
import { compileArm64 } from "./compile.ts";
import { cpioArchive } from "./cpio.ts";
import { type Cpu, cpuOf } from "./cpus.ts";
import { type End, runEmulator } from "./emulator.ts";
import { LabError } from "./errors.ts";
import { countBytes, type Frame, readFrames, writtenBytes } from "./frames.ts";
import { kernelOf, type Parts, type Qemu, qemuOf, setupCommand } from "./parts.ts";

/** One machine: which kernel on which CPU. */
export interface Machine {
  /** Series, `6.12`. */
  readonly kernel: string;
  /** Name of a row of `lab/cpus.json`. */
  readonly cpu: string;
  /** Whether the host kernel offers guests their own EL2 (`kvm-arm.mode=nested`). */
  readonly nested: boolean;
}

/** A static arm64 program that runs as root with /dev/kvm, /proc, /sys and an empty /tmp. */
export interface Job {
  readonly name: string;
  readonly program: Uint8Array;
  readonly arguments: readonly string[];
  /** Files of its working directory, by path relative to it. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** How long it may run, by the machine's own clock; {@link secondsOfJob} when absent. */
  readonly seconds?: number;
}

export interface Done {
  readonly name: string;
  /** Exit status; 128 and the number of the signal that ended it. */
  readonly status: number;
  /** Standard output, whole: its length and CRC-32 were checked. */
  readonly output: string;
  /** Standard error, likewise. */
  readonly errors: string;
  /** Present and true: it was killed because its time was over. */
  readonly late?: true;
}

export interface Boot {
  /** `uname -r` */
  readonly release: string;
  /** Version of the emulator: `10.0.2` */
  readonly qemu: string;
  /** One for each job, in their order. */
  readonly done: readonly Done[];
}

export interface BootOptions {
  /** How long the machine may run in all; the sum of its jobs' times and {@link secondsOfBoot} when absent. */
  readonly seconds?: number;
}

/** Time of a job that names none. */
export const secondsOfJob = 300;
/** Time from the emulator's start to the first job, and from the last one to its end. */
export const secondsOfBoot = 180;
/** Room for all reports of a machine, in bytes; a file takes only what is written. A power of two. */
const reportRoom = 256 * 2 ** 20;

/** `max-nested.linux-7.2`: what files about a machine are called, and its host profile. */
export const machineStem = ({ kernel, cpu, nested }: Machine): string =>
  `${cpu}${nested ? "-nested" : ""}.linux-${kernel}`;

/** `6.12 on neoverse-n1`, for messages and tables. */
export const machineName = ({ kernel, cpu, nested }: Machine): string =>
  `${kernel} on ${cpu}${nested ? ", nested" : ""}`;

/** @throws LabError when this emulator or kernel cannot be that machine */
function checkMachine(machine: Machine, cpu: Cpu, qemu: Qemu): void {
  if (compareVersions(qemu.version, cpu.qemu) < 0) {
    throw new LabError(
      `${cpu.name} needs QEMU ${cpu.qemu}, this is ${qemu.version}: \`${setupCommand}\` brings a newer one`,
    );
  }
  if (!machine.nested) return;
  if (cpu.nested === undefined) throw new LabError(`${cpu.name} has no nested virtualisation (FEAT_NV2)`);
  if (compareVersions(machine.kernel, cpu.nested.kernel) < 0)
    throw new LabError(`nested guests need kernel ${cpu.nested.kernel} or newer, not ${machine.kernel}`);
  if (compareVersions(qemu.version, cpu.nested.qemu) < 0)
    throw new LabError(
      `nested guests need QEMU ${cpu.nested.qemu}, this is ${qemu.version}: \`${setupCommand}\` brings a newer one`,
    );
}

const initPrograms = new Map<string, Promise<Uint8Array>>();

/** `/init`, compiled once a process. */
function initProgram(parts: Parts): Promise<Uint8Array> {
  const known = initPrograms.get(parts.folder);
  if (known !== undefined) return known;
  const made = inRunFolder(parts, (folder) =>
    compileArm64(parts, { sources: ["lab/init.c"], output: join(folder, "init") }),
  );
  initPrograms.set(parts.folder, made);
  return made;
}

/** The initial RAM disk: `/init` and the jobs as `init.c` expects them. */
function ramDisk(init: Uint8Array, jobs: readonly Job[]): Uint8Array {
  const text = (value: string): Uint8Array => Buffer.from(value, "utf8");
  return cpioArchive([
    { path: "init", bytes: init, executable: true },
    ...jobs.flatMap((job, at) => {
      const folder = `jobs/${at}`;
      return [
        { path: `${folder}/seconds`, bytes: text(`${job.seconds ?? secondsOfJob}\n`) },
        {
          path: `${folder}/argv`,
          bytes: text([job.name, ...job.arguments].map((word) => `${word}\0`).join("")),
        },
        { path: `${folder}/program`, bytes: job.program, executable: true },
        { path: `${folder}/work/.job`, bytes: new Uint8Array() },
        ...[...job.files].map(([path, bytes]) => ({
          path: `${folder}/work/${path}`,
          bytes,
          executable: true,
        })),
      ];
    }),
  ]);
}

interface Files {
  readonly kernel: string;
  readonly initrd: string;
  readonly reports: string;
  readonly console: string;
}

/** The emulator's words. */
function qemuArguments(machine: Machine, cpu: Cpu, qemu: Qemu, files: Files): readonly string[] {
  const append = [
    // Level 1 lets only the last words of a kernel through; 0 would silence a panic, too.
    ...["console=ttyAMA0", "panic=-1", "loglevel=1", "random.trust_cpu=on"],
    ...(machine.nested ? ["kvm-arm.mode=nested"] : []),
  ];
  return [
    ...qemu.leading,
    ...["-machine", "virt,virtualization=on,gic-version=3", "-cpu", cpu.model, "-smp", "1", "-m", "1024"],
    ...["-accel", "tcg,thread=single"],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none", "-no-reboot"],
    ...["-serial", `file:${files.console}`],
    ...["-object", `memory-backend-file,id=reports,share=on,size=${reportRoom},mem-path=${files.reports}`],
    ...["-device", "ivshmem-plain,memdev=reports"],
    ...["-kernel", files.kernel, "-initrd", files.initrd, "-append", append.join(" ")],
  ];
}

/** An empty file for the memory that init shares; it takes room on disk as it is written. */
async function makeReports(path: string): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.truncate(reportRoom);
  } finally {
    await file.close();
  }
}

/** The frames in it. */
async function readReports(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const count = Buffer.alloc(countBytes);
    await file.read(count, 0, countBytes, 0);
    const written = Math.min(writtenBytes(count), reportRoom);
    const frames = Buffer.alloc(Math.max(0, written - countBytes));
    await file.read(frames, 0, frames.length, countBytes);
    return frames;
  } finally {
    await file.close();
  }
}

/** Why a machine ended before its reports did, with what its console said last. */
function brokenMachine(
  machine: Machine,
  jobs: readonly Job[],
  frames: readonly Frame[],
  fault: string,
  end: End,
  seconds: number,
  console: string,
): LabError {
  const begun = frames.findLast(({ kind }) => kind === "begin");
  const running = ["begin", "full"].includes(frames.at(-1)?.kind ?? "") ? jobs[begun?.job ?? -1] : undefined;
  const during = running === undefined ? "" : ` while ${running.name} ran`;
  const lines = console
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== "");
  const panic = lines.find((line) => line.includes("Kernel panic"))?.replace(/^\[[^\]]*\] */, "");
  const refusal = lines.find((line) => line.startsWith("lab init: "))?.slice("lab init: ".length);
  const reason = ((): string => {
    if (end.kind === "late") return `did not end within ${seconds} s`;
    if (panic !== undefined) return panic;
    if (refusal !== undefined) return refusal;
    if (end.status !== 0)
      return `QEMU ended with ${end.status ?? "a signal"}: ${end.complaint.split("\n").at(-1) ?? ""}`;
    return fault;
  })();
  return new LabError(
    `${machineName(machine)}: ${reason}${during}`,
    lines.length === 0 ? ["its console says nothing"] : ["its console's last lines:", ...lines.slice(-20)],
  );
}

const utf8 = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("utf8");

/** What came of one job. */
function doneOf(job: Job, at: number, frames: readonly Frame[]): Done | undefined {
  const own = frames.filter((frame) => frame.job === at);
  const payload = (kind: string): Uint8Array | undefined => own.find((frame) => frame.kind === kind)?.payload;
  const [word, number] = utf8(payload("end")).split(" ");
  if (word === undefined || number === undefined) return undefined;
  return {
    name: job.name,
    status: word === "exit" ? Number(number) : 128 + Number(number),
    output: utf8(payload("output")),
    errors: utf8(payload("errors")),
    ...(word === "late" ? { late: true } : {}),
  };
}

/**
 * Boots a machine once and runs the jobs in order; one that fails or takes too long does not keep the others from running.
 *
 * @throws LabError when a part is missing (its message names the command that brings it), when the kernel panics, or
 * when the emulator fails or takes too long; with the last lines of the console
 */
export async function boot(
  parts: Parts,
  machine: Machine,
  jobs: readonly Job[],
  options: BootOptions = {},
): Promise<Boot> {
  const cpu = cpuOf(machine.cpu);
  const kernel = kernelOf(parts, machine.kernel);
  const qemu = qemuOf(parts);
  checkMachine(machine, cpu, qemu);
  const seconds =
    options.seconds ?? jobs.reduce((sum, job) => sum + (job.seconds ?? secondsOfJob), secondsOfBoot);
  return inRunFolder(parts, async (folder) => {
    const files = {
      kernel: kernel.image,
      initrd: join(folder, "initrd"),
      reports: join(folder, "reports"),
      console: join(folder, "console"),
    };
    await writeFile(files.initrd, ramDisk(await initProgram(parts), jobs));
    await makeReports(files.reports);
    const end = await runEmulator(qemu, qemuArguments(machine, cpu, qemu, files), seconds);
    const { frames, fault } = readFrames(await readReports(files.reports));
    const release = frames.find(({ kind }) => kind === "release");
    const done = jobs.flatMap((job, at) => doneOf(job, at, frames) ?? []);
    if (fault !== undefined || release === undefined || done.length !== jobs.length || end.kind === "late") {
      const console = await readFile(files.console, "utf8").catch(() => "");
      throw brokenMachine(machine, jobs, frames, fault ?? "its reports are not whole", end, seconds, console);
    }
    return { release: utf8(release.payload), qemu: qemu.version, done };
  });
}
