/** A recorded profile carried to the next recorded kernel is that kernel's own profile. */
import { describe, expect, it } from "vitest";
import { compareProfiles, type Difference } from "../../src/hosts/compare.ts";
import { carryProfile } from "../../src/sim/replay/carry.ts";
import { compareVersions } from "../../src/tables/index.ts";
import { shipped, shippedNames } from "../hosts/shipped.ts";

const kernelOf = (name: string): string => name.replace(/.*\.linux-/, "");
const machineOf = (name: string): string => name.replace(/\.linux-.*/, "");

/** Neighbours among the recorded kernels of one machine, the older first. */
const neighbours = [...new Set(shippedNames.map(machineOf))].flatMap((machine) => {
  const own = shippedNames
    .filter((name) => machineOf(name) === machine)
    .sort((a, b) => compareVersions(kernelOf(a), kernelOf(b)));
  return own.slice(1).map((newer, at) => [own[at] ?? newer, newer] as const);
});

/** Nested guests, whose limits are in no table, and what the host's own user space sees, which is not carried. */
const isBeside = ({ kind, configuration }: Difference): boolean =>
  kind === "user" || configuration?.startsWith("el2") === true;

const line = ({ kind, configuration, subject, first, second }: Difference): string =>
  `${configuration} ${kind} ${subject}: ${first}, carried ${second}`;

function differences(from: string, to: string): readonly string[] {
  const recorded = shipped(to);
  const all = compareProfiles(recorded, carryProfile(shipped(from), recorded.kernel));
  return all.filter((one) => !isBeside(one)).map(line);
}

describe("a profile carried to another kernel", () => {
  // Each step of kernels on some machine, and each machine in some steps.
  const recent = neighbours
    .filter(([older]) => compareVersions(kernelOf(older), "6.12") >= 0)
    .filter((_, at) => at % 5 === 0);
  it.each(recent)("from %s is %s", (older, newer) => {
    expect(differences(older, newer)).toEqual([]);
  });

  it("from 6.1 to 6.12 differs in the PMU's register, and where the tables know nothing of `max`", () => {
    const first = neighbours.filter(([older]) => kernelOf(older) === "6.1").filter((_, at) => at % 3 === 0);
    expect(first.length).toBeGreaterThan(3);
    for (const [older, newer] of first) {
      const own = machineOf(older) === "max" ? / (PMCR_EL0|ID_DFR0_EL1|ID_AA64ZFR0_EL1)\b/ : / PMCR_EL0\b/;
      expect(
        differences(older, newer).filter((one) => !own.test(one)),
        older,
      ).toEqual([]);
    }
  });
});
