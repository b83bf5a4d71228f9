/** Predictions of random guests on recorded, derived and impoverished hosts. */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { configurationOf } from "../../src/checker/hosts/check.ts";
import { deriveHost } from "../../src/hosts/derive.ts";
import type { HostProfile } from "../../src/hosts/profile.ts";
import { type Prediction, predict } from "../../src/predict/index.ts";
import { cpus, kernelRules, seriesOf } from "../../src/tables/index.ts";
import { baseline, statements } from "../checker/arbitrary.ts";
import { shipped, shippedNames } from "../hosts/shipped.ts";
import { play } from "../planner/recorded-kvm.ts";
import { answersOf, planned } from "./support.ts";

vi.setConfig({ testTimeout: 120_000 });

const series = [...new Set(kernelRules().map((row) => seriesOf(row.series)))];
const derived: readonly HostProfile[] = cpus()
  .filter((core) => core.registers !== null)
  .flatMap((core, at) => {
    const kernel = series[at % series.length] ?? "6.1";
    const profile = deriveHost(`${core.name}-${kernel}`, core, kernel);
    return "problem" in profile ? [] : [profile];
  });

const recorded: readonly HostProfile[] = shippedNames.map(shipped);

/** A profile that says next to nothing. */
const poor: HostProfile = {
  name: "poor",
  origin: "recorded",
  kernel: { release: "6.12.0", version: "6.12.0" },
  cpu: { name: "nobody-knows", platform: "" },
  capabilities: new Map(),
  configurations: new Map(),
};

const guestStatements = fc.uniqueArray(
  fc.constantFrom(
    "gic v3",
    "gic none",
    "vcpus 4",
    "psci 1.1",
    "psci 0.2",
    "services trng, pv-time, kvm-features, ptp",
    "stolen-time at 0x48000000",
    "smccc {\n forward vendor-hyp fast64\n deny oem\n}",
    "capability system-suspend",
    "ipa 44 bits",
  ),
  { maxLength: 5, selector: (statement) => statement.split(" ")[0] },
);

/** What must hold of any prediction. */
function expectSound(prediction: Prediction, operations: number): void {
  if (prediction.kind === "refused") {
    expect(prediction.operation).toBeLessThan(operations);
    expect(prediction.errno).toMatch(/^E[A-Z0-9]+$/);
    expect(prediction.why).not.toBe("");
    return;
  }
  const answers = answersOf(prediction.view);
  expect(answers.filter((one) => one === undefined)).toEqual([]);
}

describe("predictions of random guests", () => {
  it.each([
    ["recorded", recorded],
    ["derived", derived],
    ["poor", [poor]],
  ] as const)("say something of %s hosts and never throw", (_, hosts) => {
    expect(hosts.length).toBeGreaterThan(0);
    fc.assert(
      fc.property(baseline, statements, guestStatements, fc.nat(), (base, cpu, guest, at) => {
        const host = hosts[at % hosts.length] ?? poor;
        const { contract, plan } = planned([base, ...cpu].join("\n"), guest.join("\n"));
        expectSound(predict(contract, plan, host), plan.operations.length);
      }),
      { numRuns: 60 },
    );
  });

  it("answer any call and any name", () => {
    const subject = planned("baseline host", "");
    fc.assert(
      fc.property(
        fc.constantFrom(...recorded),
        fc.nat({ max: 0xffff_ffff }),
        fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 3 }),
        fc.constantFrom("hvc" as const, "smc" as const),
        fc.string(),
        (host, functionId, args, conduit, name) => {
          const prediction = predict(subject.contract, subject.plan, host);
          if (prediction.kind === "refused") throw new Error(prediction.why);
          const outcome = prediction.view.call(functionId, args, conduit);
          if (outcome.known && outcome.value.kind === "answers") expect(outcome.value.x).toHaveLength(4);
          expect(prediction.view.instruction(name).known).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("refuse the registers that the recording refuses", () => {
    let both = 0;
    fc.assert(
      fc.property(baseline, statements, fc.constantFrom(...recorded), (base, cpu, host) => {
        const { contract, plan } = planned([base, ...cpu].join("\n"), "gic v3");
        const prediction = predict(contract, plan, host);
        const operation = prediction.kind === "refused" ? plan.operations[prediction.operation] : undefined;
        // The recording plays registers only.
        if (operation !== undefined && !operation.kind.endsWith("-register")) return;
        const { refused, unknown } = play(plan, configurationOf(contract, host));
        if (unknown.length > 0) return;
        if (prediction.kind === "runs") expect(refused).toEqual([]);
        else expect(refused).not.toEqual([]);
        both += refused.length > 0 ? 1 : 0;
      }),
      { numRuns: 150 },
    );
    expect(both).toBeGreaterThan(10);
  });
});
