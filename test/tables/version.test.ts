import { describe, expect, it } from "vitest";
import { compareArch, compareVersions } from "../../src/tables/index.ts";

describe("kernel releases", () => {
  it.each([
    ["6.12.117", "6.18", -1],
    ["6.9", "6.10", -1],
    ["6.12", "6.12.0", 0],
    ["6.12.117", "6.12", 1],
    ["6.12.117", "6.12.y", -1],
    ["6.12.y", "6.13", -1],
    ["7.0", "6.19.14", 1],
    ["6.1.0-38-arm64", "6.1", 0],
    ["7.2.12+deb13-cloud-arm64", "7.2.12", 0],
  ])("%s against %s is %i", (a, b, expected) => {
    expect(compareVersions(a, b)).toBe(expected);
    expect(compareVersions(b, a)).toBe(expected === 0 ? 0 : -expected);
  });

  it("order a list", () => {
    expect(["6.12.y", "6.2", "6.12", "6.12.3", "5.19"].sort(compareVersions)).toEqual([
      "5.19",
      "6.2",
      "6.12",
      "6.12.3",
      "6.12.y",
    ]);
  });
});

describe("architecture versions", () => {
  it.each([
    ["v8.4", "v8.2", 1],
    ["v8.2", "v8.4", -1],
    ["v9.0", "v8.5", 1],
    ["v9.0", "v8.6", undefined],
    ["v9.1", "v8.6", 1],
    ["v8.0", "v8.0", 0],
  ] as const)("%s against %s is %s", (a, b, expected) => {
    expect(compareArch(a, b)).toBe(expected);
  });
});
