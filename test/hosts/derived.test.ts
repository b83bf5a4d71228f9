/** Derived hosts held to the recorded ones: they differ in exactly what `derived-differences.json` explains. */
import { describe, expect, it } from "vitest";
import { compareProfiles, groupDifferences, type SharedDifference } from "../../src/hosts/compare.ts";
import { deriveHost } from "../../src/hosts/derive.ts";
import type { HostProfile } from "../../src/hosts/profile.ts";
import { cpu } from "../../src/tables/index.ts";
import explained from "./derived-differences.json" with { type: "json" };
import { shipped, shippedNames } from "./shipped.ts";

const NAME = /^(.*?)(-nested)?\.linux-(.*)$/;

function derivedLike(name: string, recorded: HostProfile): HostProfile {
  const [, of = ""] = NAME.exec(name) ?? [];
  const core = cpu(of);
  if (core === undefined) throw new Error(`the tables know no ${of}`);
  const made = deriveHost(name, core, recorded.kernel.version);
  if ("problem" in made) throw new Error(made.problem);
  return made;
}

const machineOf = (name: string): string => name.replace(/\.linux-.*/, "");
const kernelOf = (name: string): string => name.replace(/.*\.linux-/, "");

/** `max neoverse-n2(6.1)`: machines, with their kernels where it is not all of them. */
function where(pairs: readonly string[]): string {
  const machines = [...new Set(pairs.map(machineOf))];
  return machines
    .map((machine) => {
      const all = shippedNames.filter((name) => machineOf(name) === machine);
      const own = pairs.filter((name) => machineOf(name) === machine);
      return own.length === all.length ? machine : `${machine}(${own.map(kernelOf).join(" ")})`;
    })
    .join(" ");
}

const line = ({ kind, subject, first, second, pairs }: SharedDifference): string =>
  `${kind} ${subject}: ${first}, derived ${second} | ${where(pairs)}`;

const found = groupDifferences(
  shippedNames.map((name) => [name, compareProfiles(shipped(name), derivedLike(name, shipped(name)))]),
).map(line);

describe("derived hosts, compared with the recorded ones", () => {
  it("differ in what is explained and in nothing else", () => {
    const all = explained.reasons.flatMap(({ differences }) => differences);
    expect([...found].sort()).toEqual([...all].sort());
  });

  it("have the same lists of registers, writable masks, verdicts, vector lengths and device attributes", () => {
    const alike = ["attribute ", "listed ", "mask ", "psci ", "vector-lengths ", "verdict "];
    expect(found.filter((one) => alike.some((kind) => one.startsWith(kind)))).toEqual([]);
  });

  it("have a reason for each difference, and each reason has one", () => {
    for (const { reason, differences } of explained.reasons) {
      expect(reason.length).toBeGreaterThan(20);
      expect(differences.length, reason).toBeGreaterThan(0);
    }
  });
});
