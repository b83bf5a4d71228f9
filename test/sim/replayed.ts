/** Replays a part of the committed recordings, and says how many answers agree on each machine. */
import { afterAll, describe, expect, it, vi } from "vitest";
import { type Count, replay } from "../../src/sim/replay/index.ts";
import { shipped } from "../hosts/shipped.ts";
import { type RecordingFile, readRecording, recordingFiles } from "../recordings/committed.ts";

/** Differences shown of a recording that has any. */
const SHOWN = 10;

function report(counts: ReadonlyMap<string, Count>): string {
  const width = Math.max(...[...counts.keys()].map((name) => name.length));
  const lines = [...counts].map(
    ([name, { agreed, differed }]) =>
      `${name.padEnd(width)}  ${agreed} of ${agreed + differed} answers agree`,
  );
  const sum = [...counts.values()].reduce(
    (all, one) => ({ agreed: all.agreed + one.agreed, differed: all.differed + one.differed }),
    { agreed: 0, differed: 0 },
  );
  return [...lines, `${sum.agreed} of ${sum.agreed + sum.differed}`].join("\n");
}

/** Tests of the recordings that are chosen, each held against the shipped profile of its machine. */
export function replayRecordings(chosen: (file: RecordingFile, index: number) => boolean): void {
  vi.setConfig({ testTimeout: 120_000 });
  const counts = new Map<string, Count>();
  afterAll(() => process.stdout.write(`${report(counts)}\n`));
  describe("recordings put to the simulator", () => {
    it.each(recordingFiles.filter(chosen))("$name", ({ name }) => {
      const machine = name.replace(/\.txt\.gz$/, "");
      const { count, differences } = replay(readRecording(name), shipped(machine), { keep: SHOWN });
      counts.set(machine, count);
      expect(differences).toEqual([]);
      expect(count.differed).toBe(0);
      expect(count.agreed).toBeGreaterThan(5000);
    });
  });
}
