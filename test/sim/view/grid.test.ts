/** Columns of text in a width. */
import { describe, expect, it } from "vitest";
import { gridLines, hangingLines } from "../../../src/sim/view/grid.ts";

describe("a grid", () => {
  it("has columns as wide as their cells, leaves out empty ones and ends no line in blanks", () => {
    const rows = [
      ["a", "", "bb", ""],
      ["ccc", "", "d", ""],
    ];
    expect(gridLines(rows, 40, 2)).toEqual(["  a    bb", "  ccc  d"]);
    expect(gridLines([], 40, 2)).toEqual([]);
  });

  it("breaks the widest cell at blanks where there is no room", () => {
    expect(gridLines([["name", "one two three four", "x"]], 22, 1)).toEqual([
      " name  one two       x",
      "       three four",
    ]);
  });

  it("breaks words where they alone are too wide", () => {
    const lines = gridLines([["a".repeat(30), "b".repeat(40), "c".repeat(10)]], 72, 4);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(72);
    expect(lines.join("").replaceAll(" ", "")).toHaveLength(80);
  });
});

describe("a hanging text", () => {
  it("goes on below itself", () => {
    expect(hangingLines("label", "one two three four five", 30, 2)).toEqual([
      "  label  one two three four",
      "         five",
    ]);
  });
});
