import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Arguments } from "../../lab/command.ts";
import { cpuOf, cpus, readCpus } from "../../lab/cpus.ts";
import { type Machine, machineName } from "../../lab/machine.ts";
import { type Filter, filterFrom, machines, parallelFrom } from "../../lab/matrix.ts";
import { forEachMachine } from "../../lab/pool.ts";

const supply = { kernels: ["6.1", "6.12", "6.16", "7.3"], qemu: "10.0.2" };
const names = (filter: Filter, from = supply): readonly string[] => machines(filter, from).map(machineName);

const given = (values: Readonly<Record<string, string>>, ...flags: readonly string[]): Arguments => ({
  operands: [],
  flags: new Set(flags),
  values: new Map(Object.entries(values).map(([name, value]) => [name, [value]])),
});

describe("machines", () => {
  it("are all kernels on all CPUs, and nested ones where kernel and CPU can", () => {
    const all = machines({}, supply);
    const nested = all.filter((machine) => machine.nested);
    expect(all.length).toBe(supply.kernels.length * cpus().length + nested.length);
    expect(nested.map(machineName)).toEqual(["6.16 on max, nested", "7.3 on max, nested"]);
  });

  it("are those that were asked for, in the order of the tables", () => {
    expect(names({ kernels: ["newest", "6.1", "7.3"], cpus: ["a64fx", "max"] })).toEqual([
      "6.1 on a64fx",
      "6.1 on max",
      "7.3 on a64fx",
      "7.3 on max",
      "7.3 on max, nested",
    ]);
  });

  it("are nested, or not, or both", () => {
    expect(names({ kernels: ["7.3"], cpus: ["max"], nested: true })).toEqual(["7.3 on max, nested"]);
    expect(names({ kernels: ["7.3"], cpus: ["max"], nested: false })).toEqual(["7.3 on max"]);
    expect(names({ kernels: ["6.12"], cpus: ["max"], nested: true })).toEqual([]);
  });

  it("leave out CPUs and nested mode that an older QEMU lacks", () => {
    const old = { kernels: ["7.3"], qemu: "7.2.22" };
    expect(names({}, old)).not.toContain("7.3 on neoverse-v1");
    expect(names({}, old)).toContain("7.3 on neoverse-n1");
    expect(names({}, old).some((name) => name.includes("nested"))).toBe(false);
    expect(() => machines({ cpus: ["neoverse-v1"] }, old)).toThrow(
      "neoverse-v1 needs QEMU 10.0, this is 7.2.22: `npm run lab:setup` brings a newer one",
    );
  });

  it("name what is not there", () => {
    expect(() => machines({ kernels: ["5.10"] }, supply)).toThrow(
      "no arm64 kernel of series 5.10: `npm run lab:setup -- --kernels 5.10` fetches it",
    );
    expect(() => machines({ cpus: ["cray-1"] }, supply)).toThrow("there is no CPU `cray-1` in lab/cpus.json");
  });

  it("are chosen by options", () => {
    expect(filterFrom(given({ kernel: "6.1, newest", cpu: "max" }))).toEqual({
      kernels: ["6.1", "newest"],
      cpus: ["max"],
    });
    expect(filterFrom(given({}))).toEqual({});
    expect(filterFrom(given({}, "nested"))).toEqual({ nested: true });
    expect(filterFrom(given({}, "plain"))).toEqual({ nested: false });
    expect(() => filterFrom(given({}, "plain", "nested"))).toThrow("leave no machine");
    expect(parallelFrom(given({}))).toBe(2);
    expect(parallelFrom(given({ parallel: "5" }))).toBe(5);
  });
});

describe("the table of CPUs", () => {
  it("has the CPUs that recordings are made of", () => {
    const names = cpus().map(({ name }) => name);
    const recorded = readdirSync("test/recordings").flatMap(
      (file) => /^(.*?)(?:-nested)?\.linux-[\d.]+\.txt\.gz$/.exec(file)?.[1] ?? [],
    );
    expect([...new Set(recorded)].filter((name) => !names.includes(name))).toEqual([]);
    expect(recorded.length).toBeGreaterThan(90);
    expect(cpuOf("max").nested).toEqual({ kernel: "6.16", qemu: "10.0" });
  });

  const row = { name: "a", model: "a", qemu: "8.1", notes: "One." };
  const table = (...rows: readonly unknown[]): string => JSON.stringify({ cpus: rows });

  it.each([
    ["no JSON", "{", /^lab\/cpus.json: /],
    ["no list", "{}", "lab/cpus.json: `cpus` must be a list"],
    ["a row that is no object", table(row, 3), "lab/cpus.json: row 2: is no object"],
    [
      "an unknown key",
      table({ ...row, speed: 3 }),
      "lab/cpus.json: row 1: `speed` is no key: name, model, qemu, nested, notes",
    ],
    ["a missing key", table({ name: "a" }), "lab/cpus.json: row 1: `model` must be a word for QEMU's -cpu"],
    [
      "a version of three numbers",
      table({ ...row, qemu: "8.1.2" }),
      "lab/cpus.json: row 1: `qemu` must be a version such as 8.1",
    ],
    ["nested as a word", table({ ...row, nested: "6.16" }), "lab/cpus.json: row 1: nested: is no object"],
    [
      "nested without QEMU",
      table({ ...row, nested: { kernel: "6.16" } }),
      "lab/cpus.json: row 1: nested: `qemu` must be a version such as 10.0",
    ],
    ["a name twice", table(row, row), "lab/cpus.json: a stands twice"],
  ])("is refused with %s", (_, json, message) => {
    expect(() => readCpus(json)).toThrow(message);
  });
});

describe("work on several machines", () => {
  const four: readonly Machine[] = ["6.1", "6.12", "6.16", "7.3"].map((kernel) => ({
    kernel,
    cpu: "max",
    nested: false,
  }));

  it("is done a few at a time, with the results in the machines' order", async () => {
    let running = 0;
    let most = 0;
    const results = await forEachMachine(
      four,
      async ({ kernel }) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, kernel === "6.1" ? 30 : 5));
        running--;
        return kernel;
      },
      { parallel: 3 },
    );
    expect(results).toEqual(["6.1", "6.12", "6.16", "7.3"]);
    expect(most).toBe(3);
  });

  it("goes on behind a failure and throws the first in the machines' order", async () => {
    const begun: string[] = [];
    const work = forEachMachine(four, async ({ kernel }) => {
      begun.push(kernel);
      await new Promise((resolve) => setTimeout(resolve, kernel === "6.1" ? 20 : 1));
      if (kernel !== "6.12") throw new Error(kernel);
    });
    await expect(work).rejects.toThrow("6.1");
    expect(begun).toEqual(["6.1", "6.12", "6.16", "7.3"]);
  });
});
