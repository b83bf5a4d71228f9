/** ELF programs and flat images: what is read, and what is refused with which words. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readElf } from "../../../src/sim/machine/elf.ts";
import { FLAT_IMAGE, loadProgram, programEnd, RAM_BASE, readImage } from "../../../src/sim/machine/image.ts";
import { expectedText, programFile, programOf } from "./support.ts";

const good = programFile("sort");

/** The program with some bytes changed: `[offset, …bytes]`. */
function changed(...changes: readonly (readonly [number, ...number[]])[]): Uint8Array {
  const copy = good.slice();
  for (const [at, ...bytes] of changes) copy.set(bytes, at);
  return copy;
}

const problemOf = (file: Uint8Array): string => {
  const read = readElf(file);
  return "problem" in read ? read.problem : "none";
};

const view = new DataView(good.buffer);
const headers = Number(view.getBigUint64(32, true));
const headerCount = view.getUint16(56, true);
/** Offset of the first PT_LOAD. */
const firstLoad = Array.from({ length: headerCount }, (_, at) => headers + 56 * at).find(
  (at) => view.getUint32(at, true) === 1,
) as number;

describe("a program", () => {
  it("is read as its linker wrote it", () => {
    const { entry, segments } = programOf(good);
    expect(entry).toBe(0x4020_0000n);
    expect(segments.length).toBeGreaterThan(0);
    for (const { bytes, size } of segments) expect(size).toBeGreaterThanOrEqual(BigInt(bytes.length));
    expect(expectedText("sort").length).toBeGreaterThan(0);
  });

  it.each([
    ["another class", changed([4, 1]), "a 32-bit program"],
    ["another byte order", changed([5, 2]), "big-endian"],
    ["another version", changed([6, 9]), "no known version"],
    ["x86-64", changed([18, 62, 0]), "for x86-64, not for AArch64"],
    ["a machine without a name", changed([18, 0xe7, 0x03]), "for machine 999"],
    ["an object file", changed([16, 1, 0]), "link it first"],
    ["a position-independent program", changed([16, 3, 0]), "-no-pie"],
    ["a core dump", changed([16, 4, 0]), "a core dump"],
    ["no program headers", changed([56, 0, 0]), "no program headers"],
    ["program headers of another size", changed([54, 32, 0]), "32 bytes, not 56"],
    ["program headers beyond its end", changed([32, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0]), "cut off"],
    ["a dynamic section", changed([firstLoad, 2, 0, 0, 0]), "-static"],
    ["nothing to load", changed([firstLoad, 0, 0, 0, 0]), "loaded"],
    ["a segment beyond its end", changed([firstLoad + 32, 0, 0, 0, 0x10, 0, 0, 0, 0]), "cut off"],
    [
      "a segment larger in the file",
      changed([firstLoad + 40, 1, 0, 0, 0, 0, 0, 0, 0]),
      "more bytes in the file",
    ],
    ["an entry that is not aligned", changed([24, 2]), "no multiple of 4"],
  ])("with %s is refused", (_, file, message) => {
    expect(problemOf(file)).toContain(message);
  });

  it("that is cut off anywhere is refused, never half loaded", () => {
    const end = Math.max(
      ...programOf(good).segments.map(({ bytes }) => bytes.byteOffset - good.byteOffset + bytes.length),
    );
    for (let length = 4; length < end; length = Math.max(length + 1, Math.floor(length * 1.1)))
      expect(problemOf(good.subarray(0, length)), `${length} bytes`).toContain("cut off");
    expect(problemOf(good.subarray(0, end))).toBe("none");
  });

  it("with overlapping segments is refused", () => {
    const file = new Uint8Array(64 + 2 * 56 + 16);
    file.set(good.subarray(0, 64));
    const to = new DataView(file.buffer);
    to.setBigUint64(32, 64n, true);
    to.setUint16(56, 2, true);
    for (const at of [64, 64 + 56]) {
      to.setUint32(at, 1, true);
      to.setBigUint64(at + 24, 0x4020_0000n + BigInt(at), true);
      to.setBigUint64(at + 40, 0x100n, true);
    }
    expect(problemOf(file)).toContain("overlap");
  });

  it("with any bytes changed is read or refused, and nothing throws", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(64 + 56 * headerCount - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (changes) => {
          const read = readImage(changed(...changes), undefined);
          if ("problem" in read) return;
          loadProgram(read.program, new Uint8Array(0x10_0000), RAM_BASE);
        },
      ),
      { numRuns: 2000, seed: 4 },
    );
  });
});

describe("a flat image", () => {
  it("lies and begins where it is told, by default as QEMU's virt has it", () => {
    expect(programOf(Uint8Array.of(1, 2, 3, 4)).entry).toBe(FLAT_IMAGE);
    expect(programOf(Uint8Array.of(1, 2, 3, 4), 0x4000_0000n).segments[0]?.address).toBe(0x4000_0000n);
    expect(programEnd(programOf(Uint8Array.of(1, 2, 3, 4, 5)))).toBe(FLAT_IMAGE + 5n);
  });

  it("is refused where it is empty or does not fit", () => {
    expect(readImage(new Uint8Array(0), undefined)).toEqual({ problem: "it is empty" });
    const ram = new Uint8Array(0x1000);
    expect(loadProgram(programOf(new Uint8Array(16)), ram, RAM_BASE)).toContain(
      "memory reaches from 0x40000000 to 0x40000fff",
    );
    expect(loadProgram(programOf(new Uint8Array(16), RAM_BASE), ram, RAM_BASE)).toBeUndefined();
    expect(readImage(good, 0x4000_0000n)).toEqual({ problem: expect.stringContaining("says itself") });
  });
});
