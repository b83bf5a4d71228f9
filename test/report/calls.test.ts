/** The space of function ids: to scale, nothing left out, nothing twice. */
import { describe, expect, it } from "vitest";
import type { Bar } from "../../src/report/calls/bars.ts";
import { fastRows, offsetIn, sizeOf, yieldingWindows } from "../../src/report/calls/space.ts";
import { reportModel } from "../../src/report/model.ts";
import { smcccFunctions } from "../../src/tables/index.ts";
import { smallSubject } from "./support.ts";

const calls = reportModel(smallSubject("neoverse-n1.linux-6.18")).guests[0]?.calls;
if (calls === undefined) throw new Error("no guest");
const lanes = calls.rows.flatMap(({ lanes: of }) => of);
const lane = (range: string) => lanes.find((one) => one.range.startsWith(range));

describe("the windows", () => {
  const windows = [...fastRows().flatMap((row) => row.windows), ...yieldingWindows()];

  it("hold every entity of both fast conventions once, 65,536 functions each", () => {
    const fast = fastRows().flatMap((row) => row.windows);
    expect(fast.reduce((sum, window) => sum + sizeOf(window), 0)).toBe(2 * 64 * 65536);
    const starts = fast.flatMap(({ pieces }) => pieces.map(({ first }) => first));
    expect(new Set(starts).size).toBe(128);
  });

  it("hold no id twice", () => {
    for (const id of [0, 0x0200_0000, 0x8400_0000, 0x8600_ff01, 0xc500_0021, 0xff00_ffff, 0x9f00_1234])
      expect(
        windows.filter((window) => offsetIn(window, id) !== undefined),
        id.toString(16),
      ).toHaveLength(1);
  });
});

describe("a bar", () => {
  const inside = ({ width, segments }: Bar): boolean =>
    segments.every((one) => one.x >= 0 && one.width > 0 && one.x + one.width <= width + 0.01);

  it("has its parts within it", () => {
    for (const { bar, zooms } of lanes) for (const one of [bar, ...zooms]) expect(inside(one)).toBe(true);
  });

  it("is to scale: a whole owner fills it, two functions of 65,536 are a stroke", () => {
    const oem = lane("0xc3000000")?.bar;
    expect(oem?.segments.find(({ state }) => state === "denied")?.width).toBe(oem?.width);
    const vendor = lane("0xc6000000")?.bar.segments.find(({ state }) => state === "forwarded");
    expect(vendor?.x).toBeLessThan(1);
    expect(vendor?.width).toBeLessThan(2);
  });
});

describe("what is enlarged", () => {
  const zooms = lanes.flatMap((one) => one.zooms);

  it("covers its ids without gaps and overlaps", () => {
    for (const { width, segments, caption } of zooms) {
      let x = 0;
      for (const one of segments) {
        expect(one.x, caption).toBe(x);
        x += one.width;
      }
      expect(x, caption).toBe(width);
    }
  });

  it("shows every function that has a name, once", () => {
    for (const { name, ids } of smcccFunctions())
      for (const id of ids) {
        const words = `0x${id.toString(16).padStart(8, "0")} ${name}:`;
        const found = zooms
          .flatMap(({ segments }) => segments)
          .filter(({ title }) => title.startsWith(words));
        expect(found, words).toHaveLength(1);
      }
  });

  it("shows where small ranges lie and which statement made them", () => {
    const titles = zooms.flatMap(({ segments }) =>
      segments.filter(({ state }) => state === "forwarded").map(({ title }) => title),
    );
    expect(titles.join("\n")).toMatch(
      /0xc60000\d\d.*forwarded to user space; line 16: forward vendor-hyp fast64 0x40 \.\.= 0x5f/,
    );
    const reset = zooms
      .flatMap(({ segments }) => segments)
      .filter(({ title }) => title.includes("PSCI_SYSTEM_RESET2"));
    expect(reset.map(({ state }) => state)).toEqual(["denied", "denied"]);
  });
});

describe("the filter's ranges", () => {
  it("are a line for each statement, with how many ids", () => {
    expect(calls.ranges.map(({ state, ids, place }) => [state, ids, place.short])).toEqual([
      ["denied", "2", "line 15"],
      ["denied", "65,536", "line 14"],
      ["forwarded", "32", "line 16"],
    ]);
  });
});
