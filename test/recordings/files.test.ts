/** The committed recordings: which machines, how many answers, which boundaries. */
import { beforeAll, describe, expect, it } from "vitest";
import { countAnswers, printRecording } from "../../src/recordings/index.ts";
import { boundaries, hasBoundary, reached } from "./boundaries.ts";
import { type RecordingFile, readRecording, recordingFiles, recordingText } from "./committed.ts";

interface Reading extends RecordingFile {
  readonly kernel: string;
  readonly headerCpu: string;
  readonly headerNested: boolean;
  readonly seed: number;
  readonly answers: number;
  readonly titles: readonly string[];
  readonly reached: ReadonlySet<string>;
}

const read = (file: RecordingFile): Reading => {
  const recording = readRecording(file.name);
  const { kernel, cpu, nested, seed } = recording.header;
  return {
    ...file,
    kernel,
    headerCpu: cpu,
    headerNested: nested,
    seed,
    answers: countAnswers(recording),
    titles: recording.cases.map(({ title }) => title),
    reached: reached(recording.cases),
  };
};

let readings: readonly Reading[] = [];
beforeAll(() => {
  readings = recordingFiles.map(read);
});
const plain = (): readonly Reading[] => readings.filter(({ nested }) => !nested);
const allSeries = [...new Set(recordingFiles.map(({ series }) => series))];

describe("the committed recordings", () => {
  it("are of at least eight kernel series on at least five CPUs each", () => {
    expect(allSeries.length).toBeGreaterThanOrEqual(8);
    for (const series of allSeries)
      expect(plain().filter((one) => one.series === series).length, series).toBeGreaterThanOrEqual(5);
  });

  it("hold over 200,000 answers, and over 3,000 a machine", () => {
    expect(readings.reduce((sum, { answers }) => sum + answers, 0)).toBeGreaterThan(200_000);
    expect(readings.filter(({ answers }) => answers < 3000).map(({ name }) => name)).toEqual([]);
  });

  it("say in their first lines what their names say", () => {
    for (const one of readings) {
      expect(one.headerCpu, one.name).toBe(one.cpu);
      expect(one.headerNested, one.name).toBe(one.nested);
      expect(one.kernel.startsWith(`${one.series}.`), `${one.name}: ${one.kernel}`).toBe(true);
    }
  });

  it("ask a CPU the same on every kernel", () => {
    for (const one of readings) {
      const other = readings.find(({ cpu, nested }) => cpu === one.cpu && nested === one.nested);
      expect(one.titles, one.name).toEqual(other?.titles);
    }
  });

  it("are as they would be printed", () => {
    for (const { name } of [recordingFiles[0], recordingFiles.at(-1)].flatMap((file) => file ?? []))
      expect(printRecording(readRecording(name)) === recordingText(name), name).toBe(true);
  });

  it("hold nested guests of every kernel that has them", () => {
    expect(
      readings
        .filter(({ nested }) => nested)
        .map(({ series }) => series)
        .sort(),
    ).toEqual(allSeries.filter((series) => !["6.1", "6.12"].includes(series)).sort());
  });
});

describe("boundaries", () => {
  it.each(boundaries.filter(({ everywhere }) => everywhere === true))(
    "$name, on every machine",
    (boundary) => {
      const missing = plain().filter(
        (one) => hasBoundary(boundary, one.series) && !one.reached.has(boundary.name),
      );
      expect(missing.map(({ name }) => name)).toEqual([]);
    },
  );

  it.each(boundaries.filter(({ everywhere }) => everywhere === undefined))(
    "$name, on every kernel",
    (boundary) => {
      const missing = allSeries.filter(
        (series) =>
          hasBoundary(boundary, series) &&
          !plain().some((one) => one.series === series && one.reached.has(boundary.name)),
      );
      expect(missing).toEqual([]);
    },
  );
});
