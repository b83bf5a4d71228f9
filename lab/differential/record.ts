/** The recordings that the tests put to the engine. */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { LabContext } from "../command.ts";
import { LabError } from "../errors.ts";
import { qemuOf } from "../parts.ts";
import { writeWhole } from "../write-whole.ts";
import { wordsOf } from "./block.ts";
import { outcomeOf } from "./image.ts";
import { runOnQemu } from "./qemu.ts";
import { imageOfPlan, type Plan, writeRecording } from "./recording.ts";

export const recordingFolder = "test/sim/differential";

interface Recorded extends Plan {
  /** Of the file, without `.bin`. */
  readonly name: string;
  /** QEMU's `-cpu`. */
  readonly cpu: string;
}

const lengths = { length: 48, wordLength: 32 } as const;

/** A CPU with about everything, the same with SVE, and one with little: what it lacks is UNDEFINED. */
export const recordings: readonly Recorded[] = [
  { name: "max", cpu: "max,sve=off,sme=off", seed: 11, blocks: 470, wordBlocks: 90, ...lengths },
  { name: "sve", cpu: "max,sme=off", seed: 13, blocks: 100, wordBlocks: 10, ...lengths, sve: true },
  { name: "cortex-a57", cpu: "cortex-a57", seed: 12, blocks: 120, wordBlocks: 80, ...lengths },
];

/**
 * Writes all recordings, the same bytes each time.
 *
 * @throws LabError when QEMU does not come to the end of one
 */
export async function record({ parts, io }: LabContext, to: string | undefined): Promise<void> {
  const folder = resolve(parts.project, to ?? recordingFolder);
  await mkdir(folder, { recursive: true });
  for (const { name, cpu, ...plan } of recordings) {
    const image = imageOfPlan(plan);
    const ram = await runOnQemu(parts, cpu, image.ram);
    const { fault, exceptions } = outcomeOf(ram);
    if (fault !== undefined) throw new LabError(`${name}: ${fault}`);
    const bytes = writeRecording(plan, { cpu, qemu: qemuOf(parts).version }, image, ram);
    await writeWhole(join(folder, `${name}.bin`), bytes);
    const instructions = image.blocks.reduce((sum, block) => sum + wordsOf(block).length, 0);
    io.out(`${name}: ${instructions} instructions, ${exceptions.length} exceptions, ${bytes.length} bytes\n`);
  }
}
