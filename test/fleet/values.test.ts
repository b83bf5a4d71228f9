import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  contains,
  intersect,
  listed,
  parseSet,
  printSet,
  setOf,
  size,
  union,
  valueSet,
} from "../../src/fleet/values.ts";

const sets = fc
  .array(fc.bigInt({ min: 0n, max: 40n }), { maxLength: 20 })
  .map((values) => ({ values: new Set(values), set: setOf(values) }));

describe("a set of values", () => {
  it("holds what it is made of, in one form", () => {
    fc.assert(
      fc.property(sets, ({ values, set }) => {
        const ascending = [...values].sort((a, b) => (a < b ? -1 : 1));
        expect(listed(set)).toEqual(ascending);
        expect(size(set)).toBe(BigInt(values.size));
        expect(setOf(ascending.reverse())).toEqual(set);
      }),
    );
  });

  it("meets and joins as sets do", () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        for (let value = 0n; value <= 41n; value++) {
          const [left, right] = [a.values.has(value), b.values.has(value)];
          expect(contains(intersect(a.set, b.set), value)).toBe(left && right);
          expect(contains(union(a.set, b.set), value)).toBe(left || right);
        }
        expect(printSet(intersect(a.set, b.set))).toBe(printSet(intersect(b.set, a.set)));
      }),
    );
  });

  it("is written and read back", () => {
    expect(
      printSet(
        valueSet([
          [5n, 5n],
          [0n, 2n],
          [3n, 3n],
        ]),
      ),
    ).toBe("0x0-0x3,0x5");
    fc.assert(
      fc.property(sets, ({ set }) => {
        expect(parseSet(printSet(set))).toEqual(set);
      }),
    );
    for (const text of ["0x3-0x0", "0x0,0x1", "5", "0x5,0x0", "0x0-"]) expect(parseSet(text)).toBeUndefined();
  });

  it("has room for 64 bits", () => {
    const all = valueSet([[0n, (1n << 64n) - 1n]]);
    expect(size(all)).toBe(1n << 64n);
    expect(listed(all, 3)).toEqual([0n, 1n, 2n]);
  });
});
