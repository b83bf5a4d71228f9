/** The arithmetic of function ids, by Arm DEN0028 (SMC Calling Convention), table "SMC and HVC Services". */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { FilterRange } from "../../src/contract.ts";
import { smcccFunctions } from "../../src/tables/index.ts";
import { compileText } from "../support/compile-text.ts";
import { contractOf, slugs } from "./support.ts";

// Random programs take their time on a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const guestWith = (...entries: readonly string[]): string =>
  `edition 2026\ncpu c { baseline host }\nguest g {\n  cpu c\n  smccc {\n${entries.map((one) => `    ${one}\n`).join("")}  }\n}\n`;

const hex = (id: number): string => `0x${id.toString(16).padStart(8, "0")}`;
const printed = (ranges: readonly FilterRange[]): readonly string[] =>
  ranges.map(({ first, last, action }) => `${action} ${hex(first)}..${hex(last)}`);
const filterOf = (...entries: readonly string[]): readonly string[] =>
  printed(contractOf(guestWith(...entries)).filter);

describe("owners and conventions", () => {
  it.each([
    ["deny cpu fast32", ["deny 0x81000000..0x8100ffff"]],
    ["deny sip fast64", ["deny 0xc2000000..0xc200ffff"]],
    ["deny oem", ["deny 0x83000000..0x8300ffff", "deny 0xc3000000..0xc300ffff"]],
    ["deny standard-secure fast32", ["deny 0x84000000..0x8400ffff"]],
    ["forward standard-hyp fast64", ["forward 0xc5000000..0xc500ffff"]],
    ["forward vendor-hyp fast32", ["forward 0x86000000..0x8600ffff"]],
    ["deny trusted-app fast32", ["deny 0xb0000000..0xb000ffff", "deny 0xb1000000..0xb100ffff"]],
    ["deny oem yield32", ["deny 0x03000000..0x0300ffff"]],
    ["deny oem yield64", ["deny 0x43000000..0x4300ffff"]],
    ["forward vendor-hyp fast64 0x40 ..= 0x5f", ["forward 0xc6000040..0xc600005f"]],
    ["forward vendor-hyp fast64 0x40 ..< 0x60", ["forward 0xc6000040..0xc600005f"]],
    ["deny oem fast32 1, 0xffff", ["deny 0x83000001..0x83000001", "deny 0x8300ffff..0x8300ffff"]],
    ["deny oem fast32 0 ..< 0x1_0000", ["deny 0x83000000..0x8300ffff"]],
  ])("%s", (entry, expected) => {
    expect(filterOf(entry)).toEqual(expected);
  });

  it("the trusted OS has the fourteen owners from 50 to 63", () => {
    const ranges = filterOf("deny trusted-os fast64");
    expect(ranges).toHaveLength(14);
    expect(ranges[0]).toBe("deny 0xf2000000..0xf200ffff");
    expect(ranges.at(-1)).toBe("deny 0xff000000..0xff00ffff");
  });

  it("an id with other bits than zero in 23:16 belongs to no owner", () => {
    const { filter } = contractOf(guestWith("deny oem", "deny trusted-os", "deny vendor-hyp"));
    for (const id of [0x8301_0000, 0xc3ff_0000, 0xff01_0000, 0x8680_0001])
      expect(filter.filter(({ first, last }) => first <= id && id <= last)).toEqual([]);
    expect(filterOf("deny 0x8301_0000 ..= 0x83ff_ffff")).toEqual(["deny 0x83010000..0x83ffffff"]);
  });
});

describe("ids", () => {
  it("end at 2^32", () => {
    expect(filterOf("deny 0xffff_0000 ..< 0x1_0000_0000")).toEqual(["deny 0xffff0000..0xffffffff"]);
    expect(filterOf("deny 0xffff_ffff")).toEqual(["deny 0xffffffff..0xffffffff"]);
    expect(slugs(compileText(guestWith("deny 0xffff_ffff ..= 0x1_0000_0000")).diagnostics)).toEqual([
      "function-id-too-large",
    ]);
  });

  it.each(smcccFunctions().map((one) => [one.name, one.ids] as const))(
    "%s names all its ids",
    (name, ids) => {
      const { guests, diagnostics } = compileText(guestWith(`forward ${name}`));
      const reserved = slugs(diagnostics).includes("filter-reserved");
      expect(guests[0]?.filter.map((one) => one.first) ?? []).toEqual(
        reserved ? [] : [...ids].sort((a, b) => a - b),
      );
    },
  );

  it.each([
    ["all fast calls", "deny 0x8000_0000 ..= 0xffff_ffff"],
    ["the first reserved id", "deny 0x8000_0000"],
    ["the last reserved id", "forward 0xc000_ffff ..= 0xc001_0000"],
    ["the owner", "deny arch"],
  ])("what KVM reserves is refused: %s", (_, entry) => {
    const { guests, diagnostics } = compileText(guestWith(entry));
    expect(new Set(slugs(diagnostics))).toEqual(new Set(["filter-reserved"]));
    expect(guests[0]?.filter).toEqual([]);
  });
});

describe("any entries", () => {
  const id = fc.nat({ max: 0xff }).map((one) => 0x8300_0000 + one);
  const entry = fc
    .tuple(fc.constantFrom("deny", "forward"), id, fc.nat({ max: 20 }))
    .map(([action, first, more]) => ({
      text: `${action} ${first} ..= ${first + more}`,
      action,
      first,
      last: first + more,
    }));

  it("give a filter that KVM takes, and what is left out is reported", () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), (entries) => {
        const { guests, diagnostics } = compileText(guestWith(...entries.map((one) => one.text)));
        const filter = guests[0]?.filter ?? [];
        filter.forEach((range, at) => {
          expect(range.first).toBeLessThanOrEqual(range.last);
          expect(range.first).toBeGreaterThan(filter[at - 1]?.last ?? -1);
        });
        const clean = diagnostics.length === 0;
        expect(clean).toBe(filter.length === entries.length);
        for (const range of filter)
          expect(
            entries.some(
              (one) => one.first === range.first && one.last === range.last && one.action === range.action,
            ),
          ).toBe(true);
        for (const { help } of diagnostics) expect(help.join()).not.toContain("deny `");
      }),
      { numRuns: 200 },
    );
  });
});
