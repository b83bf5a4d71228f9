/** The committed recordings. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parseRecording, type Recording } from "../../src/recordings/index.ts";

const FOLDER = "test/recordings";

export interface RecordingFile {
  readonly name: string;
  readonly cpu: string;
  readonly nested: boolean;
  /** Kernel series. */
  readonly series: string;
}

/** `CPU[-nested].linux-SERIES.txt.gz`, in order of name. */
export const recordingFiles: readonly RecordingFile[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".txt.gz"))
  .sort()
  .map((name) => {
    const [, cpu = "", nested, series = ""] = /^(.*?)(-nested)?\.linux-(\d+\.\d+)\.txt\.gz$/.exec(name) ?? [];
    return { name, cpu, nested: nested !== undefined, series };
  });

export const recordingText = (name: string): string =>
  gunzipSync(readFileSync(join(FOLDER, name))).toString("utf8");

/** @throws where it cannot be read */
export function readRecording(name: string): Recording {
  const parsed = parseRecording(recordingText(name));
  if (!parsed.ok) throw new Error(`${name}:${parsed.error.line}: ${parsed.error.message}`);
  return parsed.value;
}
