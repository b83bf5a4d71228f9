import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32Hex } from "../../lab/crc32.ts";
import { countBytes, type FrameKind, readFrames, writtenBytes } from "../../lab/frames.ts";

const encode = (kind: string, job: number, payload: Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from(`guestc-lab ${kind} ${job} ${payload.length} ${crc32Hex(payload)}\n`),
    payload,
    Buffer.from("\n"),
  ]);
const text = (value: string): Uint8Array => Buffer.from(value, "utf8");

const whole = Buffer.concat([
  encode("release", 0, text("6.12.0")),
  encode("begin", 0, text("")),
  encode("output", 0, text("one\nguestc-lab over 0 0 00000000\n")),
  encode("errors", 0, text("")),
  encode("end", 0, text("exit 0")),
  encode("over", 0, text("")),
]);

const kindsOf = (bytes: Uint8Array): readonly FrameKind[] => readFrames(bytes).frames.map(({ kind }) => kind);

describe("reports of a machine", () => {
  it("are read whole, whatever a payload looks like", () => {
    const { frames, fault } = readFrames(whole);
    expect(fault).toBeUndefined();
    expect(frames.map(({ kind }) => kind)).toEqual(["release", "begin", "output", "errors", "end", "over"]);
    expect(Buffer.from(frames[2]?.payload ?? []).toString()).toBe("one\nguestc-lab over 0 0 00000000\n");
  });

  it("carry any bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (payloads) => {
        const bytes = Buffer.concat([
          ...payloads.map((payload, job) => encode("output", job, payload)),
          encode("over", 0, text("")),
        ]);
        const { frames, fault } = readFrames(bytes);
        expect(fault).toBeUndefined();
        expect(frames.slice(0, -1).map(({ job, payload }) => [job, [...payload]])).toEqual(
          payloads.map((payload, job) => [job, [...payload]]),
        );
      }),
    );
  });

  it("say that they are cut short, wherever that is", () => {
    for (let length = 0; length < whole.length; length++) {
      const { frames, fault } = readFrames(whole.subarray(0, length));
      expect(fault, `cut at ${length}`).toBeDefined();
      expect(frames.length).toBeLessThan(6);
    }
  });

  it("say that they are damaged, whichever bit changed", () => {
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      // The index of a job is not covered by the checksum: the caller misses the job's frames instead.
      const moved = readFrames(damaged).frames.some(({ job }) => job !== 0);
      expect(readFrames(damaged).fault !== undefined || moved, `byte ${at}`).toBe(true);
    }
  });

  it("end at the machine's word that there is no room", () => {
    const bytes = Buffer.concat([encode("begin", 0, text("")), encode("full", 0, text("")), whole]);
    expect(readFrames(bytes).fault).toMatch(/more output/);
    expect(kindsOf(bytes)).toEqual(["begin", "full"]);
  });

  it.each([
    ["an unknown kind", "guestc-lab noise 0 0 00000000\n\n"],
    ["a negative length", "guestc-lab output 0 -1 00000000\n\n"],
    ["a word too many", "guestc-lab output 0 0 00000000 0\n\n"],
    ["a short checksum", "guestc-lab output 0 0 0\n\n"],
    ["another program's line", "hello\n"],
    ["no line at all", "x".repeat(200)],
  ])("are refused with %s", (_, line) => {
    expect(readFrames(Buffer.from(line))).toEqual({
      frames: [],
      fault: "damaged reports at byte 0: no frame",
    });
  });

  it("begin with their length in little-endian order", () => {
    const start = Buffer.from([0x34, 0x12, 0, 0, 0, 0, 0, 0, 0xff]);
    expect(writtenBytes(start)).toBe(0x1234);
    expect(countBytes).toBe(8);
  });
});
