/** Parts of a fleet put together: only all of one, each once. And what is kept of hosts while they are counted. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countHosts, mergeFleets, namesKept, tallyFleet } from "../../src/fleet/classes.ts";
import { factsText } from "../../src/fleet/facts.ts";
import { joinRecords, type NamedRecord } from "../../src/fleet/part.ts";
import { mergeUnreadable, noneUnreadable, unreadableKept } from "../../src/fleet/unreadable.ts";
import { readHostProfile } from "../../src/hosts/read.ts";
import { shipped, shippedText } from "../hosts/shipped.ts";
import { fleetOf, offerFor } from "./support.ts";

const record = (name: string, index: number, of: number, more: Partial<NamedRecord> = {}): NamedRecord => ({
  name,
  fleet: fleetOf("neoverse-n1.linux-6.18"),
  part: { index, of, inventory: "0123456789abcdef" },
  tables: "t",
  unreadable: noneUnreadable,
  ...more,
});

const problem = (...records: readonly NamedRecord[]) => {
  const joined = joinRecords(records);
  return "problem" in joined ? joined.problem : undefined;
};

describe("parts", () => {
  it("become one fleet when all are there", () => {
    const joined = joinRecords([record("b", 2, 3), record("a", 1, 3), record("c", 3, 3)]);
    expect(joined).toMatchObject({ part: undefined, tables: "t", fleet: [{ count: 3 }] });
  });

  it("are refused when they are not those of one fleet", () => {
    expect(problem(record("a", 1, 4), record("c", 3, 4))).toBe("parts 2, 4 of 4 are missing");
    expect(problem(record("a", 1, 2))).toBe("part 2 of 2 is missing");
    expect(problem(record("a", 1, 2), record("b", 1, 2))).toBe("a and b are the same part, 1 of 2");
    expect(problem(record("a", 1, 2), record("b", 2, 3))).toBe("b is one of 3 parts, a one of 2");
    const other = record("b", 2, 2, { part: { index: 2, of: 2, inventory: "f" } });
    expect(problem(record("a", 1, 2), other)).toBe(
      "b and a are parts of different inventories, or it changed between them",
    );
    expect(problem(record("a", 1, 2), record("b", 2, 2, { tables: "u" }))).toBe(
      "b and a were made with different tables",
    );
    expect(problem(record("a", 1, 2), record("b", 0, 0, { part: undefined }))).toBe(
      "a is a part of a fleet, b a whole one",
    );
  });

  it("may be whole fleets", () => {
    const whole = (name: string) => record(name, 0, 0, { part: undefined });
    expect(joinRecords([whole("a"), whole("b")])).toMatchObject({ part: undefined, fleet: [{ count: 2 }] });
  });
});

describe("a tally", () => {
  const hosts = fc.array(
    fc.record({ name: fc.string({ maxLength: 3 }), offer: fc.nat(1), count: fc.integer({ min: 1, max: 9 }) }),
    { maxLength: 60 },
  );
  const offers = ["neoverse-n1.linux-6.18", "neoverse-v1.linux-6.18"].map(offerFor);
  const tallied = (some: readonly { name: string; offer: number; count: number }[]) => {
    const tally = tallyFleet();
    for (const { name, offer, count } of some) {
      const [first, second] = offers;
      if (first !== undefined && second !== undefined)
        countHosts(tally.classFor(offer === 0 ? first : second), name, count);
    }
    return tally.fleet();
  };

  it("keeps the same names and counts in any order and any parts", () => {
    fc.assert(
      fc.property(hosts, fc.integer({ min: 1, max: 4 }), (all, parts) => {
        const whole = tallied(all);
        expect(tallied(all.toReversed())).toEqual(whole);
        const shards = Array.from({ length: parts }, (_, part) =>
          tallied(all.filter((_, at) => at % parts === part)),
        );
        expect(mergeFleets(shards.toReversed())).toEqual(whole);
        for (const { names, id } of whole) {
          const own = all.filter(({ offer }) => tallied([{ name: "", offer, count: 1 }])[0]?.id === id);
          const expected = [...new Set(own.map(({ name }) => name))].sort().slice(0, namesKept);
          expect(names).toEqual(expected);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe("what is unreadable", () => {
  it("is counted, and told from the first on, in any order", () => {
    const one = (line: number) => ({
      count: 1,
      first: [{ file: "a", line, column: 1, message: "m" }],
    });
    const all = Array.from({ length: 50 }, (_, at) => one(50 - at));
    const merged = mergeUnreadable(all);
    expect(merged.count).toBe(50);
    expect(merged.first.map(({ line }) => line)).toEqual(
      Array.from({ length: unreadableKept }, (_, at) => at + 1),
    );
    const [left, right] = [mergeUnreadable(all.slice(0, 20)), mergeUnreadable(all.slice(20))];
    expect(mergeUnreadable([right, left])).toEqual(merged);
  });
});

describe("the facts of a host", () => {
  const name = "max-nested.linux-7.3";
  const reordered = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value)
        .toReversed()
        .map(([key, one]) => [key, reordered(one)]),
    );
  };
  const textOf = (json: object): string => {
    const read = readHostProfile(JSON.stringify(json), "x");
    if ("problems" in read) throw new Error(read.problems[0]?.message);
    return factsText(read.profile);
  };

  it("are the same whatever the file's order, blanks, names and descriptions", () => {
    const json = JSON.parse(shippedText(`${name}.json`));
    const facts = factsText(shipped(name));
    expect(textOf(json)).toBe(facts);
    expect(textOf({ ...json, name: "other", description: "Another.", recorder: "none" })).toBe(facts);
    expect(textOf(reordered(json) as object)).toBe(facts);
  });

  it("differ where a fact differs", () => {
    const json = JSON.parse(shippedText(`${name}.json`));
    const facts = factsText(shipped(name));
    const { base } = json.configurations;
    const [id = ""] = Object.keys(base.registers);
    const changed = { ...base, registers: { ...base.registers, [id]: "0x0000000000000123" } };
    expect(textOf({ ...json, configurations: { ...json.configurations, base: changed } })).not.toBe(facts);
    expect(textOf({ ...json, capabilities: { ...json.capabilities, 4: 77 } })).not.toBe(facts);
    expect(textOf({ ...json, kernel: { release: "7.2.1", version: "7.2.1" } })).not.toBe(facts);
  });
});
