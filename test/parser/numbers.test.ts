import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isNumber, parseInteger, parseVersion } from "../../src/parser/numbers.ts";

describe("integers", () => {
  it("are exact at any size and in any base", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 1n << 200n), (value) => {
        expect(parseInteger(value.toString())).toBe(value);
        expect(parseInteger(`0x${value.toString(16)}`)).toBe(value);
        expect(parseInteger(`0x${value.toString(16).toUpperCase()}`)).toBe(value);
        expect(parseInteger(`0b${value.toString(2)}`)).toBe(value);
        expect(parseInteger(value.toString().replace(/\B(?=(\d{3})+$)/g, "_"))).toBe(value);
      }),
      { seed: 7 },
    );
  });

  it.each([
    "",
    "0x",
    "0b",
    "1_",
    "1__0",
    "_1",
    "0x_1",
    "007",
    "0X1",
    "0b2",
    "0xg",
    "1.1",
    "-1",
    " 1",
    "1\n",
    "1e3",
    "40bits",
  ])("are not %j", (text) => {
    expect(parseInteger(text)).toBeUndefined();
  });
});

describe("versions", () => {
  it("are lists of numbers", () => {
    expect(parseVersion("6.12.117")).toEqual([6, 12, 117]);
    expect(parseVersion("1.10")).toEqual([1, 10]);
    expect(parseVersion("6")).toEqual([6]);
    expect(parseVersion("999999999.0")).toEqual([999_999_999, 0]);
  });

  it.each(["", "1.", ".1", "1..2", "0x1.2", "1_0.1", "1.1234567890", "1.a", "1.2\n"])(
    "are not %j",
    (text) => {
      expect(parseVersion(text)).toBeUndefined();
    },
  );
});

it("a text is a number exactly if it is an integer or a version", () => {
  const near = fc.string({
    unit: fc.constantFrom("0", "1", "9", "x", "b", "a", "F", "_", "."),
    maxLength: 8,
  });
  fc.assert(
    fc.property(near, (text) => {
      const version = text.includes(".") && parseVersion(text) !== undefined;
      expect(isNumber(text)).toBe(parseInteger(text) !== undefined || version);
    }),
    { seed: 11, numRuns: 3000 },
  );
});
