/** Machines with programs in them, on shipped hosts. */
import { readFileSync } from "node:fs";
import { getRegister, setRegister } from "../../../src/sim/kvm/index.ts";
import { inputOf } from "../../../src/sim/machine/devices.ts";
import type { Program } from "../../../src/sim/machine/elf.ts";
import { establish, type Machine } from "../../../src/sim/machine/establish.ts";
import { loadProgram, programEnd, RAM_BASE, readImage } from "../../../src/sim/machine/image.ts";
import { type Course, type RunOptions, runMachine } from "../../../src/sim/machine/run.ts";
import { shipped } from "../../hosts/shipped.ts";
import { planned } from "../../predict/support.ts";

export const MEMORY = 16 << 20;
const PC = 0x6030_0000_0010_0040n;

export const programFile = (name: string): Uint8Array =>
  Uint8Array.from(readFileSync(`test/sim/programs/${name}.elf`));
export const expectedText = (name: string): string => readFileSync(`test/sim/programs/${name}.txt`, "latin1");

/** Instructions as a flat image. */
export function words(...of: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * of.length);
  const view = new DataView(bytes.buffer);
  for (const [at, word] of of.entries()) view.setUint32(4 * at, word, true);
  return bytes;
}

export function programOf(image: Uint8Array, load?: bigint): Program {
  const read = readImage(image, load);
  if ("problem" in read) throw new Error(read.problem);
  return read.program;
}

export interface Made {
  readonly machine: Machine;
  readonly program: Program;
}

/** A guest of these statements on a host, with an image in its memory and its program counter set. */
export function machineWith(
  image: Uint8Array,
  {
    cpu = "baseline host",
    guest = "psci 1.1",
    host = "neoverse-n1.linux-6.18",
    profile = shipped(host),
  } = {},
): Made {
  const { contract, plan } = planned(cpu, guest);
  const program = programOf(image);
  const bytes = new Uint8Array(MEMORY);
  const wrong = loadProgram(program, bytes, RAM_BASE);
  if (wrong !== undefined) throw new Error(wrong);
  const made = establish(contract, plan, profile, { address: RAM_BASE, bytes });
  if ("refused" in made) throw new Error(`${made.refused.call}: ${made.refused.errno}`);
  setRegister(made.machine.vcpus[0], PC, program.entry);
  return { machine: made.machine, program };
}

export interface Seen extends Course {
  readonly out: string;
  readonly err: string;
  readonly trace: readonly string[];
}

/** Runs a machine to its end and keeps what it says. */
export function run(
  { machine, program }: Made,
  {
    input = "",
    traced = false,
    ...options
  }: Partial<RunOptions> & { readonly input?: string; readonly traced?: boolean } = {},
): Seen {
  const out: number[] = [];
  const err: number[] = [];
  const trace: string[] = [];
  const course = runMachine(machine, {
    streams: {
      ...inputOf(Uint8Array.from(input, (one) => one.charCodeAt(0))),
      out: (bytes) => out.push(...bytes),
      err: (bytes) => err.push(...bytes),
    },
    maxInstructions: 50_000_000,
    commandLine: "program.elf",
    free: { from: programEnd(program), to: RAM_BASE + BigInt(MEMORY) },
    ...(traced ? { trace: (line) => trace.push(line) } : {}),
    ...options,
  });
  return { ...course, out: String.fromCharCode(...out), err: String.fromCharCode(...err), trace };
}

/** Runs a flat image. */
export const runWords = (
  of: readonly number[],
  machine: Parameters<typeof machineWith>[1] = {},
  options: Parameters<typeof run>[1] = {},
): Seen => run(machineWith(words(...of), machine), options);

export const counterOf = ({ vcpus }: Machine): bigint => {
  const pc = getRegister(vcpus[0], PC);
  return pc.ok ? pc.value : -1n;
};
