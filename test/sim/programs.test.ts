/** Bare-metal C programs: what they print on the engine is what they printed on QEMU. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bareHypervisor } from "../../lab/differential/guest.ts";
import { outcomeOf } from "../../lab/differential/image.ts";
import { readRecording } from "../../lab/differential/recording.ts";
import { programs } from "../../lab/programs/programs.ts";
import { loadProgram, RAM_BASE, readImage } from "../../src/sim/machine/image.ts";
import { runCore } from "../../src/sim/vcpu/engine.ts";
import { freshState, readX, writePc } from "../../src/sim/vcpu/state.ts";
import type { Core } from "../../src/sim/vcpu/world.ts";

const folder = "test/sim/programs";
const PL011 = 0x0900_0000n;
const DATA = 0n;
const FLAGS = 0x18n;
const SEMIHOSTING = 0xf000;
const SYS_EXIT_EXTENDED = 0x20n;
const MEMORY = 64 * 2 ** 20;
const mostInstructions = 200_000_000;

/** ID registers of the CPU that the programs ran on. */
const { identity } = outcomeOf(readRecording(readFileSync("test/sim/differential/max.bin")).ram);

interface Ended {
  readonly output: string;
  readonly status: bigint | undefined;
}

function run(elf: Uint8Array): Ended {
  const image = readImage(elf, undefined);
  if (!("program" in image)) throw new Error(image.problem);
  const ram = new Uint8Array(MEMORY);
  const misplaced = loadProgram(image.program, ram, RAM_BASE);
  if (misplaced !== undefined) throw new Error(misplaced);
  const state = freshState();
  writePc(state, image.program.entry);
  const core: Core = {
    state,
    memory: { regions: [{ slot: 0, address: RAM_BASE, bytes: ram, readOnly: false }], generation: 0 },
    hypervisor: { ...bareHypervisor(identity), halts: new Set([SEMIHOSTING]) },
  };
  let output = "";
  while (state.retired < mostInstructions) {
    const stop = runCore(core, mostInstructions - state.retired);
    if (stop.kind === "mmio-write" && stop.address === PL011 + DATA)
      output += String.fromCharCode(Number(stop.value & 0xffn));
    else if (stop.kind === "mmio-read" && stop.address === PL011 + FLAGS) stop.answer(0n);
    else if (stop.kind === "halt" && readX(state, 0) === SYS_EXIT_EXTENDED) {
      const block = Number(readX(state, 1) - RAM_BASE);
      return { output, status: new DataView(ram.buffer).getBigUint64(block + 8, true) };
    } else throw new Error(`${stop.kind} after ${state.retired} instructions, and this output: ${output}`);
  }
  return { output, status: undefined };
}

describe("programs", () => {
  it("are all there, with their output", () => {
    const files = programs.flatMap(({ name }) => [`${name}.elf`, `${name}.txt`]).toSorted();
    expect(readdirSync(folder).filter((name) => /\.(elf|txt)$/.test(name))).toEqual(files);
  });

  it.each(programs.map(({ name }) => name))("%s", (name) => {
    const expected = readFileSync(`${folder}/${name}.txt`, "utf8");
    expect(run(readFileSync(`${folder}/${name}.elf`))).toEqual({ output: expected, status: 0n });
  });
});
