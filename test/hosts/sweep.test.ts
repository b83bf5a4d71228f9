import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatSweep, parseSweep } from "../../src/hosts/sweep.ts";

const letters = [".", "x", "I", "N", "B", "P"];
/** Any answers but sixteen EINVAL, which no kernel gives: the present value is always accepted. */
const nibble = fc
  .array(fc.constantFrom(...letters), { minLength: 16, maxLength: 16 })
  .map((answers) => answers.join(""))
  .filter((answers) => answers !== "I".repeat(16));
const sweep = fc.array(nibble, { minLength: 16, maxLength: 16 });
const reading = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

describe("the written form of a sweep", () => {
  it("reads back as what was written, whatever the answers", () => {
    fc.assert(
      fc.property(sweep, reading, (answers, value) => {
        expect(parseSweep(formatSweep(answers, value), value)).toEqual(answers);
      }),
    );
  });

  it("omits a nibble that accepts its present value alone", () => {
    const fixed = parseSweep("fixed", 0x21n);
    expect(fixed).toHaveLength(16);
    expect(Array.isArray(fixed) && fixed.slice(0, 3)).toEqual([
      "I.IIIIIIIIIIIIII",
      "II.IIIIIIIIIIIII",
      ".IIIIIIIIIIIIIII",
    ]);
    expect(formatSweep(["..IIIIIIIIIIIIII", ...(Array.isArray(fixed) ? fixed.slice(1) : [])], 0x21n)).toBe(
      "0:0-1",
    );
  });

  it("says `ignored` where every other value is taken and dropped", () => {
    const ignored = parseSweep("ignored", 0n);
    expect(ignored).toEqual(new Array(16).fill(".xxxxxxxxxxxxxxx"));
    expect(formatSweep(new Array<string>(16).fill(".xxxxxxxxxxxxxxx"), 0n)).toBe("ignored");
    expect(formatSweep(new Array<string>(16).fill("................"), 0n)).toBe("free");
  });

  it.each([
    ["3:0", "bit 3 does not begin a nibble; expected 0, 4, … 60"],
    ["64:0", "bit 64 does not begin a nibble; expected 0, 4, … 60"],
    ["8:0 4:0", "the entries must ascend, bit 4 stands behind a higher or equal one"],
    ["4:0 4:1", "the entries must ascend, bit 4 stands behind a higher or equal one"],
    ["0:5-2", "bit 0: the range 5-2 runs backwards"],
    ["0:0-3,x2", "bit 0: value 2 is named twice"],
  ])("refuses %s", (text, problem) => {
    expect(parseSweep(text, 0n)).toEqual({ problem });
  });

  it("writes a nibble that refuses everything, its present value too", () => {
    const sweep = [
      "I".repeat(16),
      ...new Array<string>(14).fill(`.${"I".repeat(15)}`),
      `.O${"I".repeat(13)}O`,
    ];
    expect(formatSweep(sweep, 0n)).toBe("0:I0-f 60:0,O1,Of");
    expect(parseSweep("0:I0-f 60:0,O1,Of", 0n)).toEqual(sweep);
  });
});
