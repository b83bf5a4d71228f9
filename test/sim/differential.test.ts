/** The engine against QEMU, recorded: registers, flags, memory and exceptions after each block of random instructions. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { instructionsAtMost } from "../../lab/differential/bisect.ts";
import { wordsOf } from "../../lab/differential/block.ts";
import { compareOutcomes } from "../../lab/differential/compare.ts";
import { runOnEngine } from "../../lab/differential/engine.ts";
import { outcomeOf } from "../../lab/differential/image.ts";
import { readRecording } from "../../lab/differential/recording.ts";

const folder = "test/sim/differential";
const files = readdirSync(folder).filter((name) => name.endsWith(".bin"));
/** Over all recordings. */
const leastInstructions = 20_000;

const instructionsIn = (file: string): number =>
  readRecording(readFileSync(`${folder}/${file}`)).image.blocks.reduce(
    (sum, block) => sum + wordsOf(block).length,
    0,
  );

describe("random programs", () => {
  it("are as many as they should be", () => {
    expect(files.reduce((sum, file) => sum + instructionsIn(file), 0)).toBeGreaterThan(leastInstructions);
  });

  it.each(files)("%s: the engine does what QEMU did", (file) => {
    const { image, ram } = readRecording(readFileSync(`${folder}/${file}`));
    const qemu = outcomeOf(ram);
    expect(qemu.fault).toBeUndefined();
    expect(qemu.states).toHaveLength(image.blocks.length);
    const ran = runOnEngine(image.ram.slice(), qemu.identity, instructionsAtMost(image.blocks.length));
    expect([ran.fault, ran.lacks]).toEqual([undefined, []]);
    const differences = compareOutcomes(image, qemu, outcomeOf(ran.ram));
    expect(
      [...differences].slice(0, 10).map(([number, found]) => [image.blocks[number]?.name, found[0]]),
    ).toEqual([]);
    process.stdout.write(`${file}: ${image.blocks.length} blocks, ${instructionsIn(file)} instructions\n`);
  });
});
