import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ArchivedFile, cpioArchive } from "../../lab/cpio.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text, "utf8");

interface Entry {
  readonly path: string;
  readonly mode: number;
  readonly content: string;
}

/** Reads an archive by the kernel's description of the format. */
function entriesOf(archive: Uint8Array): readonly Entry[] {
  const buffer = Buffer.from(archive);
  const entries: Entry[] = [];
  const padded = (at: number): number => at + ((4 - (at % 4)) % 4);
  for (let at = 0; at < buffer.length; ) {
    expect(buffer.toString("latin1", at, at + 6)).toBe("070701");
    const number = (index: number): number =>
      Number.parseInt(buffer.toString("latin1", at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const nameEnd = at + 110 + number(11);
    const path = buffer.toString("utf8", at + 110, nameEnd - 1);
    expect(buffer[nameEnd - 1]).toBe(0);
    const start = padded(nameEnd);
    const content = buffer.toString("utf8", start, start + number(6));
    if (path === "TRAILER!!!") {
      expect(padded(start + number(6))).toBe(buffer.length);
      return entries;
    }
    entries.push({ path, mode: number(1), content });
    at = padded(start + number(6));
  }
  throw new Error("no trailer");
}

const files: readonly ArchivedFile[] = [
  { path: "init", bytes: bytes("program"), executable: true },
  { path: "jobs/0/work/a.txt", bytes: bytes("abcd") },
  { path: "jobs/0/work/é", bytes: bytes("") },
  { path: "jobs/1/argv", bytes: bytes("x\0y\0") },
];

describe("an archive for the initial RAM disk", () => {
  it("has its files, and the folders around them before them", () => {
    expect(entriesOf(cpioArchive(files))).toEqual([
      { path: "init", mode: 0o100755, content: "program" },
      { path: "jobs", mode: 0o040755, content: "" },
      { path: "jobs/0", mode: 0o040755, content: "" },
      { path: "jobs/0/work", mode: 0o040755, content: "" },
      { path: "jobs/0/work/a.txt", mode: 0o100644, content: "abcd" },
      { path: "jobs/0/work/é", mode: 0o100644, content: "" },
      { path: "jobs/1", mode: 0o040755, content: "" },
      { path: "jobs/1/argv", mode: 0o100644, content: "x\0y\0" },
    ]);
  });

  it("is the same for the same files", () => {
    expect(cpioArchive(files)).toEqual(cpioArchive(files));
  });

  it.each(["", "/init", "a//b", "a/", "./a", "a/../b", "a\0b"])("takes no path %j", (path) => {
    expect(() => cpioArchive([{ path, bytes: bytes("") }])).toThrow(RangeError);
  });

  it.each([
    ["a file", "a", "a"],
    ["a folder as a file", "a/b", "a"],
  ])("takes %s only once", (_, first, second) => {
    expect(() => cpioArchive([first, second].map((path) => ({ path, bytes: bytes("") })))).toThrow(/twice/);
  });

  it("is one that cpio unpacks, where that is installed", () => {
    const folder = mkdtempSync(join(tmpdir(), "guestc-"));
    try {
      const { error, status, stderr } = spawnSync("cpio", ["-idm", "--quiet"], {
        cwd: folder,
        input: cpioArchive(files),
        encoding: "utf8",
      });
      if (error !== undefined) {
        process.stderr.write("left out for want of cpio: unpacking the lab's archive\n");
        return;
      }
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(readFileSync(join(folder, "jobs/0/work/a.txt"), "utf8")).toBe("abcd");
      expect(statSync(join(folder, "init")).mode & 0o777).toBe(0o755);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
