import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { didYouMean, editDistance } from "../../src/diagnostics/suggest.ts";

const features = ["FEAT_LSE", "FEAT_LSE2", "FEAT_SVE", "FEAT_SVE2", "FEAT_AES", "FEAT_RNG", "FEAT_DotProd"];
const services = ["trng", "pv-time", "kvm-features", "ptp", "discover-impl-ver"];

describe("didYouMean", () => {
  it.each([
    ["FEAT_DotPord", features, ["FEAT_DotProd"]],
    ["feat_lse", features, ["FEAT_LSE"]],
    ["trgn", services, ["trng"]],
    ["PVTIME", services, ["pv-time"]],
    ["pv_time", services, ["pv-time"]],
    ["kvm", services, ["kvm-features"]],
    ["LSE2", features, ["FEAT_LSE2"]],
    ["gest", ["test", "host", "cpu", "guest"], ["guest", "test"]],
    ["ID_AA64PFR0", ["ID_AA64PFR0_EL1", "ID_AA64PFR1_EL1"], ["ID_AA64PFR0_EL1"]],
  ])("%s", (wrong, candidates, expected) => {
    expect(didYouMean(wrong, candidates)).toEqual(expected);
  });

  it.each([
    ["FEAT_XYZ", features],
    ["FEAT_ABC", features],
    ["v1", ["n1", "n2"]],
    ["", services],
    ["-", ["pv-time"]],
    ["FEAT", features],
    ["completely-different", services],
  ])("is silent about %j", (wrong, candidates) => {
    expect(didYouMean(wrong, candidates)).toEqual([]);
  });

  it("gives the nearest only, the one of equal length first, at most `max`", () => {
    expect(didYouMean("FEAT_SVE3", features)).toEqual(["FEAT_SVE2", "FEAT_SVE"]);
    expect(didYouMean("FEAT_SVE3", features, 1)).toEqual(["FEAT_SVE2"]);
    expect(didYouMean("FEAT_SVE22", features)).toEqual(["FEAT_SVE2"]);
  });

  it("never repeats the word itself, and names a candidate once", () => {
    expect(didYouMean("trng", ["trng", "trng"])).toEqual([]);
    expect(didYouMean("trgn", ["trng", "trng"])).toEqual(["trng"]);
  });
});

describe("editDistance", () => {
  it("counts a swap of neighbours as one", () => {
    expect(editDistance("trgn", "trng", 3)).toBe(1);
    expect(editDistance("abc", "cab", 3)).toBe(2);
    expect(editDistance("", "abc", 3)).toBe(3);
  });

  it("is symmetric, zero only for equal words, and stops one above the limit", () => {
    const words = fc.string({ maxLength: 8, unit: fc.constantFrom("a", "b", "c") });
    fc.assert(
      fc.property(words, words, fc.nat(8), (a, b, limit) => {
        const distance = editDistance(a, b, limit);
        expect(distance).toBe(editDistance(b, a, limit));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBe(Math.min(editDistance(a, b, 100), limit + 1));
      }),
    );
  });
});
